"""Drills and the demonstration: made, taken, scored, and told when something was not found as it is."""

import numpy as np
import pytest

from fengsui.cli.commands import demo, serve
from fengsui.cli.play import Played
from fengsui.drill.calendar import Calendar
from fengsui.drill.stream import stream
from fengsui.drill.world import world_of
from fengsui.kit.areas import Areas
from fengsui.kit.instant import parse

from .conftest import say


def test_a_drill_finds_every_break_that_was_put_in_and_no_other(fengsui, tmp_path):
    said = fengsui("drill", tmp_path / "files", "--loops", 200, "--days", 10, "--seed", 3, "--json")
    assert said.code == 0, said.out + said.err
    found = said.json
    assert found["breaks_injected"] == found["breaks_found"] > 0
    assert (found["breaks_false"], found["wrong_time"], found["wrong_owner"]) == (0, 0, 0)
    assert (tmp_path / "files" / "truth.ndjson").is_file()


def test_files_only_touches_no_database(fengsui, tmp_path):
    said = fengsui("drill", tmp_path / "files", "--loops", 20, "--days", 3, "--files-only", "--json")
    assert said.code == 0
    assert all(
        (tmp_path / "files" / file["path"].rpartition("/")[2]).is_file() for file in said.json["files"]
    )
    assert not (tmp_path / "fengsui.db").exists()


def test_the_same_seed_makes_the_same_drill(fengsui, tmp_path):
    for name in ("one", "two"):
        fengsui("drill", tmp_path / name, "--loops", 20, "--days", 3, "--files-only")
    one, two = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [path.name for path in one] == [path.name for path in two]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_a_day_that_is_none_is_refused_before_anything_is_written(fengsui, tmp_path):
    assert fengsui("drill", tmp_path / "files", "--start", "someday").code == 2
    assert not (tmp_path / "files").exists()


def test_the_demonstration_ends_with_the_six_figures(tmp_path):
    db = tmp_path / "demo.db"
    said = say("demo", "--no-serve", "--json", "--loops", 100, "--db", db)
    assert said.code == 0, said.out + said.err
    assert list(said.json) == ["loops", "facts", "breaks_injected", "breaks_found", "breaks_false", "seconds"]
    assert said.json["breaks_injected"] == said.json["breaks_found"]
    assert said.json["breaks_false"] == 0
    again = say("demo", "--no-serve", "--loops", 100, "--db", db)
    assert again.code == 0
    assert f"{said.json['loops']} loops" in again.out
    assert "fengsui explain" in again.out


def test_the_demonstration_leaves_a_database_alone_that_it_did_not_make(fengsui, tmp_path):
    fengsui("init")
    said = fengsui("demo", "--no-serve", "--db", tmp_path / "fengsui.db")
    assert said.code == 5
    assert fengsui("status").code == 0


def test_the_board_is_served_at_the_end_of_the_drill(monkeypatch, tmp_path):
    served = []
    monkeypatch.setattr(serve, "serve", lambda run, clock, **more: served.append((run.db, clock(), more)))
    said = say("demo", "--loops", 40, "--port", 8123, "--db", tmp_path / "demo.db")
    assert said.code in (0, 1), said.err
    ((db, now, more),) = served
    assert (db, more["port"]) == (tmp_path / "demo.db", 8123)
    assert now == 1_629_561_600  # 2021-08-22 00:00 in Hohhot


@pytest.mark.parametrize(
    ("figures", "is_perfect"),
    [((5, 5, 0), True), ((5, 4, 0), False), ((5, 5, 1), False)],
)
def test_a_drill_is_perfect_only_if_all_was_found_and_nothing_else(figures, is_perfect):
    injected, found, false = figures
    played = Played(1, "2021-08-01", 10, 0, 9, 9, 0, injected, found, false, 0, 0, ())
    assert played.is_perfect is is_perfect


def test_the_files_of_a_demonstration_lie_beside_its_database(tmp_path):
    assert demo.files_of(tmp_path / "region.db") == tmp_path / "region.db.files"


def test_a_file_of_facts_is_replayed_and_its_duties_counted(fengsui, tmp_path):
    areas = Areas.of_region()
    start_at, _ = parse("2021-08-01", zone=areas.region.zone)
    made = stream(
        50,
        rng=np.random.default_rng(1),
        world=world_of(areas),
        calendar=Calendar(areas.region.zone, country="CN"),
        start_at=start_at,
    )
    made.write(tmp_path / "facts.parquet")
    words = ("replay", "--parquet", tmp_path / "facts.parquet", "--as-of", "2021-10-15")
    found = fengsui(*words, "--protocol", "inbound", "--json").json
    assert found["loops"] == 50
    broken = ("late", "missed", "breached", "provisional", "excused", "unknown")
    assert found["breaks"] == sum(found["duties"].get(status, 0) for status in broken) > 0
    assert "50" in fengsui(*words, "--protocol", "inbound").out
    assert fengsui(*words).code == 2  # of which protocol?
    assert fengsui("replay", "--parquet", "nowhere.parquet", "--protocol", "inbound").code == 3
