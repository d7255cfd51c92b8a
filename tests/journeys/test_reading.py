"""Whoever cannot see a page well, cannot use a mouse or holds a phone can use every page there is."""

from pathlib import Path

import axe_playwright_python
import pytest

from fengsui.access.actors import DESK
from fengsui.protocols.library import Library
from tests.board.region import NOW, person, world
from tests.service.at_the_gate import gate, served

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# WCAG 2.2 to level AA, and what axe holds to be good practice beyond it.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """(tags) => axe.run(document, {runOnly: tags}).then((found) => found.violations.flatMap(
    (one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 120)}`)))"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PAGES = (
    "",
    "work",
    "breaks",
    "breaks?ended=30",
    "breaks?missed=1",
    "loops",
    "waiting",
    "loop/{loop}",
    f"subject/{person(2)}",
    f"restriction/{person(2)}",
    "protocols",
    "protocol/cn.covid19/inbound",
    "change",
    "handovers",
    "data",
    "watch",
    "search?q=150700",
    "upload",
    "phone",
    "api/v1/",
    "nothing-here",
)
LOOKS = (
    pytest.param("zh", 1280, "light", id="zh-desk-light"),
    pytest.param("en", 390, "light", id="en-phone-light"),
    pytest.param("zh", 390, "dark", id="zh-phone-dark"),
    pytest.param("en", 1280, "dark", id="en-desk-dark"),
)


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    of = world()
    path = tmp_path_factory.mktemp("region") / "region.db"
    library = Library.shipped(of.areas.region.zone)
    with gate(path, of, library, DESK) as room, served(room) as address:
        loop = next(head.id for head in room.live().loops(now=NOW, subject=person(2)))
        yield address, loop


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width", "scheme"), LOOKS)
def test_every_page_can_be_read_by_everybody(chromium, region, lang, width, scheme):
    address, loop = region
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    wrong = {}
    for path in (one.format(loop=loop) for one in PAGES):
        page.goto(f"{address}/{path}{'&' if '?' in path else '?'}lang={lang}")
        if path == "phone":
            page.wait_for_selector("h1")
        page.evaluate(AXE)
        found = page.evaluate(RUN, TAGS)
        wider = page.evaluate(WIDER)
        if wider > 0:
            found.append(f"{wider} px wider than the screen")
        if found:
            wrong[path] = found
    context.close()
    assert wrong == {}
