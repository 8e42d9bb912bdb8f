"""Columns that say who somebody is and columns that only look so, side by side: what is recognised, what is let in.

Each line is a column of a delivery that no contract describes.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from surveys.identifying import Recognised, recognise

NAMES = ["Mario Rossi", "Giulia Bianchi", "Anna De Luca", "Luca Ferrari", "Sara Zanetti"]
STREETS = ["Via Garibaldi 12", "Calle Lunga 4/a", "Campo San Polo, 3"]

IDENTIFYING = [
    # header, cells, kind
    ("Q1", ["ada@example.org", "x.y@comune.venezia.it", "z@gmail.com"], "email"),
    ("Q1", ["ADA@EXAMPLE.ORG"], "email"),
    ("Q1", ["ada@località.it", "b@esempio.it"], "email"),
    ("Q1", ["ada@example.org.", "b@example.org "], "email"),
    ("Q1", ["mailto:ada@example.org", "mailto:b@example.org"], "email"),
    ("Q1", ["Ada Rossi <ada@example.org>", "Bruno <b@example.org>"], "email"),
    ("Q1", ["ada@example.org; bruno@example.org", "c@example.org"], "email"),
    ("Q1", ['=HYPERLINK("mailto:a@example.org")'], "email"),
    ("Q1", ["+39 333 1234567", "+39 347 7654321", "+39 328 1112223"], "phone"),
    ("Q1", ["3331234567", "3477654321", "3281112223"], "phone"),
    ("Q1", ["333 1234567", "347 7654321", "328/1112223"], "phone"),
    ("Q1", ["333-1234567", "347-7654321", "328.1112223"], "phone"),
    ("Q1", ["333 12 34 567", "347 76 54 321", "328 11 12 223"], "phone"),
    ("Q1", ["393331234567", "393477654321", "393281112223"], "phone"),
    ("Q1", ["00393331234567", "00393477654321", "00393281112223"], "phone"),
    ("Q1", ["041 2748111", "041/2748112", "0412748113"], "phone"),
    ("Q1", ["(041) 2748111", "(041) 2748112", "(06) 67108888"], "phone"),
    ("Q1", ["+49 30 901820", "+33 1 42 76 40 40", "+44 20 7946 0958"], "phone"),
    ("Q1", ["+393331234567", "+447911123456", "+33612345678"], "phone"),
    ("Q1", ["'+393331234567", "'+393477654321", "'+393281112223"], "phone"),
    ("Q1", ["3331234567.0", "3477654321.0", "3281112223.0"], "phone"),
    ("Cellulare", ["3.331234567E9", "3.477654321E9"], "phone"),
    ("telefono", ["0412748111", "0667108888", "3331234567"], "phone"),
    ("Numero tel. (facoltativo)", ["0412748111", "0667108888"], "phone"),
    ("WhatsApp", ["+39 333 1234567"], "phone"),
    ("Q1", ["RSSMRA85T10A562S", "VRDLGU70A01F205R"], "tax_code"),
    ("Q1", ["rssmra85t10a562s"], "tax_code"),
    ("Q1", ["RSSMRA85T10A56NH", "VRDLGU70A01FNLRU", "NREGPPSRPMVLTPSN"], "tax_code"),  # digits changed for letters
    ("Q1", ["RSS MRA 85T10 A562S", "VRD LGU 70A01 F205R"], "tax_code"),
    ("Q1", ["IT60X0542811101000000123456"], "iban"),
    ("Q1", ["it60 x054 2811 1010 0000 0123 456"], "iban"),
    ("Q1", ["IT60-X054-2811-1010-0000-0123-456"], "iban"),
    ("Q1", ["IBAN: IT60 X054 2811 1010 0000 0123 456"], "iban"),
    ("Q1", ["DE89370400440532013000", "DE89 3704 0044 0532 0130 00"], "iban"),
    ("Q1", ["FR1420041010050500013M02606", "NO9386011117947", "MT84MALT011000012345MTLCAST001S"], "iban"),
    ("Q1", ["GB82 WEST 1234 5698 7654 32", "CH93 0076 2011 6238 5295 7"], "iban"),
    ("ip", ["192.168.1.4"], "ip"),
    ("Q1", ["192.168.1.4", "81.23.4.5", "93.45.66.7"], "ip"),
    ("Q1", ["192.168.1.4:8080", "81.23.4.5:443", "93.45.66.7:80"], "ip"),
    ("Q1", ["2001:db8::1", "fe80::1ff:fe23:4567:890a", "2a00:1450:4002:80a::200e"], "ip"),
    ("Q1", ["::ffff:192.168.1.4", "::ffff:10.0.0.1", "::ffff:10.0.0.9"], "ip"),
    ("Nome e cognome", NAMES, "name"),
    ("Cognome", ["Rossi", "Bianchi", "De Luca"], "name"),
    ("nome_cognome", NAMES, "name"),
    ("Come ti chiami?", NAMES, "name"),
    ("Name and surname", NAMES, "name"),
    ("Nominativo del referente", NAMES, "name"),
    ("Il tuo nome", ["Mario", "Giulia", "Anna"], "name"),
    ("Nome", ["Mario", "Giulia", "Anna"], "name"),
    ("Q1", NAMES, "name"),
    ("Indirizzo", STREETS, "address"),
    ("Indirizzo di residenza (via e numero)", STREETS, "address"),
    ("Dove abita?", ["Via Garibaldi 12, Mestre", "Calle Lunga 4/a, Venezia", "Piazza Ferretto 3"], "address"),
    ("Address", ["12 High Street", "4 Station Road", "221b Baker Street"], "address"),
    ("Data di nascita", ["12/05/1971", "01/02/1985", "30/11/1999"], "birth_date"),
    ("Date of birth", ["1971-05-12", "1985-02-01"], "birth_date"),
    ("dob", ["1971-05-12T00:00:00"], "birth_date"),
    ("Instagram", ["@mario.rossi", "@giulia_b", "@annadl"], "account"),
    ("Profilo Facebook", ["https://www.facebook.com/mario.rossi", "facebook.com/giulia.b"], "account"),
    ("Carta d'identità", ["CA12345AB", "CA54321BC", "AX1234567"], "document"),
    ("Numero documento", ["CA12345AB", "YA1234567"], "document"),
    ("Passaporto", ["YA1234567", "YB7654321"], "document"),
    ("Patente", ["VE1234567A", "U1A12345BC"], "document"),
    ("Tessera sanitaria", ["80380000900000000001", "80380000900000000002"], "document"),
    ("Targa", ["AB123CD", "EF456GH"], "document"),
]

INNOCENT = [
    ("anno", ["2019", "2020", "2021"]),
    ("Anno di nascita", ["1971", "1985", "1999"]),
    ("punteggio", ["12", "25", "31"]),
    ("CAP", ["30121", "30122", "30172"]),
    ("codice istat", ["027042", "027015", "027028"]),
    ("comune", ["Venezia", "Mira", "Spinea", "Marcon"]),
    ("Comune di residenza", ["Venezia", "Mira", "Spinea", "San Donà di Piave"]),
    ("Quartiere", ["Castello", "Cannaregio", "Borgo Dora"]),
    ("Dove abita?", ["Aurora", "Borgo Dora", "Borgo San Paolo"]),
    ("via di accesso", ["diretta", "su invito", "passaparola"]),
    ("importo", ["1.250,00", "300,50", "12.000,00"]),
    ("Importo €", ["€ 1.250", "€ 300"]),
    ("id", ["1", "2", "3"]),
    ("respondent_id", ["R001", "R002", "R003"]),
    ("respondent", ["11800000001", "11800000002", "11800000003"]),
    ("ResponseId", ["R_1dfg45GHjk2", "R_3kkLLm98aBc"]),
    ("id", ["a3f1c2d4-1111-4222-8333-444455556666", "b3f1c2d4-1111-4222-8333-444455556667"]),
    ("id", ["00003331234567", "00003331234568", "00003331234569"]),
    ("token", ["k3jd9s8f7g6h5j4k", "x8s7d6f5g4h3j2k1"]),
    ("timestamp", ["2024-05-01T10:20:30Z", "2024-05-02T11:20:30Z"]),
    ("submitdate", ["2024-05-01 10:20:30", "1980-01-01 00:00:00"]),
    ("epoch_ms", ["1714555555123", "1714555999456", "1714556123789"]),
    ("durata", ["612", "455", "1201"]),
    ("interviewtime", ["345.67", "3331234567.5", "12.0"]),
    ("data", ["01/05/2024", "02/05/2024"]),
    ("Data inizio", ["2024-05-01", "2024-06-01"]),
    ("ora", ["09:30", "10:45"]),
    ("orario", ["9.30-12.30", "15.00-18.00", "9.00-13.00"]),
    ("capitolo", ["1.2.3.4", "2.1.0.5", "3.4.1.1"]),
    ("ateco", ["47.11.40", "88.99.00"]),
    ("codice fiscale ente", ["80009370275", "94012340271"]),
    ("partita IVA", ["00339370272", "02007340261", "04276690278"]),  # of organisations, nearly all
    ("P.IVA", ["IT00339370272", "IT02007340261"]),
    ("CUP", ["F79I22000530006", "F71B22000880007", "F74E23000190002"]),
    ("CIG", ["9876543210", "Z1A2B3C4D5", "8765432109"]),
    ("codice univoco", ["UFY9MH", "ABC123"]),
    ("protocollo", ["2024/0001234", "2024/0001235"]),
    ("delibera", ["n. 123/2024", "n. 124/2024"]),
    ("codice progetto", ["VE4.4.11.2.a", "VE3.3.1.1"]),
    ("codice meccanografico", ["VEIC83000A", "VEIC84100G", "VEPS01000X"]),
    ("Nome dell'associazione", ["Arci Venezia", "Auser", "Emergency"]),
    ("Come si chiama la tua associazione?", ["Arci Venezia", "Auser", "Anna Frank"]),
    ("Instagram dell'associazione", ["@arci.ve", "@auser_ve"]),
    ("ente", ["Caritas Veneziana", "Croce Rossa"]),
    ("Nome progetto", ["Costellazioni civiche", "Hub Rialto"]),
    ("nome attività", ["Laboratorio", "Corso di italiano"]),
    ("Nome", ["Casa della comunità", "Biblioteca"]),
    ("sede", ["Via Garibaldi", "Calle Lunga"]),
    ("Chiesa", ["San Marco", "Santa Maria", "San Polo"]),
    ("Professione", ["Impiegato", "Insegnante", "Studente"]),
    ("Cittadinanza", ["Italia", "Bangladesh", "Ucraina"]),
    ("genere", ["F", "M", "NB"]),
    ("fascia d'età", ["18-24", "25-34", "65+"]),
    ("conteggio", ["3331234567", "12", "99", "45", "1"]),
    ("coordinate", ["45.4408, 12.3155", "45.4371, 12.3320"]),
    ("percentuale", ["12%", "50%"]),
    ("commento", ["Bello", "Da rifare", "Ok"]),
    ("isbn", ["9788804668237", "9788806228200", "9788845292613"]),
    ("ean", ["8001234567890", "8009876543210", "8005555555555"]),
    ("url", ["https://www.comune.venezia.it/it/node/57639", "https://example.org/a"]),
    ("hashtag", ["#hub", "#venezia"]),
    ("email inviata", ["sì", "no", "sì"]),
    ("telefono fisso in casa", ["sì", "no"]),
    ("Ha il cellulare?", ["sì", "no"]),
    ("Ha la patente?", ["sì", "no", "scaduta"]),
    ("Usa Facebook?", ["spesso", "mai", "ogni giorno"]),
    ("Residenza", ["Italia", "Estero"]),
    ("codice", ["ABCDEF12A34B567C", "ZZZZZZ99Z99Z999Z"]),
    ("data di nascita del progetto", ["2019-01-01"]),
]


def seen(header: str, cells: list[str]) -> Recognised | None:
    different = Counter(cells)
    return recognise(header, list(different), np.array(list(different.values())))


@pytest.mark.parametrize(("header", "cells", "kind"), IDENTIFYING)
def test_a_column_of_identifiers_is_recognised(header: str, cells: list[str], kind: str) -> None:
    found = seen(header, cells)
    assert found is not None and (found.kind, found.is_in_prose) == (kind, False)


@pytest.mark.parametrize(("header", "cells"), INNOCENT)
def test_a_column_that_looks_like_one_is_let_in(header: str, cells: list[str]) -> None:
    assert seen(header, cells) is None


def test_there_are_as_many_of_both_as_a_measure_needs() -> None:
    assert len(IDENTIFYING) >= 60 and len(INNOCENT) >= 60
