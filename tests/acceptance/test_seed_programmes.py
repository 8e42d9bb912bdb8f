"""The two examples made from public programmes: what `check` says of them, and what one of them says of its own data.

Numbers are worked out anew here, from the delivered files, with nothing of ours in between.
"""

from __future__ import annotations

import csv
import statistics
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines.cli import answer
from pipelines.project import Project, read_project
from pipelines.reporting import write_report
from pipelines.starting import examples, make_workspace
from theory_of_change.coherence import coverage
from theory_of_change.programme import Workspace
from warehouse.connections import connect

VENICE, TURIN = "costellazioni-civiche", "porta-palazzo"
HALF_YEAR = "2026-H1"
FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
SPECIAL = ("ə", "5×1000", "«", "»")


def read(folder: Path) -> Project:
    return read_project(Workspace(folder))


def told(project: Project) -> list[str]:
    """What is wrong or doubtful; remarks that ask for nothing are left out."""
    return [one.code for one in project.problems if one.severity != "info"]


def rows(folder: Path, sql: str) -> list[tuple]:
    with connect(Workspace(folder).published_database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[[str], Path]:
    return lambda example: make_workspace(tmp_path / example, example)


def ran(example: str, folder: Path) -> Path:
    """The example after a run without reports, which would take most of the time."""
    made = make_workspace(folder / example, example)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.assets.report.profiles_of", lambda project: [])
        assert answer(["run", "--workspace", str(made), "--language", "it"]) == 0
    return made


@pytest.fixture(scope="module")
def venice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran(VENICE, tmp_path_factory.mktemp("venice"))


# What check says ----------------------------------------------------------------------------------------------------


def test_both_are_listed_with_a_title_in_each_language() -> None:
    listed = examples()
    assert "invented data" in listed[VENICE]["en"]
    assert "dati inventati" in listed[VENICE]["it"]
    assert "without indicators" in listed[TURIN]["en"]
    assert "senza indicatori" in listed[TURIN]["it"]


def test_a_theory_without_indicators_is_valid_and_told_its_eighteen_gaps(
    workspace: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = workspace(TURIN)
    project = read(folder)
    assert project.errors == []
    assert told(project) == ["outcome-unmeasured"] * 18
    assert project.theory.indicators == ()
    areas = Counter(outcome.area for outcome in project.theory.outcomes)
    assert areas == {"AR-SPAZIO": 6, "AR-PROSSIMITA": 4, "AR-ABITARE": 5, "AR-TRANSIZIONE": 3}
    uncovered = [row.element_id for row in coverage(project.theory) if row.kind == "outcome" and row.gap]
    assert sorted(uncovered) == sorted(outcome.id for outcome in project.theory.outcomes)
    assert answer(["check", "--workspace", str(folder), "--language", "en"]) == 0
    said = capsys.readouterr()
    assert (said.out + said.err).count("[outcome-unmeasured]") == 18


def test_each_area_has_a_way_from_what_it_does_to_what_it_changes(workspace: Callable[[str], Path]) -> None:
    """All but gentrification, for which the plan names no activity: there the gap is accepted, with the reason."""
    theory = read(workspace(TURIN)).theory
    accepted = [outcome.id for outcome in theory.outcomes if "element-unreachable" in outcome.accept]
    assert accepted == ["AB-E4"]
    within = Counter(one.area for block in (theory.inputs, theory.activities, theory.outputs) for one in block)
    assert within == {None: 2 + 11, "AR-SPAZIO": 5 + 2 + 7, "AR-PROSSIMITA": 4 + 3 + 6, "AR-ABITARE": 5 + 3 + 4,
                      "AR-TRANSIZIONE": 3 + 4 + 2}  # fmt: skip


def test_a_whole_programme_has_nothing_left_to_mend(workspace: Callable[[str], Path]) -> None:
    project = read(workspace(VENICE))
    assert told(project) == []
    theory = project.theory
    assert theory.theory.operation_code == "VE4.4.11.2.a"
    assert Counter(area.kind for area in theory.areas) == {"thematic_area": 5, "level": 3}
    assert Counter(outcome.theme for outcome in theory.outcomes) == {"mission": 4, "strategy": 4, None: 4}
    assert {question.criterion for question in theory.evaluation_questions} == {
        "relevance", "coherence", "effectiveness", "efficiency", "impact", "sustainability",
    }  # fmt: skip


def test_at_least_two_hubs_without_a_date_is_told_unless_accepted(workspace: Callable[[str], Path]) -> None:
    folder = workspace(VENICE)
    path = folder / "theory_of_change" / "30-hub-e-antenne.yml"
    text = path.read_text(encoding="utf-8")
    start = text.index("    accept:\n      target-undated:")
    end = text.index("  - indicator:", start)
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    project = read(folder)
    assert told(project) == ["target-undated"]
    problem = next(one for one in project.problems if one.code == "target-undated")
    target = next(one for one in project.theory.targets if one.by is None)
    assert (target.indicator, target.operator, target.value) == ("IN-HUB", ">=", 2)
    assert problem.place.file == "theory_of_change/30-hub-e-antenne.yml"
    assert "- indicator: IN-HUB" in path.read_text(encoding="utf-8").splitlines()[problem.place.line - 1]


def test_periodic_reports_of_no_period_are_told(workspace: Callable[[str], Path]) -> None:
    folder = workspace(VENICE)
    path = folder / "theory_of_change" / "00-programma.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("    period: half_year\n", "", 1), encoding="utf-8")
    assert told(read(folder)) == ["report-without-frequency"]


def test_what_is_invented_says_so_everywhere(workspace: Callable[[str], Path]) -> None:
    folder = workspace(VENICE)
    project = read(folder)
    assert project.theory.theory.invented
    for title in [project.programme.title, *(source.table.title for source in project.sources.values())]:
        assert "inventati" in title.within("it")
        assert "invented" in title.within("en")
    for source in project.sources:
        said = (folder / "data" / source / "SOURCE.md").read_text(encoding="utf-8")
        assert said.startswith("# Dati inventati · Invented data")
    made_up = [target for target in project.theory.targets if "VE4.4.11.2.a" not in target.set_by.within("it")]
    assert len(made_up) == len(project.theory.targets) - 1
    assert all("nventato" in target.rationale.within("it") for target in made_up)


# What its data say --------------------------------------------------------------------------------------------------


def delivered(source: str, encoding: str = "utf-8") -> list[dict[str, str]]:
    import theory_of_change

    folder = Path(theory_of_change.__file__).parent / "examples" / VENICE / "data" / source
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding=encoding, newline="") as file:
            found += csv.DictReader(file, delimiter=";")
    return found


def day(text: str) -> date:
    dd, mm, yyyy = map(int, text.split("/"))
    return date(yyyy, mm, dd)


def number(text: str) -> float:
    return float(text.replace(".", "").replace(",", "."))


def within(source: str, column: str) -> list[dict[str, str]]:
    return [row for row in delivered(source) if FIRST <= day(row[column]) <= LAST]


def isolation(row: dict[str, str]) -> float | None:
    items = [int(row[name]) for name in ("S1", "S2")] + [99 if row["S3"] == "99" else 5 - int(row["S3"])]
    given = [item for item in items if item != 99]
    return statistics.fmean(given) if len(given) >= 2 else None


def test_italian_files_are_read_as_they_are_meant(venice: Path) -> None:
    """Semicolons, decimal commas, dd/mm/yyyy, Windows-1252 and a workbook; those who do not consent are left out."""
    with pytest.raises(UnicodeDecodeError):
        delivered("hub")
    hours = {row["hub"]: row["orario"] for row in delivered("hub", "windows-1252")}
    with connect(Workspace(venice).impact_database, read_only=True) as connection:
        landed = connection.execute("select hub, orario from core.hub").fetchall()
    assert dict(landed) == hours
    assert hours["HUB-1"] == "lunedì e giovedì, 9–13"

    sql = "select file_name, sum(rows_read), sum(rows_accepted) from out.loads group by 1"
    loads = {name: (read_, accepted) for name, read_, accepted in rows(venice, sql)}
    assert loads["laboratori_2024-2026.xlsx"][0] == loads["laboratori_2024-2026.xlsx"][1] > 200
    answers = delivered("residenti")
    assert sum(n for name, (_, n) in loads.items() if name.startswith("residenti")) == sum(
        row["consenso"] == "Y" for row in answers
    ) < len(answers)  # fmt: skip


def test_the_published_numbers_are_those_of_the_files(venice: Path) -> None:
    published = dict(
        rows(venice, f"select indicator_id, value from out.indicator_values where period = '{HALF_YEAR}'"
                     " and dimension = 'all' and status = 'ok'")
    )  # fmt: skip
    attendance, grants, meetings = within("presenze", "giorno"), within("contributi", "assegnato"), within(
        "incontri", "giorno"
    )  # fmt: skip
    answers = [row for row in within("residenti", "submitdate") if row["consenso"] == "Y"]
    scores = [score for row in answers if (score := isolation(row)) is not None]
    amounts = [(number(row["importo"]), number(row["costo_totale"])) for row in grants]
    expected = {
        "IN-PERSONE": len({row["persona"] for row in attendance}),
        "IN-PRESENZE": len(attendance),
        "IN-RITORNI": len(attendance) / len({row["persona"] for row in attendance}),
        "IN-ORG": len({row["organizzazione"] for row in meetings}),
        "IN-ORG-VOLTE": len(meetings),
        "IN-HUB": len({row["hub"] for row in within("attivita", "giorno") if row["hub"]}),
        "IN-ORE-PRESIDIO": sum(number(r["ore"]) for r in within("attivita", "giorno") if r["tipo"] == "presidio"),
        "IN-ANTENNE": sum(row["attiva"] == "sì" for row in within("antenne", "rilevazione")),
        "IN-IMPORTO": sum(amount for amount, _ in amounts),
        "IN-QUOTA": sum(amount for amount, _ in amounts) / sum(cost for _, cost in amounts),
        "IN-ALTRE-RISORSE": sum(cost - amount for amount, cost in amounts),
        "IN-SA-CHI": statistics.fmean(row["H2"] == "Y" for row in answers),
        "IN-POCA-FIDUCIA": statistics.fmean(int(r["F1"]) <= 2 for r in answers if r["F1"] != "99"),
        "IN-ISOLAMENTO": statistics.fmean(score >= 3 for score in scores),
        "IN-TEORIA": 1,
    }
    assert {name: published[name] for name in expected} == pytest.approx(expected)
    assert published["IN-PERSONE"] < published["IN-PRESENZE"]
    assert published["IN-ORG"] < published["IN-ORG-VOLTE"]


def test_the_same_people_are_compared_before_and_after(venice: Path) -> None:
    """The error is that of a mean in a domain: pairs without a score stay in the design, as in R's `svymean`."""
    answers = [row for row in delivered("residenti") if row["consenso"] == "Y"]
    before, after = ({r["token"]: isolation(r) for r in answers if r["ondata"] == wave} for wave in ("pre", "post"))
    pairs = [(before[who], after[who]) for who in before.keys() & after.keys()]
    changes = [late - early for early, late in pairs if early is not None and late is not None]
    assert len(changes) < len(pairs)
    mean, n = statistics.fmean(changes), len(changes)
    squares = sum((change - mean) ** 2 for change in changes)
    error = (squares / n**2 * len(pairs) / (len(pairs) - 1)) ** 0.5
    found = rows(venice, "select value, n, std_error from out.indicator_values where"
                         f" indicator_id = 'IN-ISOLAMENTO-CAMBIO' and period = '{HALF_YEAR}'")  # fmt: skip
    assert found == [(pytest.approx(mean), n, pytest.approx(error))]


def test_the_latest_half_year_is_the_last_one_with_rows(venice: Path) -> None:
    """Milestones have a value in 2026-H2 too. A year that is not over is not judged as if it were."""
    reached = rows(venice, "select distinct indicator_id from out.indicator_values where period = '2026-H2'"
                           " and status = 'ok' and dimension = 'all' order by 1")  # fmt: skip
    assert [name for (name,) in reached] == ["IN-PROTOCOLLO", "IN-RAPPORTO", "IN-TEORIA"]
    from pipelines.running import latest_period_with_data
    from warehouse.store import open_warehouse

    with open_warehouse(Workspace(venice)) as warehouse:
        assert latest_period_with_data(warehouse) == HALF_YEAR
    status = dict(rows(venice, "select indicator_id, status from out.progress where dimension = 'all'"
                               " and period = '2026' and status <> 'no_target'"))  # fmt: skip
    assert status["IN-HUB"] == "met"
    assert status["IN-PARTECIPA"] == "behind"
    assert "not_met" not in status.values()


def test_small_groups_are_hidden_and_the_whole_is_not(venice: Path) -> None:
    hidden = rows(venice, f"select distinct dimension from out.indicator_values where period = '{HALF_YEAR}'"
                          " and status = 'suppressed'")  # fmt: skip
    assert ("genere",) in hidden
    assert ("all",) not in hidden


def test_every_sign_survives_from_yaml_to_database_page_and_print(venice: Path) -> None:
    import pypdf

    published = " ".join(
        str(cell) for row in rows(venice, "select statement_it, attributes from out.elements") for cell in row
    )
    package = write_report(Workspace(venice), HALF_YEAR, "comitato", "it", ("html", "pdf")).path
    page = (package / "report.html").read_text(encoding="utf-8")
    printed = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(package / "report.pdf").pages)
    for sign in SPECIAL:
        for text in (published, page, printed):
            assert sign in text, sign
    assert "Cittadinə" in page and "Cittadinə" in printed
    assert "dati di questo rapporto sono inventati" in printed


def test_a_theory_without_indicators_is_drawn_with_every_sign_it_was_written_in(tmp_path: Path) -> None:
    folder = ran(TURIN, tmp_path)
    package = write_report(Workspace(folder), "all", "quartiere", "it", ("html",)).path
    page = (package / "report.html").read_text(encoding="utf-8")
    for sign in (*SPECIAL, "tuttə", "nessunə", "cittadinə"):
        assert sign in page, sign
    drawn = " ".join((package / "figures" / "theory.svg").read_text(encoding="utf-8").split())
    for outcome in read(folder).theory.outcomes:
        first = outcome.statement.within("it").split()[0]
        assert first in drawn
    assert rows(folder, "select count(*) from out.indicator_values") == [(0,)]
    gaps = "select count(*) from out.coverage where kind = 'outcome' and gap is not null"
    assert rows(folder, gaps) == [(18,)]
