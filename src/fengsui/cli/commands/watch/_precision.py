"""What the commands that measure detectors share: their options and their table."""

from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Annotated

from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.text import Text

Methods = Annotated[
    list[str] | None,
    option("--method", "方法，可多次给出；默认全部", "a detector, may be given again; all", metavar="METHOD"),
]
Alphas = Annotated[
    str | None,
    option(
        "--alphas",
        "阈值曲线上的点，如 0.005,0.01,0.05",
        "points on the curve of thresholds, such as 0.005,0.01,0.05",
        metavar="LIST",
    ),
]
Settings = Annotated[
    Path | None,
    option("--config", "命名设置的 JSON 文件", "JSON file of named settings", metavar="FILE"),
]
# Column, its two names, and how many digits of what.
COLUMNS: Sequence[tuple[str, Text, str]] = (
    ("FPR", Text("误报／序列周", "false alarms a week"), "{:.2%}"),
    ("POD", Text("发现的暴发", "outbreaks found"), "{:.1%}"),
    ("POD_1st_week", Text("首周即发现", "in their first week"), "{:.1%}"),
    ("POD_2_weeks", Text("两周内发现", "within two weeks"), "{:.1%}"),
    ("delay", Text("延迟（周）", "delay, weeks"), "{:.2f}"),
    ("timeliness", Text("及时性（0 即时，1 漏）", "timeliness (0 at once, 1 missed)"), "{:.3f}"),
    ("PPV", Text("预警属实", "alarms that were one"), "{:.1%}"),
    ("cost", Text("每发现一起的误报", "false alarms for one found"), "{:.2f}"),
)
WITH_INTERVAL = ("FPR", "POD", "delay", "PPV")


def numbers(name: str, said: str | None) -> list[float]:
    """Numbers between commas; BadInput names the option where one is none."""
    try:
        return [float(part) for part in (said or "").split(",") if part.strip()]
    except ValueError as error:
        expected = "numbers between commas"
        raise BadInput(f"{name} {said}", (Finding(name, "numbers", str(said), expected),)) from error


def show(run: Run, rows: Sequence[Mapping[str, object]]) -> None:
    """Print the rows, a line each; figures that weigh most with their 95 % interval."""
    has_group = any(row["group"] != "" for row in rows)
    heads = [Text("方法", "detector"), Text("α", "α")]
    heads += [Text("组", "group")] if has_group else []
    heads += [Text("序列", "series"), *(title for _, title, _ in COLUMNS)]

    def lines():
        for row in rows:
            alpha = "" if row["alpha"] is None else f"{row['alpha']:g}"
            first = [row["detector"], alpha, *([row["group"]] if has_group else []), f"{row['series']:,}"]
            yield [*first, *(_cell(row, name, form) for name, _, form in COLUMNS)]

    plain = [{name: _known(value) for name, value in row.items()} for row in rows]
    run.answer({"rows": plain}, lambda page: page.table(heads, lines(), right=range(1, len(heads))))


def _cell(row: Mapping[str, object], name: str, form: str) -> str:
    if isnan(row[name]):
        return "—"
    said = form.format(row[name])
    if name not in WITH_INTERVAL:
        return said
    ends = (form.format(row[end][name]).rstrip("%") for end in ("low", "high"))
    return f"{said} ({'–'.join(ends)})"


def _known(value: object) -> object:
    """What JSON can say: nothing for what is not a number."""
    if isinstance(value, Mapping):
        return {name: _known(one) for name, one in value.items()}
    return None if isinstance(value, float) and isnan(value) else value
