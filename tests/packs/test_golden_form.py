"""Golden histories as a form: what is read, what is refused with its line, what differs, what is shown."""

import re
from pathlib import Path

import pytest

from fengsui.engines.golden_cover import gaps
from fengsui.engines.golden_suite import Suite
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.areas import Areas
from fengsui.protocols.library import Library
from tests.packs.made import BROKEN, IN_TIME, suite

FOUND = "| at | kind | place | data | subject |\n|---|---|---|---|---|\n"
ASKED = "| as of | subject | step | status | due | version |\n|---|---|---|---|---|---|\n"


def story(facts: str, rows: str, *, head: str = "") -> str:
    """A history of leaks: rows of facts, rows of expectations."""
    return f"# 漏点 / Leaks\n\n`test.golden/leak`\n{head}\n{FOUND}{facts.strip()}\n\n{ASKED}{rows.strip()}\n"


def differing(one) -> list[tuple[int, str, str, str, str]]:
    """What the only history of a suite misses."""
    assert not one.unreadable
    [verdict] = one.verdicts
    return [(m.line, m.step, m.field, m.expected, m.found) for m in verdict.misses]


def refused(one) -> list[tuple[int, str]]:
    """Line and column of everything that keeps the only history from being read."""
    [file] = one.unreadable
    return [(int(finding.where.rpartition(":")[2]), finding.field) for finding in file.findings]


def test_a_history_that_is_as_expected_misses_nothing(tmp_path):
    assert differing(suite(tmp_path, IN_TIME)) == []


def test_a_break_is_provisional_first_and_gone_once_the_late_record_is_known(tmp_path):
    assert differing(suite(tmp_path, BROKEN)) == []


def test_every_cell_that_differs_is_named_with_its_line_and_both_values(tmp_path):
    text = (
        IN_TIME.replace("| open | 2021-03-04 10:00 | — | 1 |", "| breached | 2021-03-04 11:00 | — | 2 |")
        .replace("| fulfilled | | 2021-03-05 18:00 |", "| fulfilled | | 2021-03-04 |")
        .replace("inspector@150702", "inspector@150700")
    )
    line = 1 + text.splitlines().index("| as of | step | n | status | due | done | version | owner |")
    assert differing(suite(tmp_path, text)) == [
        (line + 2, "fix", "status", "breached", "open"),
        (line + 2, "fix", "version", "2", "1"),
        (line + 2, "fix", "due", "2021-03-04 11:00", "2021-03-04 10:00"),
        (line + 4, "fix", "done", "2021-03-04", "2021-03-05 18:00"),
        (line + 5, "check", "owner", "inspector@150700", "inspector@150702"),
    ]


def test_a_row_that_means_no_duty_says_which_steps_there_are(tmp_path):
    text = story("| 2021-03-01 10:00 | leak.found | 150702 | | |", "| 2021-03-02 00:00 | | fxi | open | | |")
    [(_, step, field, _, found)] = differing(suite(tmp_path, text))
    assert (step, field) == ("fxi", "step")
    assert "fix" in found


def test_no_loop_at_all_can_be_expected(tmp_path):
    rows = """
| 2021-02-28 00:00 | | loop | none | | |
| 2021-02-28 00:00 | | fix | none | | |
| 2021-03-01 10:00 | | loop | none | | |
"""
    one = suite(tmp_path, story("| 2021-03-01 10:00 | leak.found | 150702 | | |", rows))
    [(_, step, field, expected, found)] = differing(one)
    assert (step, field, expected, found) == ("loop", "status", "none", "running")


def test_who_is_beside_a_new_leak_is_told_under_the_names_of_the_history(tmp_path):
    facts = """
| 2021-03-01 10:00 | leak.found | 150702 | beside: leak/2 | leak/1 |
| 2021-03-02 10:00 | leak.found | 150702 | | leak/2 |
"""
    one = suite(tmp_path, story(facts, "| 2021-03-03 00:00 | leak/1 | fix | open | | |"))
    assert differing(one) == []
    [shown] = one.verdicts[0].shown
    assert [fact.kind for fact in shown.behind] == ["leak.found", "leak.warned"]


def test_a_history_can_keep_its_clocks_in_another_zone(tmp_path):
    rows = "| 2021-03-01 03:00 | | fix | open | 2021-03-04 02:00 | |"
    facts = "| 2021-03-01 02:00 | leak.found | 150702 | | |"
    one = suite(tmp_path, story(facts, rows, head="\nzone: UTC\n"))
    assert differing(one) == []
    assert one.goldens[0].facts[0].at == 1614564000  # 2021-03-01T02:00:00Z


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("`test.golden/leak`", "`test.golden/lake`", "protocol"),
        ("`test.golden/leak`", "no name", "protocol"),
        ("| place |", "| plaice |", "column"),
        ("| 2021-03-01 10:00 |", "| some day |", "at"),
        ("| leak.found |", "| leak.fnd |", "kind"),
        ("| 150702 |", "| 999999 |", "place"),
        ("| beside: leak/2 |", "| besides: leak/2 |", "data.besides"),
        ("| beside: leak/2 |", "| beside: [ |", "data"),
        ("| open |", "| opened |", "status"),
        ("| 2021-03-04 10:00 |", "| 2021-03-04 |", "due"),
        ("| 2021-03-02 00:00 |", "| 2021-03-02 |", "as of"),
        ("| fix |", "| |", "step"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path, old, new, column):
    good = story(
        "| 2021-03-01 10:00 | leak.found | 150702 | beside: leak/2 | |",
        "| 2021-03-02 00:00 | | fix | open | 2021-03-04 10:00 | |",
    )
    assert good.count(old) == 1
    line = good[: good.index(old)].count("\n") + 1
    found = refused(suite(tmp_path, good.replace(old, new)))
    assert column in {name for _, name in found}
    assert {number for number, name in found if name == column} <= {line, 1}


def test_what_no_history_shows_is_a_gap_and_what_one_shows_is_none(tmp_path):
    missing = {
        (gap.version, gap.what.en, gap.name) for gap in gaps(suite(tmp_path, IN_TIME, BROKEN, order=True))
    }
    assert missing == {
        ("2", "step done", "fix"),  # within two days: not what the first version says
        ("2", "step broken", "fix"),
        ("1", "stop", "void"),
        ("1", "waiver", "leak.excused"),
        ("1", "pause", "leak.frozen"),
        ("1", "tell", "found → leak.warned"),
        ("2", "change of versions", "1 → 2"),
        ("hailar-1", "local order", "hailar-1"),
    }


def test_a_history_for_each_of_them_leaves_no_gap(tmp_path):
    second = story(
        """
| 2021-08-05 08:00 | leak.found | 150702 | | |
| 2021-08-05 08:00 | leak.found | 150105 | | leak/2 |
| 2021-08-06 08:00 | leak.fixed | 150105 | | leak/2 |
""",
        """
| 2021-08-06 14:00 | | fix | breached | 2021-08-06 08:00 | 2+hailar-1 |
| 2021-08-06 14:00 | leak/2 | fix | fulfilled | 2021-08-07 08:00 | 2 |
| 2021-08-08 00:00 | leak/2 | check | breached | 2021-08-07 08:00 | 2 |
""",
    )
    lifted = story(
        """
| 2021-06-30 08:00 | leak.found | 150105 | | |
| 2021-06-30 20:00 | leak.fixed | 150105 | | |
| 2021-07-01 08:00 | leak.excused | 150105 | | |
| 2021-06-30 08:00 | leak.found | 150105 | beside: leak/1 | leak/2 |
| 2021-06-30 10:00 | leak.frozen | 150105 | | leak/2 |
| 2021-07-01 10:00 | leak.thawed | 150105 | | leak/2 |
| 2021-07-02 08:00 | leak.voided | 150105 | | leak/2 |
| 2021-08-01 08:00 | leak.found | 150105 | | leak/3 |
""",
        """
| 2021-07-01 09:00 | | check | waived | | 1 |
| 2021-07-02 07:00 | leak/2 | fix | open | 2021-07-04 08:00 | 1 |
| 2021-07-03 08:00 | leak/2 | fix | cancelled | | |
| 2021-08-04 08:00 | leak/3 | fix | breached | 2021-08-03 08:00 | 2 |
""",
    )
    one = suite(tmp_path, IN_TIME, BROKEN, second, lifted, order=True)
    assert [differing_of.misses for differing_of in one.verdicts] == [(), (), (), ()]
    assert gaps(one) == ()


def test_the_history_in_the_documentation_is_as_it_expects(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "protocol-language.md").read_text(encoding="utf-8")
    [protocol] = [
        text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "subject: hazard" in text
    ]
    [history] = re.findall(r"```markdown\n(.*?)```", page, re.DOTALL)
    (tmp_path / "golden").mkdir()
    (tmp_path / "hazard.yaml").write_text(protocol, encoding="utf-8")
    (tmp_path / "golden" / "late.md").write_text(history, encoding="utf-8")
    library, _ = Library.read_files([tmp_path / "hazard.yaml"], "Asia/Shanghai")
    assert differing(Suite.over(library, Catalogue.shipped(), Areas.of_region(), [tmp_path])) == []


@pytest.mark.slow
def test_all_histories_in_one_derivation_by_the_kernel_turn_out_as_each_by_itself(tmp_path):
    beside = story(
        "| 2021-03-01 10:00 | leak.found | 150702 | beside: leak/2 | |\n"
        "| 2021-03-02 10:00 | leak.found | 150702 | | leak/2 |",
        "| 2021-03-03 00:00 | | fix | breached | 2021-03-04 10:00 | |",
    )
    one = suite(tmp_path, IN_TIME, BROKEN, beside)
    assert [v.misses for v in one.by_kernel()] == [v.misses for v in one.verdicts]
    assert [len(v.misses) for v in one.verdicts] == [0, 0, 1]
