"""From published tables to report packages: which profiles there are, and one package for each language."""

from __future__ import annotations
