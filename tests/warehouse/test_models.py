"""Every table is defined beside its SQL, in both languages, with the columns the contract promises first."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from warehouse.modelling import LAYERS, SOURCE, Model, models, source_model

#: Section 6 of the public contract, column for column, and the tables that have joined since.
PROMISED = {
    "weighting": "source wave variable category n unweighted_share weighted_share target_share min_weight max_weight "
    "cv_weight effective_n design_effect n_trimmed method status note category_it category_en",
    "networks": "source wave kind measure value ci_low ci_high n_nodes n_ties n_answered method",
    "network_nodes": "source wave node name",
    "network_ties": "source wave node_from node_to kinds strength",
    "funnels": "source cohort kind item",
    "ratings": "source dimension category group kind",
    "panel": "source wave_from wave_to n_from n_to n_both n_lost n_new retained_share n_near status",
    "scales": "source scale period wave title_it title_en library reference score times n_items at_least n alpha "
    "ci_low ci_high ci_level weighted status",
    "scale_items": "source scale period wave item place reversed n item_rest alpha_without status",
    "indicator_values": "indicator_id period dimension category n numerator denominator value std_error ci_low ci_high "
    "ci_level degrees_of_freedom method unit status note theory_version definition_id snapshot_id",
    "comparisons": "indicator_id period dimension category against other_period other_category other_indicator value "
    "other_value difference std_error ci_low ci_high ci_level degrees_of_freedom p_value p_adjusted n_compared n "
    "n_other n_both unit method status verdict note",
    "non_response": "indicator_id period dimension category n n_asked n_missing response_share value share_low "
    "share_high known_from unit",
    "progress": "indicator_id period dimension category baseline target operator due value progress status",
    "effects": "evaluation_id term design estimate std_error statistic p_value p_adjusted ci_low ci_high ci_level n "
    "n_group n_comparison effect_size effect_size_kind method diagnostics",
    "coverage": "element_id kind n_indicators n_with_data n_qualitative gap",
    "evidence": "element_id link_id assumption_id source kind direction strength reference",
    "joined": "element_id kind numbers n_indicators n_with_data numbers_reference voices n_documents_for "
    "n_documents_against n_documents_speaking n_people agreement flag proposed_status proposed_why decided_status "
    "decided_by decided_at decided_reason is_decision_stale",
    "harvested_outcomes": "source outcome_id statement_it statement_en",
    "substantiations": "source outcome_id position by_role verdict date note_it note_en",
    "stories": "source story_id title_it title_en domain teller period n_rounds n_chosen",
    "story_rounds": "source story_id round panel chosen date reason_it reason_en",
    "contribution_claims": "claim_id claim_it claim_en links alternatives evidence_for evidence_against",
    "themes": "source code_id period dimension category n_documents n_segments share n_all status",
    "theme_cases": "source document_id code_id present status",
    "theme_pairs": "source code_id other_code_id n_documents n_either jaccard status",
    "corpora": "source title_it title_en kind consent n_documents n_people first_day last_day status",
    "codes": "source code_id path parent title_it title_en description_it description_en position",
    "code_meanings": "source code_id element_id kind direction strength",
    "quotes": "source quote_id document_id code_id element_id direction speaker text language chosen_by chosen_role "
    "chosen_at is_adverse",
    "quote_balance": "source element_id direction n_quoted reasons",
    "quote_choices": "source n_by_rule n_by_hand n_balancing per_code shortest longest n_masks",
    "saturation": "source n_documents n_codes n_new expected",
    "agreement": "source code_id coefficient kind n_units n_coders",
    "quality": "source rule_id severity n_rows n_failed remedy",
    "loads": "load_id source file_name sha256 rows_read rows_accepted rows_superseded rows_refused loaded_at",
    "elements": "element_id kind position statement statement_it statement_en attributes",
    "links": "link_id from_id to_id type necessity mechanism mechanism_it mechanism_en lag strength_of_evidence "
    "assumptions",
    "indicators": "indicator_id title title_it title_en measures unit measure_kind source direction attributes",
    "targets": "indicator_id operator value value_high by approx attributes",
    "distributions": "indicator_id period dimension category bin_low bin_high n status",
    "periods": "period level start_date end_date has_data",
    "theory_versions": "version content_hash first_run_at n_indicators theory contracts_hash",
    "definitions": "definition_id indicator_id theory_version definition content_hash first_run_at",
    "published_figures": "figure_id value approx unit as_of source locator indicator_id evaluation_id period category "
    "term value_found difference verdict reason note_it note_en disagrees_with",
    "revisions": "indicator_id period dimension category theory_version_before definition_id_before status_before "
    "value_before theory_version definition_id status value revised_at",
    "dictionary": "table_name column_name type unit description_it description_en",
}
EVERY = [model for layer in LAYERS for model in models(layer).values()]
TYPES = {"varchar", "bigint", "double", "boolean", "date", "timestamp"}


def test_published_tables_are_those_of_the_contract_with_its_columns_first():
    assert set(models("out")) == set(PROMISED)
    for name, columns in PROMISED.items():
        assert list(models("out")[name].column_names[: len(columns.split())]) == columns.split(), name


@pytest.mark.parametrize("model", EVERY, ids=lambda model: f"{model.layer}.{model.name}")
def test_a_model_says_grain_and_meaning_in_both_languages(model: Model):
    assert model.grain and set(model.description) == {"it", "en"}
    assert len(set(model.column_names)) == len(model.columns)
    assert set(model.key) <= set(model.column_names)
    for column in model.columns:
        assert column.type in TYPES and column.sensitivity in {"none", "personal", "sensitive"}
        assert set(column.description) == {"it", "en"}
        for words in column.description.values():
            assert len(words) > 5 and words.endswith("."), (column.name, words)


@pytest.mark.parametrize("model", models("out").values(), ids=lambda model: model.name)
def test_what_is_published_comes_from_core_holds_nothing_personal_and_never_unprotected_estimates(model: Model):
    assert {column.sensitivity for column in model.columns} == {"none"}
    if model.name == "dictionary":
        assert model.sql is None and model.written_by == "publication"
        return
    tables = set(re.findall(r"\b(raw|core|out)\.(\w+)", re.sub(r"--.*", "", model.sql)))
    assert {layer for layer, _ in tables} == {"core"}
    assert {name for _, name in tables} <= set(models("core")) - {"estimates", "refused"}


def test_every_sql_file_has_its_definition_and_python_writes_the_rest():
    for layer in LAYERS:
        folder = resources.files("warehouse").joinpath("models", layer)
        names = {file.name for file in folder.iterdir()}
        assert {name.replace(".sql", ".yml") for name in names} <= names
    assert {model.written_by for model in models("core").values()} == {"python", "landing", "revisions", "earlier"}
    assert all((model.sql is None) == (model.written_by != "sql") for model in EVERY)


def test_tables_of_a_source_start_with_load_and_row():
    for layer in ("raw", "core"):
        assert source_model(layer, SOURCE).column_names == ("_load_id", "_row")
