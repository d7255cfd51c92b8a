"""Everyone who is compared does the same work: the answers are equal, at a size nobody would measure."""

import importlib
from pathlib import Path

import pytest

from bench.house.watch import Watch
from bench.house.workload import Workload, inbound
from bench.peers.answer import Different, agree

LOOPS = 400
NEEDS = {
    "duckdb_sql": "duckdb",
    "polars_frames": "polars",
    "postgres_sql": "psycopg",
    "spiff": "SpiffWorkflow",
}


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Workload:
    return inbound(tmp_path_factory.mktemp("workload"), LOOPS)


@pytest.fixture(scope="module")
def expected(file) -> dict:
    return peer("readable").from_file(Watch(), path=file.path, now=file.now)


def peer(name: str):
    """The module of a peer; the test is skipped where what it needs is not installed."""
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"{NEEDS[name]} is not installed (dev.py bench installs it)")
    return importlib.import_module(f"bench.peers.{name}")


@pytest.mark.parametrize("way", ["from_file", "from_memory"])
@pytest.mark.parametrize("name", ["duckdb_sql", "polars_frames"])
def test_a_set_based_peer_finds_every_state_break_and_fact_that_the_meaning_finds(name, way, file, expected):
    found = getattr(peer(name), way)(Watch(), path=file.path, small=file.path, now=file.now)
    assert found == expected


@pytest.mark.parametrize("way", ["from_file", "from_memory"])
def test_the_replay_that_is_measured_finds_what_the_meaning_finds(way, file, expected):
    pytest.importorskip("psycopg", reason="psycopg is not installed (dev.py bench installs it)")
    watch = Watch()
    replay = importlib.import_module("bench.replay")
    assert getattr(replay, way)(watch, path=file.path, small=file.path, now=file.now) == expected
    assert set(watch.parts) == {"from_file": {"all"}, "from_memory": {"derive", "kernel"}}[way]


def test_postgresql_finds_it_too_and_its_server_is_counted_and_gone_afterwards(file, expected):
    sql, server = peer("postgres_sql"), peer("postgres_server")
    try:
        server.program("postgres")
    except server.NotInstalled as missing:
        pytest.skip(str(missing))
    before = servers()  # other tests have one of their own
    watch = Watch()
    assert sql.from_file(watch, path=file.path, now=file.now) == expected
    assert set(watch.parts) == {"copy", "derive", "all"}
    assert watch.peak() > 0
    assert servers() <= before


def servers() -> set[bytes]:
    """The folders of the PostgreSQL servers that were started by a program of ours and run now."""
    found = set()
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it is no process, or none any more
            continue
        found |= {word for word in words if b"fengsui-pg-" in word and word.endswith(b"/data")}
    return found


def test_the_bpmn_engine_finds_it_too_when_every_obligation_has_a_branch_of_its_own(tmp_path):
    spiff = peer("spiff")
    few = inbound(tmp_path, 60)
    expected = peer("readable").from_file(Watch(), path=few.path, now=few.now)
    assert spiff.from_file(Watch(), path=few.path, now=few.now, loops=few.loops) == expected


def test_a_peer_that_answers_otherwise_is_named_with_what_it_said(expected):
    wrong = expected | {"n_breaks": expected["n_breaks"] + 1}
    with pytest.raises(Different, match="Polars does not agree with Fengsui: n_breaks"):
        agree([("Fengsui", expected), ("DuckDB", dict(expected)), ("Polars", wrong)])


def test_no_two_deeds_of_a_traveller_fall_into_one_second(file):
    table = importlib.import_module("pyarrow.parquet").read_table(file.path)
    deeds = {
        (subject, at, key)
        for subject, at, key in zip(*(table[c].to_pylist() for c in ("subject", "at", "key")), strict=True)
    }
    assert len({(subject, at) for subject, at, _ in deeds}) == len(deeds)
    assert file.facts == table.num_rows
