"""Every indicator computed on the rows in force, put under disclosure control, and kept.

The numbers are made in `indicators`, what is too small to show is decided in `warehouse.disclosure`. Estimates before
that decision stay in `core.estimates`; only what it lets through reaches a reader. What rests on the same rows and
definitions as in the last run is taken over from it (`foundations`); disclosure control always looks at all values,
because what it hides depends on the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipelines.foundations import CORPORA, Foundations, row_keys, told
from pipelines.project import Project
from theory_of_change.tables import Table
from warehouse.modelling import model

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.store import Warehouse

#: Columns of a value that say when it was stated, not what it is.
_STATED = ("theory_version", "snapshot_id")


@dataclass(frozen=True)
class Measured:
    """The protected values of a run, how many indicators were computed for it and how many taken over."""

    values: pd.DataFrame
    n_computed: int
    n_taken_over: int


def measure(warehouse: Warehouse, project: Project) -> Measured:
    """Computes and keeps `estimates`, `indicator_values`, their `comparisons`, `distributions`, what the scales behind
    them are worth, the themes, how far coders agree, the networks, funnels and ratings, and who came back."""
    from pipelines.theming import lay_out
    from pipelines.weighting import weigh

    warehouse.replace("weighting", weigh(warehouse, project))
    themes = lay_out(warehouse, project)
    foundations = Foundations(warehouse, project)
    found = _indicators(warehouse, project, {**project.tables, **themes}, foundations)
    _what_stands_beside(warehouse, project, themes, foundations, found.values)
    return found


def _indicators(
    warehouse: Warehouse, project: Project, tables: Mapping[str, Table], foundations: Foundations
) -> Measured:
    from pipelines.indicators.comparisons import compare
    from pipelines.indicators.contributions import largest_contributions
    from pipelines.indicators.estimate import bins_of, in_order, values_of
    from pipelines.indicators.overlaps import explained
    from pipelines.people import in_people
    from pipelines.theming import smallest_groups
    from warehouse.disclosure import protected, protected_comparisons, protected_distributions
    from warehouse.earlier import remembered

    theory, programme, connection = project.theory, project.programme, warehouse.connection
    keys = {"estimates": foundations.of_indicators(tables)}
    stand = foundations.standing("estimates", keys["estimates"])
    kept = foundations.kept("estimates", stand)
    snapshot = warehouse.snapshot_id()
    estimates = values_of(connection, theory, programme, tables, snapshot, project.fingerprints, kept)
    corpora = {one.id: one.corpus for one in project.corpora.values()}
    people = in_people(connection, theory, programme, tables, corpora)
    contributions = largest_contributions(connection, theory, programme, tables)
    earlier = connection.execute("select * from core.shown_before").df()
    values = protected(estimates, theory, programme, smallest_groups(project), people, contributions, earlier)[
        list(model("core", "indicator_values").column_names)
    ]
    warehouse.replace("shown_now", remembered(estimates, values, earlier, programme.disclosure.smallest_group))

    keys |= _keys_of_what_follows(foundations, project, keys["estimates"], values)
    names = {one.id for one in theory.indicators}
    stand_bins = foundations.standing("distributions", keys["distributions"])
    bins = bins_of(connection, theory, programme, tables, names - stand_bins)
    bins = protected_distributions(bins, estimates, values, theory, programme)
    bins = in_order(theory, [bins, foundations.kept("distributions", stand_bins)])
    stand_pairs = foundations.standing("comparisons", keys["comparisons"])
    compared = compare(connection, theory, programme, tables, values, names - stand_pairs)
    compared = protected_comparisons(compared, values, programme)
    compared = in_order(theory, [compared, foundations.kept("comparisons", stand_pairs)])
    values = explained(values, theory, programme)
    made = {"estimates": estimates, "indicator_values": values, "comparisons": compared, "distributions": bins}
    warehouse.replace_all(made, keys)
    return Measured(values, len(names - stand), len(stand))


def _keys_of_what_follows(
    foundations: Foundations, project: Project, keys: Mapping[str, str], values: pd.DataFrame
) -> dict[str, dict[str, str]]:
    """Distributions and comparisons rest on an indicator's rows as its values do, and on what may be shown of these;
    comparisons also on its baselines, and on the indicators these name."""
    theory, shown = project.theory, row_keys(values, _STATED)
    found: dict[str, dict[str, str]] = {"distributions": {}, "comparisons": {}}
    for one in theory.indicators:
        own = [keys[one.id], shown.get(one.id)]
        baselines = [baseline for baseline in theory.baselines if baseline.indicator == one.id]
        others = [baseline.value_from for baseline in baselines if baseline.value_from in keys]
        beside = [[keys[other], shown.get(other)] for other in others]
        found["distributions"][one.id] = foundations.key("distributions", own)
        found["comparisons"][one.id] = foundations.key("comparisons", own, told(baselines), beside)
    return found


def _what_stands_beside(
    warehouse: Warehouse, project: Project, themes: Mapping[str, Table], foundations: Foundations, values: pd.DataFrame
) -> None:
    """The tables beside the indicators. Those that take long are made anew where anything they read has changed."""
    from pipelines.agreeing import coders_agreement
    from pipelines.calling import count_funnels
    from pipelines.networking import describe_networks
    from pipelines.non_response import bounds_of_non_response
    from pipelines.panels import attrition
    from pipelines.rating import sum_up_ratings
    from pipelines.scaling import describe_scales
    from pipelines.theming import describe_themes
    from warehouse.identities import near_misses

    programme, tables, connection = project.programme, project.tables, warehouse.connection
    warehouse.replace("non_response", bounds_of_non_response(connection, project, values))
    warehouse.replace_all(describe_scales(connection, project.sources, programme))
    spoken = [told(project.theory), sorted(project.corpora), foundations.tables(themes.values()),
              [told(one.corpus) for one in project.corpora.values()], foundations.rows(CORPORA)]  # fmt: skip
    names = ("themes", "theme_cases", "theme_pairs", "saturation")
    foundations.renew(names, spoken, lambda: describe_themes(warehouse, project, themes))
    foundations.renew(["agreement"], spoken, lambda: {"agreement": coders_agreement(connection, project)})
    ties = [one for one in tables.values() if one.network]
    tied = foundations.tables([*ties, *(tables[one.network.nodes.source] for one in ties
                                        if one.network.nodes.source in tables)])  # fmt: skip
    names = ("networks", "network_nodes", "network_ties")
    foundations.renew(names, tied, lambda: describe_networks(connection, tables, programme))
    warehouse.replace("funnels", count_funnels(connection, tables, programme))
    rated = foundations.tables(one for one in tables.values() if one.ratings)
    foundations.renew(["ratings"], rated, lambda: {"ratings": sum_up_ratings(connection, tables, programme)})
    near = partial(near_misses, warehouse.workspace)
    panel = attrition(connection, project.sources, programme.disclosure.smallest_group, near)
    warehouse.replace("attrition", panel)
