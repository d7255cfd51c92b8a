"""Distribution functions for compiled code: normal, Student, gamma, Poisson, negative binomial.

Formulas: Abramowitz & Stegun 6.5, 26.5 (incomplete gamma and beta functions, by series and by
Lentz's continued fraction), Wichura 1988 (AS 241, normal quantile). Accurate to about 1e-13 relative where
the parameters are below 1e4; above, the log-gamma differences cost up to four digits more.

scipy would bring the same in 140 MB, and none of it can be called from compiled code.
"""

import math

import numpy as np

from fengsui.watch.compiled import inner

EPS = 2.220446049250313e-16
TINY = 1e-300
FUZZ = 1 - 64 * EPS  # the reference's quantiles forgive this much, so that p = F(x) finds x
HUGE_MEAN = 1e15  # beyond, counts are no longer whole numbers in a double


@inner
def _ratio(x, num, den):
    """A quotient of two polynomials of degree seven, highest coefficient first."""
    top, low = num[0], den[0]
    for i in range(1, 8):
        top = top * x + num[i]
        low = low * x + den[i]
    return top / low


_CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_NEAR = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
     3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)  # fmt: skip
_FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
     0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699,
     6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
     7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)  # fmt: skip
_CENTRE_NUM, _CENTRE_DEN = np.array(_CENTRE[0]), np.array(_CENTRE[1])
_NEAR_NUM, _NEAR_DEN = np.array(_NEAR[0]), np.array(_NEAR[1])
_FAR_NUM, _FAR_DEN = np.array(_FAR[0]), np.array(_FAR[1])


@inner
def norm_quantile(p):
    """The standard normal quantile of p in (0, 1); infinite at the ends."""
    if p <= 0.0:
        return -np.inf
    if p >= 1.0:
        return np.inf
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(0.180625 - q * q, _CENTRE_NUM, _CENTRE_DEN)
    r = math.sqrt(-math.log(p if q < 0 else 1.0 - p))
    z = _ratio(r - 1.6, _NEAR_NUM, _NEAR_DEN) if r <= 5.0 else _ratio(r - 5.0, _FAR_NUM, _FAR_DEN)
    return -z if q < 0 else z


@inner
def norm_sf(x):
    """The chance that a standard normal exceeds x."""
    return 0.5 * math.erfc(x / math.sqrt(2.0))


@inner
def _beta_fraction(a, b, x):
    """Lentz's continued fraction of the incomplete beta function."""
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > TINY else TINY)
    h = d
    for m in range(1, 100_000):
        for odd in range(2):
            if odd == 0:
                f = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            else:
                f = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1.0 + f * d
            d = 1.0 / (d if abs(d) > TINY else TINY)
            c = 1.0 + f / c
            c = c if abs(c) > TINY else TINY
            step = c * d
            h *= step
        if abs(step - 1.0) < 4 * EPS:
            break
    return h


@inner
def beta_cdf(a, b, x, is_upper):
    """The regularised incomplete beta function I_x(a, b), or 1 - I_x(a, b) without cancellation."""
    if x <= 0.0 or x >= 1.0:
        return 1.0 if (x >= 1.0) != is_upper else 0.0
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x < (a + 1.0) / (a + b + 2.0):
        low = math.exp(front) * _beta_fraction(a, b, x) / a
        return 1.0 - low if is_upper else low
    high = math.exp(front) * _beta_fraction(b, a, 1.0 - x) / b
    return high if is_upper else 1.0 - high


@inner
def student_two_sided(t, df):
    """The chance that a Student t with df degrees of freedom lies further from 0 than t."""
    return beta_cdf(df / 2.0, 0.5, df / (df + t * t), False)


@inner
def gamma_cdf(x, shape, is_upper):
    """The regularised incomplete gamma function P(shape, x), or Q = 1 - P without cancellation."""
    return _gamma_cdf(x, shape, math.lgamma(shape), is_upper)


@inner
def _gamma_cdf(x, shape, log_gamma, is_upper):
    """The same where log Gamma(shape) is known."""
    if x <= 0.0:
        return 1.0 if is_upper else 0.0
    if x == np.inf:
        return 0.0 if is_upper else 1.0
    front = math.exp(shape * math.log(x) - x - log_gamma)
    if x < shape + 1.0:
        term = total = 1.0 / shape
        n = shape
        while term > total * EPS / 4:
            n += 1.0
            term *= x / n
            total += term
        low = total * front
        return 1.0 - low if is_upper else low
    b, d = x + 1.0 - shape, 1.0 / (x + 1.0 - shape)
    c, h = 1.0 / TINY, d
    for i in range(1, 1_000_000):
        f = -i * (i - shape)
        b += 2.0
        d = f * d + b
        d = 1.0 / (d if abs(d) > TINY else TINY)
        c = b + f / c
        c = c if abs(c) > TINY else TINY
        h *= d * c
        if abs(d * c - 1.0) < 4 * EPS:
            break
    return front * h if is_upper else 1.0 - front * h


@inner
def gamma_quantile(p, shape, log_gamma):
    """The quantile of a gamma distribution with scale 1, by Halley steps from Wilson and Hilferty's
    start.

    ``log_gamma``: log Gamma(shape), which many quantiles share. A step triples the digits: after one
    that was below 3e-4 standard deviations, ten are right.
    """
    if not (p > 0.0 and shape > 0.0):
        return 0.0 if p == 0.0 and shape > 0.0 else np.nan
    if p >= 1.0:
        return np.inf
    z = norm_quantile(p)
    x = shape * (1.0 - 1.0 / (9.0 * shape) + z / (3.0 * math.sqrt(shape))) ** 3
    if shape < 1.0 or x <= 0.0 or x < 0.02 * shape:
        x = math.exp((math.log(p) + math.lgamma(shape + 1.0)) / shape)  # P(a, x) ~ x^a / Gamma(a + 1)
    sd = math.sqrt(shape)
    is_upper = p > 0.5
    for _ in range(60):
        part = _gamma_cdf(x, shape, log_gamma, is_upper)
        off = 1.0 - p - part if is_upper else part - p
        density = math.exp((shape - 1.0) * math.log(x) - x - log_gamma)
        if not density > 0.0:
            break
        step = off / density
        step /= 1.0 - 0.5 * min(1.0, step * ((shape - 1.0) / x - 1.0))
        new = x - step
        new = new if new > 0.0 else x / 2.0
        if abs(new - x) < 3e-4 * min(x, sd):
            return new
        x = new
    return x


@inner
def pois_sf(x, mean):
    """The chance that a Poisson count is x or more."""
    return 1.0 if x <= 0 else gamma_cdf(mean, x, False)


@inner
def nb_sf(x, size, prob):
    """The chance that a negative binomial count is x or more."""
    return 1.0 if x <= 0 else beta_cdf(size, x, prob, True)


@inner
def _count_pmf(x, mean, size, prob):
    """The chance of the count x; Poisson where size is infinite."""
    if size == np.inf:
        return math.exp(x * math.log(mean) - mean - math.lgamma(x + 1.0))
    log_choose = math.lgamma(x + size) - math.lgamma(size) - math.lgamma(x + 1.0)
    return math.exp(log_choose + size * math.log(prob) + x * math.log1p(-prob))


@inner
def count_quantile(p, mean, phi):
    """The smallest count that is not exceeded with chance p, of a count with variance phi * mean.

    Negative binomial for phi > 1, else Poisson; for means beyond any count by its normal approximation.
    """
    if not mean < HUGE_MEAN:
        return mean + norm_quantile(p) * math.sqrt(mean * max(phi, 1.0))
    if mean <= 0.0:
        return 0.0
    is_poisson = phi <= 1.0
    size = np.inf if is_poisson else mean / (phi - 1.0)
    prob = 1.0 if is_poisson else 1.0 / phi
    goal = p * FUZZ
    z = norm_quantile(p)
    sd = math.sqrt(mean * max(phi, 1.0))
    skew = (2.0 * max(phi, 1.0) - 1.0) / sd
    at_zero = math.exp(-mean) if is_poisson else math.exp(size * math.log(prob))
    x, below, mass = 0.0, at_zero, at_zero
    if at_zero < 1e-30 or mean > 500.0:
        x = max(0.0, math.floor(mean + sd * (z + skew * (z * z - 1.0) / 6.0) + 0.5))
        above = pois_sf(x + 1.0, mean) if is_poisson else nb_sf(x + 1.0, size, prob)
        below, mass = 1.0 - above, _count_pmf(x, mean, size, prob)
        while x > 0.0 and below - mass >= goal:
            below -= mass
            mass *= x / mean if is_poisson else x / ((x - 1.0 + size) * (1.0 - prob))
            x -= 1.0
    while below < goal:
        mass *= mean / (x + 1.0) if is_poisson else (x + size) * (1.0 - prob) / (x + 1.0)
        x += 1.0
        if mass <= 0.0 or below + mass == below:
            break
        below += mass
    return x


@inner
def digamma(x):
    """The derivative of the log-gamma function, for x > 0."""
    total = 0.0
    while x < 12.0:
        total -= 1.0 / x
        x += 1.0
    y = 1.0 / (x * x)
    series = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y * (1 / 132 - y * 691 / 32760)))))
    return total + math.log(x) - 0.5 / x - series


@inner
def trigamma(x):
    """The second derivative of the log-gamma function, for x > 0."""
    total = 0.0
    while x < 12.0:
        total += 1.0 / (x * x)
        x += 1.0
    y = 1.0 / (x * x)
    series = y * (1 / 6 - y * (1 / 30 - y * (1 / 42 - y * (1 / 30 - y * (5 / 66 - y * 691 / 2730)))))
    return total + 1.0 / x + y / 2.0 + series / x
