"""The prospective space-time scan: cylinders, their likelihood, what chance makes of them."""

import math
from datetime import date

import numpy as np
import pytest

from fengsui.kit.errors import BadInput, NotFound
from fengsui.watch.places import Areas, Cases, borders_between, great_circle, planar, read_areas, read_cases
from fengsui.watch.scan import Reach, gumbel_p, scan

START = np.datetime64("2026-01-01")


def line_of(n: int, population: list[float] | None = None) -> Areas:
    """Areas 1 km apart on a line, at 0, 1, 3, 6, 10 …: no two at one distance from a third between them."""
    x = np.cumsum(np.arange(n, dtype=float))
    people = None if population is None else np.array(population, dtype=float)
    return Areas(tuple("abcdefghijklmnop"[:n]), planar(x, np.zeros(n)), people)


def cases_of(table: list[list[int]]) -> Cases:
    """Cases from rows of areas, columns of days."""
    counts = np.array(table)
    where, day = np.nonzero(counts)
    times = counts[where, day]
    return Cases(np.repeat(where, times), START + np.repeat(day, times))


def scanned(table: list[list[int]], areas: Areas, **asked) -> list[dict]:
    until = START + len(table[0]) - 1
    given = {"rng": np.random.default_rng(1), "n_replicates": 99, **asked}
    return scan(cases_of(table), areas, since=START, until=until, **given).to_pylist()


def by_hand(table: np.ndarray, areas: Areas, *, population: np.ndarray | None, largest: float) -> float:
    """The largest log ratio of all cylinders, one after the other."""
    total, n_days, best = table.sum(), table.shape[1], 0.0
    weights = table.sum(axis=1) if population is None else population
    for centre in range(len(table)):
        for radius in np.unique(areas.distance[centre]):
            circle = areas.distance[centre] <= radius
            share = weights[circle].sum() / weights.sum()
            for days in range(1, n_days + 1):
                window = table[:, n_days - days :]
                part = days / n_days if population is not None else window.sum() / total
                c, e = window[circle].sum(), total * share * part
                if share <= largest and c > e:
                    outside = (total - c) * math.log((total - c) / (total - e)) if c < total else 0.0
                    best = max(best, c * math.log(c / e) + outside)
    return best


def test_a_cylinder_of_the_permutation_model_as_worked_out_by_hand():
    # 10 cases, 4 in area c, 4 on the last day, 3 of both: 4 * 4 / 10 = 1.6 expected.
    table = [[1, 1, 1, 0], [1, 0, 1, 1], [0, 0, 1, 3]]
    (first, *_) = scanned(table, line_of(3))
    assert (first["centre"], first["areas"], first["days"], first["observed"]) == ("c", "c", 1, 3)
    assert first["expected"] == pytest.approx(1.6)
    assert first["log_ratio"] == pytest.approx(3 * math.log(3 / 1.6) + 7 * math.log(7 / 8.4))
    assert first["ratio"] == pytest.approx((3 / 1.6) / (7 / 8.4))
    assert (first["since"], first["until"]) == (date(2026, 1, 4), date(2026, 1, 4))


def test_a_cylinder_of_the_poisson_model_as_worked_out_by_hand():
    # 10 cases in 5 days; area c has a tenth of the people, so 0.2 a day are expected there.
    table = [[1, 1, 1, 1, 0], [0, 1, 0, 1, 0], [0, 0, 0, 2, 2]]
    (first, *_) = scanned(table, line_of(3, [50, 40, 10]), model="poisson")
    assert (first["areas"], first["days"], first["observed"]) == ("c", 2, 4)
    assert first["expected"] == pytest.approx(0.4)
    assert first["log_ratio"] == pytest.approx(4 * math.log(4 / 0.4) + 6 * math.log(6 / 9.6))


@pytest.mark.parametrize("model", ["permutation", "poisson"])
def test_the_likeliest_cylinder_is_that_of_looking_at_every_one(model):
    rng = np.random.default_rng(11)
    for _ in range(30):
        table, people = rng.poisson(1.5, (7, 6)), rng.uniform(1, 9, 7)
        place = rng.integers(0, 4, (2, 7)).astype(float)  # on a grid: many areas at one distance
        areas = Areas(tuple("abcdefg"), planar(*place), people)
        expected = by_hand(
            table, areas, population=people if model == "poisson" else None, largest=0.5 + 1e-9
        )
        found = scanned(table.tolist(), areas, model=model, n_replicates=1)
        assert (found[0]["log_ratio"] if found else 0.0) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("model", ["permutation", "poisson"])
def test_without_a_cluster_p_values_are_even(model):
    rng = np.random.default_rng(12)
    p_values = []
    for _ in range(300):
        where, day = rng.choice(8, 80, p=np.full(8, 1 / 8)), rng.integers(0, 10, 80)
        areas = line_of(8, [1.0] * 8)
        found = scan(
            Cases(where, START + day),
            areas,
            since=START,
            until=START + 9,
            model=model,
            rng=rng,
            n_replicates=99,
            reach=Reach(days=5, most=1),
        )
        p_values.append(found["p_value"][0].as_py())
    p_values = np.array(p_values)
    # 300 even draws: standard errors 0.017, 0.013 and 0.017.
    assert abs(p_values.mean() - 0.5) < 0.06
    assert abs(np.mean(p_values <= 0.05) - 0.05) < 0.045
    assert abs(np.mean(p_values <= 0.1) - 0.1) < 0.06


def test_a_cluster_is_found_with_its_place_and_time_and_others_share_no_area_with_it():
    rng = np.random.default_rng(13)
    x, y = rng.random((2, 60))
    areas = Areas(tuple(f"A{i}" for i in range(60)), planar(x, y))
    table = rng.poisson(1.0, (60, 30))
    hit = np.argsort(areas.distance[7])[:5]
    table[hit, 26:] += 3
    other = next(i for i in np.argsort(-areas.distance[7]) if i not in hit)
    table[other, 28:] += 6
    found = scanned(table.tolist(), areas, n_replicates=199)
    assert set(found[0]["areas"].split()) == {f"A{i}" for i in hit}
    assert found[0]["days"] == 4
    assert found[0]["p_value"] == pytest.approx(1 / 200)
    assert found[1]["areas"].split()[0] == f"A{other}"
    named = [area for row in found for area in row["areas"].split()]
    assert len(named) == len(set(named))
    assert [row["log_ratio"] for row in found] == sorted((row["log_ratio"] for row in found), reverse=True)


def test_what_a_day_or_an_area_always_has_is_no_cluster_of_the_permutation_model():
    table = np.outer([1, 1, 8, 1], [1, 1, 1, 4])  # a large area, a busy last day, nothing between the two
    assert scanned(table.tolist(), line_of(4)) == []
    assert scanned(table.tolist(), line_of(4, [1, 1, 1, 1]), model="poisson", reach=Reach(largest=1))


def test_the_outcome_depends_on_the_seed_and_not_on_the_number_of_threads():
    table = np.random.default_rng(3).poisson(1.0, (6, 8)).tolist()
    one, two = (scanned(table, line_of(6), workers=workers) for workers in (1, 2))
    assert one == two
    assert scanned(table, line_of(6), rng=np.random.default_rng(2)) != one


def test_the_gumbel_p_value_is_that_of_its_distribution_and_near_that_of_counting():
    rng = np.random.default_rng(5)
    largest = rng.gumbel(6, 1.5, 20_000)
    asked = np.array([5.0, 8.0, 12.0])
    exact = 1 - np.exp(-np.exp(-(asked - 6) / 1.5))
    assert gumbel_p(asked, largest) == pytest.approx(exact, rel=0.05)


def test_borders_are_counted_from_neighbour_to_neighbour():
    found = borders_between(4, [(0, 1), (1, 2)])
    assert found[0].tolist() == [0, 1, 2, math.inf]
    assert np.array_equal(found, found.T)


def test_a_degree_of_latitude_is_111_km():
    found = great_circle(np.array([111.7, 111.7, 111.7]), np.array([40.0, 41.0, 40.0]))
    assert found[0, 1] == pytest.approx(111.195, abs=0.01)
    assert found[0, 2] == 0


def test_areas_without_a_way_between_them_are_never_one_circle(tmp_path):
    (tmp_path / "areas.csv").write_text("area\n150102\n150103\n150104\n", encoding="utf-8")
    (tmp_path / "borders.csv").write_text("area,neighbour\n150102,150103\n", encoding="utf-8")
    areas = read_areas(tmp_path / "areas.csv", neighbours=tmp_path / "borders.csv")
    assert areas.area_ids == ("150102", "150103", "150104")
    found = scanned([[1, 1, 3], [1, 1, 3], [3, 3, 3]], areas, reach=Reach(largest=1))
    assert all("150104" not in row["areas"] or row["n_areas"] == 1 for row in found)
    assert found[0]["n_areas"] == 2


def test_files_that_cannot_be_taken_say_where(tmp_path):
    areas, cases = tmp_path / "areas.csv", tmp_path / "cases.csv"
    with pytest.raises(NotFound):
        read_areas(areas)
    areas.write_text("area,x,y\na,0,0\na,1,1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="again"):
        read_areas(areas)
    areas.write_text("area,x\na,0\n", encoding="utf-8")
    with pytest.raises(BadInput, match="columns"):
        read_areas(areas)
    areas.write_text("area,x,y\na,0,0\nb,1,\n", encoding="utf-8")
    with pytest.raises(BadInput, match="y"):
        read_areas(areas)
    areas.write_text("area,x,y\na,0,0\nb,1,1\n", encoding="utf-8")
    cases.write_text("area,date\na,2026-01-01\nc,2026-01-02\n", encoding="utf-8")
    with pytest.raises(BadInput, match="row 3"):
        read_cases(cases, read_areas(areas))
    cases.write_text("area,date,cases\na,2026-01-01,2\nb,2026-01-02,0\n", encoding="utf-8")
    found = read_cases(cases, read_areas(areas))
    assert found.where.tolist() == [0, 0]
    assert found.when.tolist() == [date(2026, 1, 1)] * 2


def test_what_a_scan_cannot_do_without_is_asked_for():
    table = [[1, 1], [1, 1]]
    for asked in (
        {"model": "poisson"},
        {"model": "bernoulli"},
        {"n_replicates": 0},
        {"reach": Reach(days=0)},
        {"reach": Reach(largest=0)},
    ):
        with pytest.raises(BadInput):
            scanned(table, line_of(2), **asked)
    with pytest.raises(BadInput, match="cases"):
        scanned([[0, 0], [0, 1]], line_of(2))
