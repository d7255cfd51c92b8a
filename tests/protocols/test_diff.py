"""What two versions say differently, and libraries as they would be with or without one of them."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from fengsui.kit.errors import BadInput, Conflict, NotFound
from fengsui.kit.instant import parse
from fengsui.kit.text import Text
from fengsui.protocols.diff import differences, worded
from fengsui.protocols.library import PACKS, Library
from fengsui.protocols.model import FOREVER, InFlight, Length, Owner, Pattern, Unit
from fengsui.protocols.model import Test as Condition
from fengsui.protocols.what_if import in_force_from, with_file, without_version

from .given import GOOD, changed, loaded
from .given import library as made_library

ZONE = "Asia/Shanghai"
INBOUND, RETURNEE = "cn.covid19/inbound", "cn.covid19/returnee"
HAILAR = PACKS / "arrivals" / "overlays" / "hailar-2021-08-06.yaml"


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.shipped(ZONE)


def versions(library: Library, name: str = INBOUND) -> list[str]:
    return [protocol.version for protocol in library.versions(name)]


def at(text: str) -> int:
    return parse(text, zone=ZONE)[0]


def test_a_version_does_not_differ_from_itself(library):
    for name in library.names:
        for protocol in library.everywhere(name):
            assert differences(protocol, protocol) == ()


def test_only_what_was_changed_is_named_with_its_path(library):
    eighth = library.versions(INBOUND)[0]
    first = eighth.obligations[0]
    window = replace(first.window, length=Length(3 * 3600))
    changed = replace(eighth, obligations=(replace(first, window=window), *eighth.obligations[1:]))
    (found,) = differences(eighth, changed)
    assert found.where == f"obligations.{first.key}.window.length"
    assert (worded(found.before).en, worded(found.after).en) == ("2h", "3h")


def test_differences_are_the_same_the_other_way_round(library):
    eighth, ninth, *_ = library.versions(INBOUND)
    there, back = differences(eighth, ninth), differences(ninth, eighth)
    assert {(d.where, d.before, d.after) for d in there} == {(d.where, d.after, d.before) for d in back}


def test_steps_that_are_new_or_gone_are_named_whole(library):
    eighth, ninth, *_ = library.versions(INBOUND)
    gone = {d.name for d in differences(eighth, ninth) if d.part == "obligations" and d.after is None}
    assert gone == {o.key for o in eighth.obligations} - {o.key for o in ninth.obligations}


def test_a_law_that_every_step_takes_over_is_told_once(library):
    eighth, ninth, *_ = library.versions(INBOUND)
    told = [d.where for d in differences(eighth, ninth) if d.where.endswith("basis.number")]
    assert told == ["basis.number"]


def test_stops_of_one_milestone_are_told_apart(library):
    eighth = library.versions(INBOUND)[0]
    stop = eighth.stops[0]
    doubled = replace(eighth, stops=(stop, replace(stop, cancels=stop.cancels[:1])))
    (found,) = differences(eighth, doubled)
    assert (found.part, found.name) == ("stops", f"{stop.when} 2")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ("—", "—")),
        (Text("采样", "sampling"), ("采样", "sampling")),
        (Length(90 * 60), ("90m", "90m")),
        (Length(14 * 86400), ("14d", "14d")),
        (Length(3, Unit.DAYS), ("3 日", "3 civil days")),
        (Length(5, Unit.WORKING_DAYS), ("5 个工作日", "5 working days")),
        (Length(1, Unit.MONTHS, "up"), ("1 个月", "1 months")),
        (Owner("customs", "port", "banner"), ("customs@port.banner", "customs@port.banner")),
        (Pattern(("a", "b"), (Condition("x", "in", ("1", "2")),)), ("a|b [x ∈ 1|2]", "a|b [x ∈ 1|2]")),
        (Pattern(("a",), (Condition("x", "present", False),)), ("a [¬x]", "a [¬x]")),
        ((1, 4), ("1、4", "1, 4")),
        (True, ("是", "yes")),
        (FOREVER, ("不限", "no limit")),
        (InFlight.PINNED, ("pinned", "pinned")),
        (7, ("7", "7")),
    ],
)
def test_values_are_worded_for_people(value, words):
    assert worded(value) == Text(*words)


def test_everything_the_shipped_protocols_differ_in_has_words_in_both_languages(library):
    for name in library.names:
        held = library.everywhere(name)
        for one, other in pairwise(held):
            for found in differences(one, other):
                for text in (worded(found.before), worded(found.after)):
                    assert all((text.zh, text.en)), found


def test_without_a_version_the_one_before_goes_on(library):
    left = without_version(library, INBOUND, "9")
    assert versions(left) == ["8", "20-measures"]
    assert left.at(INBOUND, at("2022-08-01")).version == "8"
    assert versions(library)[:2] == ["8", "9"]  # the library itself is as it was


def test_without_its_only_version_a_protocol_is_gone(tmp_path):
    one = made_library(tmp_path, one=GOOD)
    assert one.names == ("test.one/loop",)
    assert without_version(one, "test.one/loop", "1").names == ()


def test_without_what_a_local_order_makes_the_order_is_left_out(library):
    path = ("150000", "150700", "150702")
    made = next(p for p in library.everywhere(RETURNEE) if p.overlay)
    left = without_version(library, RETURNEE, made.version)
    assert library.at(RETURNEE, at("2021-08-10"), path).version == made.version
    assert left.at(RETURNEE, at("2021-08-10"), path).version == "8"


def test_a_version_that_is_not_there_cannot_be_left_out(library):
    with pytest.raises(NotFound):
        without_version(library, INBOUND, "7")


def test_a_file_takes_the_place_of_the_version_it_is_of(library, tmp_path):
    text = (PACKS / "border" / "inbound-8.yaml").read_text(encoding="utf-8")
    path = tmp_path / "edited.yaml"
    path.write_text(text.replace("within: 12h", "within: 6h"), encoding="utf-8")
    tried, name, version = with_file(library, path)
    assert (name, version) == (INBOUND, "8")
    assert versions(tried) == versions(library)
    assert tried.at(INBOUND, at("2021-08-01")).obligation("transfer").window.length == Length(6 * 3600)


def test_a_local_order_that_is_not_published_yet_can_be_added(library, tmp_path):
    text = HAILAR.read_text(encoding="utf-8")
    path = tmp_path / "order.yaml"
    changed = text.replace("hailar-2021-08-06", "baotou-1").replace('"150702"', '"150200"')
    path.write_text(changed, encoding="utf-8")
    tried, name, version = with_file(library, path)
    assert (name, version) == (RETURNEE, "8+baotou-1")
    assert tried.at(RETURNEE, at("2021-08-10"), ("150000", "150200")).version == version


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("cn.covid19/returnee", "cn.covid19/nothing", NotFound),
        (
            'from: "2021-08-06 15:00", until: "2021-09-06"',
            'from: "2019-01-01", until: "2019-02-01"',
            BadInput,
        ),
        ("overlay:", "overlaid:", BadInput),
    ],
)
def test_a_local_order_that_changes_nothing_is_refused(library, tmp_path, old, new, error):
    path = tmp_path / "order.yaml"
    path.write_text(HAILAR.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(error):
        with_file(library, path)


def test_a_version_can_be_brought_forward_and_meets_loops_as_asked(library):
    tried = in_force_from(library, INBOUND, "9", at=at("2021-08-15"), in_flight=InFlight.PINNED)
    assert tried.at(INBOUND, at("2021-08-14")).version == "8"
    ninth = tried.at(INBOUND, at("2021-08-15"))
    assert (ninth.version, ninth.in_flight) == ("9", InFlight.PINNED)


def test_what_would_have_begun_in_between_does_not(library):
    tried = in_force_from(library, INBOUND, "20-measures", at=at("2022-01-01"), in_flight=None)
    assert versions(tried) == ["8", "20-measures"]


def test_a_version_cannot_begin_after_its_own_end_nor_an_order_at_another_time(library):
    with pytest.raises(BadInput):
        in_force_from(library, INBOUND, "8", at=at("2024-01-01"), in_flight=None)
    with pytest.raises(Conflict):
        in_force_from(library, RETURNEE, "8+hailar-2021-08-06", at=at("2021-08-01"), in_flight=None)


def test_a_file_that_cannot_be_read_says_why(library):
    with pytest.raises(BadInput):
        with_file(library, Path("nowhere.yaml"))


def test_a_ladder_and_a_derived_moment_are_said_in_lengths():
    later = changed("{after: 2h, to: banner}", "{after: 12h, to: banner}")
    [found] = differences(loaded(), loaded(later))
    assert (found.where, worded(found.before).en, worded(found.after).en) == (
        "escalation.2.after",
        "2h",
        "12h",
    )
    made = "  admitted: {first: quarantine.admitted}\n"
    week = changed(made, f'{made}  free: {{later_of: ["entry + 7d", admitted]}}\n')
    [found] = differences(loaded(week), loaded(week.replace("entry + 7d", "entry + 14d")))
    assert worded(found.before) == Text("entry + 7d、admitted", "entry + 7d, admitted")
    assert worded(found.after).en == "entry + 14d, admitted"
