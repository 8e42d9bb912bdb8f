"""Makes the invented data of this example anew: registers, ties, ratings, sheets, transcripts, two coders' codings.

The words are written by hand in the text files beside this one; what is drawn (organisations, ties, scores, days, which
passages the second coder saw otherwise) comes from one fixed seed. Nothing here is about a real person or organisation.
Run it with the Python of Sestante: `python make_data.py [FOLDER]`, by default the example's own `data/`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import re
import sys
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

SEED = 20180213
HERE = Path(__file__).parent
INVENTED = "Trascrizione inventata per un esempio: nessuna di queste persone esiste."
MUNICIPALITIES = "ABCDEF"

#: What the marks in the text files stand for, with the groups of the public document.
CODES = {
    "Problemi": {
        "eco": "problemi economici e lavoro precario",
        "bil": "bilancio familiare",
        "car": "carico familiare",
        "cro": "nuclei cronici",
        "rel": "povertà relazionale",
        "cas": "abitare",
    },
    "Criticità": {
        "fra": "frammentazione",
        "vol": "volontariato poco costante",
        "bur": "timore della burocrazia",
        "ist": "istituzionalizzare il volontariato",
        "vis": "manca una visione comune",
    },
    "Punti di forza": {
        "con": "condividere idee e risorse",
        "pro": "progetti altrimenti impossibili",
        "reg": "regia centralizzata",
        "res": "responsabilità comune sui casi",
        "eme": "emergenze insieme, lavoro di relazione",
        "lun": "progettare a lungo termine",
    },
    "Territorio": {"ter": "territorio vasto"},
}
LAST_SHEETS = {
    "chi": "so chi chiamare",
    "fid": "fiducia",
    "par": "parole comuni",
    "cas": "i casi ognuno per sé",
    "reg": "regia sulla carta",
    "tem": "manca il tempo",
    "fir": "manca la firma",
    "vlt": "volontari che arrivano",
}
COLOURS = {"Problemi": "#B5482F", "Criticità": "#7A4B94", "Punti di forza": "#3C7A4E", "Territorio": "#5B6770"}

#: How each transcript was handed in, and its day.
TRANSCRIPTS = {
    "INT-01": ("docx", date(2017, 11, 6)),
    "INT-02": ("docx", date(2017, 11, 8)),
    "INT-03": ("odt", date(2017, 11, 9)),
    "INT-04": ("docx", date(2017, 11, 14)),
    "INT-05": ("txt", date(2017, 11, 15)),
    "INT-06": ("srt", date(2017, 11, 17)),
    "INT-07": ("md", date(2017, 11, 21)),
    "INT-08": ("odt", date(2017, 11, 23)),
    "INT-09": ("txt", date(2017, 11, 28)),
    "INT-10": ("docx", date(2017, 11, 30)),
    "FG-01": ("docx", date(2017, 12, 5)),
    "FG-02": ("vtt", date(2017, 12, 7)),
    "FG-03": ("odt", date(2017, 12, 12)),
    "FG-04": ("docx", date(2017, 12, 14)),
}
WINDOWS_1252 = "INT-09"
READ_TWICE = ("INT-01", "INT-02", "INT-05", "INT-07", "INT-10", "FG-01", "FG-03")


class Passage(NamedTuple):
    start: int
    end: int
    codes: tuple[str, ...]
    is_second: bool  # seen by the second coder alone


@dataclass(frozen=True)
class Marked:
    """A text without its marks, and where the marked passages stand in it, in code points."""

    text: str
    passages: tuple[Passage, ...]


def marked(written: str) -> Marked:
    parts: list[str] = []
    passages: list[Passage] = []
    length = 0
    for number, piece in enumerate(re.split(r"\{(~?[a-z,]+\|[^{}]+)\}", written)):
        codes, bar, words = piece.partition("|") if number % 2 else ("", "", piece)
        if bar:
            seen = Passage(length, length + len(words), tuple(codes.lstrip("~").split(",")), codes.startswith("~"))
            passages.append(seen)
        parts.append(words)
        length += len(words)
    return Marked("".join(parts), tuple(passages))


def chapters(file: str) -> Iterator[tuple[str, str]]:
    """Name and text of each part of a file of words; lines that begin with # say what the file is."""
    text = (HERE / file).read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for part in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        name, _, words = part.partition("\n")
        yield name.strip(), words.strip()


# Tables --------------------------------------------------------------------------------------------------------------


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    path.write_bytes(out.getvalue().encode(encoding))


def _cell(value: object) -> str:
    return "" if value is None else f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


class Organisation(NamedTuple):
    code: str
    form: str
    municipality: str


FORMS = {"odv": 41, "aps": 27, "parrocchia": 20, "gruppo": 14, "coop": 9, "fondazione": 5}
FIELDS = {
    "alimenti": ["pacchi di alimenti", "mensa", "recupero di eccedenze", "emporio"],
    "famiglia": ["doposcuola", "aiuto alle madri sole", "corsi di italiano", "sostegno alla genitorialità"],
    "ascolto": ["centro di ascolto", "visite a domicilio", "telefono amico", "compagnia agli anziani"],
    "beni": ["abiti", "mobili", "materiale per la scuola", "farmaci"],
    "casa": ["ospitalità breve", "garanzie per l’affitto", "piccole riparazioni"],
    "lavoro": ["orientamento", "borse lavoro", "orto sociale"],
}


def census(draw: random.Random) -> list[tuple[object, ...]]:
    """The 116 associations that the public document counts; everything else about them is drawn."""
    forms = [form for form, count in FORMS.items() for _ in range(count)]
    draw.shuffle(forms)
    rows = []
    for number, form in enumerate(forms, 1):
        municipality = draw.choices(MUNICIPALITIES, weights=[30, 24, 20, 18, 14, 10])[0]
        field = draw.choices(list(FIELDS), weights=[28, 24, 22, 20, 10, 12])[0]
        services = draw.sample(FIELDS[field], k=draw.choice([1, 1, 2, 2, 3]))
        seen = date(2017, 10, 9) + timedelta(days=draw.randrange(0, 82))
        last = draw.random() < 0.1 and date(2018, 3, 1) + timedelta(days=draw.randrange(0, 250))
        rows.append((f"A{number:03d}", form, municipality, field, ", ".join(services), seen, last or None))
    return rows


def subjects(draw: random.Random, associations: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Who was asked about ties: 8 public services and 30 of the associations; three leave, four come later."""
    rows: list[tuple[object, ...]] = [
        (f"S{number:02d}", f"Servizio sociale {one}" if one in MUNICIPALITIES else one, "pubblico", place, None,
         date(2017, 10, 9), None)
        for number, (one, place) in enumerate([*zip(MUNICIPALITIES, MUNICIPALITIES, strict=True),
                                               ("Ufficio di piano", "A"), ("Centro per le famiglie", "B")], 1)
    ]  # fmt: skip
    chosen = draw.sample([one for one in associations if one[6] is None], k=30)
    chosen.sort()
    leave, come = draw.sample(range(26), k=3), range(26, 30)
    for number, one in enumerate(chosen):
        kind = "cooperativa" if one[1] == "coop" else "parrocchia" if one[1] == "parrocchia" else "associazione"
        first = date(2018, 4, 9) if number in come else date(2017, 10, 9)
        last = date(2018, 5, 31) if number in leave else None
        code = f"S{number + 9:02d}"
        rows.append((code, f"Soggetto {number + 9:02d}", kind, one[2], one[0], first, last))
    return rows


#: Chance of a tie of each kind, within a municipality and between two, before and after: work on cases does not grow.
TIES = {
    "segnalazioni": ((0.26, 0.05), (0.38, 0.09)),
    "risorse": ((0.16, 0.02), (0.28, 0.06)),
    "progetto": ((0.12, 0.02), (0.16, 0.03)),
    "casi": ((0.13, 0.02), (0.13, 0.02)),
}


def ties(draw: random.Random, nodes: Sequence[tuple[object, ...]]) -> dict[str, list[tuple[object, ...]]]:
    """What each subject that answers reports of its ties, in both waves; a tie that stood mostly stands again."""
    waves = {"2017": (date(2017, 11, 13), 5), "2018": (date(2018, 12, 3), 4)}
    found: dict[str, list[tuple[object, ...]]] = {}
    stood: set[tuple[str, str, str]] = set()
    for at, (wave, (day, silent)) in enumerate(waves.items()):
        there = [one for one in nodes if one[5] <= day and not (one[6] and one[6] < day)]
        mute = {one[0] for one in draw.sample([one for one in there if one[2] != "pubblico"], k=silent)}
        now: set[tuple[str, str, str]] = set()
        for i, one in enumerate(there):
            for other in there[i + 1 :]:
                public = 1.6 if "pubblico" in (one[2], other[2]) else 1.0
                for kind, chances in TIES.items():
                    chance = chances[at][one[3] != other[3]] * public
                    tie = (one[0], other[0], kind)
                    if tie in stood:
                        chance = 0.85 if kind != "casi" else 0.72
                    elif at and kind == "casi":
                        chance *= 0.55
                    if draw.random() < chance:
                        now.add(tie)
        stood = now
        rows: list[tuple[object, ...]] = []
        for one in there:
            who = one[0]
            if who in mute:
                continue
            when = day + timedelta(days=draw.randrange(0, 12))
            own = [
                (wave, when, who, who, b if a == who else a, kind, draw.choices([1, 2, 3], weights=[4, 4, 2])[0])
                for a, b, kind in sorted(now)
                if who in (a, b) and draw.random() < 0.86
            ]
            rows += own or [(wave, when, who, who, None, None, None)]
        found[wave] = rows
    return found


WORKSHOPS = {"L1": date(2018, 10, 17), "L2": date(2018, 11, 14), "L3": date(2018, 12, 12)}
ROLES = {"amministratori": 9, "tecnici": 13, "terzo_settore": 17}  # 39 people, as the public document says


def attendance(draw: random.Random) -> list[tuple[object, ...]]:
    people = [(role, draw.choices(MUNICIPALITIES, weights=[9, 8, 7, 6, 5, 3])[0]) for role, n in ROLES.items()
              for _ in range(n)]  # fmt: skip
    draw.shuffle(people)
    rows = []
    for number, (role, municipality) in enumerate(people, 1):
        came = [name for name, chance in zip(WORKSHOPS, (0.8, 0.72, 0.64), strict=True) if draw.random() < chance]
        for name in came or [draw.choice(list(WORKSHOPS))]:
            rows.append((name, WORKSHOPS[name], f"P{number:02d}", role, municipality))
    return sorted(rows, key=lambda row: (row[1], row[2]))


#: Seven projects in the three groups of the public document, and how strong they are drawn to be.
PROJECTS = {"P1": ("raccolta", 0.5), "P2": ("raccolta", 0.1), "P3": ("famiglia", 0.3), "P4": ("famiglia", -0.2),
            "P5": ("distribuzione", 0.6), "P6": ("distribuzione", 0.0), "P7": ("distribuzione", -0.4)}  # fmt: skip
CRITERIA = {"motivazione": 0.7, "beneficiari": -0.5, "comunita": 0.2, "rete": 0.4, "raccordo": -0.8, "equilibrio": -0.1,
            "relazione": 0.6, "visione": -0.6, "imprese": -0.3}  # fmt: skip


def ratings(draw: random.Random) -> list[tuple[object, ...]]:
    """Eighteen raters, each project, each of the nine criteria, from 1 to 4; the third sector is kinder."""
    raters = [(f"V{n:02d}", role) for n, role in enumerate(["amministratori"] * 5 + ["tecnici"] * 6 +
                                                            ["terzo_settore"] * 7, 1)]  # fmt: skip
    rows = []
    common = {(project, criterion): draw.gauss(0, 0.45) for project in PROJECTS for criterion in CRITERIA}
    for rater, role in raters:
        mood = draw.gauss(0, 0.22)
        for project, (kind, strength) in PROJECTS.items():
            for criterion, ease in CRITERIA.items():
                if draw.random() < 0.04:
                    continue
                shift = 0.5 if role == "terzo_settore" and criterion in ("relazione", "equilibrio") else 0.0
                value = 2.55 + strength + ease + common[project, criterion] + mood + shift + draw.gauss(0, 0.5)
                rows.append((date(2018, 5, 23), rater, role, project, kind, criterion, min(4, max(1, round(value)))))
    return rows


# Sheets with open answers --------------------------------------------------------------------------------------------

_ROLE = {"amm": "amministratori", "tec": "tecnici", "ets": "terzo_settore"}


def sheets(folder: Path) -> None:
    """The sheets filled in before the focus groups and at the last workshop, and the codes of what was written."""
    known = {"prima": {mark: code for group in CODES.values() for mark, code in group.items()}, "dopo": LAST_SHEETS}
    questions = {"prima": ("domanda_1", date(2017, 12, 5)), "dopo": ("cambiato", WORKSHOPS["L3"])}
    corpora = {"prima": "domanda_1", "dopo": "che_cosa_cambia"}
    for wave, words in chapters("schede.txt"):
        question, day = questions[wave]
        rows, codings = [], []
        for number, line in enumerate(words.splitlines(), 1):
            role, trust, knows, answer = (part.strip() for part in line.split("|", 3))
            said = marked(answer)
            rows.append((f"{wave[0].upper()}{number:02d}", wave, day, _ROLE[role], trust, knows, said.text))
            for passage in said.passages:
                for code in passage.codes:
                    codings.append((_answer_id(question, said.text), known[wave][code],
                                    said.text[passage.start : passage.end], passage.start, passage.end,
                                    "prima lettura"))  # fmt: skip
        header = ("scheda", "ondata", "giorno", "ruolo", "fiducia", "sa_chi", question)
        write_table(folder / "schede" / f"schede_{wave}.csv", header, rows)
        header = ("documento", "codice", "testo", "inizio", "fine", "codificatore")
        write_table(folder / corpora[wave] / "codifiche_prima_lettura.csv", header, codings)


def _answer_id(question: str, text: str) -> str:
    """The name Sestante gives to an anonymous answer: survey, question, and a sign made of its words."""
    sign = hashlib.sha256("\x1f".join(("schede", question, text)).encode()).hexdigest()[:10]
    return f"schede-{question}-{sign}"


# Transcripts and codings ---------------------------------------------------------------------------------------------


def write_transcript(path: Path, text: str, encoding: str = "utf-8") -> None:
    kind = path.suffix[1:]
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind in ("docx", "odt"):
        import pypandoc

        title = ["--metadata", "title=Trascrizione inventata"] if kind == "docx" else []
        paragraphs = "\n\n".join(text.splitlines())
        pypandoc.convert_text(paragraphs, kind, "markdown-smart", outputfile=str(path), extra_args=title)
    elif kind in ("vtt", "srt"):
        path.write_text(_subtitles(text, kind), encoding=encoding)
    elif kind == "md":
        turns = re.sub(r"^(\w{1,3}):", r"**\1:**", text.replace("\n", "\n\n"), flags=re.M)
        path.write_text(turns + "\n", encoding=encoding)
    else:
        path.write_text(text + "\n", encoding=encoding)


def _subtitles(text: str, kind: str) -> str:
    """One cue for each turn, at the speed of speech: about 2.4 words a second."""
    at, cues = 2.0, []
    for number, line in enumerate(text.splitlines(), 1):
        who, colon, words = line.partition(": ")
        seconds = max(2.0, len(line.split()) / 2.4)
        times = " --> ".join(_clock(one, "." if kind == "vtt" else ",") for one in (at, at + seconds))
        is_turn = bool(colon) and line != INVENTED
        said = f"<v {who}>{words}" if is_turn and kind == "vtt" else line
        cues.append(f"{number}\n{times}\n{said}\n")
        at += seconds + 0.6
    return ("WEBVTT\n\n" if kind == "vtt" else "") + "\n".join(cues)


def _clock(seconds: float, point: str) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{point}{int(seconds % 1 * 1000):03d}"


def transcripts(folder: Path, draw: random.Random) -> None:
    read = {name: marked(f"{INVENTED}\n{words}") for file in ("interviste.txt", "focus_group.txt")
            for name, words in chapters(file)}  # fmt: skip
    assert list(read) == list(TRANSCRIPTS)
    for name, (kind, _) in TRANSCRIPTS.items():
        encoding = "cp1252" if name == WINDOWS_1252 else "utf-8"
        write_transcript(folder / "ascolto" / f"{name}.{kind}", read[name].text, encoding)
    (folder / "ascolto" / "prima_lettura.qdpx").write_bytes(_project(read))
    rows = [(name, code, read[name].text[start:end], start, end, "seconda lettura")
            for name in READ_TWICE for start, end, code in _second(read[name], draw)]  # fmt: skip
    header = ("documento", "codice", "testo", "inizio", "fine", "codificatore")
    write_table(folder / "ascolto" / "codifiche_seconda_lettura.csv", header, rows)


def _second(one: Marked, draw: random.Random) -> Iterator[tuple[int, int, str]]:
    """What the second coder saw: now and then nothing, another code of the same group, or a passage of one's own."""
    groups = {mark: list(group) for group in CODES.values() for mark in group}
    names = {mark: code for group in CODES.values() for mark, code in group.items()}
    for passage in one.passages:
        for mark in passage.codes:
            chance = draw.random()
            if not passage.is_second and chance < 0.1:
                continue
            seen = draw.choice(groups[mark]) if not passage.is_second and chance > 0.93 else mark
            yield passage.start, passage.end, names[seen]


def _project(read: dict[str, Marked]) -> bytes:
    """A project as the REFI-QDA standard 1.0 has it; the same bytes at each run."""
    when = 'creationDateTime="2018-02-13T09:00:00Z"'
    user = _guid("user")
    codes, names = [], {}
    for group, own in CODES.items():
        inner = []
        for mark, name in own.items():
            names[mark] = _guid(f"code {mark}")
            inner.append(f'<Code guid="{names[mark]}" name={quoteattr(name)} isCodable="true" '
                         f'color="{COLOURS[group]}"/>')  # fmt: skip
        codes.append(f'<Code guid="{_guid(group)}" name={quoteattr(group)} isCodable="false">{"".join(inner)}</Code>')
    sources, texts = [], {}
    for name, one in read.items():
        own = _guid(f"source {name}")
        texts[f"sources/{own}.txt"] = one.text
        selections = []
        for number, passage in enumerate(p for p in one.passages if not p.is_second):
            words = one.text[passage.start : passage.end]
            coded = "".join(f'<Coding guid="{_guid(name, number, mark)}" creatingUser="{user}" {when}>'
                            f'<CodeRef targetGUID="{names[mark]}"/></Coding>' for mark in passage.codes)  # fmt: skip
            selections.append(
                f'<PlainTextSelection guid="{_guid(name, number)}" name={quoteattr(words)} '
                f'startPosition="{passage.start}" endPosition="{passage.end}" creatingUser="{user}" {when}>'
                f"{coded}</PlainTextSelection>"
            )
        sources.append(f'<TextSource guid="{own}" name="{name}" plainTextPath="internal://{own}.txt" '
                       f'creatingUser="{user}" {when}>{"".join(selections)}</TextSource>')  # fmt: skip
    project = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<Project xmlns="urn:QDA-XML:project:1.0" name="Ascolto (dati inventati)" origin="Sestante" '
        f'creatingUserGUID="{user}" {when}>\n<Users><User guid="{user}" name="prima lettura"/></Users>\n'
        f"<CodeBook><Codes>{''.join(codes)}</Codes></CodeBook>\n<Sources>{''.join(sources)}</Sources>\n"
        f"<Description>{escape(INVENTED)}</Description>\n</Project>\n"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, content in {"project.qde": project, **texts}.items():
            member = zipfile.ZipInfo(path, (2018, 2, 13, 9, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(member, content.encode())
    return out.getvalue()


def _guid(*what: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"rete-contrasto-poverta {' '.join(map(str, what))}"))


def make(folder: Path) -> None:
    os.environ["SOURCE_DATE_EPOCH"] = "1518512400"  # what pandoc writes into .docx and .odt as their day
    draw = random.Random(SEED)
    associations = census(draw)
    header = ("associazione", "forma", "comune", "ambito", "servizi", "prima_volta", "ultima_volta")
    write_table(folder / "associazioni" / "associazioni_2018-02.csv", header, associations)
    nodes = subjects(draw, associations)
    header = ("soggetto", "nome", "tipo", "comune", "associazione", "dal", "al")
    write_table(folder / "soggetti" / "soggetti_2018-12.csv", header, nodes)
    for wave, rows in ties(draw, nodes).items():
        header = ("rilevazione", "giorno", "risponde", "da", "a", "tipo", "forza")
        write_table(folder / "legami" / f"legami_{wave}.csv", header, rows)
    header = ("incontro", "giorno", "persona", "ruolo", "comune")
    write_table(folder / "presenze" / "presenze_2018.csv", header, attendance(draw))
    header = ("giorno", "valuta", "ruolo", "progetto", "gruppo", "criterio", "punteggio")
    write_table(folder / "valutazioni" / "valutazioni_2018-05.csv", header, ratings(draw))
    sheets(folder)
    transcripts(folder, draw)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "data")
