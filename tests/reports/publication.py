# ruff: noqa: E501 (tables of test data, read by row)
"""A publication to report on, made from the real microdata by small SQL: the tables of `out` as the contract has them,
without the warehouse and the indicator engine, so that a report can be tested on its own.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.project import read_project
from pipelines.reconciling import figure_row, published_values
from theory_of_change.programme import Workspace
from theory_of_change.reconciliation import reconcile

EXAMPLE = Path(__file__).parents[2] / "theory_of_change/examples/national-supported-work"
BLOCKS = {
    "stakeholders": ("stakeholder", "name"), "needs": ("need", "statement"), "inputs": ("input", "statement"),
    "activities": ("activity", "statement"), "outputs": ("output", "statement"), "outcomes": ("outcome", "statement"),
    "impact": ("impact", "statement"), "assumptions": ("assumption", "statement"), "risks": ("risk", "statement"),
    "milestones": ("milestone", "statement"), "dimensions": ("dimension", "title"),
    "evaluation_questions": ("evaluation_question", "question"), "evaluations": ("evaluation", "title"),
    "contribution_claims": ("contribution_claim", "claim"), "published_figures": ("published_figure", "statement"),
    "reports": ("report", "title"),
}  # fmt: skip

TABLES = """
create schema out;
create table out.elements (element_id varchar, kind varchar, position bigint, statement varchar, statement_it varchar,
    statement_en varchar, attributes varchar);
create table out.links (link_id varchar, from_id varchar, to_id varchar, type varchar, necessity varchar,
    mechanism varchar, mechanism_it varchar, mechanism_en varchar, lag varchar, strength_of_evidence varchar,
    assumptions varchar, position bigint, attributes varchar);
create table out.indicators (indicator_id varchar, title varchar, title_it varchar, title_en varchar, measures varchar,
    unit varchar, measure_kind varchar, source varchar, direction varchar, attributes varchar, position bigint,
    unit_it varchar, unit_en varchar);
create table out.indicator_values (indicator_id varchar, period varchar, dimension varchar, category varchar, n bigint,
    numerator double, denominator double, value double, std_error double, ci_low double, ci_high double,
    ci_level double, degrees_of_freedom double, method varchar, unit varchar, status varchar, note varchar,
    theory_version varchar, definition_id varchar, snapshot_id varchar);
create table out.progress (indicator_id varchar, period varchar, dimension varchar, category varchar, baseline double,
    target double, operator varchar, due date, value double, progress double, status varchar, target_high double);
create table out.targets (indicator_id varchar, operator varchar, value double, value_high double, "by" date,
    approx varchar, position bigint);
create table out.effects (evaluation_id varchar, term varchar, design varchar, estimate double, std_error double,
    statistic double, p_value double, p_adjusted double, ci_low double, ci_high double, ci_level double, n bigint,
    n_group bigint, n_comparison bigint, effect_size double, effect_size_kind varchar, method varchar,
    diagnostics varchar);
create table out.coverage (element_id varchar, kind varchar, n_indicators bigint, n_with_data bigint,
    n_qualitative bigint, gap varchar);
create table out.evidence (element_id varchar, link_id varchar, assumption_id varchar, source varchar, kind varchar,
    direction varchar, strength varchar, reference varchar);
create table out.quality (source varchar, rule_id varchar, severity varchar, n_rows bigint, n_failed bigint,
    remedy varchar, remedy_it varchar, remedy_en varchar);
create table out.loads (load_id varchar, source varchar, file_name varchar, sha256 varchar, rows_read bigint,
    rows_accepted bigint, rows_superseded bigint, rows_refused bigint, loaded_at timestamp);
create table out.distributions (indicator_id varchar, period varchar, dimension varchar, category varchar,
    bin_low double, bin_high double, n bigint, status varchar);
create table out.published_figures (figure_id varchar, value double, approx varchar, unit varchar, as_of date,
    source varchar, locator varchar, indicator_id varchar, evaluation_id varchar, period varchar, category varchar,
    term varchar, value_found double, difference double, verdict varchar, reason varchar, note_it varchar,
    note_en varchar, disagrees_with varchar, position bigint);
create table out.periods (period varchar, level varchar, start_date date, end_date date, has_data boolean,
    position bigint);
"""


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        str(path), config={"python_enable_replacements": False, "autoinstall_known_extensions": False}
    )


def publish(path: Path, theory: Path = EXAMPLE / "theory_of_change.yml") -> Path:
    """The National Supported Work publication: every indicator of the example for 1978 and for the whole programme."""
    toc = typed(yaml.load(theory.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))
    connection = connect(path)
    connection.execute(TABLES)
    write_theory(connection, toc)
    csv = EXAMPLE / "data/participants/participants.csv"
    connection.execute(
        "create temp table participants as select *, nodegree = 1 as schooling, black = 1 as is_black, hisp = 1 as "
        f"is_hispanic from read_csv('{csv}')"
    )
    connection.execute("alter table participants alter treat type boolean using treat = 1")
    connection.execute("alter table participants alter nodegree type boolean using nodegree = 1")
    for period in ("1978", "all"):
        for indicator in toc["indicators"]:
            estimate(connection, indicator, period)
        formulas(connection, toc["indicators"], period)
        progress(connection, toc, period)
    effects(connection)
    rest(connection, toc)
    figures(connection, theory.parent)
    connection.close()
    return path


def typed(node: Any) -> Any:
    """YAML read as text, with plain numbers made numbers again; keys stay text."""
    if isinstance(node, dict):
        return {key: value if key in ("version", "period") else typed(value) for key, value in node.items()}
    if isinstance(node, list):
        return [typed(value) for value in node]
    if isinstance(node, str) and re.fullmatch(r"-?\d+", node):
        return int(node)
    return float(node) if isinstance(node, str) and re.fullmatch(r"-?\d+\.\d+", node) else node


def worded(text: Any) -> tuple[str | None, str | None, str | None]:
    if isinstance(text, dict):
        return text.get("it"), text.get("it"), text.get("en")
    return text, text, text


def write_theory(connection: duckdb.DuckDBPyConnection, toc: dict[str, Any]) -> None:
    insert(connection, "elements", [
        ("national-supported-work", "programme", 1, *worded({"it": "National Supported Work, lavoro accompagnato",
         "en": "National Supported Work"}),
         json.dumps({"organisation": "Manpower Demonstration Research Corporation (MDRC)", "languages": ["it", "en"],
                     "smallest_group": 5})),
        (toc["theory"]["id"], "theory", 1, *worded(toc["theory"]["title"]),
         fields({**toc["theory"], "content_hash": "0c1d2e3f40516273"}, "id", "title")),
    ])  # fmt: skip
    for key, (kind, words) in BLOCKS.items():
        own = "profile" if kind == "report" else "id"
        insert(connection, "elements", [
            (block[own], kind, position, *worded(block.get(words)), fields(block, own, words))
            for position, block in enumerate(toc.get(key, []), 1)
        ])  # fmt: skip
    insert(connection, "links", [
        (link["id"], link["from"], link["to"], link["type"], link.get("necessity"), *worded(link.get("mechanism")),
         link.get("lag"), link.get("strength_of_evidence"), json.dumps(link.get("assumptions", [])), position,
         fields(link, "id", "from", "to"))
        for position, link in enumerate(toc.get("links", []), 1)
    ])  # fmt: skip
    insert(connection, "indicators", [
        (i["id"], *worded(i["title"]), json.dumps(i["measures"]), i["unit"], kind_of(i), i["measure"].get("from"),
         i.get("direction"), fields(i, "id", "title", "measures", "unit", "direction"), position, i["unit"], i["unit"])
        for position, i in enumerate(toc["indicators"], 1)
    ])  # fmt: skip


def fields(block: dict[str, Any], *but: str) -> str:
    return json.dumps({key: value for key, value in block.items() if key not in but}, ensure_ascii=False)


def kind_of(indicator: dict[str, Any]) -> str:
    return next(key for key in indicator["measure"] if key not in ("from", "where"))


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    if rows:
        connection.executemany(f"insert into out.{table} values ({', '.join('?' * len(rows[0]))})", rows)


COLUMNS = {"schooling": "schooling", "black": "is_black", "hispanic": "is_hispanic"}


def estimate(connection: duckdb.DuckDBPyConnection, indicator: dict[str, Any], period: str) -> None:
    """One indicator's whole and its breakdowns: mean with a t interval, share with Wilson's, the others plain."""
    from scipy.stats import t

    measure, kind = indicator["measure"], kind_of(indicator)
    if kind == "formula":
        return
    y = {"share": f"({measure.get('share')})::int", "count": "1", "ratio": "re78"}.get(kind)
    y = y or (measure["quantile"]["of"] if kind == "quantile" else measure[kind])
    aggregate = {
        "median": f"median({y})", "quantile": f"quantile_cont({y}, {measure.get('quantile', {}).get('at', 0.5)})",
        "count": "count(*)", "ratio": "sum(re78) / sum(re75)",
    }.get(kind, f"avg({y})")  # fmt: skip
    mode = indicator.get("uncertainty", {}).get("mode")
    rows = []
    for dimension in ["all", *indicator.get("disaggregation", [])]:
        names = dimension if isinstance(dimension, list) else [dimension]
        group = "'all'" if dimension == "all" else " || ' / ' || ".join(f"{COLUMNS[n]}::varchar" for n in names)
        found = connection.execute(
            f"select {group} as g, count(*), sum({y}), {aggregate}, stddev_samp({y}) from participants "
            f"where {measure.get('where', 'true')} group by 1 order by 1 desc"
        ).fetchall()
        for category, n, total, value, spread in found:
            se = low = high = df = None
            if mode in ("sample", "superpopulation") and kind in ("mean", "share"):
                if kind == "mean":
                    se, df = spread / n**0.5, n - 1
                    half = float(t.ppf(0.975, df)) * se
                    low, high = value - half, value + half
                else:
                    z, se = 1.959963984540054, (value * (1 - value) / (n - 1)) ** 0.5
                    middle = (value + z * z / (2 * n)) / (1 + z * z / n)
                    half = z / (1 + z * z / n) * (value * (1 - value) / n + z * z / (4 * n * n)) ** 0.5
                    low, high = middle - half, middle + half
            rows.append((
                indicator["id"], period, " x ".join(names), category, n, total, n, value, se, low, high,
                0.95 if low is not None else None, df, f"{kind}; srs; t n-1 df", indicator["unit"], "ok", None, "1.0.0",
                f"d{abs(hash_of(indicator['id'])):x}"[:16], "3b1f0c9a7d42e851",
            ))  # fmt: skip
    rows = [suppressed(row) if row[4] < 5 else row for row in rows]
    insert(connection, "indicator_values", rows)
    if kind in ("mean", "median"):
        connection.execute(
            f"insert into out.distributions select '{indicator['id']}', '{period}', 'all', 'all', 2500 * floor({y} / 2500), "
            f"2500 * floor({y} / 2500) + 2500, case when count(*) < 3 then null else count(*) end, case when count(*) < 3 "
            f"then 'suppressed' else 'ok' end from participants where {measure.get('where', 'true')} group by all order by 5"
        )


def hash_of(text: str) -> int:
    import hashlib

    return int(hashlib.sha256(text.encode()).hexdigest()[:16], 16)


def suppressed(row: tuple) -> tuple:
    return (*row[:4], *[None] * 9, *row[13:15], "suppressed", "too few", *row[17:])


def formulas(connection: duckdb.DuckDBPyConnection, indicators: list[dict[str, Any]], period: str) -> None:
    for indicator in indicators:
        match = re.fullmatch(r"\{(.+?)\} ([-/]) \{(.+?)\}", indicator["measure"].get("formula", ""))
        if match:
            connection.execute(
                f"insert into out.indicator_values select '{indicator['id']}', a.period, a.dimension, a.category, null, null, "
                f"null, a.value {match[2]} b.value, null, null, null, null, null, 'formula', '{indicator['unit']}', 'ok', "
                f"null, '1.0.0', 'd{abs(hash_of(indicator['id'])):x}', a.snapshot_id from out.indicator_values a join "
                "out.indicator_values b using (period, dimension, category) where a.indicator_id = ? and "
                "b.indicator_id = ? and a.period = ? and a.status = 'ok' and b.status = 'ok'",
                [match[1], match[3], period],
            )


def progress(connection: duckdb.DuckDBPyConnection, toc: dict[str, Any], period: str) -> None:
    targets = {t["indicator"]: t for t in toc.get("targets", []) if "disaggregation" not in t}
    baselines = {b["indicator"]: b for b in toc.get("baselines", [])}
    rows = connection.execute(
        "select indicator_id, dimension, category, value from out.indicator_values where period = ?", [period]
    ).fetchall()
    known = {(i, d, c): v for i, d, c, v in rows}
    for (indicator, dimension, category), value in known.items():
        target = targets.get(indicator) if dimension == "all" else None
        start = baselines.get(indicator, {})
        baseline = known.get((start.get("value_from"), dimension, category)) or (start.get("published") or {}).get(
            "value"
        )
        if dimension != "all" and "value_from" not in start:
            baseline = None
        status = "no_target"
        if target:
            status = "no_data" if value is None else "met" if value >= target["value"] else "not_met"
        insert(connection, "progress", [(
            indicator, period, dimension, category, baseline, target and target["value"], target and ">=",
            dt.date.fromisoformat(target["by"]) if target else None, value, None, status, None)])  # fmt: skip
    if period == "all":
        insert(connection, "targets", [
            (t["indicator"], ">=", t["value"], None, dt.date.fromisoformat(t["by"]), t.get("approx"), number)
            for number, t in enumerate(toc.get("targets", []), 1) if "disaggregation" not in t
        ])  # fmt: skip


def effects(connection: duckdb.DuckDBPyConnection) -> None:
    """Neyman's difference of means with unequal variances, and the adjusted figure as published in 1999."""
    from scipy.stats import t

    (m1, s1, n1), (m0, s0, n0) = (
        connection.execute(f"select avg(re78), var_samp(re78), count(*) from participants where treat = {g}").fetchone()
        for g in ("true", "false")
    )
    for term, estimate, se in (("difference", m1 - m0, (s1 / n1 + s0 / n0) ** 0.5), ("adjusted", 1676.343, 677.9)):
        half, p = float(t.ppf(0.975, n1 + n0 - 2)) * se, float(2 * t.sf(estimate / se, n1 + n0 - 2))
        insert(connection, "effects", [(
            "earnings", term, "randomised", estimate, se, estimate / se, p, None, estimate - half, estimate + half, 0.95,
            n1 + n0, n1, n0, 0.27, "hedges_g", "OLS; HC2; t", json.dumps({"control_mean": m0}))])  # fmt: skip


def rest(connection: duckdb.DuckDBPyConnection, toc: dict[str, Any]) -> None:
    measured = {
        m: [i["id"] for i in toc["indicators"] if m in i["measures"]] for i in toc["indicators"] for m in i["measures"]
    }
    insert(connection, "coverage", [
        (e["id"], BLOCKS[key][0], len(measured.get(e["id"], [])), len(measured.get(e["id"], [])), 0,
         None if e["id"] in measured else "not_measured")
        for key in ("outputs", "outcomes", "impact") for e in toc[key]
    ])  # fmt: skip
    insert(
        connection,
        "evidence",
        [
            ("OC-EARN", None, None, "participants", "effect", "for", "strong", "earnings"),
            (None, "L-19", None, "participants", "effect", "for", "moderate", "earnings"),
        ],
    )
    insert(
        connection,
        "quality",
        [
            (
                "participants",
                "participants.age.between",
                "error",
                445,
                0,
                "Correggere l'età",
                "Correggere l'età",
                "Correct the age",
            ),
            (
                "participants",
                "participants.re78.outliers",
                "warning",
                445,
                3,
                "Verificare i guadagni più alti",
                "Verificare i guadagni più alti",
                "Check the highest earnings",
            ),
        ],
    )
    insert(connection, "loads", [(
        "9f2c", "participants", "participants.csv", "ab" * 32, 445, 445, 0, 0, dt.datetime(2026, 11, 22, 9, 30))])  # fmt: skip
    years = [(str(y), "year", dt.date(y, 1, 1), dt.date(y, 12, 31), y == 1978, y - 1974) for y in range(1975, 1980)]
    insert(connection, "periods", [*years, ("all", "all", dt.date(1975, 1, 1), dt.date(1979, 12, 31), True, 6)])


def figures(connection: duckdb.DuckDBPyConnection, workspace: Path) -> None:
    """The figures of the theory, held against the values published above."""
    project = read_project(Workspace(workspace))
    found = reconcile(project.theory, project.programme.calendar, *published_values(connection, "out", project.theory))
    rows = [figure_row(one, number, "it") for number, one in enumerate(found, 1)]
    insert(connection, "published_figures", [tuple(row.values()) for row in rows])


# --- a small invented programme with everything that can go wrong ----------------------------------------------------

NASTY = "Cifre del 5×1000: «è», ə, *asterischi*, <script>alert(1)</script>, a|b, {{< include /etc/passwd >}} e $x$"

ELEMENTS = [
    ("piccolo", "programme", 1, "Piccolo programma", "Piccolo programma", "Small programme",
     {"organisation": {"it": "Associazione Prova", "en": "Trial Association"}, "languages": ["it", "en"], "smallest_group": 5}),
    ("teoria", "theory", 1, NASTY, NASTY, "The small theory",
     {"version": "2.1.0", "status": "draft", "invented": True, "summary": {"it": "Un esempio inventato.", "en": "An invented example."}}),
    ("A-1", "activity", 1, "Laboratori", "Laboratori", "Workshops", {}),
    ("OP-1", "output", 1, "Persone raggiunte", "Persone raggiunte", "People reached", {"from": ["A-1"]}),
    ("OC-1", "outcome", 1, "Meno isolamento", "Meno isolamento", "Less isolation", {"term": "short"}),
    ("OC-2", "outcome", 2, "Più fiducia", "Più fiducia", "More trust", {"term": "long"}),
    ("IM-1", "impact", 1, "Una città più vicina", "Una città più vicina", "A closer city", {}),
    ("AS-1", "assumption", 1, "Chi è solo esce", "Chi è solo esce", "Lonely people go out", {"status": "untested"}),
    ("area", "dimension", 1, "Quartiere", "Quartiere", "Area", {"categories": {"N": {"it": "Nord", "en": "North"}}}),
    ("EV-1", "evaluation", 1, "Isolamento", "Isolamento", "Isolation",
     {"from": "residenti", "measure": "solo", "unit": "percent", "design": "difference_in_differences",
      "quantity": {"it": "l’isolamento", "en": "isolation"}}),
    ("EV-2", "evaluation", 2, "Fiducia", "Fiducia", "Trust", {"from": "residenti", "measure": "fiducia", "design": "randomised"}),
]  # fmt: skip

INDICATORS = [
    ("IN-REACH", "Persone raggiunte", "People reached", ["OP-1"], "person", "distinct", {"uncertainty": {"mode": "census"}}),
    ("IN-ALONE", "Quota di persone sole", "Share of people alone", ["OC-1"], "percent", "share",
     {"uncertainty": {"mode": "sample"}, "disaggregation": ["area"]}),
    ("IN-ZERO", "Abbandoni", "Drop-outs", ["OP-1"], "person", "count", {}),
    ("IN-EMPTY", "Fiducia media", "Mean trust", ["OC-2"], "point", "mean", {}),
    ("IN-SECRET", "Persone in lista", "People waiting", ["OP-1"], "person", "count", {}),
    ("IN-ODD", "Costo per persona", "Cost per person", ["OP-1"], "EUR", "ratio", {}),
]  # fmt: skip


def publish_small(path: Path, alone: float = 0.42, snapshot: str = "5a5a5a5a5a5a5a5a") -> Path:
    """Three half-years of an invented programme: trends, a true zero, nothing, something hidden, and two comparisons."""
    connection = connect(path)
    connection.execute(TABLES)
    insert(connection, "elements", [(*row[:6], json.dumps(row[6])) for row in ELEMENTS])
    insert(connection, "links", [
        ("L-1", "OP-1", "OC-1", "contributes", "unknown", "Chi viene conosce", "Chi viene conosce", "Who comes meets", None, "weak", "[]", 1, "{}"),
        ("L-2", "OC-1", "OC-2", "inhibits", "unknown", None, None, None, None, None, "[]", 2, "{}"),
        ("L-3", "OC-2", "IM-1", "reinforces", "unknown", None, None, None, None, None, "[]", 3, "{}"),
    ])  # fmt: skip
    insert(connection, "indicators", [
        (i, it, it, en, json.dumps(measures), unit, kind, "residenti", "down", json.dumps(more), n, unit, unit)
        for n, (i, it, en, measures, unit, kind, more) in enumerate(INDICATORS, 1)
    ])  # fmt: skip
    halves = [("2024-H1", dt.date(2024, 1, 1), dt.date(2024, 6, 30)), ("2024-H2", dt.date(2024, 7, 1), dt.date(2024, 12, 31)),
              ("2025-H1", dt.date(2025, 1, 1), dt.date(2025, 6, 30))]  # fmt: skip
    years = [("2024", dt.date(2024, 1, 1), dt.date(2024, 12, 31)), ("2025", dt.date(2025, 1, 1), dt.date(2025, 6, 30))]
    insert(connection, "periods", [(n, "half_year", a, b, True, p) for p, (n, a, b) in enumerate(halves, 1)])
    insert(connection, "periods", [(n, "year", a, b, True, p) for p, (n, a, b) in enumerate(years, 4)])
    insert(connection, "periods", [("all", "all", dt.date(2024, 1, 1), dt.date(2025, 6, 30), True, 6)])

    def value(indicator: str, period: str, v: float | None, low: float | None = None, high: float | None = None,
              n: int | None = None, status: str = "ok", dimension: str = "all", category: str = "all", note: str | None = None) -> None:  # fmt: skip
        unit = next(row[4] for row in INDICATORS if row[0] == indicator)
        insert(connection, "indicator_values", [(
            indicator, period, dimension, category, n, None, None, v, None, low, high, 0.95 if low is not None else None,
            None, "test", unit, status, note, "2.1.0", f"def-{indicator}", snapshot)])  # fmt: skip

    for step, period in enumerate(["2024-H1", "2024-H2", "2025-H1"]):
        value("IN-REACH", period, 120.0 + 60 * step, n=120 + 60 * step)
        value("IN-ALONE", period, alone - 0.02 * step, alone - 0.09, alone + 0.05, 200)
        value("IN-ALONE", period, 0.5, 0.4, 0.6, 150, dimension="area", category="N")
        value("IN-ALONE", period, None, status="suppressed", dimension="area", category="S")
        value("IN-ZERO", period, 0.0, n=180)
        value("IN-EMPTY", period, None, status="no_data")
        value("IN-SECRET", period, None, status="suppressed")
        value("IN-ODD", period, None, n=3, status="not_computable", note="il denominatore è zero")
        insert(connection, "progress", [
            ("IN-REACH", period, "all", "all", 100.0, 250.0, ">=", dt.date(2025, 12, 31), 120.0 + 60 * step, 0.9, "on_track", None),
            ("IN-ALONE", period, "all", "all", 0.45, 0.40, "<=", dt.date(2025, 6, 30), alone - 0.02 * step, 0.5,
             "met" if alone - 0.02 * step <= 0.4 else "not_met", None),
            ("IN-EMPTY", period, "all", "all", None, 3.5, ">=", None, None, None, "no_data", None),
            ("IN-ZERO", period, "all", "all", None, None, None, None, 0.0, None, "no_target", None),
        ])  # fmt: skip
    insert(connection, "targets", [("IN-REACH", ">=", 250.0, None, dt.date(2025, 12, 31), "about", 1)])
    insert(connection, "effects", [
        ("EV-1", "difference", "difference_in_differences", -0.08, 0.02, -4.0, 0.0001, None, -0.12, -0.04, 0.95, 400, 200,
         200, None, None, "test", "{}"),
        ("EV-2", "difference", "randomised", 0.3, 0.4, 0.75, 0.45, None, -0.5, 1.1, 0.95, 90, 45, 45, None, None, "test", "{}"),
    ])  # fmt: skip
    insert(connection, "coverage", [
        ("OP-1", "output", 4, 2, 0, None), ("OC-1", "outcome", 1, 1, 0, None), ("OC-2", "outcome", 1, 0, 0, "no_data"),
        ("IM-1", "impact", 0, 0, 0, "not_measured"),
    ])  # fmt: skip
    insert(connection, "loads", [
        ("l1", "residenti", "residenti 2024.csv", "cd" * 32, 210, 205, 0, 5, dt.datetime(2024, 7, 3, 8, 0)),
        ("l2", "residenti", "residenti 2025.csv", "ef" * 32, 260, 260, 205, 0, dt.datetime(2025, 7, 2, 8, 0)),
    ])  # fmt: skip
    insert(connection, "quality", [("residenti", "residenti.solo.range", "warning", 260, 0, None, None, None)])
    connection.close()
    return path
