"""One publication and one package of it for the whole session; a small invented one for what the real one has not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from publication import EXAMPLE, publish, publish_small

from reports.package import Package, write_package
from reports.reading import Report, read


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("real") / "published.duckdb")


@pytest.fixture(scope="session")
def report(published: Path) -> Report:
    return read(published)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_small(tmp_path_factory.mktemp("small") / "published.duckdb")


@pytest.fixture(scope="session")
def italian(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write_package(published, tmp_path_factory.mktemp("output"), "1978", None, "it", code_version="0.1.0")


@pytest.fixture(scope="session")
def english(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write_package(published, tmp_path_factory.mktemp("output"), "1978", None, "en", code_version="0.1.0")


@pytest.fixture(scope="session")
def invented(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write_package(small, tmp_path_factory.mktemp("output"), "2025-H1", None, "it", code_version="0.1.0")


@pytest.fixture
def workspace(tmp_path: Path, small: Path) -> Path:
    """A workspace with a publication and a `reports/` folder to fill."""
    root = tmp_path / "workspace"
    (root / "reports/sections").mkdir(parents=True)
    (root / "warehouse").mkdir()
    shutil.copy(EXAMPLE / "programme.yml", root)
    shutil.copy(small, root / "warehouse/published.duckdb")
    return root


@pytest.fixture(scope="module")
def browser():
    """A real browser; where the machine has none, what needs it is skipped."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
