"""How the command speaks: in whose language, and what it answers when it is called wrongly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from pipelines import usage
from pipelines.cli import answer
from pipelines.commands import sestante
from pipelines.starting import make_workspace
from pipelines.usage import LANGUAGES, language_of, say
from theory_of_change.tables import ColumnType


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No language in the environment, and a current folder that is no workspace."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "SESTANTE_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "it_IT.UTF-8"}, "it"),
        ([], {"LANG": "it_IT.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ([], {"LANG": "C.UTF-8"}, "en"),
        ([], {"LANG": "en_US.UTF-8", "SESTANTE_LANGUAGE": "it"}, "it"),
        ([], {"SESTANTE_LANGUAGE": "klingon", "LANG": "it"}, "it"),
        (["check", "--language", "it"], {"SESTANTE_LANGUAGE": "en"}, "it"),
        (["--language=it", "check"], {"LANG": "en_GB"}, "it"),
        (["--language", "it", "check", "--language", "en"], {}, "en"),
        (["query", "--", "--language", "it"], {}, "en"),
        (["check", "--language", "fr"], {"LANG": "it_IT"}, "it"),
        (["check", "--language"], {}, "en"),
    ],
)
def test_flag_before_variable_before_locale(arguments: list[str], environment: dict[str, str], language: str) -> None:
    assert language_of(arguments, environment) == language


def test_without_any_of_these_the_programmes_first_language_counts(nowhere: Path, monkeypatch) -> None:
    folder = make_workspace(nowhere / "w")
    assert language_of(["check", "--workspace", str(folder)], {}) == "it"
    manifest = folder / "programme.yml"
    manifest.write_text(manifest.read_text().replace("[it, en]", "[de, en, it]"), encoding="utf-8")
    monkeypatch.chdir(folder / "surveys")
    assert language_of(["check"], {"LANG": "C"}) == "en"


@pytest.mark.parametrize("content", ["", "languages", "languages: 3", "languages: [", "\x00", "- a"])
def test_a_broken_manifest_does_not_keep_the_command_from_speaking(nowhere: Path, content: str) -> None:
    (nowhere / "programme.yml").write_text(content, encoding="utf-8")
    assert language_of(["check"], {}) == "en"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "There is no command “chek”. Did you mean “check”? Help: sestante --help"),
        (["xyz"], "There is no command “xyz”. Help: sestante --help"),
        (["--vers"], "“sestante” has no option “--vers”. Did you mean “--version”? Help: sestante --help"),
        (["run", "--perod", "2024"], "“sestante run” has no option “--perod”. Did you mean “--period”?"),
        (["load", "a.csv"], "--source is missing. Help: sestante load --help"),
        (["load", "--source", "x"], "FILE... is missing."),
        (["query"], "SQL is missing."),
        (["explain"], "INDICATOR is missing."),
        (["report"], "--period is missing."),
        (["run", "--period"], "--period lacks the value it needs"),
        (["check", "--format", "xml"], "--format may be: text, json."),
        (["check", "--language", "fr"], "--language may be: it, en."),
        (["check", "something"], "“sestante check” cannot be called like this."),
        (["dev", "--port", "none"], "--port has a value that cannot be used."),
        (["check"], "There is no workspace here"),
        (["check", "--workspace", "absent"], "There is no folder absent."),
        (["check", "--workspace", "."], "The folder . is no workspace"),
        (["new", "x", "--from", "national-suported-work"], "Did you mean “national-supported-work”?"),
        (["verify", "."], ". is no report package"),
    ],
)
def test_wrong_usage_is_one_line_with_a_way_out_and_exit_2(arguments: list[str], said: str, capsys) -> None:
    assert answer(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_folder_with_something_in_it_is_left_alone(nowhere: Path, capsys) -> None:
    (nowhere / "mine.txt").write_text("mine")
    assert answer(["new", "."]) == 2
    assert "nothing in it is touched" in capsys.readouterr().err
    assert [path.name for path in nowhere.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("command", ["", *sestante.commands])
def test_every_command_explains_itself_in_both_languages(command: str, language: str, capsys) -> None:
    assert answer([*command.split(), "--language", language, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith({"it": "Uso:", "en": "Usage:"}[language])
    assert "--workspace" in out
    assert all(len(line) <= 80 for line in out.splitlines())


@pytest.mark.parametrize("command", ["", *sestante.commands])
def test_what_stands_for_a_value_is_italian_in_the_italian_help(command: str, capsys) -> None:
    assert answer([*command.split(), "--language", "it", "--help"]) == 0
    english = (
        r"\b(?:COMMAND|ARGS|WORDS|ASSUMPTION|SOURCE|DIR|PERSON|ROLE|TEXT|NAME|EXAMPLE|PACKAGE|INDICATOR|OLD|NEW)\b"
    )
    assert re.findall(rf"{english}\b", capsys.readouterr().out) == []


def test_a_trial_names_every_type_of_column_in_both_languages() -> None:
    words = {(kind, language): say(language, f"type.{kind}") for kind in get_args(ColumnType) for language in LANGUAGES}
    assert words["integer", "it"] == "numero intero" and len(set(words.values())) == 2 * len(get_args(ColumnType))


def test_every_sentence_exists_in_both_languages_with_the_same_places_to_fill() -> None:
    def places(text: str) -> set[str]:
        return {piece.split("}")[0] for piece in text.split("{")[1:]}

    for key, texts in usage._speech().items():
        assert set(texts) == {"it", "en"}, key
        assert places(texts["it"]) == places(texts["en"]), key


def test_the_command_alone_shows_what_it_can_do(capsys) -> None:
    assert answer([]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.split("Commands:\n")[1].splitlines()] == list(sestante.commands)


def test_version(capsys) -> None:
    assert answer(["--version"]) == 0
    assert capsys.readouterr().out.startswith("sestante 0.")
