"""The examples can be used without their files: regions open, the linter finds nothing."""

import pytest

from tests.cli.conftest import say
from tests.real.walk import ROOT

FOLDERS = sorted(path for path in (ROOT / "examples" / "real").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_linter_finds_nothing_in_an_example(folder, tmp_path):
    kinds = ("--kinds", folder / "kinds") if (folder / "kinds").is_dir() else ()
    db = tmp_path / "example.db"
    made = say("init", "--region", folder / "region", "--protocols", folder / "protocols", *kinds, db=db)
    assert made.code == 0, made.err
    linted = say("protocol", "lint", folder / "protocols", db=db)
    assert (linted.code, "0 errors, 0 warnings" in linted.out) == (0, True), linted.out


def test_every_example_has_its_page_and_every_page_its_line():
    pages = {path.stem for path in (ROOT / "docs" / "real").glob("*.md")} - {"README"}
    assert {folder.name for folder in FOLDERS} == pages
    index = (ROOT / "docs" / "real" / "README.md").read_text(encoding="utf-8")
    assert all(f"[{name}]({name}.md)" in index for name in pages)
