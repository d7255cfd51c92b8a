"""Replay of a file: the same loops as one by one, however the file is cut and whatever numbers are in it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.house.rules import NAME, inbound, rules_of, world
from bench.house.workload import inbound as inbound_file
from fengsui.engines.replay import FactFile, replay
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import NEVER
from fengsui.loops.bulk import Derivation


@pytest.fixture(scope="module")
def derivation() -> Derivation:
    return Derivation(rules_of(inbound()), world())


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return inbound_file(tmp_path_factory.mktemp("replay"), 1_500)  # two buckets of subjects


def rewritten(file, path, change=lambda table: table, **how):
    pq.write_table(change(pq.read_table(file.path)), path, **how)
    return path


def answers(found):
    breaks = sorted(zip(*(found.breaks[name].tolist() for name in sorted(found.breaks)), strict=True))
    return found.counts, found.n_loops, found.n_facts, breaks


@pytest.mark.parametrize("how", [{"row_group_size": 1_000}, {"write_statistics": False}])
def test_it_makes_no_difference_how_the_file_is_written(file, derivation, tmp_path, how):
    other = rewritten(file, tmp_path / "other.parquet", **how)
    plain = replay(Path(file.path), derivation, NAME, now=file.now)
    assert answers(replay(other, derivation, NAME, now=file.now)) == answers(plain)
    assert plain.n_loops == 1_500


def test_numbers_too_long_to_be_packed_are_kept_whole(file, derivation, tmp_path):
    def with_long_keys(table):
        keys = pa.array(table["key"].to_numpy().astype(np.int64) * (1 << 38) - (1 << 60))
        return table.set_column(table.schema.get_field_index("key"), "key", keys)

    other = rewritten(file, tmp_path / "long.parquet", with_long_keys)
    assert FactFile(other, derivation).in_buckets([]).lines.shape[1] == 5
    assert FactFile(Path(file.path), derivation).in_buckets([]).lines.shape[1] == 2
    plain, found = (replay(path, derivation, NAME, now=file.now) for path in (Path(file.path), other))
    assert answers(found) == answers(plain)
    assert found.met_by.tolist() == plain.met_by.tolist()


def test_a_file_sent_twice_says_what_it_says_once(file, derivation, tmp_path):
    twice = rewritten(file, tmp_path / "twice.parquet", lambda table: pa.concat_tables([table, table]))
    plain, found = (replay(path, derivation, NAME, now=file.now) for path in (Path(file.path), twice))
    assert answers(found) == answers(plain)
    assert found.met_by.tolist() == plain.met_by.tolist()  # the row that came first stands for both


def test_the_columns_have_each_subjects_facts_in_order_and_once(file, derivation):
    cols = FactFile(Path(file.path), derivation).columns()
    for lo, hi in zip(cols.start[:-1], cols.start[1:], strict=True):
        keys = list(zip(cols.when[lo:hi].tolist(), cols.tie[lo:hi].tolist(), strict=True))
        assert keys == sorted(set(keys))
    assert cols.start[-1] == len(cols.when)


def test_a_file_without_facts_has_nothing_to_say(file, derivation, tmp_path):
    empty = rewritten(file, tmp_path / "empty.parquet", lambda table: table.slice(0, 0))
    found = replay(empty, derivation, NAME, now=file.now)
    assert (found.n_facts, found.n_loops, sum(found.counts.values())) == (0, 0, 0)
    assert len(found.status) == len(found.breaks["loop"]) == 0


def test_a_break_that_stands_has_no_end_and_one_that_is_over_began_before(file, derivation):
    found = replay(Path(file.path), derivation, NAME, now=file.now)
    since, until = found.breaks["from_at"], found.breaks["until_at"]
    assert (since <= file.now).all()
    assert ((until == NEVER) | ((since <= until) & (until <= file.now))).all()


def test_a_file_that_lacks_a_column_is_refused_by_its_name(file, derivation, tmp_path):
    other = rewritten(file, tmp_path / "short.parquet", lambda table: table.drop_columns(["key"]))
    with pytest.raises(BadInput, match="not a file of facts"):
        replay(other, derivation, NAME, now=file.now)
