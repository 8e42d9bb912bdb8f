"""`sestante draw`: the theory of a workspace as a picture, a page or text for other tools, with or without data."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from importlib import resources
from pathlib import Path

import pytest
import yaml

from pipelines import drawing

EXAMPLES = Path(str(resources.files("theory_of_change"))) / "examples"


def words(path: Path) -> str:
    return " ".join(ET.fromstring(path.read_text(encoding="utf-8")).itertext())


def test_without_anything_asked_it_writes_an_svg_here(sestante, empty: Path) -> None:
    said = sestante("draw", "--language", "en")
    assert (said.code, said.err) == (0, "")
    assert "Written theory-of-change.svg" in said.out
    text = words(empty / "theory-of-change.svg")
    assert "Impact" in text
    assert "Status of the indicators" not in text  # nothing is published
    assert not (empty / "warehouse").exists()


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_picture_in_the_readme_says_what_the_example_says(sestante, tmp_path: Path, language: str) -> None:
    """Words, not lines: where boxes stand may differ between builds of Graphviz. Refreshed by `make pictures`."""
    kept = EXAMPLES.parent / "pictures" / f"costellazioni-civiche.{language}.svg"
    drawn = tmp_path / "drawn.svg"
    example = EXAMPLES / "costellazioni-civiche"
    assert sestante("draw", "--workspace", example, "--language", language, "--output", drawn).code == 0
    assert sorted(words(kept).split()) == sorted(words(drawn).split())


def test_several_formats_at_once_share_a_name(sestante, empty: Path) -> None:
    assert sestante("draw", "--format", "svg,PNG, mermaid,dot,html", "--output", "out/map.svg").code == 0
    found = {path.name: path.read_bytes() for path in (empty / "out").iterdir()}
    assert sorted(found) == ["map.dot", "map.html", "map.mmd", "map.png", "map.svg"]
    assert found["map.png"].startswith(b"\x89PNG")
    assert found["map.mmd"].startswith(b"flowchart LR")
    assert found["map.dot"].startswith(b"digraph")
    assert found["map.html"].startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(("name", "start"), [("a.mmd", b"flowchart"), ("a.gv", b"digraph"), ("a.htm", b"<!DOCTYPE")])
def test_the_name_of_the_file_says_the_format(sestante, empty: Path, name: str, start: bytes) -> None:
    assert sestante("draw", "--output", name).code == 0
    assert (empty / name).read_bytes().startswith(start)


def test_a_folder_gets_the_usual_name_and_a_dash_goes_to_stdout(sestante, empty: Path) -> None:
    (empty / "maps").mkdir()
    assert sestante("draw", "--output", "maps", "--format", "dot").code == 0
    assert (empty / "maps" / "theory-of-change.dot").is_file()
    said = sestante("draw", "--output", "-", "--format", "mermaid", "--language", "it")
    assert said.out.startswith("flowchart LR")
    assert said.err == ""


def test_the_drawing_speaks_the_language_asked(sestante, empty: Path) -> None:
    sestante("draw", "--language", "it", "--output", "it.svg")
    sestante("draw", "--language", "en", "--output", "en.svg")
    assert "Attività" in words(empty / "it.svg")
    assert "Activities" in words(empty / "en.svg")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "svgg"], "There is no form “svgg”. There are: svg, png, mermaid, dot, html. Did you mean “svg”?"),
        (["--format", "svg,dot", "--output", "-"], "Only one format can go to stdout."),
        (["--area", "nowhere"], "There is no area “nowhere”."),
        (["--period", "1066"], "1066"),
    ],
)
def test_what_cannot_be_drawn_is_told_and_nothing_is_written(sestante, empty: Path, arguments, said) -> None:
    answer = sestante("draw", *arguments)
    assert answer.code == 2
    assert said in answer.err
    assert not list(empty.glob("theory-of-change.*"))


def test_an_area_unknown_is_told_with_the_nearest(sestante, empty: Path) -> None:
    write(empty, areas=[{"id": "NORTH", "title": "North"}])
    assert "Did you mean “NORTH”?" in sestante("draw", "--area", "NORHT").err


def write(folder: Path, **blocks: list) -> None:
    theory = {"theory": {"id": "t", "version": "1.0.0", "title": "Teoria"}, **blocks}
    (folder / "theory_of_change.yml").write_text(yaml.safe_dump(theory, allow_unicode=True), encoding="utf-8")


def test_a_theory_with_errors_is_not_drawn_but_told(sestante, empty: Path) -> None:
    write(empty, links=[{"id": "L", "from": "NOBODY", "to": "NOTHING"}])
    said = sestante("draw")
    assert said.code == 1
    assert "NOBODY" in said.err
    assert not list(empty.glob("theory-of-change.*"))


def test_a_theory_without_elements_says_what_to_write(sestante, empty: Path) -> None:
    write(empty)
    said = sestante("draw")
    assert said.code == 1
    assert "The theory has no elements to draw" in said.err
    write(empty, areas=[{"id": "N", "title": "Nord"}], impact=[{"id": "IM", "statement": "Più fiducia"}])
    assert sestante("draw").code == 0
    assert "The area “N” has no elements to draw" in sestante("draw", "--area", "N").err


def test_two_thousand_elements_are_drawn(sestante, empty: Path) -> None:
    kinds = ("inputs", "activities", "outputs", "outcomes", "impact")
    blocks = {kind: [{"id": f"E{n}-{kind}", "statement": f"Passo {n}", "area": f"A{n % 9}"} for n in range(400)]
              for kind in kinds}  # fmt: skip
    links = [{"id": f"L{n}", "from": f"E{n}-activities", "to": f"E{n}-outputs"} for n in range(400)]
    areas = [{"id": f"A{n}", "title": f"Area {n}"} for n in range(9)]
    write(empty, **blocks, links=links, areas=areas)
    said = sestante("draw")
    assert said.code == 0, said.err
    assert "2000 elements" in said.out


def test_awkward_words_are_drawn_as_they_are(sestante, empty: Path) -> None:
    awkward = 'שלום "]; <script>alert(1)</script> cittadinə 😀'
    write(empty, impact=[{"id": "IM", "statement": awkward}])
    assert sestante("draw", "--format", "svg,mermaid,dot,html,png").code == 0
    assert "cittadinə 😀" in words(empty / "theory-of-change.svg")
    assert "<script>alert" not in (empty / "theory-of-change.html").read_text(encoding="utf-8")


def test_after_a_run_it_shows_how_the_indicators_stand(sestante, ran: Path) -> None:
    assert sestante("draw", "--language", "en").code == 0
    assert "Status of the indicators" in words(ran / "theory-of-change.svg")


def test_an_indicator_defined_anew_keeps_no_old_status(sestante, ran: Path) -> None:
    published = ran / "warehouse" / "published.duckdb"
    assert published.is_file()
    from pipelines.project import read_project
    from theory_of_change.programme import Workspace

    before = read_project(Workspace(ran))
    assert drawing._published(before, None, print)[1] == set()
    path = ran / "theory_of_change.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("alone >= 4", "alone >= 5"), encoding="utf-8")
    changed = next(one.id for one in before.theory.indicators if one.measure.share)
    assert changed in drawing._published(read_project(Workspace(ran)), None, print)[1]


def test_a_broken_publication_does_not_keep_the_theory_from_being_drawn(sestante, ran: Path) -> None:
    (ran / "warehouse" / "published.duckdb").write_bytes(b"no database")
    said = sestante("draw", "--language", "en")
    assert said.code == 0
    assert "The file does not open as a publication" in said.err
    assert "Status of the indicators" not in words(ran / "theory-of-change.svg")
    assert sestante("draw", "--period", "2026-H1").code == 1
