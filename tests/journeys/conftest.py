"""A real browser. Where no Chromium is installed these journeys are not made, and the report says so."""

import os
import shutil
from pathlib import Path

import pytest

PICTURES = Path(__file__).resolve().parents[2] / ".fengsui" / "pictures"


@pytest.fixture(scope="session")
def chromium():
    """Chromium without a window."""
    found = os.environ.get("FENGSUI_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
        ]
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def picture(request):
    """Keep what a page looks like, to be looked at."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def take(page, name: str) -> None:
        page.screenshot(path=PICTURES / f"{request.node.name}-{name}.png", full_page=True)

    return take
