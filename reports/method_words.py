"""How a number was made, told to a reader: the stable words of a `method` column, put into the report's language.

The words themselves are chosen where numbers are made and never change, so that a program can read them; here they are
only translated. What is not known here, from a newer or an older publication, is shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reports.phrases import Phrases
from reports.shown import Md, Shown

#: Phrase of `templates/words.yml`, area `method`, by what a part of a method looks like; its groups fill the slots.
_PARTS: Mapping[str, str] = {
    "mean": r"mean", "median": r"median", "quantile": r"quantile", "share": r"share", "ratio": r"ratio",
    "change": r"change", "distinct": r"distinct", "formula": r"formula", "sum_total": r"sum total",
    "count_total": r"count total", "milestone": r"milestone", "by_period_end": r"reached by the end of the period",
    "weights_raked": r"weights (?P<name>.+) \((?P<how>.+), taken as fixed\)", "weights": r"weights (?P<name>.+)",
    "unweighted": r"unweighted", "no_error": r"no error of an unweighted total", "counted": r"counted in the data",
    "strata": r"strata (?P<name>.+)", "units": r"units (?P<name>.+)", "simple": r"simple random sample", "fpc": r"fpc",
    "superpopulation": r"superpopulation", "census": r"census", "none": r"none", "sample": r"sample",
    "lonely": r"lonely (?P<name>.+)", "linearisation": r"linearisation", "logit": r"logit, t", "wilson": r"wilson",
    "exact_no_fpc": r"clopper-pearson, no fpc", "exact": r"clopper-pearson", "woodruff": r"woodruff, t", "t": r"t",
    "no_formula_error": r"no error derived", "no_error_asked": r"no error asked",
    "no_error_of": r"no error known of (?P<name>.+)", "index_arithmetic": r"index arithmetic",
    "index_geometric": r"index geometric", "goalposts": r"stated goalposts", "as_they_are": r"values as they are",
    "covariances": r"covariances within the design", "independent": r"sources taken as independent",
    "not_computed": r"not computed",
    "rubric_median": r"rubric median", "rubric_mean": r"rubric mean", "equal_weight": r"criteria of equal weight",
    "share_rated": r"share of things rated", "mean_rated": r"mean of things rated",
    "median_rated": r"median of things rated", "directed": r"directed", "undirected": r"undirected",
    "respondents": r"among respondents", "union": r"union of reports", "bootstrap": r"bootstrap of nodes",
    "time_last": r"time last", "time_sum": r"time sum",
    "network_density": r"network density", "network_mean_degree": r"network mean_degree",
    "network_reciprocity": r"network reciprocity", "network_components": r"network components",
    "network_centralisation": r"network centralisation",
}  # fmt: skip


def method_words(method: str, phrases: Phrases, shown: Shown) -> Md:
    """`share; unweighted; census` as a reader of the report's language says it."""
    return Md("; ".join(_said(part.strip(), phrases, shown) for part in method.split(";") if part.strip()))


def _said(part: str, phrases: Phrases, shown: Shown) -> Md:
    for key, pattern in _PARTS.items():
        if found := re.fullmatch(pattern, part):
            return phrases(f"method.{key}", **{name: shown.quoted(words) for name, words in found.groupdict().items()})
    return shown.quoted(part)
