"""The score says exactly where truth and findings differ, and the truth comes back from its file."""

from dataclasses import replace

import pytest

from fengsui.drill.score import score
from fengsui.drill.truth import Break, Impossible, Injected, Silence, Truth, read
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import NEVER

NOW = 10_000
BROKEN = Break("p", "person/1", "pcr", 4, 1_000, 2_000, "site", "150105/site-01")
OTHER = replace(BROKEN, subject="person/2", until_at=NEVER)
TRUE = [Injected("test-4-missing", BROKEN), Injected("never-transferred", OTHER)]


def test_what_is_found_as_it_was_put_in_is_perfect():
    found = score(TRUE, [OTHER, BROKEN], as_of=NOW)
    assert (found.injected, found.found) == (2, 2)
    assert found.is_perfect


def test_a_break_that_is_not_found_is_missed_under_its_kind():
    found = score(TRUE, [BROKEN], as_of=NOW)
    assert [(d.kind, d.true) for d in found.missed] == [("never-transferred", OTHER)]
    assert not found.is_perfect


def test_a_break_nobody_put_in_is_false():
    found = score(TRUE, [BROKEN, OTHER, replace(BROKEN, n=7)], as_of=NOW)
    assert [d.told.n for d in found.false] == [7]
    assert not found.is_perfect


@pytest.mark.parametrize("wrong", [{"from_at": 999}, {"until_at": 2_060}])
def test_a_break_at_another_time_is_not_found(wrong):
    found = score(TRUE, [replace(BROKEN, **wrong), OTHER], as_of=NOW)
    assert (found.found, len(found.wrong_time), len(found.wrong_owner)) == (1, 1, 0)


@pytest.mark.parametrize("wrong", [{"role": "customs"}, {"place": None}])
def test_a_break_of_another_owner_is_not_found(wrong):
    found = score(TRUE, [replace(BROKEN, **wrong), OTHER], as_of=NOW)
    assert (found.found, len(found.wrong_time), len(found.wrong_owner)) == (1, 0, 1)


def test_an_end_that_lies_ahead_is_no_end_yet_and_a_beginning_that_does_is_no_break():
    found = score(TRUE, [replace(BROKEN, until_at=NEVER)], as_of=1_500)
    assert found.found == 1
    assert score(TRUE, [], as_of=999).injected == 0


def test_two_breaks_of_one_duty_in_two_loops_are_told_apart_by_their_time():
    again = replace(BROKEN, from_at=5_000, until_at=6_000)
    found = score([*TRUE, Injected("x", again)], [again, BROKEN, OTHER], as_of=NOW)
    assert found.is_perfect


def test_the_truth_comes_back_from_its_file(tmp_path):
    truth = Truth(
        "inner-mongolia", 1, NOW, Silence("lab", 2, 3), [*TRUE], [Impossible("a.csv", 7, "M1", "x")]
    )
    truth.loops["p"] = 5
    truth.write(tmp_path / "truth.ndjson")
    assert read(tmp_path / "truth.ndjson") == truth


def test_a_file_that_is_no_truth_is_refused_with_its_line(tmp_path):
    (tmp_path / "x.ndjson").write_text(
        '{"is": "drill", "region": "r", "start_at": 1, "end_at": 2}\n{"is": "?"}\n'
    )
    with pytest.raises(BadInput, match=r"x\.ndjson:2"):
        read(tmp_path / "x.ndjson")
