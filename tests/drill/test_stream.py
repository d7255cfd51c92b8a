"""The workload of the benchmarks has the shares it promises, and its rows are facts."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from fengsui.drill.calendar import Calendar
from fengsui.drill.stream import ADMITTED, ENTRY, HOSPITAL, KINDS, POSITIVE, TEST, stream
from fengsui.drill.world import world_of
from fengsui.facts.catalogue import Catalogue
from fengsui.facts.check import Checker
from fengsui.kit.instant import parse

N = 20_000


@pytest.fixture(scope="module")
def travellers(areas):
    return made(areas, N)


def made(areas, n, seed=1):
    start_at, _ = parse("2021-08-01", zone="Asia/Shanghai")
    calendar = Calendar("Asia/Shanghai", country="CN")
    rng = np.random.default_rng(seed)
    return stream(n, rng=rng, world=world_of(areas), calendar=calendar, start_at=start_at)


def test_every_traveller_enters_once_and_has_about_a_dozen_facts(travellers):
    entries = travellers.key[travellers.kind == ENTRY]
    assert len(np.unique(entries)) == N
    assert 11 < len(travellers) / N < 12.1


def test_rows_come_in_the_order_of_their_arrival_and_none_is_from_the_future(travellers):
    first = np.unique(travellers.key, return_index=True)[1]
    recorded = travellers.recorded_at[np.sort(first)]
    assert (np.diff(recorded) >= 0).all()
    assert (np.diff(travellers.at) < 0).any()
    assert travellers.recorded_at.max() <= travellers.as_of
    assert (travellers.recorded_at >= travellers.at).all()


def test_one_row_in_two_hundred_comes_twice_and_says_the_same(travellers):
    times = np.unique(travellers.key, return_counts=True)[1]
    assert 0.004 < (times == 2).mean() < 0.006
    assert times.max() == 2
    order = np.argsort(travellers.key, kind="stable")
    twice = np.flatnonzero(np.diff(travellers.key[order]) == 0)
    for column in travellers.columns.values():
        assert (column[order][twice] == column[order][twice + 1]).all()


def test_two_in_a_hundred_tests_are_missing_and_one_in_a_thousand_is_positive(travellers):
    unique = np.unique(travellers.key, return_index=True)[1]
    kind, result = travellers.kind[unique], travellers.result[unique]
    done = travellers.at[unique][kind == ENTRY] < travellers.as_of - 30 * 86_400
    tests = np.bincount(travellers.subject[unique][kind == TEST], minlength=N)
    old = np.zeros(N, bool)
    old[travellers.subject[unique][kind == ENTRY][done]] = True
    assert 6.8 < tests[old].mean() < 6.9  # of seven, one of them twice and missing together
    positive = (result == POSITIVE).sum() / (kind == TEST).sum()
    assert 0.0005 < positive < 0.0012


def test_nothing_follows_a_positive_result_but_the_hospital(travellers):
    turned = travellers.result == POSITIVE
    at = dict(zip(travellers.subject[turned].tolist(), travellers.at[turned].tolist(), strict=True))
    mine = np.isin(travellers.subject, list(at))
    rows = zip(travellers.subject[mine], travellers.kind[mine], travellers.at[mine], strict=True)
    later = {int(kind) for subject, kind, when in rows if when > at[subject]}
    assert later == {HOSPITAL}


def test_the_test_of_the_first_day_is_on_the_day_of_admission(travellers):
    admitted = dict(
        zip(
            travellers.subject[travellers.kind == ADMITTED].tolist(),
            travellers.at[travellers.kind == ADMITTED].tolist(),
            strict=True,
        )
    )
    first = {}
    tests = travellers.kind == TEST
    for subject, at in zip(travellers.subject[tests].tolist(), travellers.at[tests].tolist(), strict=True):
        first[subject] = min(at, first.get(subject, at))
    day = {subject: (at + 8 * 3600) // 86_400 for subject, at in admitted.items()}
    same = [day[s] == (at + 8 * 3600) // 86_400 for s, at in first.items() if s in day]
    assert sum(same) / len(same) > 0.96


def test_its_rows_pass_the_door_as_facts(travellers, areas):
    checker = Checker(Catalogue.shipped(), areas)
    batch = next(travellers.batches(3000))
    assert len(batch) == 3000
    assert list(checker.of_batch(batch)) == []
    assert set(batch.kind) <= set(KINDS)


def test_the_same_seed_gives_the_same_columns(areas):
    one, same, other = (made(areas, 300, seed) for seed in (5, 5, 6))
    assert all((column == same.columns[name]).all() for name, column in one.columns.items())
    assert len(one) != len(other) or (one.at != other.at).any()


def test_it_comes_back_from_parquet(travellers, tmp_path):
    travellers.write(tmp_path / "stream.parquet")
    table = pq.read_table(tmp_path / "stream.parquet")
    assert table.column_names == list(travellers.columns)
    assert all((table[name].to_numpy() == column).all() for name, column in travellers.columns.items())
    assert b"arrival.inbound" in table.schema.metadata[b"fengsui"]
