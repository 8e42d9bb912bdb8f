"""What a column's header says of somebody's identity, and how cells must look so that the header is believed.

Of a name, an address, a date of birth, a document or an account nothing in the cells alone gives certainty; together
with the header it does. What the cells say by themselves is in `identifying`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from surveys.headers import plain

_SAMPLE, _FEW, _NEARLY_ALL = 500, 3, 0.8

#: Headers that say what a column is, in plain form; the words of both languages and of common tools.
_HEADERS = {
    "email": ("email", "e-mail", "mail", "emailaddress", "indirizzo email", "indirizzo e-mail", "posta elettronica",
              "email address", "recipientemail", "username", "nome utente"),
    "phone": ("telefono", "tel", "cellulare", "cell", "numero di telefono", "recapito", "recapito telefonico",
              "phone", "phone number", "mobile", "telephone", "whatsapp", "numero whatsapp"),
    "tax_code": ("codice fiscale", "cf", "c.f.", "codice_fiscale", "codicefiscale", "tax code"),
    "iban": ("iban", "conto corrente", "coordinate bancarie"),
    "ip": ("ip", "ipaddr", "ip address", "ipaddress", "ip_address", "indirizzo ip", "network id"),
    "name": ("cognome", "cognome e nome", "nome e cognome", "nome cognome", "nominativo", "nome completo",
             "surname", "last name", "lastname", "last_name", "family name", "full name", "fullname", "firstname",
             "first name", "first_name", "given name", "recipientlastname", "recipientfirstname"),
    "address": ("indirizzo", "indirizzo di residenza", "residenza", "domicilio", "via", "address", "home address",
                "street address", "street", "via e numero civico"),
}  # fmt: skip
_SAYS = {header: kind for kind, headers in _HEADERS.items() for header in headers}
_GIVEN_NAME = ("nome", "name")
#: Frequent given names in Italy, whoever bears them: enough to tell a column of people from one of places.
_FREQUENT = """
adele adriana adriano agnese agostino ahmed alba alberto aldo alessandra alessandro alessia alessio alfredo
ali alice amelia amina andrea angela angelo anita anna annalisa annamaria anne antonella antonia antonio
arianna armando aurora barbara beatrice benedetta bianca bruna bruno carla carlo carmela caterina cecilia
chiara cinzia claudia claudio cristian cristina daniela daniele dario davide debora diego domenico donatella
edoardo elena eleonora elisa elisabetta emanuela emanuele emma enrico enzo erica ernesto eva fabio fabrizio
fatima federica federico felice filippo flavia franca francesca francesco franco gabriele gabriella giacomo
giada gianluca gianni giorgia giorgio giovanna giovanni giulia giuliana giulio giuseppe giuseppina grazia
graziella greta guido hassan ibrahim ida ilaria ion irene irina isabella ivan jacopo james john karim katia
khalid lara laura leonardo letizia lidia liliana linda lisa livia loredana lorenzo luca lucia luciana luciano
luigi luisa maddalena manuela mara marcello marco margherita maria mariagrazia marina mario marta martina mary
massimo matilde matteo mattia maurizio mauro michela michele milena mirella mirko mohamed mohammed monica
mustafa nadia natalia nicola nicole nicolo noemi norma oksana olena olga omar ornella paola paolo patrizia
paul peter piero pietro raffaele raffaella renata renato renzo riccardo rita roberta roberto rocco romina rosa
rosanna rosaria rossella sabrina salvatore samira samuele sandra sandro sara serena sergio silvana silvia
silvio simona simone sofia sonia stefania stefano susanna svetlana tania tatiana teresa tiziana tommaso
umberto valentina valeria valerio vanessa veronica vincenzo viola vittoria vittorio viviana youssef
"""
GIVEN_NAMES = frozenset(_FREQUENT.split())
#: Words inside a longer header that say as much, where the cells agree.
_HINTS = {
    "phone": r"tel|telefono|telefonico|cell|cellulare|phone|telephone|mobile|whatsapp",
    "name": r"cognome|surname|nominativ[oi]|lastname|(?:come (?:ti|si) chiam[ai])|(?:il (?:tu|su)o nome)|your name"
    r"|full name|last name|family name",
    "address": r"indirizzo|residenza|domicilio|abit[ai]|viv[ei]|address",
    "birth_date": r"data (?:di )?nascita|nat[oa] il|date of birth|dob|birth ?date|birthday|compleanno",
    "document": r"carta (?:d'? ?)?identita|documento|passaporto|passport|patente|tessera sanitaria"
    r"|permesso di soggiorno|identity card|id card|driving licence|driver'?s licen[cs]e|targa",
    "account": r"instagram|facebook|linkedin|tiktok|telegram|twitter|skype|snapchat|discord",
}
_HINTED = {kind: re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])") for kind, words in _HINTS.items()}
#: Who is no person: the name, address or account of one of these says nothing about somebody.
_NO_PERSON = re.compile(
    r"(?<![^\W_])(?:associazion[ei]|ent[ei]|progetto|organizzazion[ei]|scuol[ae]|istitut[oi]|comun[ei]|hub|servizi[o]?|"
    r"attivita|event[oi]|grupp[oi]|cors[oi]|cooperativ[ae]|sed[ei]|partner|organi[sz]ations?|association|project|school"
    r"|event|group|company|venue)(?![^\W_])"
)

_STREET = re.compile(
    r"(?:via|viale|piazza|piazzale|p\.zza|corso|largo|vicolo|calle|campo|fondamenta|salizada|strada|borgo|lungo\w+)\s"
    r"|\d+\w?,?\s+\S.*\b(?:street|road|avenue|lane|st|rd|ave)\b",
    re.IGNORECASE,
)
_DAY = re.compile(r"(?:\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{4}-\d{1,2}-\d{1,2})(?:[T ].*)?")
_DOCUMENT = re.compile(r"(?=(?:\D*\d){3})[A-Z0-9][A-Z0-9 ./-]{3,22}[A-Z0-9]", re.IGNORECASE)
_ACCOUNT = re.compile(
    r"@[\w.]{2,}|(?:https?://)?(?:www\.|m\.|it-it\.)?(?:facebook|instagram|linkedin|tiktok|twitter|x|t)\.(?:com|me)/\S+"
    r"|(?=.*[._\d])[A-Z][\w.]{3,30}",
    re.IGNORECASE,
)


def _is_name(text: str) -> bool:
    return text[:1].isalpha() and text.count(" ") < 5 and not any(sign.isdecimal() for sign in text)


def _are_people(cells: Sequence[tuple[str, int]]) -> bool:
    """True where most cells begin with a given name."""
    some = cells[:_SAMPLE]
    return 2 * sum(plain(text).partition(" ")[0] in GIVEN_NAMES for text, _ in some) > len(some)


def _full_names(cells: Sequence[tuple[str, int]]) -> int:
    """Rows of a column of which nearly every cell is a given name with another word, whatever its header; else 0."""
    some = cells[:_SAMPLE]
    found = sum(
        _is_name(text) and 2 <= len(parts := plain(text).split()) <= 4 and bool(GIVEN_NAMES & {parts[0], parts[-1]})
        for text, _ in some
    )
    return sum(count for _, count in cells) if len(some) >= _FEW and found >= _NEARLY_ALL * len(some) else 0


def _has_house_number(text: str) -> bool:
    """`Borgo Dora` may be a neighbourhood, `Borgo Dora 12` is where somebody lives."""
    return bool(_STREET.match(text)) and any(sign.isdecimal() for sign in text)


_LOOKS: dict[str, Callable[[str], object]] = {
    "name": _is_name,
    "address": _STREET.match,
    "birth_date": _DAY.fullmatch,
    "document": _DOCUMENT.fullmatch,
    "account": _ACCOUNT.fullmatch,
}


def kind_said(header: str) -> str | None:
    """The kind of identifier a header names by itself, whatever stands below it; a bare `Nome` may name anything."""
    return _SAYS.get(plain(header).replace("_", " ")) or _SAYS.get(plain(header))


def says_phone(header: str) -> bool:
    """True where the header of a column may mean a telephone: digits alone say nothing."""
    return kind_said(header) == "phone" or bool(_HINTED["phone"].search(plain(header)))


def said_with(header: str, cells: Sequence[tuple[str, int]], others: Iterable[str]) -> tuple[str, int] | None:
    """What a column nobody has described holds by its header, where most cells look like it, and in how many rows.

    A bare `Nome` counts beside a surname among the `others`, or where the cells are given names; given names with
    another word count under any header. A header that speaks of an association or a project says
    nothing of a person.
    """
    text = plain(header)
    kinds = [kind for kind in _LOOKS if _HINTED[kind].search(text) and not _NO_PERSON.search(text)]
    if said := kind_said(header):
        kinds.insert(0, said)
    elif text in _GIVEN_NAME and (any(_SAYS.get(plain(other)) == "name" for other in others) or _are_people(cells)):
        kinds.insert(0, "name")
    if not kinds and not _NO_PERSON.search(text) and (rows := _full_names(cells)):
        return "name", rows
    for kind in kinds:
        looks = _has_house_number if kind == "address" and not said else _LOOKS.get(kind)
        some = cells[:_SAMPLE]
        if looks and 2 * sum(bool(looks(text)) for text, _ in some) > len(some):
            return kind, sum(count for text, count in cells if kind != "name" or looks(text))
    return None
