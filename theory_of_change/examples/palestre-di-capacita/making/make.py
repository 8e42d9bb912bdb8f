"""Makes the invented data of this example again: `python making/make.py` in the example's folder.

Everything is drawn with one fixed seed, so that the files come out the same each time. What the public document
gives is taken as it is: 95 bodies in four published shares and a rest, 18 meetings, 6 focus groups, 51 and 32 delegates
who rated. All else is invented: who came, what was said and rated, which contents went how far. The transcripts were
written by hand; braces in `focus_group/` mark what the two readers coded: `{code:words}` both, `{code@A:words}` only
the first. `sestante new` leaves this folder out, because a workspace holds no Python.
"""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
SEED = 20180628
TERRITORIES = "ABCDEF"
#: The integers behind the rounded shares of 95 (60, 12, 11, 6 %), and the rest the document does not name.
BODIES = {"associazione": 57, "fondazione_comunitaria": 11, "csv": 10, "coop_pa": 6, "nc": 11}
#: Bodies of each kind in each focus group: associations, then all others.
GROUPS = {"A": (10, 6), "B": (10, 6), "C": (9, 7), "D": (10, 6), "E": (9, 7), "F": (9, 6)}
RATERS = {"aps_odv": 51, "altri": 32}
POPULATION = {"aps_odv": 57, "altri": 38}
INVENTED = "DATI INVENTATI / INVENTED DATA – Trascrizione scritta per un esempio. Nessuno ha detto queste parole."

Row = dict[str, object]


def write(source: str, name: str, rows: Sequence[Row]) -> None:
    """A table as an Italian spreadsheet writes it: semicolons, dd/mm/yyyy, decimal commas."""
    folder = DATA / source
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";", lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)


def _cell(value: object) -> object:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, bool):
        return "sì" if value else "no"
    return "" if value is None else value


# Bodies, meetings, attendance ----------------------------------------------------------------------------------------


def bodies(chance: random.Random) -> list[Row]:
    others = [kind for kind, n in BODIES.items() if kind != "associazione" for _ in range(n)]
    chance.shuffle(others)
    rows: list[Row] = []
    for territory, (associations, rest) in GROUPS.items():
        kinds = ["associazione"] * associations + [others.pop() for _ in range(rest)]
        for kind in kinds:
            number = len(rows) + 1
            form = chance.choice(["aps", "aps", "odv"]) if kind == "associazione" else kind
            rows.append({"ente": f"E{number:03d}", "nome": f"Ente inventato {number:03d}", "categoria": kind,
                         "forma": form, "gruppo": "aps_odv" if kind == "associazione" else "altri",
                         "territorio": territory})  # fmt: skip
    return rows


def meetings() -> list[Row]:
    """Two in each territory, then one each at regional level: eighteen."""
    firsts = dict(zip(TERRITORIES, (date(2017, 9, 21), date(2017, 10, 12), date(2017, 11, 9), date(2017, 12, 7),
                                    date(2018, 1, 18), date(2018, 2, 22)), strict=True))  # fmt: skip
    rows = []
    for territory, first in firsts.items():
        second = date.fromisoformat(transcript(territory)[0])
        for number, day in enumerate((first, second), start=1):
            rows.append((territory, day, "territoriale", 1, number))
    for number, territory in enumerate(TERRITORIES):
        rows.append((territory, date(2018, 5, 3) + timedelta(days=7 * number), "regionale", 2, 3))
    return [{"incontro": f"I-{territory}{number}", "giorno": day, "livello": level, "fase": phase,
             "focus_group": f"FG-{TERRITORIES.index(territory) + 1}", "territorio": territory}
            for territory, day, level, phase, number in sorted(rows, key=lambda row: row[1])]  # fmt: skip


def raters(chance: random.Random, enti: Sequence[Row]) -> list[Row]:
    """The delegates of phase two, as many of each group as the document says."""
    found = []
    for group, n in RATERS.items():
        found += chance.sample([ente for ente in enti if ente["gruppo"] == group], n)
    return sorted(found, key=lambda ente: str(ente["ente"]))


def delegate(ente: Row) -> str:
    return f"D{str(ente['ente'])[1:]}"


def attendance(chance: random.Random, enti: Sequence[Row], incontri: Sequence[Row], rated: Sequence[Row]) -> list[Row]:
    second_phase = {str(ente["ente"]) for ente in rated}
    rows = []
    for ente in enti:
        own = [one for one in incontri if one["territorio"] == ente["territorio"]]
        first = [one for one in own if one["fase"] == 1]
        came = [one for one in first if chance.random() < 0.82] or [chance.choice(first)]
        came += [one for one in own if one["fase"] == 2 and ente["ente"] in second_phase]
        rows += [{"incontro": one["incontro"], "giorno": one["giorno"], "fase": one["fase"], "delegato": delegate(ente),
                  "ente": ente["ente"], "categoria": ente["categoria"], "gruppo": ente["gruppo"],
                  "territorio": ente["territorio"]} for one in came]  # fmt: skip
    return sorted(rows, key=lambda row: (row["giorno"], row["delegato"]))


# The questionnaire of self-assessment ---------------------------------------------------------------------------------

ITEMS = ("C1", "C2", "C3", "C4", "C5", "C6")
#: Where each item starts, and by how much the authors of the example let it grow.
START = {"C1": 2.7, "C2": 3.1, "C3": 2.8, "C4": 2.9, "C5": 2.3, "C6": 2.9}
GROWTH = {"C1": 0.45, "C2": 0.6, "C3": 0.4, "C4": 0.15, "C5": 0.5, "C6": 0.9}


def answers(chance: random.Random, enti: Sequence[Row]) -> list[Row]:
    rows: list[Row] = []
    for ente in enti:
        level, gain = chance.gauss(0, 0.6), chance.gauss(0, 0.35)
        for wave, first in (("pre", date(2017, 9, 11)), ("post", date(2018, 6, 4))):
            if chance.random() > (0.94 if wave == "pre" else 0.85 + 0.05 * level):
                continue
            later = wave == "post"
            scores: Row = {}
            for item in ITEMS:
                value = START[item] + level + (GROWTH[item] + gain if later else 0) + chance.gauss(0, 0.6)
                scores[item] = 99 if chance.random() < 0.02 else min(5, max(1, round(value)))
            rows.append({"token": delegate(ente), "ondata": wave, "submitdate": first + timedelta(chance.randrange(18)),
                         "consenso": "N" if chance.random() < 0.015 else "Y", "gruppo": ente["gruppo"],
                         "enti": len(enti), **scores})  # fmt: skip
    return sorted(rows, key=lambda row: (row["submitdate"], row["token"]))


# Ratings of resources against needs -----------------------------------------------------------------------------------

FIELDS = ("cultura", "inclusione", "ambiente")
RESOURCES = ("bandi", "fondazioni", "donazioni", "imprese")
NEEDS = ("persone", "spazi", "continuita")
#: How well a resource answers a need, before field, group and rater; then what associations and others see otherwise.
FIT = {("bandi", "persone"): 5.6, ("bandi", "spazi"): 4.9, ("bandi", "continuita"): 3.4,
       ("fondazioni", "persone"): 6.2, ("fondazioni", "spazi"): 6.0, ("fondazioni", "continuita"): 5.1,
       ("donazioni", "persone"): 4.3, ("donazioni", "spazi"): 4.6, ("donazioni", "continuita"): 6.4,
       ("imprese", "persone"): 3.9, ("imprese", "spazi"): 5.4, ("imprese", "continuita"): 4.6}  # fmt: skip
OF_FIELD = {("cultura", "imprese"): 0.7, ("cultura", "donazioni"): -0.4, ("inclusione", "fondazioni"): 0.6,
            ("inclusione", "imprese"): -0.6, ("ambiente", "imprese"): 1.0, ("ambiente", "bandi"): 0.4}  # fmt: skip
OF_OTHERS = {("bandi", "continuita"): 1.9, ("imprese", "continuita"): 1.3, ("imprese", "persone"): 1.1}


def ratings(chance: random.Random, rated: Sequence[Row], incontri: Sequence[Row]) -> list[Row]:
    """One row for each delegate, field, resource and need; a few crossings are left empty."""
    days = {one["territorio"]: one["giorno"] for one in incontri if one["fase"] == 2}
    rows = []
    for ente in rated:
        mild = chance.gauss(0, 1.0)
        for field in FIELDS:
            for resource in RESOURCES:
                for need in NEEDS:
                    others = OF_OTHERS.get((resource, need), 0.0) if ente["gruppo"] == "altri" else 0.0
                    value = FIT[resource, need] + OF_FIELD.get((field, resource), 0.0) + others + mild
                    score = min(10, max(1, round(value + chance.gauss(0, 1.75))))
                    if chance.random() < 0.03:
                        continue
                    rows.append({"delegato": delegate(ente), "giorno": days[ente["territorio"]],
                                 "gruppo": ente["gruppo"], "popolazione": POPULATION[str(ente["gruppo"])],
                                 "campo": field, "risorsa": resource, "esigenza": need, "voto": score})  # fmt: skip
    return rows


# Contents for the call ------------------------------------------------------------------------------------------------

#: By round: gathered, discussed, in the synthesis, in the call. The third is for the call after: it is not decided.
CONTENTS = {"giro_1": (18, 14, 9, 4), "giro_2": (16, 12, 8, 3), "giro_3": (12, 9, 6, 0)}
DAYS = {"giro_1": (date(2017, 10, 5), 70), "giro_2": (date(2018, 1, 11), 60), "giro_3": (date(2018, 4, 5), 55)}
THEMES = ("energie", "reti", "strumentazione", "catene")


def contents(chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    for name, (gathered, discussed, kept, adopted) in CONTENTS.items():
        order = chance.sample(range(gathered), gathered)
        first, span = DAYS[name]
        days = sorted(first + timedelta(chance.randrange(span)) for _ in range(gathered))
        for place, day in zip(order, days, strict=True):
            rows.append({"contenuto": f"P{len(rows) + 1:02d}", "giro": name, "raccolta": day,
                         "tema": chance.choices(THEMES, (2, 3, 4, 2))[0], "discusso": place < discussed,
                         "in_sintesi": place < kept,
                         "punto_del_bando": f"punto inventato {chance.randrange(2, 15)}" if place < adopted else None,
                         })  # fmt: skip
    return rows


# Focus groups ---------------------------------------------------------------------------------------------------------


def transcript(territory: str) -> tuple[str, str, str]:
    """The day, the territory, and the text as marked."""
    path = HERE / "focus_group" / f"FG-{TERRITORIES.index(territory) + 1}.txt"
    head, text = path.read_text(encoding="utf-8").split("\n", 1)
    day, _, place = head.rpartition(". ")[2].lstrip("# ").partition(" · ")
    return day, place, text.strip()


def plain(marked: str) -> tuple[str, list[tuple[str, str, str]]]:
    """The words without marks, and what was coded: reader, code, words."""
    coded: list[tuple[str, str, str]] = []

    def unmark(found: re.Match[str]) -> str:
        coded.extend((reader, found["code"], found["words"]) for reader in (found["who"] or "AB"))
        return found["words"]

    return re.sub(r"\{(?P<code>[\w-]+)(?:@(?P<who>[AB]))?:(?P<words>[^{}]+)\}", unmark, marked), coded


def focus_groups() -> None:
    folder = DATA / "focus_group"
    folder.mkdir(parents=True, exist_ok=True)
    segments: list[Sequence[str]] = [("Documento", "Codice", "Testo", "Codificatore", "Memo")]
    for number, territory in enumerate(TERRITORIES, start=1):
        _, place, marked = transcript(territory)
        text, coded = plain(marked)
        head = f"{INVENTED}\nFocus group {number} – {place}\n"
        if number in (2, 6):
            name = f"FG-{number}.docx"
            (folder / name).write_bytes(word(head + "\n" + text))
        elif number == 5:
            name = f"FG-{number}.vtt"
            (folder / name).write_text(subtitles(text), encoding="utf-8")
        else:
            name = f"FG-{number}.txt"
            (folder / name).write_text(head + "\n" + text + "\n", encoding="utf-8")
        segments += [(name, code, words, f"Lettura {reader}", "inventato / invented") for reader, code, words in coded]
    (folder / "codifiche_inventate.xlsx").write_bytes(workbook(segments, "Dati inventati"))


def subtitles(text: str) -> str:
    """As a recorder writes them: a cue for each turn."""
    parts, at = [f"WEBVTT\n\nNOTE\n{INVENTED}"], 4
    for turn in re.split(r"\n\s*\n", text):
        who, _, words = turn.partition(": ")
        end = at + max(2, len(words) // 14)
        parts.append(f"{_clock(at)} --> {_clock(end)}\n<v {who}>{words}")
        at = end + 1
    return "\n\n".join(parts) + "\n"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.000"


def word(text: str) -> bytes:
    """The smallest Word file that holds these paragraphs."""
    space = "http://schemas.openxmlformats.org"
    paragraphs = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in text.split("\n") if line
    )
    return zipped({
        "[Content_Types].xml": f'<Types xmlns="{space}/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{space}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{space}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{space}/wordprocessingml/2006/main"><w:body>{paragraphs}</w:body>'
        "</w:document>",
    })  # fmt: skip


def workbook(rows: Iterable[Sequence[str]], title: str) -> bytes:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.properties.creator = "Sestante"
    held = io.BytesIO()
    book.save(held)
    with zipfile.ZipFile(held) as archive:
        parts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    core = "docProps/core.xml"  # the moment it was saved would make each file a new one
    parts[core] = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "2018-06-28T12:00:00Z", parts[core])
    return zipped(parts)


def zipped(parts: dict[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            if name.endswith((".xml", ".rels")) and not text.startswith("<?xml"):
                text = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}'
            archive.writestr(zipfile.ZipInfo(name, (2018, 6, 28, 12, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def main() -> None:
    chance = random.Random(SEED)
    enti, incontri = bodies(chance), meetings()
    rated = raters(chance, enti)
    write("enti", "enti_inventati.csv", enti)
    write("incontri", "incontri_inventati.csv", incontri)
    write("presenze", "presenze_inventate.csv", attendance(chance, enti, incontri, rated))
    write("autovalutazione", "autovalutazione_inventata.csv", answers(chance, enti))
    write("voti", "voti_inventati.csv", ratings(chance, rated, incontri))
    write("contenuti", "contenuti_inventati.csv", contents(chance))
    focus_groups()


if __name__ == "__main__":
    main()
