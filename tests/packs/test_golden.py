"""The golden histories that ship: each by itself through the semantics, and all together by the kernel."""

from pathlib import Path

import pytest

from fengsui.engines.golden_cover import gaps
from fengsui.loops.golden import golden_files
from fengsui.protocols.library import PACKS, shown

FILES = [shown(path) for path in golden_files([PACKS])]


def said(misses) -> list[str]:
    return [f"line {m.line}: {m.step} {m.field}: expected {m.expected}, found {m.found}" for m in misses]


@pytest.mark.parametrize("file", FILES)
def test_a_golden_history_is_as_it_expects(shipped_suite, file):
    assert [
        str(wrong) for one in shipped_suite.unreadable if one.file == file for wrong in one.findings
    ] == []
    [verdict] = [v for v in shipped_suite.verdicts if v.golden.file == file]
    assert said(verdict.misses) == []


@pytest.mark.slow
def test_the_kernel_finds_the_same_for_all_of_them_in_one_derivation(shipped_suite):
    wrong = {v.golden.file: said(v.misses) for v in shipped_suite.by_kernel() if v.misses}
    assert wrong == {}


def test_every_golden_history_lies_beside_a_protocol_it_shows(shipped_suite):
    astray = [
        golden.file
        for golden in shipped_suite.goldens
        if not any(
            Path(golden.file).parts[:2] == Path(edition.protocol.file).parts[:2]
            for name in golden.protocols
            for edition in shipped_suite.library.editions[name]
        )
    ]
    assert astray == []


def test_every_part_of_every_protocol_is_shown_by_a_history(shipped_suite):
    missing = [f"{gap.protocol} {gap.version}: {gap.what.en}: {gap.name}" for gap in gaps(shipped_suite)]
    assert missing == []
