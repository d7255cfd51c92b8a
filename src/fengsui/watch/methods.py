"""The detectors by name, and the columns each writes: those of the reference file of that method.

A detector is a function ``(many series, settings, compat=…) -> table``, imported when it is asked for,
since the compiled ones take a second to load.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.text import Text
from fengsui.watch.series import Series

BOUND = ("t", "observed", "upperbound", "alarm")
FLEXIBLE = ("expected", "mu0", "phi", "score", "pvalue", "trend_used", "trend_coef")


@dataclass(frozen=True, slots=True)
class Method:
    """A detector: the module it is in (its function has the method's name), what it writes, what it is."""

    module: str
    columns: tuple[str, ...]
    about: Text


METHODS: Mapping[str, Method] = {
    "farrington_flexible": Method(
        "farrington", ("b", *BOUND, *FLEXIBLE), Text("Farrington 改进法", "Farrington, flexible form")
    ),
    "farrington": Method("farrington", BOUND, Text("Farrington 法（1996）", "Farrington, form of 1996")),
    "ears": Method("ears", BOUND, Text("EARS C1、C2、C3", "EARS C1, C2, C3")),
    "cusum": Method(
        "cusum", ("t", "observed", "m", "cusum", "upperbound", "alarm"), Text("累积和", "CUSUM of counts")
    ),
    "glr_nb": Method(
        "glr",
        ("t", "observed", "mu0", "alpha", "statistic", "alarm"),
        Text("广义似然比", "generalised likelihood ratio"),
    ),
    "bayes": Method("history", BOUND, Text("贝叶斯法", "Bayes")),
    "rki": Method("history", BOUND, Text("RKI 法", "RKI")),
    "cdc": Method("history", BOUND, Text("CDC 法", "CDC")),
    "outbreak_p": Method("outbreak_p", BOUND, Text("OutbreakP", "OutbreakP")),
    "rogerson": Method(
        "rogerson",
        ("t", "observed", "theta0", "upperbound", "alarm"),
        Text("变均值泊松累积和", "Poisson CUSUM of a changing mean"),
    ),
    "boda": Method("boda", BOUND, Text("贝叶斯暴发探测", "BODA")),
    "moving_percentile": Method("history", BOUND, Text("移动百分位数法", "moving percentile")),
    "fixed_threshold": Method("history", BOUND, Text("固定阈值法", "fixed threshold")),
    "outbreak_odds": Method(
        "odds", (*BOUND, "expected", "phi", "odds", "pvalue"), Text("暴发可能性比", "odds of an outbreak")
    ),
    "mem": Method("mem", (*BOUND, "intensity"), Text("移动流行区间法", "Moving Epidemic Method")),
}
# What the reference calls them.
ALIASES = {
    "farringtonFlexible": "farrington_flexible",
    "farrington_classic": "farrington",
    "earsC": "ears",
    "ears_c": "ears",
    "glrnb": "glr_nb",
    "glr_pois": "glr_nb",
    "outbreakP": "outbreak_p",
    "bodaDelay": "boda",
}


def method_named(name: str) -> str:
    """The name of a method, also by what the reference calls it; BadInput if there is none."""
    found = ALIASES.get(name, name)
    if found not in METHODS:
        raise BadInput(name, (Finding("METHOD", "method", name, "one of " + ", ".join(METHODS)),))
    return found


def run_method(
    name: str, many: Sequence[Series], settings: Mapping[str, Mapping], *, compat: str | None = None
) -> pa.Table:
    """Every setting on every series it fits: ``config_id, series_id`` and the columns of the method."""
    method = METHODS[method_named(name)]
    run = getattr(import_module(f"fengsui.watch.{method.module}"), method_named(name))
    tables = []
    for setting, given in settings.items():
        table = run(many, given, compat=compat)
        columns = {each: table[each] for each in ("series_id", *method.columns)}
        tables.append(pa.table({"config_id": pa.array([setting] * table.num_rows, pa.string()), **columns}))
    return pa.concat_tables(tables)
