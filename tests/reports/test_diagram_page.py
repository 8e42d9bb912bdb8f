"""The drawing in a browser: pointing and the keyboard light a chain, opening a box shows its details, and all of it is
there, as links and words, without the script."""

from __future__ import annotations

import pytest

from reports.diagram.content import Area, Content, Element, Link
from reports.diagram.drawn import drawn
from reports.diagram.page import page
from reports.phrases import Phrases
from reports.theme import Theme

AWKWARD = '"></a><script>document.title="rubato"</script> ə'

CONTENT = Content(
    "Teoria",
    (
        Element("IN", "input", "Fondi"), Element("AC", "activity", "Corsi", "N", "with_data"),
        Element("OP", "output", "Persone raggiunte", "N", "met"), Element("OC", "outcome", AWKWARD, "", "behind"),
        Element("ZZ", "activity", "Altro", "S"),
    ),
    (Link("IN", "AC", "belongs"), Link("AC", "OP", "produces", mechanism="Chi viene impara"),
     Link("OP", "OC", "contributes")),
    (Area("N", "Nord"), Area("S", "Sud")),
    invented=True,
)  # fmt: skip


@pytest.fixture(scope="module")
def own_page(tmp_path_factory):
    path = tmp_path_factory.mktemp("drawing") / "theory.html"
    path.write_text(page(drawn(CONTENT, Phrases("it")), Theme.of(), "it"), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser, own_page):
    page = browser.new_page(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    page.goto(own_page.as_uri())
    yield page
    page.close()


def lit(page) -> set[str]:
    return set(page.eval_on_selector_all(".element.on", "boxes => boxes.map(box => box.dataset.element)"))


def test_the_page_says_in_words_what_it_draws(own_page):
    text = own_page.read_text(encoding="utf-8")
    assert '<span id="element-OP"><strong>Persone raggiunte</strong></span> (raggiunto)' in text
    assert "<li>area: Nord</li>" in text
    assert "<li>→ produce: Persone raggiunte. Chi viene impara.</li>" in text
    assert "<li>← da: Corsi (produce)" in text
    assert "I dati sono inventati" in text
    assert text.count("<script>") == 1


def test_pointing_at_a_box_lights_what_leads_to_it_and_what_it_leads_to(opened):
    opened.locator("[data-element=OP]").hover()
    assert lit(opened) == {"IN", "AC", "OP", "OC"}
    assert opened.locator("[data-element=ZZ]").evaluate("box => getComputedStyle(box).opacity") != "1"
    assert opened.locator("[data-element=AC]").evaluate("box => getComputedStyle(box).opacity") == "1"
    opened.mouse.move(2, 2)
    assert lit(opened) == set()


def test_the_keyboard_does_what_the_pointer_does(opened):
    opened.locator("[data-element=AC]").focus()
    opened.keyboard.press("ArrowRight")
    assert opened.evaluate("document.activeElement.dataset.element") == "OP"
    assert lit(opened) == {"IN", "AC", "OP", "OC"}
    opened.keyboard.press("Enter")
    dialog = opened.get_by_role("dialog", name="Persone raggiunte, raggiunto")
    assert dialog.is_visible()
    assert "Prodotti · Nord" in dialog.inner_text()
    assert "da: Corsi (produce)" in dialog.inner_text()
    opened.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert opened.evaluate("document.activeElement.dataset.element") == "OP"


def test_a_click_opens_the_details_and_a_button_closes_them(opened):
    opened.locator("[data-element=OC]").click()
    assert opened.get_by_role("dialog").locator("strong").inner_text() == AWKWARD
    opened.get_by_role("button", name="Chiudi").click()
    assert opened.locator("dialog[open]").count() == 0
    assert opened.title() == "Teoria"


def test_the_drawing_fills_the_window_and_comes_back(opened):
    opened.get_by_role("button", name="Ingrandisci il disegno").click()
    assert opened.locator(".drawing").bounding_box()["x"] == 0
    opened.keyboard.press("Escape")
    assert opened.get_by_role("button", name="Ingrandisci il disegno").is_visible()


def test_without_the_script_every_box_leads_to_its_words(browser, own_page):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(own_page.as_uri())
    for box in page.locator(".element").all():
        assert page.locator(f'[id="{box.get_attribute("href")[1:]}"]').count() == 1
    assert page.locator(".element title").count() == len(CONTENT.elements)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_axe_finds_nothing_on_the_page_nor_in_its_details(browser, own_page, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(own_page.as_uri())
    for open_details in (False, True):
        if open_details:
            page.locator("[data-element=OP]").click()
        found = Axe().run(page)
        assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_in_a_report_the_details_are_the_words_of_its_annex(browser, italian):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto((italian.path / "report.html").as_uri())
    page.locator("[data-element=OC-JOB]").click()
    said = page.get_by_role("dialog").inner_text()
    assert "misurato da:" in said
    assert "raggiunto" in said
    for box in page.locator(".element").all():
        assert page.locator(f'[id="{box.get_attribute("href")[1:]}"]').count() == 1
    page.close()
