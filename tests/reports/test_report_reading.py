"""The publication is read once, read-only, and what is wrong with it is told with a remedy."""

from __future__ import annotations

import duckdb
import pytest
from publication import connect, publish_small

from reports.reading import Report, read, spoken
from theory_of_change.problems import ProblemsFound


def found(published) -> list[tuple[str, str]]:
    with pytest.raises(ProblemsFound) as problems:
        read(published)
    return [(problem.code, str(problem.place)) for problem in problems.value.problems]


def test_nothing_published_yet(tmp_path):
    assert found(tmp_path / "published.duckdb") == [("publication-missing", "published.duckdb")]


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "published.duckdb"
    path.write_bytes(b"%PDF-1.7 not a database" * 100)
    assert found(path) == [("publication-unreadable", "published.duckdb")]


def test_a_publication_of_an_earlier_version_names_what_is_missing_all_at_once(tmp_path):
    path = publish_small(tmp_path / "published.duckdb")
    with connect(path) as connection:
        connection.execute("drop table out.distributions")
        connection.execute("alter table out.effects drop column p_adjusted")
    with pytest.raises(ProblemsFound) as problems:
        read(path)
    assert [problem.facts["missing"] for problem in problems.value.problems] == [
        "out.effects.p_adjusted",
        "out.distributions",
    ]


def test_an_unknown_period_offers_the_nearest(report: Report):
    with pytest.raises(ProblemsFound) as problems:
        report.period("1978-H1")
    assert problems.value.problems[0].facts == {"period": "1978-H1", "hint": "1978"}


def test_reading_leaves_the_publication_as_it_is_and_open_to_others(small):
    before = small.read_bytes()
    read(small)
    duckdb.connect(str(small), read_only=True).close()
    assert small.read_bytes() == before


def test_the_fingerprint_follows_the_content_and_not_its_order(tmp_path):
    one, two, other = (publish_small(tmp_path / name, alone) for name, alone in (("a", 0.42), ("b", 0.42), ("c", 0.43)))
    with connect(two) as connection:
        connection.execute("create table moved as select * from out.indicator_values order by category, period desc")
        connection.execute("delete from out.indicator_values")
        connection.execute("insert into out.indicator_values select * from moved")
        connection.execute("drop table moved")
    assert read(one).fingerprint == read(two).fingerprint != read(other).fingerprint


def test_periods_run_from_fine_to_coarse(small):
    report = read(small)
    assert [period.name for period in report.periods] == ["2024-H1", "2024-H2", "2025-H1", "2024", "2025", "all"]
    assert [period.name for period, _ in report.series("IN-ALONE", report.period("2024-H2"))] == ["2024-H1", "2024-H2"]
    assert [period.name for period, _ in report.series("IN-ALONE", report.period("all"))] == [
        "2024-H1",
        "2024-H2",
        "2025-H1",
    ]


def test_groups_come_in_the_order_the_theory_names_them(report: Report):
    assert list(report.broken_down("IN-EARN-AFTER", "1978")) == ["schooling", "black", "hispanic", "black x schooling"]


@pytest.mark.parametrize(
    ("text", "words"),
    [({"it": "sì", "en": "yes"}, "sì"), ({"en": "yes"}, "yes"), ("plain", "plain"), (None, ""), (3, "3")],
)
def test_words_in_the_wanted_language_or_the_one_there_is(text, words):
    assert spoken(text, "it") == words


def test_what_is_measured_once_is_told_in_later_periods_too(tmp_path):
    path = publish_small(tmp_path / "published.duckdb")
    before = read(path)
    now, earlier = before.period("2025-H1"), before.period("2024-H2")
    indicator = next(i for i in before.indicators if len(before.series(i.id, now)) > 1)
    with connect(path) as connection:
        known = ("update out.indicator_values set status = ?, value = ? where indicator_id = ? and period = ?"
                 " and dimension = 'all'")  # fmt: skip
        connection.execute(known, ["no_data", None, indicator.id, now.name])
        connection.execute(known, ["ok", 0.5, indicator.id, earlier.name])
    assert read(path).reported(indicator, now)["status"] == "no_data"
    with connect(path) as connection:
        connection.execute("update out.indicators set attributes = "
                           "json_merge_patch(attributes, '{\"frequency\": \"once\"}')")  # fmt: skip
    after = read(path)
    assert after.reported(after.block(indicator.id, "indicator"), now)["period"] == earlier.name
