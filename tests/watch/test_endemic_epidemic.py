"""The endemic-epidemic model beside R's ``hhh4``, and what its parts mean."""

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.endemic_epidemic import Panel, Part, Terms, fit, rates
from fengsui.watch.panels import orders_of
from fengsui.watch.scores import log_score, rank_score
from tests.watch.reference import rows, table

ROWS = (
    "4 4 3 5 15 8 9 5 9 8 7 0 2 4 5 4 1 2 2 4 0 1 0 1 1 1 0 3 4 6 "
    "13 14 8 7 8 3 5 4 6 4 5 1 0 1 0 2 0 4 2 0 4 2 4 1 1 1 7 5 2 2",
    "3 9 6 5 3 6 6 7 2 5 9 7 9 9 5 6 3 0 0 0 1 3 1 1 0 1 1 1 1 1 "
    "4 7 8 12 1 3 3 10 14 18 0 3 2 0 0 0 0 0 1 1 2 3 3 2 1 6 3 5 7 9",
    "5 4 4 11 13 3 2 1 4 0 3 4 4 2 0 6 10 4 0 0 2 1 2 2 4 5 2 4 8 4 "
    "14 3 2 1 3 7 7 13 12 8 6 2 4 4 6 4 1 1 0 2 2 0 0 2 4 8 6 10 2 2",
    "2 2 0 3 1 2 3 0 4 5 2 6 6 7 5 2 4 2 0 4 1 2 3 2 1 2 3 6 5 10 "
    "6 8 7 5 7 16 19 4 2 5 5 4 1 0 0 0 4 6 1 4 4 3 1 6 3 2 1 1 3 9",
    "6 6 4 2 6 8 3 4 3 2 1 1 1 0 7 5 0 1 0 1 1 1 4 10 5 3 0 1 3 3 "
    "3 7 3 1 3 7 21 7 6 1 3 3 2 1 1 2 1 2 8 4 0 1 4 1 2 2 4 1 0 0",
)
ORDERS = np.abs(np.subtract.outer(np.arange(5), np.arange(5))).astype(float)
SHARES = np.array([0.3, 0.1, 0.25, 0.15, 0.2])
ENDEMIC = Part(trend=True, waves=1)
# Made by R 4.2.2 with surveillance 1.20.3; y: ROWS (weeks in rows), o: ORDERS, population: SHARES.
#   m <- sts(y, frequency=26, neighbourhood=o, population=population)
#   e <- addSeason2formula(~1+t, period=26)
#   given:   hhh4(m, list(ar=list(f=~1), ne=list(f=~1, weights=neighbourhood(m)==1),
#              end=list(f=e, offset=population(m)), family="NegBin1", optimizer=list(stop=list(tol=1e-10))))
#   power:   the same with weights=W_powerlaw(maxlag=4)
#   by_area: ar=list(f=addSeason2formula(~1, period=26)), end=list(f=~0+fe(1, unitSpecific=TRUE)), "NegBinM"
#   poisson: ar=list(f=~1), ne as given, end=list(f=~1), family="Poisson"
# Rows: coefficient, standard error; sizes as -log(overdisp).
HHH4 = {
    "given": (
        Terms(far=Part(), endemic=ENDEMIC, period=26),
        -655.5527691,
        [-0.7362750253, -2.064616041, 1.860972391, -0.0050654038, 0.4610369456, 0.125695567, 1.323364618],
        [0.1312716098, 0.2582094719, 0.246596814, 0.006410345521, 0.163766122, 0.1914258233, 0.178917804],
    ),
    "power": (
        Terms(far=Part(), endemic=ENDEMIC, period=26, is_power=True),
        -653.0114029,
        [-0.7457516048, -1.28726753, 1.636290183, -0.006114403543, 0.4440238929, 0.2493596969, 1.135069109,
         1.358928062],
        [0.1311646913, 0.2554637116, 0.3515663152, 0.007818198684, 0.206616094, 0.2658575844, 0.772514964,
         0.1815635119],
    ),
    "by_area": (
        Terms(own=Part(waves=1), endemic=Part("by_area"), size="by_area", period=26),
        -654.3444598,
        [-0.7980509921, 0.6447041831, -0.1134839731, 0.4144384887, 0.233143262, 0.6483702197, 0.614825222,
         0.4462667863, 1.676331456, 1.213707664, 1.148876854, 1.716363968, 0.9496269254],
        [0.1504229388, 0.1607526732, 0.1257974084, 0.1863352048, 0.2463712418, 0.1955010522, 0.1666554154,
         0.1994250372, 0.4872858171, 0.3847476733, 0.3438198397, 0.4788926635, 0.3464706471],
    ),
    "poisson": (
        Terms(far=Part(), endemic=Part(), size="none", period=26),
        -712.5988982,
        [-0.6518337239, -2.089773647, 0.06631392284],
        [0.07645443865, 0.1986508376, 0.147875474],
    ),
}  # fmt: skip


@pytest.fixture
def panel() -> Panel:
    """Five areas in a row over sixty weeks."""
    counts = np.array([row.split() for row in ROWS], dtype=float)
    people = np.repeat(SHARES[:, None], 60, axis=1)
    return Panel(tuple("abcde"), counts, people, weights=(ORDERS == 1) * 1.0, orders=ORDERS)


@pytest.mark.parametrize("name", HHH4)
def test_fits_are_those_of_the_reference(name, panel):
    terms, log_likelihood, coefficients, errors = HHH4[name]
    given = replace(panel, population=None) if name in ("by_area", "poisson") else panel
    found = fit(given, terms)
    assert found.is_settled
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=1e-6)
    # Two ways to a flat top meet within a thousandth of a standard error, not to the last digit.
    assert np.all(np.abs(found.theta - coefficients) < 1e-3 * np.array(errors))
    assert found.errors == pytest.approx(errors, rel=1e-3)


def test_one_step_forecasts_refitted_each_week_are_those_of_the_reference():
    names = np.array(table("series.csv")["series_id"].to_pylist())
    observed = table("series.csv")["observed"].to_numpy().astype(float)
    for series in ("agona", "influMen_influenza"):
        whole = Panel((series,), observed[names == series][None])
        for row in (row for row in rows("hhh4_onestep.csv") if row["series_id"] == series):
            fitted = fit(whole.until(row["t"] - 1), Terms())
            parts, _, sizes = rates(fitted, np.array([row["t"] - 1]), fitted.theta[None])
            mean = parts[0][0, 0, 0] * whole.counts[0, row["t"] - 2] + parts[2][0, 0, 0]
            size = sizes[0, 0]
            assert mean == pytest.approx(row["pred"], rel=1e-5)
            assert log_score(row["observed"], mean, size) == pytest.approx(row["logs"], rel=1e-5)
            assert rank_score(row["observed"], mean, size) == pytest.approx(row["rps"], rel=1e-5)


def test_with_own_cases_only_the_likeliest_factor_is_what_came_over_what_was():
    counts = np.array([[4.0, 6.0, 9.0, 10.0, 5.0]])
    terms = Terms(endemic=Part("none"), size="none")
    found = fit(Panel(("a",), counts), terms)
    assert np.exp(found.theta[0]) == pytest.approx((6 + 9 + 10 + 5) / (4 + 6 + 9 + 10), rel=1e-9)
    # Of a Poisson factor the error of the logarithm is one over the root of the cases.
    assert found.errors[0] == pytest.approx(30**-0.5, rel=1e-7)


def test_a_week_that_is_not_known_says_nothing_about_itself_or_the_week_after():
    terms = Terms(endemic=Part("none"), size="none")
    found = fit(Panel(("a",), np.array([[4.0, 6.0, np.nan, 10.0, 5.0]])), terms)
    assert np.exp(found.theta[0]) == pytest.approx((6 + 5) / (4 + 10), rel=1e-9)


def test_an_area_that_never_had_a_case_does_not_keep_the_others_from_being_fitted(panel):
    counts = np.vstack([panel.counts, np.zeros((1, 60))])
    found = fit(Panel(tuple("abcdef"), counts), Terms(endemic=Part("by_area"), size="none"))
    alone = fit(Panel(tuple("abcde"), panel.counts), Terms(endemic=Part("by_area"), size="none"))
    assert found.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-6)
    assert found.theta[:6] == pytest.approx(alone.theta, abs=1e-5)
    assert found.theta[6] < -15


def test_a_column_of_importations_explains_the_weeks_it_stands_in():
    rng = np.random.default_rng(5)
    arrivals = (np.arange(120) % 10 == 0).astype(float)
    counts = rng.poisson(np.exp(1.0 + 1.2 * arrivals))[None].astype(float)
    terms = Terms(own=Part("none"), endemic=Part(columns=("imported",)), size="none")
    found = fit(Panel(("a",), counts, columns={"imported": arrivals[None]}), terms)
    assert found.names == ("endemic.level", "endemic.imported")
    assert np.exp(found.theta[0]) == pytest.approx(counts[0, 1:][arrivals[1:] == 0].mean(), rel=1e-8)
    assert np.exp(found.theta.sum()) == pytest.approx(counts[0, 1:][arrivals[1:] == 1].mean(), rel=1e-8)


def test_orders_count_the_borders_between_two_areas():
    ring = np.zeros((5, 5), bool)
    for i in range(5):
        ring[i, (i + 1) % 5] = ring[(i + 1) % 5, i] = True
    assert orders_of(ring, 5)[0].tolist() == [0, 1, 2, 2, 1]
    assert orders_of(ring, 1)[0].tolist() == [0, 1, 0, 0, 1]


@pytest.mark.parametrize(
    ("changed", "terms", "field"),
    [
        ({"counts": -np.ones((5, 60))}, Terms(), "counts"),
        ({"counts": np.ones((4, 60))}, Terms(), "counts"),
        ({"weights": None}, Terms(far=Part()), "neighbours"),
        ({}, Terms(endemic=Part(columns=("humidity",))), "humidity"),
        ({}, Terms(own=Part("none"), endemic=Part("none")), "terms"),
    ],
    ids=["below zero", "an area too few", "no neighbours", "no such column", "nothing to fit"],
)
def test_a_panel_that_does_not_fit_the_terms_is_refused_by_name(changed, terms, field, panel):
    with pytest.raises(BadInput) as refused:
        fit(replace(panel, **changed), terms)
    assert refused.value.findings[0].field == field


@pytest.mark.slow
def test_fits_of_fresh_panels_are_those_r_makes_now(tmp_path):
    if shutil.which("Rscript") is None:
        pytest.skip("R is not on this machine")
    rng = np.random.default_rng(99)
    counts = np.full((4, 120), 6.0)
    for t in range(1, 120):
        before = counts[:, t - 1]
        mean = 0.4 * before + 0.2 * (np.roll(before, 1) + np.roll(before, -1)) + np.array([1.0, 2, 3, 4])
        counts[:, t] = rng.poisson(mean * rng.gamma(5, 1 / 5, 4))
    orders = np.abs(np.subtract.outer(np.arange(4), np.arange(4))).astype(float)
    np.savetxt(tmp_path / "y.csv", counts.T, fmt="%d", delimiter=",")
    script = tmp_path / "fit.R"
    script.write_text(
        "suppressMessages(library(surveillance))\n"
        f"y <- as.matrix(read.csv('{tmp_path}/y.csv', header=FALSE))\n"
        "dimnames(y) <- list(NULL, letters[1:4])\n"
        "o <- abs(outer(1:4, 1:4, '-')); dimnames(o) <- list(letters[1:4], letters[1:4])\n"
        "m <- sts(y, frequency=52, neighbourhood=o)\n"
        "f <- hhh4(m, list(ar=list(f=addSeason2formula(~1, S=1, period=52)), ne=list(f=~1, "
        "weights=W_powerlaw(maxlag=3)), end=list(f=~0+fe(1, unitSpecific=TRUE)), family='NegBin1', "
        "optimizer=list(stop=list(tol=1e-10, niter=500))))\n"
        "cat(formatC(f$loglikelihood, digits=12, format='g'))\n"
    )
    said = subprocess.run(["Rscript", script], capture_output=True, text=True, check=False)
    if "no package called" in said.stderr:
        pytest.skip("R's package surveillance is not on this machine")
    terms = Terms(own=Part(waves=1), far=Part(), endemic=Part("by_area"), is_power=True)
    found = fit(Panel(tuple("abcd"), counts, orders=orders), terms)
    # Never less likely than R's, and not more than R stops short of.
    assert -1e-6 < found.log_likelihood - float(said.stdout) < 1e-3
