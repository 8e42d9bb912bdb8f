"""A workspace to start from: a small bilingual one of our own, or a copy of a whole example.

What a workspace holds is in the contract; nothing is written into a folder that already has something in it.
"""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path

import yaml

_MODELINE = re.compile(r"(# yaml-language-server: \$schema=)(?:\S*/)?(\w+\.json)\s*$")
#: Files every workspace has under a name that begins with a dot.
_HIDDEN = ("gitignore", "env.example")
_LEFT_OUT = shutil.ignore_patterns("making", "warehouse", "output", ".env", "__pycache__", ".arrivals", ".DS_Store")


def examples() -> dict[str, dict[str, str]]:
    """Every example by its id, with its title in each language."""
    found = {}
    for folder in sorted(_examples().iterdir()):
        manifest = folder / "programme.yml"
        if manifest.is_file():
            title = yaml.load(manifest.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["title"]
            found[folder.name] = title if isinstance(title, dict) else {"it": title, "en": title}
    return found


def is_free(folder: Path) -> bool:
    """True where a workspace can be made without touching anything: nothing there, or an empty folder."""
    return not folder.exists() or (folder.is_dir() and next(folder.iterdir(), None) is None)


def make_workspace(folder: Path, example: str | None = None) -> Path:
    """Fills `folder`, which `is_free`, with an example or with the small workspace; returns it resolved.

    Built aside and moved into place, so that an interruption leaves no half of it.
    """
    target = folder.resolve()
    existed = target.exists()  # perhaps the folder the user stands in: it must stay the same folder
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target / ".new" if existed else target.with_name(f".{target.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        shutil.copytree(_examples() / example if example else _starter(), aside, ignore=_LEFT_OUT)
        for name in _HIDDEN:
            (aside / name).unlink(missing_ok=True)
            if not (aside / f".{name}").exists():
                shutil.copyfile(_starter() / name, aside / f".{name}")
        if not example:
            _name(aside, target.name)
        bring_schemas(aside)
        if existed:
            for path in aside.iterdir():
                path.rename(target / path.name)
        else:
            aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def _name(workspace: Path, folder: str) -> None:
    """The programme takes the folder's name as its id, and the theory too."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.casefold()).strip("-")
    name = name if re.match("[a-z]", name) else f"programme-{name}".strip("-")
    for file in ("programme.yml", "theory_of_change.yml"):
        path = workspace / file
        path.write_text(path.read_text(encoding="utf-8").replace("our-programme", name[:80]), encoding="utf-8")


def bring_schemas(workspace: Path) -> list[Path]:
    """This version's JSON Schemas into `.schema/`; the first line of every YAML file that names one then points there.

    A workspace moves between machines and the program stays behind, so an editor finds the schemas only inside.
    """
    folder = workspace / ".schema"
    folder.mkdir(exist_ok=True)
    brought = [Path(shutil.copy(schema, folder / schema.name)) for schema in sorted(_schemas().glob("*.json"))]
    for file in sorted(workspace.rglob("*.yml")):
        first, newline, rest = file.read_text(encoding="utf-8").partition("\n")
        if named := _MODELINE.match(first):
            up = "../" * (len(file.relative_to(workspace).parts) - 1)
            file.write_text(f"{named[1]}{up}.schema/{named[2]}{newline}{rest}", encoding="utf-8")
    return brought


def _schemas() -> Path:
    return Path(str(resources.files("theory_of_change"))) / "schema"


def _examples() -> Path:
    return Path(str(resources.files("theory_of_change"))) / "examples"


def _starter() -> Path:
    return Path(str(resources.files("pipelines"))) / "starter"
