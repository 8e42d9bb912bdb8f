"""The example with invented voices: what it says of itself, and figures worked out here from its files alone.

One run, without reports, serves all tests; the report that joins numbers and voices is written once, in one language.
"""

from __future__ import annotations

import csv
import re
import runpy
import statistics
import zipfile
from collections import Counter, defaultdict
from datetime import date
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pytest

import theory_of_change
from pipelines.cli import answer
from pipelines.project import Project, read_project
from pipelines.reporting import write_report
from pipelines.starting import examples, make_workspace
from theory_of_change.programme import Workspace
from warehouse.connections import connect

EXAMPLE = "rete-contrasto-poverta"
FOLDER = Path(theory_of_change.__file__).parent / "examples" / EXAMPLE
GROUPS = {"problemi": 6, "criticita": 5, "punti_di_forza": 6, "territorio": 1}


def delivered(source: str, pattern: str = "*.csv") -> list[dict[str, str]]:
    found = []
    for path in sorted((FOLDER / "data" / source).glob(pattern)):
        if path.name == "maschere.csv":  # says what is masked in quotes, and delivers nothing
            continue
        with path.open(encoding="utf-8", newline="") as file:
            found += csv.DictReader(file, delimiter=";")
    return found


def day(text: str) -> date:
    dd, mm, yyyy = map(int, text.split("/"))
    return date(yyyy, mm, dd)


def rows(folder: Path, sql: str) -> list[tuple]:
    with connect(Workspace(folder).published_database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def read(folder: Path) -> Project:
    return read_project(Workspace(folder))


def told(project: Project) -> list[str]:
    return [one.code for one in project.problems if one.severity != "info"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_workspace(tmp_path_factory.mktemp("rete") / EXAMPLE, EXAMPLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.assets.report.profiles_of", lambda project: [])
        assert answer(["run", "--workspace", str(folder), "--language", "it"]) == 0
    return folder


# What it says of itself ----------------------------------------------------------------------------------------------


def test_nothing_is_left_to_mend_and_the_early_phase_is_a_note(ran: Path) -> None:
    project = read(ran)
    assert told(project) == []
    notes = {one.facts["id"]: one for one in project.problems if one.code == "activity-off-plan"}
    phase = next(one for one in project.theory.phases if one.id == "FASE-3")
    assert (phase.planned.start, phase.actual.start) == (date(2018, 7, 1), date(2018, 6, 1))
    assert phase.planned.end == phase.actual.end == date(2018, 12, 31)
    assert "FASE-3" in notes


def test_what_is_invented_says_so_everywhere(ran: Path) -> None:
    project = read(ran)
    assert project.theory.theory.invented
    listed = examples()[EXAMPLE]
    assert "inventati" in listed["it"] and "invented" in listed["en"]
    titles = [source.table.title for source in project.sources.values()]
    for title in [*titles, *(one.corpus.title for one in project.corpora.values())]:
        assert "nventat" in title.within("it")
        assert "nvented" in title.within("en")
    for source in [*project.sources, *project.corpora]:
        said = (FOLDER / "data" / source / "SOURCE.md").read_text(encoding="utf-8")
        assert said.startswith("# Dati inventati · Invented data")
    with connect(Workspace(ran).impact_database, read_only=True) as connection:
        beginnings = connection.execute("select text from core.documents where source = 'ascolto'").fetchall()
    assert len(beginnings) == 14
    assert all(text.lstrip().startswith("Trascrizione inventata") for (text,) in beginnings)


def test_what_made_the_data_stays_behind_and_makes_them_again(ran: Path, tmp_path: Path) -> None:
    assert not (ran / "making").exists()
    runpy.run_path(str(FOLDER / "making" / "make_data.py"))["make"](tmp_path)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    kept = sorted(path.relative_to(FOLDER / "data") for path in (FOLDER / "data").rglob("*.*")
                  if path.is_file() and path.name not in ("SOURCE.md", "maschere.csv"))  # fmt: skip
    assert made == kept
    for path in made:  # what pandoc writes may differ from one version of it to the next
        if path.suffix not in (".docx", ".odt"):
            assert (tmp_path / path).read_bytes() == (FOLDER / "data" / path).read_bytes(), path


def test_people_are_no_share_of_associations(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / EXAMPLE, EXAMPLE)
    path = folder / "theory_of_change" / "00-programma.yml"
    text = path.read_text(encoding="utf-8")
    figure = text.index("  - id: PF-PARTECIPANTI")
    unit = "    unit: person\n"
    part = text[figure:].replace(unit, f"{unit}    of: PF-ASSOCIAZIONI\n", 1)
    path.write_text(text[:figure] + part, encoding="utf-8")
    assert told(read(folder)) == ["base-of-another-unit"]


# What the public document counted ------------------------------------------------------------------------------------


def test_the_published_figures_are_found_again(ran: Path) -> None:
    found = dict(rows(ran, "select figure_id, value_found from out.published_figures where verdict = 'reproduced'"))
    assert found == {"PF-ASSOCIAZIONI": 116, "PF-FOCUS": 4, "PF-INTERVISTE": 10, "PF-PROGETTI": 7, "PF-INCONTRI": 3,
                     "PF-PARTECIPANTI": 39}  # fmt: skip
    attendance = delivered("presenze")
    assert len({row["persona"] for row in attendance}) == 39 < len(attendance)
    value = dict(
        rows(ran, "select indicator_id, value from out.indicator_values where period = 'all' and dimension = 'all'")
    )
    assert value["IN-PRESENZE"] == len(attendance)
    assert (value["IN-BOZZA"], value["IN-FIRMA"]) == (1, 0)


def test_the_codebook_is_that_of_the_document(ran: Path) -> None:
    codes = read(ran).corpora["ascolto"].corpus.codes
    assert Counter(code.parent for code in codes if code.parent) == GROUPS


# The network ---------------------------------------------------------------------------------------------------------


def network(wave: str, kind: str | None = None) -> nx.Graph:
    """Those who answered, and the ties among them that one of the two reports."""
    reports = delivered("legami", f"*{wave}.csv")
    graph = nx.Graph()
    graph.add_nodes_from({row["risponde"] for row in reports})
    graph.add_edges_from((row["da"], row["a"]) for row in reports
                         if row["a"] and row["a"] in graph and (kind is None or row["tipo"] == kind))  # fmt: skip
    return graph


@pytest.mark.parametrize("wave", ["2017", "2018"])
def test_density_and_degree_are_networkx_own(ran: Path, wave: str) -> None:
    for kind in (None, "segnalazioni", "risorse", "progetto", "casi"):
        graph = network(wave, kind)
        found = dict(rows(ran, "select measure, value from out.networks where compared_with is null"
                               f" and wave = '{wave}' and kind = '{kind or 'all'}'"))  # fmt: skip
        assert found["density"] == pytest.approx(nx.density(graph), rel=1e-12)
        assert found["mean_degree"] == pytest.approx(2 * graph.number_of_edges() / len(graph), rel=1e-12)
        assert found["components"] == nx.number_connected_components(graph)


def test_the_change_is_of_those_in_both_waves_and_work_on_cases_does_not_grow(ran: Path) -> None:
    changed = {
        kind: rest
        for kind, *rest in rows(ran, "select kind, value, ci_low, ci_high, p_value, n_nodes from out.networks"
                                     " where measure = 'density' and compared_with is not null")
    }  # fmt: skip
    for kind, (difference, low, high, p, n) in changed.items():
        before, after = (network(wave, None if kind == "all" else kind) for wave in ("2017", "2018"))
        both = set(before) & set(after)
        ties = [sum(graph.has_edge(a, b) for a, b in combinations(both, 2)) for graph in (before, after)]
        pairs = len(both) * (len(both) - 1) / 2
        assert n == len(both)
        assert difference == pytest.approx((ties[1] - ties[0]) / pairs, rel=1e-12)
        assert low <= difference <= high
        assert (p < 0.01) == (low > 0) == (kind != "casi")


def test_who_is_in_the_network_is_by_the_day_and_who_answered_is_said(ran: Path) -> None:
    members = delivered("soggetti")
    for wave, first in (("2017", date(2017, 11, 13)), ("2018", date(2018, 12, 3))):
        there = {
            row["soggetto"]
            for row in members
            if day(row["dal"]) <= first and not (row["al"] and day(row["al"]) < first)
        }
        answered = {row["risponde"] for row in delivered("legami", f"*{wave}.csv")}
        found = rows(ran, f"select distinct n_members, n_answered from out.networks where wave = '{wave}'"
                          " and compared_with is null")  # fmt: skip
        assert found == [(len(there), len(answered))]
        assert answered < there


# The rubric ----------------------------------------------------------------------------------------------------------


def test_the_scores_of_the_rubric(ran: Path) -> None:
    scores = [(row["progetto"], row["criterio"], int(row["punteggio"])) for row in delivered("valutazioni")]
    by: dict[tuple[str, str], dict[str, list[int]]] = {}
    for at, name in ((0, "progetto"), (1, "criterio")):
        for row in scores:
            by.setdefault((name, row[at]), {}).setdefault("all", []).append(row[2])
    found = {
        (dimension, category): rest
        for dimension, category, *rest in rows(ran, "select dimension, category, median, q1, q3 from out.ratings"
                                                    ' where kind = \'summary\' and "group" = \'all\'')
    }  # fmt: skip
    for place, given in by.items():
        q1, median, q3 = statistics.quantiles(given["all"], n=4, method="inclusive")
        assert found[place] == [median, q1, q3]
    criteria: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for project, criterion, score in scores:
        criteria[project][criterion].append(score)
    own = [statistics.median(statistics.median(given) for given in one.values()) for one in criteria.values()]
    share = rows(ran, "select value from out.indicator_values where indicator_id = 'IN-FORTI' and period = 'all'"
                      " and dimension = 'all'")  # fmt: skip
    assert share == [(pytest.approx(sum(score >= 3 for score in own) / 7),)]
    kinds = rows(ran, "select n, n_items, statistic between 0.4 and 0.9 from out.ratings where kind = 'agreement'")
    assert kinds == [(18, 63, True)]


# Voices --------------------------------------------------------------------------------------------------------------


def coded() -> dict[str, set[str]]:
    """The documents of each code by its name, from both coders' files alone."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in delivered("ascolto"):
        found[row["codice"]].add(row["documento"])
    space = "{urn:QDA-XML:project:1.0}"
    with zipfile.ZipFile(FOLDER / "data" / "ascolto" / "prima_lettura.qdpx") as package:
        root = ElementTree.fromstring(package.read("project.qde"))
        names = {code.get("guid"): code.get("name") for code in root.iter(f"{space}Code")}
        for source in root.iter(f"{space}TextSource"):
            text = package.read(source.get("plainTextPath").replace("internal://", "sources/")).decode()
            for one in source.iter(f"{space}PlainTextSelection"):
                assert text[int(one.get("startPosition")) : int(one.get("endPosition"))] == one.get("name")
                for reference in one.iter(f"{space}CodeRef"):
                    found[names[reference.get("targetGUID")]].add(source.get("name"))
    return found


def test_every_coding_is_at_its_place_and_themes_are_counted(ran: Path) -> None:
    with connect(Workspace(ran).impact_database, read_only=True) as connection:
        states = connection.execute("select distinct state from core.segments").fetchall()
    assert ("look",) not in states
    expected = coded()
    codes = {code.id: code.names[0] for code in read(ran).corpora["ascolto"].corpus.codes if code.parent}
    found = rows(ran, "select code_id, n_documents, share from out.themes where source = 'ascolto' and period = 'all'"
                      " and dimension = 'all' and status = 'ok'")  # fmt: skip
    shown = {code: (n, share) for code, n, share in found if code in codes}
    assert len(shown) >= 14
    for code, (n, share) in shown.items():
        assert n == len(expected[codes[code]])
        assert share == pytest.approx(n / 14)


def test_two_coders_agree_well_but_not_always(ran: Path) -> None:
    twice = {row["documento"] for row in delivered("ascolto")}
    assert len(twice) == 7
    found = rows(ran, "select coefficient, ci_low, ci_high, n_coders from out.agreement where source = 'ascolto'"
                      " and code_id = 'all' and kind like 'krippendorff%'")  # fmt: skip
    (alpha, low, high, coders) = found[0]
    assert coders == 2
    assert 0.667 < low < alpha < high < 1


def test_numbers_and_voices_agree_disagree_and_were_not_asked(ran: Path) -> None:
    joined = {
        name: rest for name, *rest in rows(ran, "select element_id, numbers, voices, agreement, flag from out.joined")
    }
    assert joined["OC-RETE"] == ["up", "against", "disagree", "numbers_up_voices_down"]
    assert joined["OC-CONOSCERSI"] == ["up", "for", "agree", None]
    assert joined["OC-FAMIGLIE"] == ["not_asked", "not_asked", "nobody_asked", None]
    assert joined["OC-VOLONTARI"][2] == "voices_only"
    decided = rows(ran, "select element_id, proposed_status, decided_status, decided_by from out.joined"
                        " where decided_status is not null order by 1")  # fmt: skip
    assert decided == [("AS-ORE", "doubtful", "failed", "cabina di regia"),
                       ("AS-REGIA", "holding", "holding", "cabina di regia")]  # fmt: skip


def test_the_report_has_voices_beside_numbers_and_says_what_is_invented(ran: Path) -> None:
    package = write_report(Workspace(ran), "2018-H2", "cabina", "it", ("html",)).path
    page = (package / "report.html").read_text(encoding="utf-8")
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "I dati di questo rapporto sono inventati" in plain
    assert "voci e dati inventati" in plain
    for words in ("Seguono insieme delle famiglie", "Raccordo sui casi", "Povertà relazionale", "Numeri e voci"):
        assert words in plain, words
