"""The quality rules of a source run on its rows in force, and kept in `core.quality`: counts and rules, never values.

Which rules there are, and how Great Expectations checks them, is in `warehouse.expectations`.
"""

from __future__ import annotations
