"""The example that nearly everybody rated in: what it says of itself, and figures worked out here from its files.

One run, without reports, serves all tests; one report is written, in one language and one format.
"""

from __future__ import annotations

import csv
import math
import re
import runpy
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from scipy import stats

import theory_of_change
from pipelines.cli import answer
from pipelines.project import Project, read_project
from pipelines.reporting import write_report
from pipelines.starting import examples, make_workspace
from theory_of_change.programme import Workspace
from warehouse.connections import connect

EXAMPLE = "palestre-di-capacita"
FOLDER = Path(theory_of_change.__file__).parent / "examples" / EXAMPLE
FIRST_HALF = "2018-H1"
POPULATION = {"aps_odv": 57, "altri": 38}


def delivered(source: str) -> list[dict[str, str]]:
    (path,) = (FOLDER / "data" / source).glob("*.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def day(text: str) -> date:
    dd, mm, yyyy = map(int, text.split("/"))
    return date(yyyy, mm, dd)


def rows(folder: Path, sql: str) -> list[tuple]:
    with connect(Workspace(folder).published_database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def told(project: Project) -> list[str]:
    return [one.code for one in project.problems if one.severity != "info"]


@pytest.fixture(scope="module")
def gyms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_workspace(tmp_path_factory.mktemp("gyms") / EXAMPLE, EXAMPLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.assets.report.profiles_of", lambda project: [])
        assert answer(["run", "--workspace", str(made), "--language", "it"]) == 0
    return made


# What it says of itself ----------------------------------------------------------------------------------------------


def test_it_is_listed_in_each_language_and_its_copy_is_ready(gyms: Path) -> None:
    assert "invented data" in examples()[EXAMPLE]["en"] and "dati inventati" in examples()[EXAMPLE]["it"]
    assert told(read_project(Workspace(gyms))) == []
    assert not list(gyms.rglob("*.py"))
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 500_000


def test_what_is_invented_says_so_everywhere(gyms: Path) -> None:
    project = read_project(Workspace(gyms))
    assert project.theory.theory.invented
    titles = [project.programme.title, *(one.table.title for one in project.sources.values()),
              *(one.corpus.title for one in project.corpora.values())]  # fmt: skip
    for title in titles:
        assert "inventati" in title.within("it") and "invented" in title.within("en")
    for source in [*project.sources, *project.corpora]:
        said = (FOLDER / "data" / source / "SOURCE.md").read_text(encoding="utf-8")
        assert said.startswith("# Dati inventati · Invented data")
    assert all("nventat" in target.rationale.within("it") for target in project.theory.targets)
    for path in (FOLDER / "data" / "focus_group").glob("FG-*"):
        if path.suffix != ".docx":
            assert "DATI INVENTATI" in path.read_text(encoding="utf-8")


def test_its_data_can_be_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = runpy.run_path(str(FOLDER / "making" / "make.py"))
    monkeypatch.setitem(made["main"].__globals__, "DATA", tmp_path)
    made["main"]()
    for path in sorted(tmp_path.rglob("*.*")):
        assert path.read_bytes() == (FOLDER / "data" / path.relative_to(tmp_path)).read_bytes(), path.name


def test_shares_that_do_not_add_up_are_told_unless_accepted(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / EXAMPLE, EXAMPLE)
    path = folder / "theory_of_change" / "30-cifre.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"    accept:\n(?:      .*\n)+", "", text), encoding="utf-8")
    project = read_project(Workspace(folder))
    assert told(project) == ["composition-remainder"]
    (problem,) = (one for one in project.problems if one.code == "composition-remainder")
    facts = {name: problem.facts[name] for name in ("sum", "base", "counts", "rest")}
    assert facts == {"sum": "89", "base": "95", "counts": "57 + 11 + 10 + 6", "rest": "11"}


# What its data say ---------------------------------------------------------------------------------------------------


def test_each_published_figure_is_found_again(gyms: Path) -> None:
    found = dict(rows(gyms, "select figure_id, verdict from out.published_figures"))
    assert set(found.values()) == {"reproduced"} and len(found) == 9
    kinds = Counter(row["categoria"] for row in delivered("enti"))
    assert kinds == {"associazione": 57, "fondazione_comunitaria": 11, "csv": 10, "coop_pa": 6, "nc": 11}
    shares = [round(100 * kinds[kind] / 95) for kind in ("associazione", "fondazione_comunitaria", "csv", "coop_pa")]
    assert shares == [60, 12, 11, 6]


def test_people_attendances_and_contents_are_those_of_the_files(gyms: Path) -> None:
    published = {
        (name, period): value
        for name, period, value in rows(gyms, "select indicator_id, period, value from out.indicator_values"
                                              " where dimension = 'all' and status = 'ok'")
    }  # fmt: skip
    attendance, contents = delivered("presenze"), delivered("contenuti")
    assert published["IN-DELEGATI", "all"] == len({row["delegato"] for row in attendance}) == 95
    assert published["IN-PRESENZE", "all"] == len(attendance) > 95
    second = {row["delegato"] for row in attendance if row["fase"] == "2"}
    assert published["IN-DELEGATI-F2", "all"] == len(second) == 51 + 32
    decided = [row for row in contents if row["giro"] != "giro_3" and row["in_sintesi"] == "sì"]
    adopted = sum(bool(row["punto_del_bando"]) for row in decided)
    assert (adopted, len(decided)) == (7, 17)
    assert published["IN-ADOTTATI", "all"] == pytest.approx(7 / 17)
    assert published["IN-SINTESI", "all"] == sum(row["in_sintesi"] == "sì" for row in contents) / len(contents)


def test_the_open_round_is_counted_and_has_no_rate_yet(gyms: Path) -> None:
    found = {(cohort, item): rest for cohort, item, *rest in rows(
        gyms, "select cohort, item, n, of_previous, status from out.funnels where kind = 'stage'")}  # fmt: skip
    assert found["giro_3", "in_sintesi"] == [6, pytest.approx(6 / 9), "ok"]
    assert found["giro_3", "nel_bando"] == [0, None, "open"]
    assert found["all", "nel_bando"] == [7, pytest.approx(7 / 17), "ok"]
    told_ = rows(gyms, "select status, note from out.indicator_values where indicator_id = 'IN-ADOTTATI'"
                       " and period = 'all' and dimension = 'giro' and category = 'giro_3'")  # fmt: skip
    assert told_[0][0] == "no_data"


def scores() -> dict[tuple[str, str], list[int]]:
    """Ratings by group and item."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in delivered("voti"):
        found[row["gruppo"], f"{row['campo']} / {row['risorsa']} / {row['esigenza']}"].append(int(row["voto"]))
    return found


def test_the_mean_of_nearly_everybody_is_nearly_certain(gyms: Path) -> None:
    """Cochran 1977, 2.15: the interval shrinks by the root of what is left of the population."""
    published = {(group, item): rest for group, item, *rest in rows(
        gyms, "select \"group\", category, n, mean, ci_low, ci_high, median from out.ratings where kind = 'summary'"
              " and dimension = 'campo x risorsa x esigenza' and \"group\" <> 'all'")}  # fmt: skip
    given = scores()
    assert set(published) == set(given) and len(given) == 72
    for (group, item), own in given.items():
        n, mean, low, high, median = published[group, item]
        half = stats.t.ppf(0.975, n - 1) * statistics.stdev(own) / math.sqrt(n) * math.sqrt(1 - n / POPULATION[group])
        assert (n, mean, median) == (len(own), pytest.approx(statistics.fmean(own)), statistics.median(own))
        assert (low, high) == (pytest.approx(mean - half), pytest.approx(mean + half))
    n, mean, low, high, _ = published["aps_odv", "inclusione / bandi / continuita"]
    own = given["aps_odv", "inclusione / bandi / continuita"]
    without = stats.t.ppf(0.975, n - 1) * statistics.stdev(own) / math.sqrt(n)
    assert (round(mean, 1), round((high - low) / 2, 2), round(without, 2)) == (3.6, 0.17, 0.52)  # as the README says


def test_groups_are_compared_by_ranks_and_corrected_for_all_items(gyms: Path) -> None:
    given = scores()
    items = sorted({item for _, item in given})
    raw = {item: stats.mannwhitneyu(given["altri", item], given["aps_odv", item], method="asymptotic").pvalue
           for item in items}  # fmt: skip
    running, adjusted = 0.0, {}
    for rank, item in enumerate(sorted(items, key=raw.__getitem__)):
        running = max(running, min(1.0, (len(items) - rank) * raw[item]))
        adjusted[item] = running
    published = {item: rest for item, *rest in rows(
        gyms, "select category, p_value, p_adjusted from out.ratings where kind = 'test'")}  # fmt: skip
    assert published == {item: [pytest.approx(raw[item]), pytest.approx(adjusted[item])] for item in items}
    assert sum(p < 0.05 for p in raw.values()) > sum(p < 0.05 for p in adjusted.values()) > 0


def mean_of_ratings(correct: bool) -> tuple[float, float]:
    """The mean over two strata of raters and its error by linearisation: raters are units with many ratings each."""
    given = [(row["gruppo"], row["delegato"], int(row["voto"])) for row in delivered("voti")]
    mean = statistics.fmean(score for *_, score in given)
    variance = 0.0
    for group, population in POPULATION.items():
        totals: dict[str, float] = defaultdict(float)
        for own, rater, score in given:
            if own == group:
                totals[rater] += (score - mean) / len(given)
        left = 1 - len(totals) / population if correct else 1.0
        variance += left * len(totals) * statistics.variance(totals.values())
    return mean, math.sqrt(variance)


@pytest.mark.parametrize(("name", "correct"), [("IN-VOTO", True), ("IN-VOTO-SENZA", False)])
def test_indicators_over_ratings_know_who_is_a_unit_and_how_many_there_are(
    gyms: Path, name: str, correct: bool
) -> None:
    (found,) = rows(gyms, "select value, std_error from out.indicator_values where dimension = 'all'"
                          f" and period = 'all' and indicator_id = '{name}'")  # fmt: skip
    assert found == pytest.approx(mean_of_ratings(correct))


def test_crossings_that_reach_six_are_counted_by_medians_of_medians(gyms: Path) -> None:
    by_field: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in delivered("voti"):
        by_field[row["risorsa"], row["esigenza"]][row["campo"]].append(int(row["voto"]))
    own = [statistics.median(map(statistics.median, fields.values())) for fields in by_field.values()]
    (found,) = rows(gyms, "select value, numerator, denominator, n from out.indicator_values where dimension = 'all'"
                          " and period = 'all' and indicator_id = 'IN-INCROCI'")  # fmt: skip
    reached = sum(score >= 6 for score in own)
    assert found == (pytest.approx(reached / 12), reached, 12, 83)


def test_the_same_people_change_with_an_interval_that_knows_the_95(gyms: Path) -> None:
    kept = [row for row in delivered("autovalutazione") if row["consenso"] == "Y"]
    before, after = (
        {row["token"]: int(row["C3"]) for row in kept if row["ondata"] == wave} for wave in ("pre", "post")
    )
    pairs = [(before[who], after[who]) for who in before.keys() & after.keys()]
    changes = [late - early for early, late in pairs if 99 not in (early, late)]
    mean, n = statistics.fmean(changes), len(changes)
    squares = sum((change - mean) ** 2 for change in changes)
    error = (squares / n**2 * len(pairs) / (len(pairs) - 1) * (1 - len(pairs) / 95)) ** 0.5
    (found,) = rows(gyms, "select value, n, std_error from out.indicator_values where indicator_id = 'IN-C-RETI'"
                          f" and period = '{FIRST_HALF}' and dimension = 'all'")  # fmt: skip
    assert found == (pytest.approx(mean), n, pytest.approx(error))


def test_of_six_bodies_nothing_is_shown_that_tells_what_they_think(gyms: Path) -> None:
    hidden = rows(gyms, "select distinct indicator_id from out.indicator_values where status = 'suppressed'"
                        " and category = 'coop_pa'")  # fmt: skip
    shown = rows(gyms, "select distinct indicator_id from out.indicator_values where status = 'ok'"
                       " and category = 'coop_pa'")  # fmt: skip
    assert hidden == [("IN-DELEGATI",)] and shown == [("IN-ENTI",)]


# Voices --------------------------------------------------------------------------------------------------------------


def coded() -> Iterator[tuple[str, str, str]]:
    """Focus group, code and reader of every marked passage, from the texts the transcripts were made of."""
    for path in sorted((FOLDER / "making" / "focus_group").glob("*.txt")):
        for code, who in re.findall(r"\{([\w-]+)(?:@([AB]))?:", path.read_text(encoding="utf-8")):
            yield from ((path.stem, code, reader) for reader in who or "AB")


def test_every_coding_is_at_its_place_in_whatever_kind_of_file(gyms: Path) -> None:
    with connect(Workspace(gyms).impact_database, read_only=True) as connection:
        found = connection.execute("select document_id, code_id, state from core.segments").fetchall()
    assert Counter((document, code) for document, code, _ in found) == Counter((one, code) for one, code, _ in coded())
    assert {state for *_, state in found} == {"placed"}


def test_documents_with_each_theme(gyms: Path) -> None:
    codes = ("soliti", "imparato", "dialogo", "accesso")
    found = dict(rows(gyms, "select code_id, n_documents from out.themes where period = 'all' and dimension = 'all'"
                            f" and status = 'ok' and code_id in {codes}"))  # fmt: skip
    by_code: dict[str, set[str]] = defaultdict(set)
    for document, code, _ in coded():
        by_code[code].add(document)
    assert found == {code: len(by_code[code]) for code in codes}


def test_numbers_go_up_where_voices_go_down_and_it_is_flagged(gyms: Path) -> None:
    found = {name: rest for name, *rest in rows(gyms, "select element_id, numbers, voices, flag from out.joined")}
    assert found["OC-RETI"] == ["up", "against", "numbers_up_voices_down"]
    assert found["OC-SCAMBIO"] == ["up", "for", None]
    assert found["OC-COPROG"][1] == "mixed"
    decided = rows(
        gyms, "select proposed_status, decided_status, decided_by from out.joined where element_id = 'AS-NUOVI'"
    )
    assert decided == [("doubtful", "failed", "gruppo di coordinamento")]


def test_nobody_is_quoted_who_did_not_agree_to_it(gyms: Path) -> None:
    quoted = rows(gyms, "select distinct document_id from out.quotes where document_id is not null")
    assert quoted and ("FG-5",) not in quoted
    assert rows(gyms, "select count(*) > 0 from out.quotes where is_adverse") == [(True,)]


def test_the_report_shows_the_funnel_the_ratings_and_what_does_not_add_up(gyms: Path) -> None:
    page = (write_report(Workspace(gyms), FIRST_HALF, "percorso", "en", ("html",)).path / "report.html").read_text(
        "utf-8"
    )
    plain = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for words in (
        "Contents for the call (invented data)",
        "not decided yet",
        "Foundations, CSV and others",
        "how many could have rated in all",
        "add up to 89 of 100",
        "Numbers up, voices down",
        "After, compared with before",
    ):
        assert words in plain, words
