"""Every indicator computed on the rows in force, put under disclosure control, and kept.

The numbers are made in `indicators`, what is too small to show is decided in `warehouse.disclosure`. Estimates before
that decision stay in `core.estimates`; only what it lets through reaches a reader.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pipelines.project import Project
from warehouse.modelling import model

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.store import Warehouse


def measure(warehouse: Warehouse, project: Project) -> pd.DataFrame:
    """Computes and keeps `estimates`, `indicator_values`, their `comparisons`, `distributions`, what the scales behind
    them are worth, the themes, how far coders agree, the networks, funnels and ratings, and who came back; returns the
    protected values."""
    from pipelines.agreeing import coders_agreement
    from pipelines.calling import count_funnels
    from pipelines.indicators.comparisons import compare
    from pipelines.indicators.contributions import largest_contributions
    from pipelines.indicators.estimate import compute
    from pipelines.indicators.overlaps import explained
    from pipelines.networking import describe_networks
    from pipelines.non_response import bounds_of_non_response
    from pipelines.panels import attrition
    from pipelines.people import in_people
    from pipelines.rating import sum_up_ratings
    from pipelines.scaling import describe_scales
    from pipelines.theming import describe_themes, lay_out, smallest_groups
    from pipelines.weighting import weigh
    from warehouse.disclosure import protected, protected_comparisons, protected_distributions
    from warehouse.earlier import remembered
    from warehouse.identities import near_misses

    theory, programme = project.theory, project.programme
    warehouse.replace("weighting", weigh(warehouse, project))
    themes = lay_out(warehouse, project)
    tables = {**project.tables, **themes}
    computed = compute(warehouse.connection, theory, programme, tables, warehouse.snapshot_id(), project.fingerprints)
    corpora = {one.id: one.corpus for one in project.corpora.values()}
    people = in_people(warehouse.connection, theory, programme, tables, corpora)
    contributions = largest_contributions(warehouse.connection, theory, programme, tables)
    earlier = warehouse.connection.execute("select * from core.shown_before").df()
    values = protected(computed.values, theory, programme, smallest_groups(project), people, contributions, earlier)[
        list(model("core", "indicator_values").column_names)
    ]
    warehouse.replace("shown_now", remembered(computed.values, values, earlier, programme.disclosure.smallest_group))
    bins = protected_distributions(computed.distributions, computed.values, values, theory, programme)
    compared = compare(warehouse.connection, theory, programme, tables, values)
    compared = protected_comparisons(compared, values, programme)
    values = explained(values, theory, programme)
    warehouse.replace_all(
        {"estimates": computed.values, "indicator_values": values, "comparisons": compared, "distributions": bins}
    )
    warehouse.replace("non_response", bounds_of_non_response(warehouse.connection, project, values))
    warehouse.replace_all(describe_scales(warehouse.connection, project.sources, programme))
    warehouse.replace_all(describe_themes(warehouse, project, themes))
    warehouse.replace("agreement", coders_agreement(warehouse.connection, project))
    warehouse.replace_all(describe_networks(warehouse.connection, project.tables, programme))
    warehouse.replace("funnels", count_funnels(warehouse.connection, project.tables, programme))
    warehouse.replace("ratings", sum_up_ratings(warehouse.connection, project.tables, programme))
    near = partial(near_misses, warehouse.workspace)
    panel = attrition(warehouse.connection, project.sources, programme.disclosure.smallest_group, near)
    warehouse.replace("attrition", panel)
    return values
