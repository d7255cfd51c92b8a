"""Hand-overs: whoever left one stage reached the next, or is under way, stopped, or on the list by name."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops.duty import Duty, Status
from fengsui.loops.loop import Loop, Reached
from fengsui.loops.reconcile import Passage, passages, reconcile
from fengsui.protocols.model import (
    Agg,
    Basis,
    Evidence,
    Frame,
    InFlight,
    Milestone,
    Obligation,
    Opening,
    Owner,
    Pattern,
    Protocol,
    Window,
)

NOW = 1_000
STAGES = (
    Passage("entry", "admitted", frozenset({"transfer"})),
    Passage("admitted", "released", frozenset({"release"})),
)


def duty(key: str, due_at: int, **changes) -> Duty:
    times = dict.fromkeys(("met_at", "ended_at", "waived_at", "until_at"), NEVER)
    start = due_at - 100
    return Duty(
        key=key,
        n=0,
        anchor_at=start,
        open_at=start,
        due_at=due_at,
        first_due_at=due_at,
        version="1",
        place=None,
        **{**times, **changes},
    )


def loop(name: str, *duties: Duty, closed_at: int = NEVER, place: str = "port", **stages: int) -> Loop:
    return Loop(
        id=name,
        protocol="test/inbound",
        versions=("1",),
        subject=f"person/{name}",
        opened_at=0,
        opened_by="x:1",
        closed_at=closed_at,
        place=place,
        milestones={stage: (Reached(at, "x:1"),) for stage, at in stages.items()},
        duties=duties,
    )


def first(loops, **options):
    return reconcile(loops, STAGES, now=NOW, **options)[0]


def test_somebody_who_arrived_in_time_is_out():
    found = first([loop("a", duty("transfer", 500), entry=400, admitted=450)])
    assert (found.n_in, found.n_out, found.broken) == (1, 1, ())


def test_somebody_who_never_arrived_is_named_with_the_time_since_when():
    (lost,) = first([loop("a", duty("transfer", 500), entry=400)]).broken
    assert (lost.loop, lost.at, lost.status) == ("a", 500, Status.BREACHED)


def test_somebody_still_in_time_is_under_way():
    assert first([loop("a", duty("transfer", NOW + 1), entry=400)]).under_way == 1


def test_somebody_whose_loop_stopped_on_the_way_is_neither_lost_nor_through():
    stopped = loop("a", duty("transfer", 500, ended_at=450), entry=400)
    assert first([stopped]).stopped == 1
    assert first([loop("b", duty("transfer", NOW + 9), closed_at=450, entry=400)]).stopped == 1


def test_somebody_who_turns_up_at_the_second_stage_alone_is_shown_beside_the_sum():
    found = first([loop("a", duty("transfer", 500), admitted=450)])
    assert (found.n_in, found.n_out, found.n_unseen) == (0, 0, 1)


def test_nobody_has_arrived_before_it_happened():
    found = first([loop("a", duty("transfer", 500), entry=400, admitted=NOW + 1)])
    assert (found.n_out, len(found.broken)) == (0, 1)


def test_the_status_is_read_as_the_protocol_reads_it():
    found = first([loop("a", duty("transfer", 500), entry=400)], status_of=lambda *_: Status.PROVISIONAL)
    assert [lost.status for lost in found.broken] == [Status.PROVISIONAL]


def test_groups_are_counted_apart_and_come_in_order():
    loops = [loop(str(i), duty("transfer", 500), entry=400, place="ab"[i % 2]) for i in range(5)]
    found = reconcile(loops, STAGES[:1], now=NOW, group=lambda one: one.place)
    assert [(h.group, h.n_in) for h in found] == [("a", 3), ("b", 2)]


def test_the_obligations_that_lead_across_are_those_whose_evidence_is_the_arrival():
    def owed(key: str, kind: str) -> Obligation:
        return Obligation(
            key,
            Text(key, key),
            Owner("site"),
            "entry",
            Window(Frame.WITHIN),
            Evidence(Pattern((kind,))),
            Basis(),
        )

    version = Protocol(
        name="t",
        version="1",
        title=Text("", ""),
        basis=Basis(),
        valid_from=0,
        valid_until=NEVER,
        in_flight=InFlight.PINNED,
        subject="person",
        opening=Opening(Pattern(("arrival",))),
        milestones=tuple(
            Milestone(name, Agg.FIRST, Pattern((kind,)))
            for name, kind in (("entry", "arrival"), ("admitted", "admission"), ("released", "release"))
        ),
        obligations=(owed("transfer", "admission"), owed("pcr", "test"), owed("free", "release")),
        stages=("entry", "admitted", "released"),
    )
    second = replace(version, version="2", obligations=(owed("fetch", "admission"),))
    assert passages([version, second]) == (
        Passage("entry", "admitted", frozenset({"transfer", "fetch"})),
        Passage("admitted", "released", frozenset({"free"})),
    )


times = st.integers(0, 2 * NOW)
maybe = st.one_of(st.none(), times)


@st.composite
def any_loop(draw):
    ends = {name: draw(st.one_of(st.just(NEVER), times)) for name in ("met_at", "ended_at", "waived_at")}
    duties = [duty(key, draw(times), **ends) for key in ("transfer", "release") if draw(st.booleans())]
    reached = {stage: draw(maybe) for stage in ("entry", "admitted", "released")}
    reached = {stage: at for stage, at in reached.items() if at is not None}
    closed_at = draw(st.one_of(st.just(NEVER), times))
    name = str(draw(st.integers(0, 10**9)))
    return loop(name, *duties, closed_at=closed_at, place=draw(st.sampled_from("abc")), **reached)


@given(st.lists(any_loop(), max_size=20), times)
def test_in_is_out_and_under_way_and_stopped_and_named(loops, now):
    found = reconcile(loops, STAGES, now=now, group=lambda one: one.place)
    for h in found:
        assert h.n_in == h.n_out + h.under_way + h.stopped + len(h.broken)
    for passage in STAGES:
        entered = [one for one in loops if any(r.at <= now for r in one.milestones.get(passage.start, ()))]
        assert sum(h.n_in for h in found if h.start == passage.start) == len(entered)


@given(st.lists(any_loop(), max_size=12, unique_by=lambda one: one.id), st.randoms(use_true_random=False))
def test_the_order_of_the_loops_changes_nothing(loops, chance):
    shuffled = list(loops)
    chance.shuffle(shuffled)
    assert reconcile(loops, STAGES, now=NOW) == reconcile(shuffled, STAGES, now=NOW)
