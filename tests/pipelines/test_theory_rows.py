"""What the theory's tables keep for reports: units in both languages, titles of covariates, coverage without what is
retired, and the theory's own fingerprint."""

from __future__ import annotations

import json

from pipelines.theory_tables import theory_tables
from theory_of_change.contents import content_hash
from theory_of_change.definition import Text
from theory_of_change.model import TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Column, Table

PROGRAMME = Programme.model_validate({
    "id": "p", "title": "P", "languages": ["it", "en"], "calendar": {"start": "2024-01-01", "end": "2024-12-31"},
})  # fmt: skip
RETIRED = {"retired": {"at": "2024-06-30", "reason": "no longer claimed"}}
THEORY = TheoryOfChange.model_validate({
    "theory": {"id": "t", "version": "1.0.0", "title": "T"},
    "outcomes": [{"id": "OC-1", "statement": "s"}, {"id": "OC-2", "statement": "s", **RETIRED}],
    "indicators": [
        {"id": "IN-1", "title": "I", "measures": ["OC-1"], "unit": {"it": "poli", "en": "hubs"},
         "measure": {"from": "rows", "count": "rows"}},
        {"id": "IN-2", "title": "I", "measures": ["OC-1"], "unit": "EUR", **RETIRED,
         "measure": {"from": "rows", "sum": "a"}},
    ],
    "evaluations": [{"id": "EV", "from": "rows", "measure": "a", "design": "randomised", "covariates": ["age", "b"]}],
})  # fmt: skip
COLUMNS = (Column("age", "number", title=Text({"it": "Età", "en": "Age"})), Column("b", "number"))
ROWS = Table("rows", "register", Text("Rows"), COLUMNS)


def attributes(kind: str) -> dict:
    elements = theory_tables(PROGRAMME, THEORY, {"rows": ROWS})["elements"]
    (found,) = elements[elements["kind"] == kind]["attributes"]
    return json.loads(found)


def test_a_unit_stands_in_each_language():
    rows = theory_tables(PROGRAMME, THEORY)["indicators"][["unit", "unit_it", "unit_en"]].values.tolist()
    assert rows == [["poli", "poli", "hubs"], ["EUR", "EUR", "EUR"]]


def test_nothing_retired_is_asked_for_coverage_or_counted_in_it():
    tables = theory_tables(PROGRAMME, THEORY)
    assert list(tables["coverage"]["element_id"]) == ["OC-1"]
    assert list(tables["measures"]["indicator_id"]) == ["IN-1"]


def test_covariates_have_the_titles_their_source_gives_them():
    assert attributes("evaluation")["covariate_titles"] == {"age": {"it": "Età", "en": "Age"}}


def test_the_theory_carries_its_fingerprint():
    assert attributes("theory")["content_hash"] == content_hash(THEORY)


def test_a_column_an_indicator_is_broken_down_by_is_told_as_a_dimension_in_its_sources_words():
    sex = Column(
        "sex", "category", title=Text({"it": "Sesso", "en": "Sex"}), labels={"1": Text("Donna"), "2": Text("Uomo")}
    )
    other = Column("sex", "category", title=sex.title, labels={"1": Text("Donna"), "2": Text("Altro")})
    tables = {"rows": Table("rows", "register", Text("Rows"), (*COLUMNS, sex)),
              "more": Table("more", "register", Text("More"), (other,))}  # fmt: skip

    def dimensions(*cut: tuple[str, object], declared: tuple[dict, ...] = ()) -> dict[str, tuple[str, dict]]:
        theory = TheoryOfChange.model_validate({
            "theory": {"id": "t", "version": "1.0.0", "title": "T"},
            "dimensions": list(declared),
            "indicators": [{"id": f"IN-{n}", "title": "I", "measures": ["OC-1"], "unit": "EUR", "disaggregation": [by],
                            "measure": {"from": source, "count": "rows"}} for n, (source, by) in enumerate(cut)],
        })  # fmt: skip
        rows = theory_tables(PROGRAMME, theory, tables)["elements"]
        return {row.element_id: (row.statement_it, json.loads(row.attributes).get("categories"))
                for row in rows[rows["kind"] == "dimension"].itertuples()}  # fmt: skip

    own = {"1": "Donna", "2": "Uomo"}
    assert dimensions(("rows", "sex")) == {"sex": ("Sesso", own)}
    assert dimensions(("rows", ["sex", "b"]))["sex"] == ("Sesso", own)
    assert dimensions(("rows", "sex"), ("more", "sex")) == {"sex": ("Sesso", {"1": "Donna"})}
    assert dimensions(("rows", "gender"), declared=({"id": "gender", "title": "G", "column": "sex"},)) == {
        "gender": ("G", own)
    }
    given = {"id": "sex", "title": "S", "categories": {"1": "F"}}
    assert dimensions(("rows", "sex"), declared=(given,)) == {"sex": ("S", {"1": "F"})}


def test_sources_bring_the_words_of_their_questions_and_columns():
    elements = theory_tables(PROGRAMME, THEORY, {"rows": ROWS}, {"rows": {"age": Text({"it": "Quanti anni?"})}})[
        "elements"
    ]
    (row,) = elements[elements["kind"] == "source"].itertuples()
    assert (row.element_id, row.statement_it) == ("rows", "Rows")
    assert json.loads(row.attributes) == {
        "questions": {"age": {"it": "Quanti anni?"}},
        "columns": {"age": {"it": "Età", "en": "Age"}},
    }
