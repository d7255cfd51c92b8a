"""What packs say of themselves, which clauses run, and the pages that are made from them."""

import json
import re
from pathlib import Path

import pytest

from fengsui.board.coverage import coverage, coverage_page
from fengsui.board.pack_page import pack_pages
from fengsui.kit.errors import BadInput
from fengsui.protocols.library import PACKS
from fengsui.protocols.pack import carried_out, clauses, packs, read_pack
from tests.cli.conftest import say
from tests.packs.made import BROKEN, IN_TIME, suite

ROOT = Path(__file__).parents[2]
PACK = """
pack: leaks
title: {zh: 漏点, en: Leaks}
about: {zh: 漏点都修好。, en: Every leak is mended.}
covers:
  28: [test.golden/leak]
  33: [test.golden/leak, test.golden/flood]
"""


@pytest.fixture
def made(tmp_path):
    """A pack of one protocol, with two histories."""
    one = suite(tmp_path, IN_TIME, BROKEN, order=True)
    (tmp_path / "pack.yaml").write_text(PACK, encoding="utf-8")
    return one, packs([tmp_path])


def test_there_are_37_clauses_with_titles_in_both_languages():
    assert list(clauses()) == list(range(1, 38))
    assert all(text.zh and text.en for text in clauses().values())


def test_every_folder_of_protocols_is_a_pack_of_its_own_name():
    folders = sorted(path.name for path in PACKS.iterdir() if path.is_dir())
    assert [pack.name for pack in packs()] == folders
    assert [pack.folder.name for pack in packs()] == folders


def test_a_pack_names_protocols_that_are_there(shipped_suite):
    named = {name for names in carried_out(packs()).values() for name in names}
    assert named - set(shipped_suite.library.names) == set()


def test_every_clause_runs(shipped_suite):
    rows = coverage(shipped_suite, packs())
    assert [(row.clause, row.title.en) for row in rows if not row.running] == []


def test_a_pack_that_misnames_a_clause_is_refused_with_its_line(tmp_path):
    (tmp_path / "pack.yaml").write_text(PACK.replace("33:", "38:"), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_pack(tmp_path / "pack.yaml")
    [finding] = caught.value.findings
    assert (finding.where.endswith("pack.yaml:7"), finding.found) == (True, "'38'")


def test_a_clause_runs_only_if_all_its_protocols_are_there_and_their_histories_pass(made):
    one, known = made
    rows = {row.clause: row for row in coverage(one, known)}
    assert (rows[28].running, rows[28].golden_tests) == (True, tuple(g.file for g in one.goldens))
    assert rows[33].protocols == ("test.golden/leak", "test.golden/flood")
    assert not rows[33].running  # there is no such protocol
    assert (rows[1].running, rows[1].protocols) == (False, ())
    page = coverage_page(list(rows.values()))
    assert "1 of 37 clauses" in page
    assert page.count("✗ no 否") == 36


def test_a_clause_does_not_run_while_a_history_fails_or_cannot_be_read(tmp_path):
    for name, text in (
        ("fails", BROKEN.replace("| open |", "| late |")),
        ("bad", BROKEN.replace("| kind |", "| kin |")),
    ):
        one = suite(tmp_path / name, IN_TIME, text)
        (tmp_path / name / "pack.yaml").write_text(PACK, encoding="utf-8")
        rows = coverage(one, packs([tmp_path / name]))
        assert not rows[27].running


def test_a_page_has_every_step_with_clock_owner_and_law_the_changes_and_the_order(made):
    one, known = made
    page = pack_pages(one, known)["leaks.md"]
    assert "漏点都修好。\n\nEvery leak is mended." in page
    assert "修复<br>Fixed<br>`fix`" in page
    assert "within 3 × 24 h of: Found" in page
    assert "within 2 × 24 h of: Found" in page
    assert "检查人员（site·旗县市区）<br>Inspector (site, banner)" in page
    assert "### 1 → 2" in page
    assert "| `obligations.fix.window.length` | 3d | 2d |" in page
    assert "海拉尔区 Hailar" in page
    assert "hailar-1" in page
    assert "| `obligations.fix.window.length` | 2d | 1d |" in page
    assert "clock stopped: from Frozen until Thawed, for Fixed" in page
    assert "extension: Extended moves Fixed to its New date, by 30 × 24 h at most" in page
    assert "延期后按时修复 / Fixed in time after an extension" in page


def test_the_diagram_leads_from_the_opening_over_the_steps_to_the_end(made):
    one, known = made
    diagram = re.search(r"```mermaid\n(.*?)```", pack_pages(one, known)["leaks.md"], re.DOTALL)[1]
    lines = [line.strip() for line in diagram.splitlines()]
    assert lines == [
        "stateDiagram-v2",
        'state "发现 Found" as m_found',
        'state "修复 Fixed" as m_fixed',
        'state "撤销 Voided" as m_void',
        "[*] --> m_found",
        "m_found --> m_fixed : 修复 Fixed",
        "m_fixed --> m_fixed : 复查 Checked",
        "m_void --> [*]",
    ]


def test_every_arrow_of_every_diagram_joins_moments_that_are_declared(shipped_suite):
    for name, page in pack_pages(shipped_suite, packs()).items():
        for diagram in re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL):
            declared = set(re.findall(r"^  state \".+\" as (m_\w+)$", diagram, re.MULTILINE)) | {"[*]"}
            arrows = re.findall(r"^  (\S+) --> (\S+?)(?: : [^:;#\n]+)?$", diagram, re.MULTILINE)
            assert len(arrows) == diagram.count("-->"), name
            assert {end for arrow in arrows for end in arrow} <= declared, name


def test_the_pages_about_packs_and_coverage_are_not_stale():
    said = say("protocol", "docs", "--check", "--to", ROOT / "docs", "--json")
    assert said.json["stale"] == [], "run `fengsui protocol docs --write`"
    assert said.code == 0


def test_the_pages_are_written_where_asked_and_one_of_a_pack_that_is_gone_is_removed(tmp_path):
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "gone.md").write_text("old", encoding="utf-8")
    assert say("protocol", "docs", "--check", "--to", tmp_path).code == 1
    assert say("protocol", "docs", "--write", "--to", tmp_path).code == 0
    assert say("protocol", "docs", "--check", "--to", tmp_path, "--lang", "en").out == "0 pages are stale\n"
    found = {path.stem for path in (tmp_path / "packs").glob("*.md")}
    assert found == {"README", *(pack.name for pack in packs())}


def test_the_command_gives_each_clause_as_data(shipped_suite):
    rows = json.loads(say("coverage", "--json").out)
    assert [row["clause"] for row in rows] == list(range(1, 38))
    assert set(rows[0]) == {"clause", "title", "protocols", "golden_tests", "screens", "running"}
    assert {type(row["running"]) for row in rows} == {bool}
