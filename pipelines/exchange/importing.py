"""A first theory in YAML from a workbook: the draft written down, checked by the strict loader, put in place whole.

Indicators are written as a commented block: a sheet does not tell how they are computed, and Sestante does not invent
it. What stands in the sheet is understood in `recognising` and `drafting`.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipelines.exchange.drafting import BLOCKS, DETAILS, Draft, Item
from pipelines.exchange.exporting import put
from pipelines.exchange.sheets import Remark, read_workbook
from theory_of_change.loading import load
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.problems import Place, Problem, ProblemsFound, errors
from theory_of_change.programme import Workspace

_ASIDE = {
    "baseline": ("valore di partenza", "baseline"),
    "target": ("valore obiettivo", "target"),
    "measure": ("come si misura", "how it is measured"),
    "source": ("fonte", "source"),
    "direction": ("direzione", "direction"),
    "frequency": ("frequenza", "frequency"),
    "disaggregation": ("disaggregazione", "disaggregation"),
    "uncertainty": ("incertezza", "uncertainty"),
    "references": ("riferimenti", "references"),
    "changes": ("modifiche", "changes"),
    "value": ("valore", "value"),
}


@dataclass(frozen=True)
class Imported:
    theory: Path
    programme: Path | None
    beside: Path | None
    counts: Mapping[str, int]
    notes: Sequence[Remark]


def import_workbook(file: Path, folder: Path) -> Imported:
    """Reads `file` and writes `theory_of_change.yml` in `folder`, with a `programme.yml` to complete where it has none.

    Raises ProblemsFound, and then nothing is written, where the file cannot be read, holds nothing that is understood,
    or the folder already has a theory.
    """
    workspace = Workspace(folder.resolve())
    _free(workspace, folder)
    draft = Draft()
    draft.read(read_workbook(file))
    elements = draft.of(*BLOCKS)
    if not elements and not draft.of("indicator", "assumption"):
        raise ProblemsFound([Problem("import-nothing", Place(file.name), {"file": file.name})])
    text = _yaml(draft, file)
    _checked(text, file)
    workspace.root.mkdir(parents=True, exist_ok=True)
    programme = None
    if not workspace.manifest.exists():
        programme = workspace.manifest
        put(programme, _manifest(workspace.root.name).encode())
        ignore = workspace.root / ".gitignore"
        if not ignore.exists():
            shutil.copyfile(_starter() / "gitignore", ignore)
    theory = workspace.root / "theory_of_change.yml"
    put(theory, text.encode())
    beside = None
    if draft.remarks:
        beside = workspace.root / f"{file.stem}.import.md"
        put(beside, _remarks(file, draft.remarks).encode())
    counts = {"elements": len(elements), "links": len(draft.links), "assumptions": len(draft.of("assumption")),
              "indicators": len(draft.of("indicator"))}  # fmt: skip
    return Imported(theory, programme, beside, counts, draft.remarks)


def _free(workspace: Workspace, folder: Path) -> None:
    if workspace.root.exists() and not workspace.root.is_dir():
        raise ProblemsFound([Problem("import-folder-is-file", Place(str(folder)))])
    for there in (workspace.root / "theory_of_change", workspace.root / "theory_of_change.yml"):
        if there.exists():
            raise ProblemsFound([Problem("import-theory-there", Place(there.name), {"found": there.name})])


# YAML ----------------------------------------------------------------------------------------------------------------


def _yaml(draft: Draft, file: Path) -> str:
    """The theory, its indicators in a comment below."""
    titles = draft.titles or [(file.stem, None)]
    title = _words({spoken or "": words for words, spoken in titles})
    head: dict[str, Any] = {"id": _theory_id(file.stem), "version": "0.1.0", "title": title, "sources": [file.name]}
    if len(draft.languages) == 1 and isinstance(title, str):
        head["language"] = draft.languages[0]
    parts = [_comment(f"{file.name}: prima stesura, da rileggere. / first draft, to be read again."),
             _block("theory", head)]  # fmt: skip
    for kind, block in BLOCKS.items():
        if found := draft.of(kind):
            parts.append(_block(block, [{"id": one.id, "statement": _words(one.text)} for one in found]))
    if draft.links:
        parts.append(_block("links", [
            {"id": one.id, "from": one.source, "to": one.target, "type": one.type,
             **({"mechanism": _words(one.mechanism)} if one.mechanism else {})}
            for one in draft.links.values()]))  # fmt: skip
    if found := draft.of("assumption"):
        parts.append(_block("assumptions", [
            {"id": one.id, "statement": _words(one.text), **({"on": _Ids(one.on)} if one.on else {}),
             "status": "untested"} for one in found]))  # fmt: skip
    if found := draft.of("indicator"):
        parts.append(_indicators(found))
    return "\n".join(parts)


def _indicators(found: Sequence[Item]) -> str:
    """The indicators, ready to be completed: each one without `#` and with its measure is a whole indicator."""
    lines = [
        "Indicatori: per ciascuno manca come si misura (`measure`) su una fonte di surveys/ o registers/.",
        "Completare i punti «?», togliere il # all'indicatore e alla riga `indicators:`.",
        "Indicators: each lacks how it is measured (`measure`) over a source of surveys/ or registers/.",
        "Complete what says “?”, then take the # from the indicator and from the line `indicators:`.",
        "",
        "indicators:",
    ]
    for one in found:
        entry: dict[str, Any] = {"id": one.id, "title": _words(one.text), "measures": _Ids(one.on or ["?"])}
        details = {DETAILS[role]: _words(said) for role, said in one.details.items()}
        entry["unit"] = details.pop("unit", "?")
        analysis = details.pop("unit_of_analysis", None)
        if analysis:
            entry["unit_of_analysis"] = analysis if isinstance(analysis, str) else next(iter(analysis.values()))
        entry |= details
        understood = _understood(one)
        lines += _dumped([entry | {role: said for role, said in understood.items() if role != "measure"}]).splitlines()
        if "measure" in understood:
            lines.append(f"  measure: {_flow(understood['measure'])}")
        else:
            lines.append('  measure: {from: "?", share: "?"}    # share, mean, sum, count, distinct, ratio, …')
        lines += [f"  # {_ASIDE[role][0]} / {_ASIDE[role][1]}: {said} ({place})"
                  for role, (said, place) in one.aside.items() if role not in understood]  # fmt: skip
    return "\n".join(_comment(line) for line in lines) + "\n"


def _understood(one: Item) -> dict[str, Any]:
    """What a sheet says of an indicator in Sestante's own words, as its export writes them; the rest stays a comment.

    A fresh indicator with nothing but that is built from each, so that what the model refuses is not taken over.
    """
    found: dict[str, Any] = {}
    for role, (said, _) in one.aside.items():
        value = _READ[role](said) if role in _READ else None
        measure = {"measure": {"from": "x", "count": "rows"}}
        plain = {"id": "X", "title": "X", "measures": ["X"], "unit": "x", **measure}
        if value is not None and _holds(plain | {role: value}):
            found[role] = value
    return found


def _holds(said: Mapping[str, Any]) -> bool:
    try:
        Indicator.model_validate(said)
    except ValidationError:
        return False
    return True


def _pairs(said: str) -> Any:
    """`from: residents, share: trust >= 4` as the mapping it is in braces."""
    try:
        found = yaml.load(f"{{{said}}}", Loader=yaml.CBaseLoader)
    except yaml.YAMLError:
        return None
    return found if isinstance(found, dict) else None


def _cuts(said: str) -> list[str | list[str]]:
    crosses = (part.split(" x ") for part in said.split(", "))
    return [cross[0] if len(cross) == 1 else cross for cross in crosses]


#: How the columns of our own indicator sheets are read back.
_READ: Mapping[str, Callable[[str], Any]] = {
    "measure": _pairs,
    "direction": str,
    "frequency": str,
    "disaggregation": _cuts,
    "uncertainty": lambda said: {"mode": said},
}


def _flow(value: Any) -> str:
    return yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6
    ).strip()


def _comment(line: str) -> str:
    return f"# {line}".rstrip()


def _words(text: Mapping[str, str]) -> str | dict[str, str]:
    """Words in one language as they are; in several as `{it: …, en: …}`."""
    if len(set(text.values())) == 1 or "" in text:
        return text.get("") or next(iter(text.values()))
    return dict(text)


class _Ids(list):
    """A list that stands on one line."""


class _Dumper(yaml.SafeDumper):
    """Every scalar that YAML could take for something else is quoted; lists are indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.add_representer(_Ids, lambda dumper, ids: dumper.represent_sequence("tag:yaml.org,2002:seq", ids, True))


def _dumped(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _block(key: str, value: Any) -> str:
    return _dumped({key: value})


def _theory_id(stem: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", stem.casefold()).strip("-")
    return (name if re.match("[a-z]", name) else f"theory-{name}".strip("-"))[:80].strip("-")


def _checked(text: str, file: Path) -> None:
    """The strict loader reads what we are about to write; what it refuses came from the sheet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "theory_of_change.yml"
        path.write_text(text, encoding="utf-8")
        problems = errors(load(TheoryOfChange, path, Path(folder)).problems)
    if problems:
        told = "; ".join(one.message("en") for one in problems[:3])
        raise ProblemsFound([Problem("import-unwritable", Place(file.name), {"found": told})])


def _manifest(name: str) -> str:
    text = (_starter() / "programme.yml").read_text(encoding="utf-8")
    return text.replace("our-programme", _theory_id(name))


def _starter() -> Path:
    return Path(str(resources.files("pipelines"))) / "starter"


def _remarks(file: Path, remarks: Sequence[Remark]) -> str:
    """All remarks in Italian and English, by kind in the order they were made."""
    from reports.shown import escaped

    parts = []
    for language, title in (("it", "Che cosa è stato letto di"), ("en", "What was read of")):
        lines = [f"# {title} {escaped(file.name)}", ""]
        lines += [f"- {escaped(remark.line(language))}" for remark in remarks]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
