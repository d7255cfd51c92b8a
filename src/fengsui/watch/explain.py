"""A signal in the words of somebody who has to act on it: what, where, since when, against what, by what."""

import math
from collections.abc import Callable

from fengsui.kit.civil import civil_from
from fengsui.kit.text import Text
from fengsui.watch.declared import Declared
from fengsui.watch.signals import Signal

DETECTORS = {
    "farrington_flexible": Text("Farrington 改进法", "Farrington"),
    "ears": Text("EARS", "EARS"),
    "ears_c1_weekly": Text("EARS C1（周）", "EARS C1 weekly"),
    "ears_c1": Text("EARS C1", "EARS C1"),
    "ears_c2": Text("EARS C2", "EARS C2"),
    "ears_c3": Text("EARS C3", "EARS C3"),
    "cusum": Text("累积和", "CUSUM"),
    "glr_nb": Text("广义似然比", "likelihood ratio"),
    "outbreak_odds": Text("暴发可能性比", "odds of an outbreak"),
    "moving_percentile": Text("移动百分位数法", "moving percentile"),
}
N_NAMED = 3  # areas that are named; of the rest their number


def detector_text(name: str) -> Text:
    """What a detector is called; its name where nobody says."""
    return DETECTORS.get(name, Text(name, name))


def number(value: float) -> str:
    """A count as people write it: whole where it is, else with one digit."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 or abs(value) >= 100 else f"{value:,.1f}"


def sentence(signal: Signal, *, area: Callable[[str], Text], declared: Declared) -> Text:
    """One sentence for the duty officer, in both languages. ``area`` gives the name of an area."""
    return Text(*(_said(signal, area, declared, lang) for lang in ("zh", "en")))


def _said(signal: Signal, area: Callable[[str], Text], declared: Declared, lang: str) -> str:
    lead = signal.lead
    names = [area(code).in_(lang) for code in signal.areas]
    what = declared.disease_text(lead.key.disease).in_(lang)
    source = declared.stream_text(lead.key.source).in_(lang)
    others = [declared.stream_text(name).in_(lang) for name in signal.sources if name != lead.key.source]
    shown = [detector_text(name).in_(lang) for name in signal.detectors]
    more = len(names) - N_NAMED
    y, mean = number(lead.observed), number(max(lead.expected, 0.0))
    bound = "" if math.isnan(lead.bound) else number(max(lead.bound, 0.0))
    since, of = day(signal.first, lang), span(lead.first, lead.last, lang)
    if lang == "zh":
        where = "、".join(names[:N_NAMED]) + (f"等 {len(names)} 地" if more > 0 else "")
        parts = [
            f"{area(signal.area).zh}{what}（{source}）：{of} {y}，预期 {mean}"
            + (f"，上限 {bound}" if bound else "")
        ]
        parts.append(f"自 {since} 起偏高，共多出约 {number(signal.excess)}")
        parts += [f"涉及 {where}"] if len(names) > 1 else []
        parts += [f"年龄 {'、'.join(signal.ages)}"] if signal.ages else []
        parts += [f"{'、'.join(others)}同时偏高"] if others else []
        return (
            "；".join(parts) + f"。{'、'.join(shown)}报警。先核实是否补报或重复报告，再问最早几例的共同去处。"
        )
    where = ", ".join(names[:N_NAMED]) + (f" and {more} more" if more > 0 else "")
    parts = [
        f"{area(signal.area).en}, {what} ({source}): {y} {of}, {mean} expected"
        + (f", bound {bound}" if bound else "")
    ]
    parts.append(f"high since {since}, about {number(signal.excess)} too many in all")
    parts += [f"in {where}"] if len(names) > 1 else []
    parts += [f"ages {', '.join(signal.ages)}"] if signal.ages else []
    parts += [f"{' and '.join(others)} high too"] if others else []
    return (
        "; ".join(parts)
        + f". Alarm of {', '.join(shown)}. "
        + "Check first for late or double reports, then ask what the first had in common."
    )


def day(number_of: int, lang: str) -> str:
    """A day as people write it."""
    year, month, of_month = civil_from(number_of)
    return f"{year}年{month}月{of_month}日" if lang == "zh" else f"{year}-{month:02d}-{of_month:02d}"


def span(first: int, last: int, lang: str) -> str:
    """A day, or the days from one to another."""
    if first == last:
        return day(first, lang) if lang == "zh" else f"on {day(first, lang)}"
    return (
        f"{day(first, lang)}至{day(last, lang)}"
        if lang == "zh"
        else f"from {day(first, lang)} to {day(last, lang)}"
    )
