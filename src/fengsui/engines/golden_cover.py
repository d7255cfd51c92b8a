"""What golden histories show of the protocols, and what none of them shows yet.

A row that is as expected shows something: a step done or broken, the stop that ended it, the extension
that moved it. What several versions say alike is shown for all of them by one history.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from fengsui.engines.golden import Shown, Verdict
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops.acts import matches
from fengsui.loops.duty import Status
from fengsui.protocols.library import Library
from fengsui.protocols.model import Basis, Protocol

if TYPE_CHECKING:
    from fengsui.engines.golden_suite import Suite

DONE = {Status.FULFILLED, Status.LATE}
BROKEN = {Status.PROVISIONAL, Status.UNKNOWN, Status.BREACHED, Status.MISSED, Status.EXCUSED}
LIFTED = {Status.CANCELLED, Status.EXCUSED}
ALL_SETTLED = "all_settled"

WHAT: dict[str, Text] = {
    "done": Text("环节办结", "step done"),
    "broken": Text("环节断点", "step broken"),
    "closes": Text("闭合", "loop closed"),
    "stop": Text("终止", "stop"),
    "extension": Text("延期", "extension"),
    "waiver": Text("免除", "waiver"),
    "pause": Text("中止计时", "pause"),
    "tell": Text("告知", "tell"),
    "overlay": Text("地方通告", "local order"),
    "change": Text("版本更替", "change of versions"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """Something of a protocol that a history can show. ``content``: what the file says, its law aside."""

    protocol: str
    what: str
    name: str
    content: object = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Something no history shows; ``version``: the first that says it so."""

    protocol: str
    version: str
    what: Text
    name: str


def gaps(suite: "Suite") -> tuple[Gap, ...]:
    """What the histories that pass leave open of the protocols of a suite, each thing once."""
    shown = {
        part
        for verdict in suite.verdicts
        if not verdict.misses
        for one in verdict.shown
        for part in parts_shown(one, suite.library)
    }
    missing: dict[Part, Gap] = {}
    for name in suite.asked:
        for version, part in parts(suite.library, name):
            if part not in shown:
                missing.setdefault(part, Gap(name, version, WHAT[part.what], part.name))
    return tuple(missing.values())


def parts(library: Library, name: str) -> Iterator[tuple[str, Part]]:
    """Everything of a protocol that is to be shown, with the version that says it."""
    published = [edition.protocol for edition in library.editions[name]]
    for version in published:
        for step in version.obligations:
            content = _plain(step)
            yield version.version, Part(name, "done", step.key, content)
            yield version.version, Part(name, "broken", step.key, content)
        for milestone in version.closes or (ALL_SETTLED,):
            yield version.version, Part(name, "closes", milestone)
        for stop in version.stops:
            yield version.version, _part(version, "stop", stop.when, stop)
        for what, things in _grants(version):
            for thing in things:
                yield version.version, _part(version, what, _called(what, thing), thing)
        for tell in version.tells:
            yield version.version, Part(name, "tell", f"{tell.when} → {tell.fact}", tell)
    for before, after in pairwise(published):
        yield after.version, Part(name, "change", f"{before.version} → {after.version}")
    for overlay in library.overlays.get(name, ()):
        yield overlay.name, Part(name, "overlay", overlay.name)


def parts_shown(shown: Shown, library: Library) -> Iterator[Part]:
    """What one row that is as expected shows."""
    version, loop, row = shown.version, shown.loop, shown.row
    published = [edition.protocol for edition in library.editions[version.name]]
    for before, after in pairwise(published):
        if loop.opened_at < after.valid_from <= min(row.as_of, loop.closed_at):
            yield Part(version.name, "change", f"{before.version} → {after.version}")
    for name, tell in shown.told:
        yield Part(name, "tell", f"{tell.when} → {tell.fact}", tell)
    if shown.duty is None:
        yield from _of_loop(shown)
    else:
        yield from _of_duty(shown)
        for overlay in library.overlays.get(version.name, ()):
            if overlay.name in shown.duty.version.split("+")[1:]:
                yield Part(version.name, "overlay", overlay.name)


def _of_loop(shown: Shown) -> Iterator[Part]:
    """A closed loop shows how it closed and the stops that were reached by then."""
    version, loop = shown.version, shown.loop
    if shown.row.status != "closed":
        return
    for milestone in version.closes or (ALL_SETTLED,):
        if milestone == ALL_SETTLED or _reached(shown, milestone) == loop.closed_at:
            yield Part(version.name, "closes", milestone)
    for stop in version.stops:
        if _reached(shown, stop.when) <= loop.closed_at:
            yield _part(version, "stop", stop.when, stop)


def _of_duty(shown: Shown) -> Iterator[Part]:
    version, duty, row = shown.version, shown.duty, shown.row
    step = version.obligation(duty.key)
    if row.status in DONE:
        yield Part(version.name, "done", duty.key, _plain(step))
    if row.status in BROKEN:
        yield Part(version.name, "broken", duty.key, _plain(step))
    if row.status in LIFTED:
        for stop in version.stops:
            if duty.key in stop.cancels and _reached(shown, stop.when) == duty.ended_at:
                yield _part(version, "stop", stop.when, stop)
    by_id = {fact.id: fact for fact in shown.behind}
    extended, waived = by_id.get(duty.extended_fact), by_id.get(duty.waived_fact)
    for what, things in _grants(version):
        for thing in things:
            is_shown = {
                "extension": lambda t: row.due is not None and extended and matches(t.pattern, extended),
                "waiver": lambda t: row.status is not None and waived and matches(t.pattern, waived),
                "pause": lambda t: (
                    row.due is not None
                    and duty.due_at != duty.first_due_at
                    and any(matches(t.begin, fact) for fact in shown.behind)
                ),
            }[what]
            if duty.key in thing.of and is_shown(thing):
                yield _part(version, what, _called(what, thing), thing)


def _grants(version: Protocol) -> tuple[tuple[str, tuple], ...]:
    return ("extension", version.extensions), ("waiver", version.waivers), ("pause", version.pauses)


def _called(what: str, thing: object) -> str:
    pattern = thing.begin if what == "pause" else thing.pattern
    return " | ".join(pattern.kinds)


def _part(version: Protocol, what: str, name: str, thing: object) -> Part:
    return Part(version.name, what, name, replace(thing, basis=Basis()))


def _plain(step: object) -> object:
    """What a step asks for; how it is worded, its law and its place in the file are left aside."""
    return replace(step, title=Text("", ""), basis=Basis(), confidence="", line=0, file="")


def _reached(shown: Shown, milestone: str) -> int:
    reached = shown.loop.milestones.get(milestone, ())
    return reached[0].at if reached else NEVER


def n_shown(verdicts: tuple[Verdict, ...]) -> dict[str, int]:
    """Protocol → how many histories that pass show it."""
    found: dict[str, int] = {}
    for verdict in verdicts:
        if not verdict.misses:
            for name in {one.loop.protocol for one in verdict.shown}:
                found[name] = found.get(name, 0) + 1
    return found
