"""From alarms to signals: what belongs together, what was told before, how many a post can take."""

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.kit.text import Text
from fengsui.watch.counts import Counts, Key, complete, filled_in, read_counts
from fengsui.watch.declared import read_declared
from fengsui.watch.explain import sentence
from fengsui.watch.grouping import Cell, grouped
from fengsui.watch.judging import DETECTORS, Detector, Verdicts, cut_for, judge
from fengsui.watch.kept import latest, write_morning
from fengsui.watch.morning import Room, morning
from fengsui.watch.nearness import Nearness, read_nearness
from fengsui.watch.odds import outbreak_odds
from fengsui.watch.reporting import notes
from fengsui.watch.series import Series
from fengsui.watch.signals import Told, precision, sort_out, wilson

# Two leagues, L and M. In L the banners a and b lie beside each other; m lies in M.
NEAR = Nearness(
    {"L": ("R",), "M": ("R",), "a": ("R", "L"), "b": ("R", "L"), "c": ("R", "L"), "m": ("R", "M"), "R": ()},
    {"a": frozenset("b"), "b": frozenset("a")},
)
EARS = (Detector("ears_c1", "ears", {"method": "C1", "minSigma": 0.5}, step=1),)


def cell(area: str, day: int, *, family: str = "x", excess: float = 5.0) -> Cell:
    return Cell(family, area, day, day, excess)


def parts(*cells: Cell) -> list[int]:
    return grouped(cells, NEAR).tolist()


def test_days_that_follow_on_each_other_are_one_outbreak_and_after_a_long_pause_it_is_another():
    assert parts(cell("a", 1), cell("a", 2), cell("a", 5), cell("a", 20)) == [0, 0, 0, 1]


def test_neighbours_are_one_outbreak_and_places_that_do_not_touch_are_not():
    assert parts(cell("a", 1), cell("b", 2), cell("c", 2), cell("m", 2)) == [0, 0, 1, 2]


def test_another_disease_is_another_outbreak():
    assert parts(cell("a", 1), cell("a", 1, family="y")) == [0, 1]


def test_the_alarm_of_a_region_goes_to_the_outbreak_within_that_explains_it_and_joins_no_two():
    # a and m are far apart; the region is over its bound because of m, where most cases are too many.
    assert parts(cell("a", 1, excess=3), cell("m", 1, excess=9), cell("R", 1, excess=12)) == [0, 1, 1]


def test_a_region_that_exceeds_for_days_still_joins_no_two_outbreaks_within_it():
    cells = [cell("a", 1), cell("R", 1), cell("R", 2), cell("R", 3), cell("m", 9, excess=9), cell("R", 9)]
    found = parts(*cells)
    assert found[0] != found[4]


def test_a_region_that_exceeded_before_one_of_its_banners_did_is_the_same_outbreak():
    assert parts(cell("R", 1), cell("R", 2), cell("a", 2)) == [0, 0, 0]


def test_weeks_may_leave_one_week_out_and_days_three():
    week = [Cell("x", "a", day, day + 6, 5.0) for day in (0, 14, 35)]
    assert parts(*week) == [0, 0, 1]


def counts_of(rows: dict[str, list[float]], *, step: int = 1, disease: str = "x") -> Counts:
    """Series from the first of March on, a day or a week a number."""
    keys = tuple(Key("cases", disease, area) for area in rows)
    array = np.array(list(rows.values()), dtype=float)
    return Counts(keys, np.datetime64("2026-03-01") + step * np.arange(array.shape[1]), array, step)


def run(counts: Counts, told: tuple[Told, ...] = (), **asked):
    return morning(
        [counts], family=lambda key: key.disease, nearness=NEAR, told=told, detectors=EARS, **asked
    )


def outbreak(n_before: int = 20, last: tuple[float, ...] = (9, 14)) -> list[float]:
    return [2.0, 1.0] * (n_before // 2) + list(last)


def quiet(n: int = 22) -> list[float]:
    return [2.0, 1.0] * (n // 2)


def test_an_outbreak_over_two_neighbours_and_their_league_is_one_signal_of_the_banner_with_most_cases():
    a, b, c = outbreak(), outbreak(last=(6, 7)), quiet()
    whole = [x + y + z for x, y, z in zip(a, b, c, strict=True)]
    found = run(counts_of({"a": a, "b": b, "c": c, "L": whole}), room=Room(most=1.0))
    assert [signal.areas for signal in found.sorted.raised] == [("a", "b")]
    signal = found.sorted.raised[0]
    assert signal.wider == ("L",)
    assert signal.id == "x-a-20260321"  # the 21st day of March is the first that is over
    assert signal.lead.observed == 14


def test_what_was_raised_yesterday_is_not_raised_again_and_its_loop_goes_on():
    counts = counts_of({"a": outbreak()})
    first = run(counts, room=Room(most=1.0)).sorted
    one = first.raised[0]
    told = Told(one.id, one.family, one.area, one.areas, one.first, one.last, one.excess)
    again = run(counts, (told,), room=Room(most=1.0)).sorted
    assert not again.raised
    assert [(signal.id, known.id) for signal, known in again.again] == [(one.id, one.id)]


def test_a_dismissed_signal_comes_again_only_if_it_has_grown():
    one = run(counts_of({"a": outbreak()}), room=Room(most=1.0)).sorted.raised[0]

    def against(excess: float) -> list[str]:
        told = Told("earlier", "x", "a", ("a",), one.first, one.last, excess, verdict="noise")
        return [s.id for s in sort_out([one], [told], nearness=NEAR, most_open=5).raised]

    assert not against(one.excess)  # as large as when it was looked at
    assert against(one.excess / 2) == [one.id]  # twice as large


def test_a_post_with_enough_to_verify_is_not_asked_about_more():
    one = run(counts_of({"a": outbreak()}), room=Room(most=1.0)).sorted.raised[0]
    open_ones = [Told(f"o{i}", f"f{i}", "a", ("a",), 0, 1, 1.0) for i in range(2)]
    found = sort_out([one], open_ones, nearness=NEAR, most_open=2)
    assert (found.raised, found.held) == ((), (one,))
    assert sort_out([one], open_ones, nearness=NEAR, most_open=3).raised == (one,)


def test_two_signals_that_turn_out_to_be_one_are_joined_to_the_earlier():
    a, b = outbreak(), outbreak(last=(6, 7))
    both = run(counts_of({"a": a, "b": b}), room=Room(most=1.0)).signals[0]
    early = Told("early", "x", "b", ("b",), both.first - 2, both.last, 5.0)
    late = Told("late", "x", "a", ("a",), both.first, both.last, 5.0)
    found = sort_out([both], [late, early], nearness=NEAR, most_open=5)
    assert [(one.id, other.id) for one, other in found.joined] == [("late", "early")]
    assert not found.raised


def test_thresholds_rise_until_a_post_gets_no_more_signals_than_it_can_verify():
    rng = np.random.default_rng(7)
    counts = counts_of({area: rng.poisson(3, 80).tolist() for area in "abcm"})
    many, few = run(counts, room=Room(most=5.0)), run(counts, room=Room(most=0.1))
    assert few.load <= 0.1 < many.load
    assert few.cuts["ears_c1"] > many.cuts["ears_c1"]


def test_the_cut_leaves_the_share_that_was_asked_for_beyond_it():
    exceedance = np.arange(100) / 10.0  # 0.0 … 9.9
    nothing = np.zeros(100)
    verdicts = Verdicts("d", nothing, nothing, nothing, nothing, nothing, exceedance)
    assert cut_for(verdicts, share=0.05) == pytest.approx(9.4)  # 9.5 … 9.9 lie beyond
    assert cut_for(verdicts, share=0.99) == 1.0  # never below the bound itself


def test_an_odds_detector_exceeds_by_the_logarithm_of_its_odds_and_says_so_of_two_raised_weeks():
    # Nine cases a week for three years, then 16 and 17: neither week is three deviations, both together are.
    rng = np.random.default_rng(5)
    y = [*rng.poisson(9, 160).tolist(), 16, 17]
    odds = next(one for one in DETECTORS if one.name == "outbreak_odds")
    counts = counts_of({"a": y}, step=7)
    found = judge(counts, [odds], back=26)[0]
    row = outbreak_odds([Series("a", np.array(y, float), 52, counts.dates)], {**odds.settings, "last": 1})
    said = row.to_pylist()[0]
    assert said["odds"] > 7.8
    assert found.exceedance[-1] == pytest.approx(np.log(said["odds"]) / np.log(7.8))
    assert np.isnan(found.bound).all()  # one count may be an alarm after a high week and none after a low one
    held = morning(
        [counts], family=lambda key: key.disease, nearness=NEAR, detectors=[odds], room=Room(most=5.0)
    )
    assert [one.detectors for one in held.signals] == [("outbreak_odds",)]


def test_no_verdict_is_given_on_a_count_nobody_knows():
    y = outbreak(last=(np.nan, 11))
    verdicts = judge(counts_of({"a": y}), EARS, back=10)[0]
    assert 20 not in verdicts.at
    assert 21 in verdicts.at


def test_a_gap_is_filled_for_the_detectors_with_the_median_around_it_and_stays_unknown():
    assert filled_in(np.array([1.0, np.nan, 3.0, 3.0])).tolist() == [1, 3, 3, 3]
    counts = counts_of({"a": [np.nan, np.nan, 4, 5, 6, np.nan, 6, 5, np.nan]})
    ready = complete(counts)
    assert ready.starts.tolist() == [2]
    assert ready.series[0].observed.tolist() == [4, 5, 6, 5, 6, 5]
    assert not counts.is_known[0, 5]


def test_a_series_of_which_too_much_is_missing_is_not_judged():
    assert not complete(counts_of({"a": [1, np.nan, np.nan, 2, np.nan, 3]})).series


def test_late_missing_silent_and_sudden_reports_are_named():
    series = {
        "a": [5.0] * 30 + [np.nan, np.nan],
        "b": [5.0] * 20 + [np.nan] + [5.0] * 11,
        "c": [5.0] * 29 + [0.0] * 3,  # three days of none where five are usual: exp(-15)
        "m": [5.0] * 31 + [80.0],
        "L": [5.0] * 32,
    }
    found = {(note.key.area, note.what, note.n) for note in notes(counts_of(series))}
    assert found == {("a", "late", 2), ("b", "missing", 1), ("c", "silent", 3), ("m", "surge", 80)}


def test_the_sentence_says_what_where_since_when_and_against_what_in_both_languages():
    found = run(counts_of({"a": outbreak()}, disease="covid19"), room=Room(most=1.0))
    said = sentence(found.signals[0], area=lambda code: Text("甲旗", "Banner A"), declared=read_declared())
    for part in ("甲旗新冠病毒感染（病例）", "2026年3月22日 14", "自 2026年3月21日 起偏高", "EARS C1报警"):
        assert part in said.zh
    for part in ("Banner A, COVID-19 (cases): 14 on 2026-03-22", "high since 2026-03-21", "Alarm of EARS C1"):
        assert part in said.en


def test_a_morning_reads_back_as_it_was_kept_and_only_mornings_before_are_found(tmp_path):
    found = run(counts_of({"a": outbreak(), "b": quiet()}), room=Room(most=1.0))
    write_morning(tmp_path, found, at=1000)
    kept = latest(tmp_path, until=1500)
    assert latest(tmp_path, until=999) is None
    assert kept.facts.signals == found.signals
    assert kept.facts.raised == ("x-a-20260321",)
    line = kept.lines(areas=["a"])[0]
    assert line.observed[-2:].tolist() == [9, 14]
    assert line.alarms[-2:].tolist() == [1, 1]
    assert not line.alarms[:-2].any()
    assert line.bound[-2] < 9


def test_precision_counts_verdicts_and_leaves_out_what_was_known_already():
    verdicts = ["outbreak", "cluster", "noise", "known", "", "artefact"]
    rows = [{"detector": "ears", "disease": "x", "verdict": verdict} for verdict in verdicts]
    found = precision(rows, by=("detector",))[0]
    assert (found["signals"], found["real"], found["false"], found["known"], found["open"]) == (6, 2, 2, 1, 1)
    assert found["ppv"] == 0.5


def test_wilsons_interval_is_the_published_one():
    # Newcombe, Stat Med 17 (1998) 857, table I, method 3: 81/263 gives 0.2553 to 0.3662; 0/20: 0 to 0.1611.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (None, None)


def test_a_file_of_series_keeps_a_missing_week_and_a_zero_apart(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text(
        "series_id,date,observed,area\ns,2026-01-05,0,a\ns,2026-01-12,NA,a\ns,2026-01-26,4,a\n", "utf-8"
    )
    counts = read_counts(path)
    assert counts.step == 7
    assert counts.keys[0] == Key("series", "cases", "a")
    assert counts.observed[0, 0] == 0
    assert np.isnan(counts.observed[0, 1:3]).all()
    assert counts.observed[0, 3] == 4


@pytest.mark.parametrize(
    ("rows", "found"),
    [("s,2026-01-05,-1\n", "observed"), ("s,2026-01-05,1\ns,2026-01-05,2\n", "again"), ("s,,3\n", "date")],
)
def test_a_row_that_can_be_no_count_is_named(tmp_path, rows, found):
    path = tmp_path / "series.csv"
    path.write_text("series_id,date,observed\n" + rows, "utf-8")
    with pytest.raises(BadInput, match=found):
        read_counts(path)


def test_a_tree_of_areas_that_goes_in_circles_is_refused(tmp_path):
    path = tmp_path / "areas.csv"
    path.write_text("area,parent\na,b\nb,a\n", "utf-8")
    with pytest.raises(BadInput, match="circles"):
        read_nearness(path, None)


def test_the_declaration_that_ships_says_what_is_counted_in_both_languages():
    declared = read_declared()
    assert declared.streams["positives"].of == "tests"
    assert not declared.streams["tests"].judged
    assert not declared.raises("hazards")
    assert declared.family("fever_clinic", "fever") == declared.family("cases", "covid19") == "respiratory"
    for stream in declared.streams.values():
        assert stream.title.zh
        assert stream.title.en


def test_a_declaration_with_a_key_nobody_knows_is_refused(tmp_path):
    path = tmp_path / "counts.yaml"
    path.write_text("series:\n  s: {title: {zh: 甲, en: A}, facts: [k], disease: d, wher: {}}\n", "utf-8")
    with pytest.raises(BadInput, match="wher"):
        read_declared(path)
