"""What the recogniser of identifying words catches, misses and blocks for nothing, on sentences made for it, and the
floor below which it must not fall. `**word**` is what has to be caught; every name, place and number is invented.

Sentences it had not been made on: of 35 that identify somebody it caught 32, and blocked 1 of 25 others for nothing.
What it missed, rare English names, led to the rarity asked of English words; all are held here since. Of 62 passages
of an invented corpus of focus groups it blocked 7, all for nothing, which led to a dictionary with inflections (2
since); of 15 more unseen sentences with a name it then caught 15, and blocked 5 of 30 others. Of 1,500 foreign surnames
on no list, the dictionary lets 17 pass in small letters, and 13 at the beginning of a sentence (13 and 13 before)."""

from __future__ import annotations

import re

import pytest

from surveys.corpora.identifying_words import marks

#: Somebody can be recognised: what stands between asterisks must be blocked, wholly.
IDENTIFYING = {
    "it": [
        "Ci ha aiutato **Giuseppina**, quella del terzo piano.",
        "**Giuseppina** mi porta la spesa ogni giovedì.",
        "Poi è venuta la signora **Bianchi** e ha sistemato tutto.",
        "la signora **rossi** ci ha prestato la sala",
        "ne ho parlato con **fatima** e con **oksana**, le mie vicine",
        "**Mohamed** traduce per tutti quando c'è il medico.",
        "Dopo la morte di **Rosa** non sono più uscita.",
        "**Rosa** veniva sempre al doposcuola.",
        "**Speranza** mi ha insegnato a leggere.",
        "mio figlio **kevin** non va più a scuola",
        "Con **don Alberto** abbiamo aperto la mensa.".replace("**don Alberto**", "don **Alberto**"),
        "Ho chiesto a **Zanon**, che fa il muratore.",
        "**Zanon** ha rifatto il tetto gratis.",
        "Abitavo a **Marghera**, vicino al mercato.",
        "vengo da **marghera** e qui non conosco nessuno",
        "Siamo arrivati da **Tirana** nel novanta.",
        "**Dakar** mi manca tutti i giorni.",
        "vivevo a **napoli** con i miei",
        "Lo sportello del **Caritas** ci ha dato i pacchi.",
        "Lavoravo alla **Fincantieri** prima dell'incidente.",
        "Mi chiami al **333 123 4567** quando vuole.",
        "scrivete a **sportello.donne@example.org** per i corsi",
        "Il mio codice fiscale è **RSSMRA80A41F205B**, se serve.",
        "Sto in **via Garibaldi 12** da vent'anni.",
        "abito in **via dei mille 7** al secondo piano",
        "Sono **nata nel 1984** in ospedale, di notte.",
        "Il **12 marzo 1999** ci hanno sfrattati.",
        "La targa era **AB123CD**, me la ricordo.",
        "l'assistente sociale, la **dell'Orto**, non risponde".replace("**dell'Orto**", "dell'**Orto**"),
        "Ho visto la **D'Angelo** in piazza ieri.".replace("**D'Angelo**", "D'**Angelo**"),
        "mia sorella **pinuccia** mi accompagna",
        "Quelli del **Centro Aurora** sono stati gentili.".replace("**Centro Aurora**", "**Centro** **Aurora**"),
        "su instagram sono **@lucia.fa** e racconto tutto",
        "«**Amina**, vieni qui», mi diceva la maestra.",
        "È stato **marco** a trovarmi il lavoro.",
        "Ne ho parlato con **Loredana** della portineria.",
        "**Ermanno** è morto in gennaio, da allora niente.",
        "il signor **zaccagnini** ci ha fatto lo sconto",
        "**Hamza** non capiva l'italiano e nessuno lo aiutava.",
        "mia nuora **samanta** lavora di notte",
        "Mi hanno trasferita a **Mestre** senza chiedermi nulla.",
        "abito a barriera di **milano** da sempre",
        "La cooperativa **Orso** **Blu** ha chiuso.",
        "il numero è **041 5234567**, ma non rispondono",
        "Il **3 maggio** c'è stato lo sgombero.",
        "ho chiamato **gigi** e sono venuti subito",
        "**Grazia** mi tiene il bambino quando lavoro.",
        "con padre **Silvestro** facevamo il pranzo",
        "la mail è **orto.barriera@example.it** se vi serve",
        "**Yasmine** ha trovato casa, io no.",
        "dal **Senegal** sono venuto con mio fratello",
        "ci vediamo in **piazza Foroni 3** tutte le sere",
        "l'**Olga** mi ha detto di lasciar perdere",
        "mio cugino **ionut** ha chiuso il cantiere",
        "Al **CAV** mi hanno ascoltata.",
        "Me l'ha detto **calogero**, quello che aggiusta le biciclette.",
        "**Scarpellini** mi ha anticipato l'affitto.",
        "La nostra vicina, la **zuin**, ci tiene le chiavi.",
        "Siamo sbarcati a **pozzallo** di notte.",
        "Al **Filarete** ci hanno rifiutati.",
        "Da **bonollo** ho imparato a saldare.",
        "mia cognata **svitlana** pulisce gli uffici",
        "abito a **cene** da sempre",
        "lo sa **B** della portineria",
        "Il Comune di **Capraia** non risponde.",
    ],
    "en": [
        "It was **Margaret** who told me about the group.",
        "**Margaret** comes every Tuesday with soup.",
        "my neighbour **okafor** fixed the boiler",
        "**Kevin** never missed a session.",
        "i spoke to **jessica** at the desk",
        "Mrs **Patel** runs the choir on her own.",
        "mr **singh** drove us to the hospital",
        "We moved from **Hackney** when the rent went up.",
        "i grew up in **tirana** and came here alone",
        "**Nairobi** feels like another life now.",
        "The **Rainbow Trust** paid for my course.".replace("**Rainbow Trust**", "**Rainbow** **Trust**"),
        "Call me on **07400 123456** any evening.".replace("07400 123456", "+44 7400 123456"),
        "You can write to **jo.bloggs@example.com** about it.",
        "We live at **14 Acacia Road** above the shop.",
        "I was **born in 1951** in this street.",
        "On **3 March 2019** they cut the power.",
        "my reference is **QX77812B** and nobody finds it",
        "**Grace** held my hand the whole way.",
        "His cousin **Abdullahi** got the job instead.",
        "Ask **Zofia** about the garden, she knows.",
        "**Doreen** from the flats watches my boys.",
        "i asked **muhammad** to translate",
        "the **Salvation** **Army** gave us beds",
        "She came over from **Lagos** with two bags.",
        "**Leeds** was kinder than this.",
        "my daughter **chantelle** dropped out",
        "my postcode is **LS12** 4QT if you need it",
        "ring **0113 496 0000** and ask",
        "**Bogdan** sleeps in his van.",
        "Dr **Ahmed** never rushes me.",
        "we meet at **22 Mill Lane** on mondays",
        "**Rose** does the accounts.",
        "**Tunde** said it would get better.",
        "it was **17 June 2021** when they moved us",
        "i owe it to **pauline**",
    ],
}  # fmt: skip
#: Known to be out of reach, told so in the module, README and SECURITY.
OUT_OF_REACH = {
    "it": [
        "ho parlato con **rosa** al mercato",
        "**la signora del terzo piano** sa tutto di noi",
        "**il presidente del circolo** mi ha cacciato",
        "**Mia** mi ha accompagnata dal medico.",
        "**Vera** è l'unica che mi ascolta.",
    ],
    "en": [
        "i told **hope** everything",
        "**the man with the parrot** helped us all",
        "**Faith** drove me home every night.",
    ],
}
#: Nobody can be recognised: should pass as it is.
HARMLESS = {
    "it": [
        "Mi sento molto sola la domenica, quando non passa nessuno.",
        "Prima non uscivo mai, adesso almeno due volte la settimana vado al corso.",
        "Secondo me i ragazzi hanno bisogno di essere ascoltati, non giudicati.",
        "Ora va meglio. Anzi, molto meglio di prima.",
        "Non c'è nessuno che venga ad ascoltarci davvero.",
        "Boh, io non ci credevo più, e invece è servito.",
        "La scuola ci ha detto: «Vieni quando vuoi».",
        "Nella mia famiglia siamo in cinque e lavora solo mio marito.",
        "Il corso di italiano mi ha dato un po' di coraggio.",
        "Dopo gli incontri ho ripreso a parlare con i vicini.",
        "Quest'anno abbiamo fatto l'orto insieme, è stato bello.",
        "Prenderei l'autobus, ma costa troppo e passa una volta l'ora.",
        "I volontari ci hanno aiutato a riempire i moduli per l'ISEE.",
        "Se non ci fosse il doposcuola non saprei come fare.",
        "Vabbè, si va avanti, no? Che altro dovrei fare?",
        "Nessuno ci ha chiesto che cosa ne pensavamo.",
        "Ho ricominciato a dormire e a mangiare come si deve.",
        "Dirglielo in faccia non serve a niente, purtroppo.",
        "Le riunioni sono alle sei, chi lavora non può venirci.",
        "Il progetto ha promesso tanto e mantenuto poco.",
        "Quando sono arrivata non parlavo con nessuno, adesso ho due amiche.",
        "Ci si sente invisibili, ecco, questa è la parola giusta.",
        "Le istituzioni arrivano tardi e poi spariscono.",
        "Mi hanno insegnato a usare il computer e a scrivere un curriculum.",
        "Almeno qui si ride, che a casa non succede mai.",
        "Chi ha bisogno davvero non viene a chiedere.",
        "Il quartiere è cambiato, i negozi chiudono uno dopo l'altro.",
        "Dovremmo incontrarci più spesso, anche solo per un caffè.",
        "Hanno parlato sempre loro, noi zitti.",
        "All'inizio avevo paura di sbagliare, poi mi sono sbloccata.",
        "Gliel'ho detto mille volte che così non funziona.",
        "Fare rete è bello a parole, poi ognuno torna nel suo ufficio.",
        "Figurati, con tre figli e un solo stipendio.",
        "Mancano gli spazi per gli adolescenti, finiscono tutti al centro commerciale.",
        "Mi vergognavo, punto.",
        "Al piano di zona fotografano la sala, e il verbale dice che abbiamo co-progettato.",
        "Ha funzionato anche in pianura.",
        "Ci siamo scambiati i numeri come alle cene di classe.",
        "Nella bozza che gira in Regione la frase c'è già, dice il Comune.",
        "La portineria la teniamo in tre, col bancone aperto.",
        "Abbiamo aperto un ambulatorio infermieristico.",
        "Noi scriviamo nucleo multiproblematico, loro famiglia in difficoltà.",
        "Media d'età settantuno, e qualche cinquantaduenne.",
        "Si cucina sul fornelletto e i bambini fanno i compiti sul letto.",
        "Più li coinvolgiamo e più cominciano ad assomigliarci.",
        "Li stiamo trasformando in operatori di serie B.",
        "Fatevene una ragione, ci ripetevano.",
        "Raccoglievamo le eccedenze dai supermercati e le smistavamo.",
        "Era stanchissima, e rispondeva frettolosamente.",
    ],
    "en": [
        "I feel less alone since the lunches started.",
        "Nobody asked us what we wanted, they just turned up.",
        "It's the only place where I can sit down and talk.",
        "We couldn't have done it without the volunteers.",
        "Honestly, I'd given up before I came here.",
        "The meetings are at six, and those who work can't come.",
        "My children have friends now, they've stopped hiding.",
        "They said: \"Come back next week\", and never called.",
        "You're treated like a number in that office.",
        "Since Covid the neighbours don't knock any more.",
        "On Tuesday we cook, on Friday we plant.",
        "There's a waiting list, so I gave up.",
        "What changed? I sleep at night.",
        "The foodbank kept us going through the winter.",
        "She listened. That was enough for me.",
        "People look out for one another again.",
        "The forms are endless and nobody explains them.",
        "I've learned to say no, which I never could.",
        "They're kind, but they've no power to change anything.",
        "If it weren't for the lunch club I'd see no one.",
        "We were promised a playground and got a car park.",
        "Everyone talks about partnership, then goes back to their own desk.",
        "He's sleeping better and so am I.",
        "Transport's the problem, there's one bus a day.",
        "Last winter we chose between heating and eating.",
    ],
}  # fmt: skip


def wanted(sentence: str) -> tuple[str, list[tuple[int, int]]]:
    """The sentence without asterisks, and the stretches that stood between them."""
    plain, stretches = "", []
    for number, part in enumerate(re.split(r"\*\*", sentence)):
        if number % 2:
            stretches.append((len(plain), len(plain) + len(part)))
        plain += part
    return plain, stretches


def missed(sentence: str, language: str) -> list[str]:
    """What should have been blocked and was not: a stretch counts as caught where a mark stands on its words."""
    text, stretches = wanted(sentence)
    found = marks(text, 0, len(text), language)
    return [text[a:b] for a, b in stretches if not any(mark.start < b and a < mark.end for mark in found)]


def numbered(sentences: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, sentence) for language, some in sentences.items() for sentence in some]


@pytest.mark.parametrize(("language", "sentence"), numbered(IDENTIFYING))
def test_what_says_who_somebody_is_blocks(language: str, sentence: str) -> None:
    assert missed(sentence, language) == []


def test_ordinary_speech_passes() -> None:
    """Nothing in 74 sentences is blocked for nothing."""
    blocked = {sentence[mark.start : mark.end] for language, sentence in numbered(HARMLESS)
               for mark in marks(sentence, 0, len(sentence), language)}  # fmt: skip
    assert blocked == set()


def test_what_is_out_of_reach_is_known() -> None:
    """Should one of these be caught one day, what README and SECURITY say of the limits has to be changed too."""
    assert [sentence for language, sentence in numbered(OUT_OF_REACH) if not missed(sentence, language)] == []


def test_there_are_enough_sentences() -> None:
    assert len(numbered(IDENTIFYING)) >= 100
    assert len(numbered(HARMLESS)) >= 74
