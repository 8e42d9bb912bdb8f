"""The page as a browser shows it: axe finds nothing, in light and in dark, on a phone and on a wide screen, and nothing
scrolls sideways but what says so."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("package", ["italian", "invented"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_axe_finds_nothing(browser, request, package, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    path = request.getfixturevalue(package).path / "report.html"
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda wanted: asked.append(wanted.url))
    page.goto(path.as_uri())
    found = Axe().run(page)
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    page.close()


def test_the_keyboard_reaches_the_content_first_and_the_wide_diagram(browser, italian):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto((italian.path / "report.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    diagram = page.locator(".landscape")
    diagram.focus()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"
    assert diagram.evaluate("e => e.scrollWidth > e.clientWidth")
    page.close()


def test_print_is_light_and_without_navigation(browser, italian):
    page = browser.new_page(viewport={"width": 800, "height": 900}, color_scheme="dark")
    page.goto((italian.path / "report.html").as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav.contents").is_visible()
    page.close()
