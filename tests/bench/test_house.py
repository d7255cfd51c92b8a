"""The house of the benchmarks: what is measured, how it is shown, and what the report makes of it."""

import contextlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from bench.house import measure, report, whole
from bench.house.command import Ask, main
from bench.house.measure import ROOT, Failed, Round, Side, in_child, in_turn
from bench.house.rows import Row, as_json, as_text, number, row_of
from bench.house.targets import TARGETS
from bench.house.watch import Part, Watch

PROMISED = ("name", "figure", "unit", "peer", "ratio", "peak_mb")


def work(watch: Watch, *, megabytes: int) -> int:
    """Something to measure: takes memory and time."""
    with watch.part("all"):
        held = bytearray(megabytes * 1_000_000)
        total = sum(held[::1000]) + sum(i * i for i in range(200_000))
    return len(held) if total else 0


def fail(watch: Watch) -> None:
    raise ValueError("the reason why")


WORK = "tests.bench.test_house:work"


def test_a_measurement_has_its_own_memory_time_and_answer():
    small, large = (in_child(WORK, {"megabytes": size}) for size in (1, 120))
    assert (small.value, large.value) == (1_000_000, 120_000_000)
    assert 100e6 < large.peak - small.peak < 140e6
    assert large.parts["all"].cpu > 0


def test_a_measurement_that_breaks_off_says_what_it_printed():
    with pytest.raises(Failed, match="the reason why"):
        in_child("tests.bench.test_house:fail", {})


def test_sides_take_turns_and_one_that_takes_long_gets_fewer_rounds(monkeypatch):
    seconds = {"short": 1.0, "long": 31.0}

    def pretended(function, arguments):
        return Round({"all": Part(seconds[function], 0.5)}, 1, None)

    monkeypatch.setattr(measure, "in_child", pretended)
    told = []
    short, long = in_turn([Side("a", "short"), Side("b", "long")], runs=None, tell=told.append)
    assert (len(short.rounds), len(long.rounds)) == (5, 3)
    assert told[:3] == ["a, round 1", "b, round 1", "a, round 2"]
    assert long.wall("all") == [31.0, 31.0, 31.0]
    assert len(in_turn([Side("b", "long")], runs=2, tell=told.append)[0].rounds) == 2


def test_a_ratio_above_one_is_in_our_favour_for_costs_and_for_rates():
    cost, rate = row_of("work", [2.0, 1.0, 3.0], "s"), row_of("work", [100.0], "k/s")
    assert (cost.figure, cost.low, cost.high, cost.runs) == (2.0, 1.0, 3.0, 3)
    assert row_of("work", [6.0], "s", peer="other", own=cost).ratio == 3.0
    assert row_of("work", [50.0], "k/s", peer="other", own=rate, more_is_better=True).ratio == 2.0


def test_rows_are_shown_with_everything_that_was_promised():
    rows = [
        Row("work", 2.0, "s", peak_mb=12.3),
        Row("work", 6.0, "s", peer="other", ratio=3.0, note="with care"),
    ]
    assert [set(PROMISED) <= said.keys() for said in json.loads(as_json(rows))] == [True, True]
    head, _, ours, theirs, note = as_text(rows).splitlines()
    assert head.split() == [
        "name",
        "figure",
        "unit",
        "peer",
        "ratio",
        "peak",
        "memory",
        "runs",
        "from",
        "…",
        "to",
    ]
    assert "Fengsui" in ours
    assert "12.3 MB" in ours
    assert "3.00 ×" in theirs
    assert note == "work, other: with care"


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), (0.123456, "0.123"), (12.34, "12.3"), (1234.5, "1,234")]
)
def test_figures_are_shown_to_three_places(value, shown):
    assert number(value) == shown


def rows_of_one(ask: Ask) -> list[Row]:
    ask.tell(f"{ask.size} of them")
    return [Row("kernel alone", 9.0, "M facts/CPU-s", peak_mb=1.0)]


def test_the_rows_of_every_run_are_kept_with_the_machine_they_were_measured_on(tmp_path, capsys):
    for words in (["--json"], ["--size", "10"]):
        assert main("replay", rows_of_one, full=20, arguments=[*words, "--folder", str(tmp_path)]) == 0
    first, second = map(json.loads, (tmp_path / "results.ndjson").read_text().splitlines())
    assert (first["full"], second["full"]) == (True, False)
    assert first["machine"]["cores"] >= 1
    assert json.loads(capsys.readouterr().out.partition("]")[0] + "]") == first["rows"]


def test_the_report_sets_the_last_full_run_against_what_is_to_be_reached(tmp_path):
    document, results = tmp_path / "performance.md", tmp_path / "results.ndjson"
    document.write_text(f"before\n{report.BEGIN}\nfigures of before\n{report.END}\nafter\n", encoding="utf-8")
    rows = [
        Row("replay from the file", 2.5, "CPU-s", peak_mb=1_300.0, runs=5, low=2.0, high=3.0, note="a note"),
        Row("replay from the file", 5.5, "CPU-s", peer="DuckDB", ratio=2.2),
    ]
    machine = {
        "processor": "x",
        "cores": 2,
        "memory_gb": 8.0,
        "load": 0.1,
        "python": "3.11.2",
        "packages": {},
    }
    said = {"bench": "replay", "size": 1, "at": "2021-08-01T00:00:00+00:00", "machine": machine}
    records = [
        said | {"full": True, "rows": [asdict(row) for row in rows]},
        said | {"full": False, "rows": [asdict(Row("replay from the file", 99.0, "CPU-s"))]},
    ]
    results.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    assert report.write_report(document, results) == 0
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "| `replay` | replay from the file | ≤ 3 CPU-s | 2.5 CPU-s | yes |" in text
    assert "| `replay` | replay from the file: peak memory | ≤ 1,200 MB | 1,300 MB | **no** |" in text
    assert "| `replay` | replay from the file: DuckDB's cost over ours | ≥ 2 × | 2.2 × | yes |" in text
    assert "| `durable` | durable, batches of 10,000 | ≥ 120 | not measured yet |  |" in text
    assert "99" not in text
    assert "- replay from the file: a note" in text
    assert "figures of before" not in text


def test_a_document_without_a_place_for_the_figures_is_left_alone(tmp_path, capsys):
    document = tmp_path / "performance.md"
    document.write_text("no marks\n", encoding="utf-8")
    assert report.write_report(document, tmp_path / "none") == 1
    assert document.read_text(encoding="utf-8") == "no marks\n"
    assert report.BEGIN in capsys.readouterr().err


def test_every_target_and_every_line_of_the_document_names_a_benchmark_that_exists():
    there = {path.stem for path in (ROOT / "bench").glob("[!_]*.py")}
    assert {target.bench for target in TARGETS} <= there
    assert set(report.ORDER) == there
    text = Path(report.DOCUMENT).read_text(encoding="utf-8")
    assert [name for name in there if f"| `{name}` |" not in text] == []


class Noted:
    """Benchmarks that only note that they ran, and keep a record as real ones do."""

    def __init__(self, results, *, program: str, broken: str = "") -> None:
        self.ran, self._results, self._program, self._broken = [], results, program, broken

    def __call__(self, name: str) -> int:
        self.ran.append(name)
        if name == self._broken:
            raise KeyboardInterrupt
        record = {"bench": name, "full": True, "program": self._program, "rows": []}
        with self._results.open("a", encoding="utf-8") as out:
            out.write(json.dumps(record) + "\n")
        return 0


@pytest.fixture
def a_set(tmp_path, monkeypatch):
    """Runs a set of three benchmarks: ``a_set(noted, …)``; how often the tables were written."""
    written = []
    monkeypatch.setattr(whole, "FOLDER", tmp_path)
    monkeypatch.setattr(whole, "MINUTES", {"one": 1, "two": 30, "three": 1})
    monkeypatch.setattr(whole, "likeness", lambda: "now")
    monkeypatch.setattr(whole, "write_report", lambda: written.append(1))

    def run(noted: Noted, *arguments: str) -> int:
        monkeypatch.setattr(whole, "benchmark", noted)
        written.clear()
        with contextlib.suppress(KeyboardInterrupt):
            whole.main(arguments)
        return len(written)

    return run


def test_a_set_that_was_broken_off_goes_on_where_it_was(a_set, tmp_path):
    results = tmp_path / whole.RESULTS
    noted = Noted(results, program="now", broken="two")
    assert a_set(noted) == 1
    assert noted.ran == ["one", "two"]
    noted = Noted(results, program="now")
    assert a_set(noted) == 2
    assert noted.ran == ["two", "three"]
    noted = Noted(results, program="now")
    assert a_set(noted, "--again") == 3


def test_what_an_earlier_program_was_measured_with_is_measured_again(a_set, tmp_path):
    a_set(Noted(tmp_path / whole.RESULTS, program="before"))
    noted = Noted(tmp_path / whole.RESULTS, program="now")
    a_set(noted)
    assert noted.ran == ["one", "two", "three"]


def test_a_set_with_a_limit_begins_nothing_that_would_end_later(a_set, tmp_path):
    noted = Noted(tmp_path / whole.RESULTS, program="now")
    a_set(noted, "--minutes", "10")
    assert noted.ran == ["one", "three"]


def test_the_set_is_all_the_benchmarks_there_are():
    assert set(whole.MINUTES) == set(report.ORDER)


def test_a_side_that_may_have_fewer_rounds_has_no_more(monkeypatch):
    done = Round({"all": Part(1.0, 1.0)}, 1, None)
    monkeypatch.setattr(measure, "in_child", lambda function, arguments: done)
    sides = [Side("own", "f", {}), Side("peer", "f", {})]
    own, peer = in_turn(sides, runs=3, tell=lambda line: None, fewer={"peer": 1})
    assert (len(own.rounds), len(peer.rounds)) == (3, 1)
