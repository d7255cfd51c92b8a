"""Series from facts: places, days, zero against unknown, corrections, and what was known when."""

from pathlib import Path

import numpy as np
import pytest

from fengsui.engines.home import Home, Setting, make_home, open_home
from fengsui.engines.series import Asked, series_of
from fengsui.engines.signals import raise_signals, stories, told, verdict_rows
from fengsui.facts.batch import Batch
from fengsui.facts.fact import Fact
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import DAY as SECONDS
from fengsui.kit.instant import parse
from fengsui.watch.counts import Counts, Key
from fengsui.watch.declared import read_declared
from fengsui.watch.judging import DETECTORS
from fengsui.watch.morning import Morning, Room, morning
from fengsui.watch.nearness import Nearness

DECLARED = read_declared()
HAILAR, MANZHOULI = "150702", "150781"


def when(text: str) -> int:
    return parse(text, zone="Asia/Shanghai")[0]


START, NOW = when("2026-03-02 00:00"), when("2026-03-30 06:00")  # Mondays


def case(who: str, at: str, place: str, *, key: str = "", told_at: str = "", **more) -> Fact:
    """A confirmed case, recorded an hour after unless said otherwise."""
    happened = when(at)
    recorded_at = when(told_at) if told_at else happened + 3600
    name = key or f"{who}-{at}"
    return Fact("case.confirmed", f"person/{who}", happened, recorded_at, "cdc", name, place=place, **more)


def region(path: Path, facts: list[Fact]) -> Home:
    make_home(path / "region.db", Setting("inner-mongolia"))
    home = open_home(path / "region.db")
    home.store.take(Batch.of(facts), now=NOW)
    return home


def counted(home: Home, **asked) -> Counts:
    given = {"until": NOW, "known_at": NOW, "step": 1, "streams": ("cases",)}
    return series_of(home, DECLARED, Asked(**(given | asked)))


def on(counts: Counts, area: str, day: str, source: str = "cases", disease: str = "covid19") -> float:
    row = counts.keys.index(Key(source, disease, area))
    return float(counts.observed[row, list(counts.dates).index(np.datetime64(day))])


def test_a_case_counts_on_its_civil_day_in_its_banner_its_league_and_the_region(tmp_path):
    # 00:30 in Inner Mongolia is still the day before in UTC.
    facts = [case("a", "2026-03-02 00:30", HAILAR), case("b", "2026-03-03 10:00", MANZHOULI)]
    with region(tmp_path, facts) as home:
        counts = counted(home)
        assert [on(counts, area, "2026-03-02") for area in (HAILAR, "150700", "150000")] == [1, 1, 1]
        assert on(counts, MANZHOULI, "2026-03-02") == 0
        assert on(counts, "150700", "2026-03-03") == 1
        assert on(counts, "150000", "2026-03-29") == 0  # the last whole day


def test_a_person_counts_once_and_again_after_ninety_days(tmp_path):
    facts = [
        case("a", "2025-11-03 08:00", HAILAR),
        case("a", "2025-11-05 08:00", HAILAR),
        case("a", "2026-03-04 08:00", HAILAR),
    ]
    with region(tmp_path, facts) as home:
        counts = counted(home)
        assert np.nansum(counts.observed[counts.keys.index(Key("cases", "covid19", HAILAR))]) == 2
        assert on(counts, HAILAR, "2025-11-05") == 0


def test_corrected_withdrawn_and_merged_records_count_as_they_do_for_loops(tmp_path):
    moved = case("a", "2026-03-02 08:00", HAILAR, key="1")
    facts = [
        moved,
        case("a", "2026-03-02 08:00", MANZHOULI, key="1b", supersedes="cdc:1"),
        case("b", "2026-03-03 08:00", HAILAR, key="2"),
        Fact("fact.withdrawn", "person/b", NOW - 9, NOW - 9, "cdc", "w", supersedes="cdc:2"),
        case("c", "2026-03-04 08:00", HAILAR, key="3"),
        case("d", "2026-03-05 08:00", HAILAR, key="4"),
        Fact("subject.same", "person/c", NOW - 9, NOW - 9, "cdc", "s", data={"other": "person/d"}),
    ]
    with region(tmp_path, facts) as home:
        counts = counted(home)
        days = ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05")
        assert [on(counts, HAILAR, day) for day in days] == [0, 0, 1, 0]
        assert on(counts, MANZHOULI, "2026-03-02") == 1
        before = counted(home, known_at=NOW - 10)  # before the withdrawal and the merger were recorded
        assert [on(before, HAILAR, day) for day in days] == [0, 1, 1, 1]


def test_what_was_not_recorded_yet_was_not_known_and_by_report_a_case_counts_when_it_was_told(tmp_path):
    facts = [
        case("a", "2026-03-02 08:00", HAILAR),
        case("b", "2026-03-03 08:00", HAILAR, told_at="2026-03-20 08:00"),
    ]
    with region(tmp_path, facts) as home:
        assert on(counted(home), HAILAR, "2026-03-03") == 1
        assert on(counted(home, known_at=when("2026-03-19 08:00")), HAILAR, "2026-03-03") == 0
        by_report = counted(home, by="report")
        assert on(by_report, HAILAR, "2026-03-03") == 0
        assert on(by_report, HAILAR, "2026-03-20") == 1


def test_days_after_the_day_a_source_is_complete_are_unknown_and_not_zero(tmp_path):
    until = when("2026-03-10 00:00")
    facts = [
        case("a", "2026-03-02 08:00", HAILAR),
        Fact("source.complete", "source/cdc", until, until, "cdc", "m", data={"until": until}),
    ]
    with region(tmp_path, facts) as home:
        counts = counted(home)
        assert on(counts, HAILAR, "2026-03-09") == 0
        assert np.isnan(on(counts, HAILAR, "2026-03-10"))


def test_a_mistyped_year_makes_no_year_of_zeros(tmp_path):
    facts = [
        case("a", "2016-03-04 08:00", HAILAR, told_at="2026-03-04 09:00"),
        case("b", "2026-03-04 08:00", HAILAR),
    ]
    with region(tmp_path, facts) as home:
        assert counted(home).dates[0] == np.datetime64("2026-03-04")


def test_where_a_pharmacy_did_not_report_the_count_is_unknown_and_a_reported_zero_is_zero(tmp_path):
    def sold(shop: str, day: int, count: int) -> Fact:
        at = START + day * SECONDS + 7200
        data = {"stream": "pharmacy_sales", "count": count}
        return Fact(
            "count.reported", f"site/{shop}", at, at, "market", f"{shop}{day}", place=HAILAR, data=data
        )

    days = range(6)
    facts = [sold("p", day, 0 if day == 2 else 5) for day in days if day != 4]
    facts += [sold("q", day, 3) for day in days if day != 4]
    with region(tmp_path, facts) as home:
        counts = counted(home, streams=("pharmacy_sales",))
        found = [on(counts, HAILAR, f"2026-03-0{2 + day}", "pharmacy_sales", "fever") for day in range(6)]
        assert found[:4] == [8, 8, 3, 8]
        assert np.isnan(found[4])
        assert found[5] == 8


def test_positives_have_the_tests_as_their_denominator(tmp_path):
    def swab(n: int, result: str) -> Fact:
        at = START + n * 60
        return Fact(
            "test.result", f"person/{n}", at, at, "lab", f"{n}", place=HAILAR, data={"result": result}
        )

    facts = [swab(n, "positive" if n < 2 else "negative") for n in range(10)]
    with region(tmp_path, facts) as home:
        counts = counted(home, streams=("positives", "tests"))
        row = counts.keys.index(Key("positives", "covid19", HAILAR))
        assert (counts.observed[row, 0], counts.population[row, 0]) == (2, 10)


def test_weeks_are_whole_and_begin_as_asked(tmp_path):
    with region(tmp_path, [case("a", "2026-03-02 08:00", HAILAR)]) as home:
        iso, cdc = counted(home, step=7), counted(home, step=7, week="cdc")
        assert iso.dates[0] == np.datetime64("2026-03-02")
        assert iso.dates[-1] == np.datetime64("2026-03-23")
        assert cdc.dates[-1] == np.datetime64("2026-03-22")
        assert np.isnan(cdc.observed[0, 0])  # began on Sunday, a day before anything was told


def test_a_stream_or_level_there_is_not_is_refused(tmp_path):
    with region(tmp_path, []) as home, pytest.raises(BadInput, match="rumours"):
        counted(home, streams=("rumours",))


def the_morning(home: Home, now: int = NOW) -> Morning:
    counts = counted(home, until=now, known_at=now)
    known = told(home, stories(home, known_at=now), DECLARED)
    return morning(
        [counts],
        family=lambda key: DECLARED.family(key.source, key.disease),
        nearness=Nearness.of(home.areas),
        told=known,
        detectors=DETECTORS,
        room=Room(most=1.0),
    )


def outbreak() -> list[Fact]:
    """A case every third day, then eight on the last whole day."""
    few = [case(f"s{day}", f"2026-03-{day:02d} 08:00", HAILAR) for day in range(2, 29, 3)]
    return [*few, *(case(f"n{i}", "2026-03-29 08:00", HAILAR) for i in range(8))]


def test_a_signal_opens_its_verification_loop_once_and_the_same_morning_again_adds_nothing(tmp_path):
    with region(tmp_path, outbreak()) as home:
        found = the_morning(home)
        assert [signal.area for signal in found.sorted.raised] == [HAILAR]
        assert raise_signals(home, found, [], now=NOW).new == 1
        assert raise_signals(home, found, [], now=NOW).new == 0  # told twice, known once
        again = the_morning(home, NOW + 60)
        assert not again.sorted.raised
        assert raise_signals(home, again, stories(home, known_at=NOW + 60), now=NOW + 60).new == 0
        loops = home.store.view.loops(protocol="cn.warning/signal", now=NOW + 60)
        assert [loop.subject for loop in loops] == [f"signal/{found.sorted.raised[0].id}"]
        late = home.store.view.overdue(protocol="cn.warning/signal", now=NOW + 2 * SECONDS)
        assert [(one.key, one.role, one.place) for one in late] == [("verify", "cdc", HAILAR)]


def test_the_verdict_on_a_signal_comes_back_as_a_row_for_each_detector(tmp_path):
    with region(tmp_path, outbreak()) as home:
        found = the_morning(home)
        raise_signals(home, found, [], now=NOW)
        subject = f"signal/{found.sorted.raised[0].id}"
        at = NOW + 3600
        closed = Fact("signal.closed", subject, at, at, "cdc", "c", data={"verdict": "cluster"})
        home.store.take(Batch.of([closed]), now=at)
        rows = verdict_rows(home.areas, stories(home, known_at=at))
        assert {row["detector"] for row in rows} == set(found.sorted.raised[0].detectors)
        assert {(row["verdict"], row["level"], row["disease"]) for row in rows} == {
            ("cluster", "banner", "covid19")
        }
        assert {row["verdict"] for row in verdict_rows(home.areas, stories(home, known_at=NOW))} == {""}
