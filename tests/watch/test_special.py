"""Distribution functions, against values that can be worked out by hand or looked up."""

import math

import numpy as np
import pytest

from fengsui.watch import kernel_special as special
from fengsui.watch.compiled import entry


@entry
def run(which, a, b, c):
    """One of the compiled functions, by number."""
    if which == 0:
        return special.norm_quantile(a)
    if which == 1:
        return special.student_two_sided(a, b)
    if which == 2:
        return special.beta_cdf(a, b, c, False)
    if which == 3:
        return special.gamma_cdf(a, b, c > 0.5)
    if which == 4:
        return special.gamma_quantile(a, b, math.lgamma(b))
    if which == 5:
        return special.nb_sf(a, b, c)
    if which == 6:
        return special.pois_sf(a, b)
    if which == 7:
        return special.count_quantile(a, b, c)
    if which == 8:
        return special.digamma(a)
    return special.trigamma(a)


NORM, STUDENT, BETA, GAMMA, GAMMA_QUANTILE, NB, POISSON, COUNT, DIGAMMA, TRIGAMMA = range(10)


def value(which: int, a: float, b: float = 0.0, c: float = 0.0) -> float:
    return run(which, float(a), float(b), float(c))


@pytest.mark.parametrize(
    ("p", "z"),
    [(0.5, 0.0), (0.975, 1.959963984540054), (0.001, -3.090232306167814), (1e-20, -9.262340089798408)],
)
def test_the_normal_quantile_is_that_of_the_tables(p, z):
    assert value(NORM, p) == pytest.approx(z, rel=1e-14, abs=1e-15)


def test_student_with_one_degree_of_freedom_is_the_cauchy_distribution():
    assert value(STUDENT, 1, 1) == pytest.approx(0.5, rel=1e-13)
    assert value(STUDENT, math.tan(0.4 * math.pi), 1) == pytest.approx(0.2, rel=1e-12)


def test_the_beta_distribution_with_whole_parameters_counts_heads():
    heads = sum(math.comb(9, k) * 0.3**k * 0.7 ** (9 - k) for k in range(4, 10))
    assert value(BETA, 4, 6, 0.3) == pytest.approx(heads, rel=1e-13)


@pytest.mark.parametrize("x", [0.01, 0.7, 3.0, 40.0])
def test_the_gamma_distribution_with_shape_one_is_the_exponential(x):
    assert value(GAMMA, x, 1.0) == pytest.approx(-math.expm1(-x), rel=1e-13)
    assert value(GAMMA, x, 1.0, 1.0) == pytest.approx(math.exp(-x), rel=1e-12)


@pytest.mark.parametrize("shape", [0.1, 1.0, 7.3, 140.0, 20_000.0])
@pytest.mark.parametrize("p", [1e-6, 0.025, 0.5, 0.975])
def test_the_gamma_quantile_is_what_its_distribution_function_gives_back(shape, p):
    assert value(GAMMA, value(GAMMA_QUANTILE, p, shape), shape) == pytest.approx(p, rel=1e-8)


def test_poisson_chances_add_up():
    by_hand = 1 - sum(math.exp(-2.5) * 2.5**k / math.factorial(k) for k in range(4))
    assert value(POISSON, 4, 2.5) == pytest.approx(by_hand, rel=1e-12)


def test_a_negative_binomial_of_size_one_is_geometric():
    assert value(NB, 5, 1.0, 0.2) == pytest.approx(0.8**5, rel=1e-13)


def test_a_quantile_of_counts_is_the_first_count_that_is_enough():
    # Poisson with mean 2: 0.1353, 0.4060, 0.6767, 0.8571, 0.9473, 0.9834
    assert value(COUNT, 0.95, 2.0, 1.0) == 5.0
    assert value(COUNT, 0.94, 2.0, 1.0) == 4.0
    # Geometric with mean 4 (variance 20, so five times the mean): 1 - 0.8^(k+1)
    assert value(COUNT, 1 - 0.8**6, 4.0, 5.0) == 5.0


@pytest.mark.parametrize("mean", [30.0, 700.0, 2e5])
@pytest.mark.parametrize("phi", [1.0, 1.3, 8.0])
def test_a_quantile_of_large_counts_lies_where_the_tail_says(mean, phi):
    x = value(COUNT, 0.99, mean, phi)
    tail = POISSON if phi == 1 else NB
    more = (mean,) if phi == 1 else (mean / (phi - 1), 1 / phi)
    assert value(tail, x + 1, *more) <= 0.01 * (1 + 1e-8)
    assert value(tail, x, *more) > 0.01 * (1 - 1e-8)


def test_a_mean_beyond_all_counts_has_a_quantile_without_a_search_without_end():
    assert value(COUNT, 0.975, 1e20, 1.0) == pytest.approx(1e20 + 1.96e10, rel=1e-12)
    assert value(COUNT, 0.975, np.inf, 3.0) == np.inf


def test_the_derivatives_of_the_log_gamma_function_have_their_known_values():
    assert value(DIGAMMA, 1.0) == pytest.approx(-0.5772156649015329, rel=1e-13)
    assert value(TRIGAMMA, 1.0) == pytest.approx(math.pi**2 / 6, rel=1e-13)
    assert value(TRIGAMMA, 0.5) == pytest.approx(math.pi**2 / 2, rel=1e-13)
