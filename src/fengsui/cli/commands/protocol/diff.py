"""What version B says differently from A, and what B would do to the loops there are.

版本 B 与 A 有何不同，以及 B 会怎样改变现有的闭环。

A and B are NAME@VERSION or files. On the facts of the database: which loops change, who becomes free
earlier or later and by how much, which work is added or removed for which post on which day, which loops
keep the old rule and why. Nothing is written. --from tries B as if it came into force then.

A、B 写作 名称@版本，或文件。按数据库中的事实推算：哪些闭环会变，谁会提前或推迟解除、差多少，
哪个岗位哪天多出或减少什么工作，哪些闭环仍按旧规则及其原因。不写入任何内容。--from 假设 B 自该时刻施行。
"""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.protocol.show import version
from fengsui.cli.options import Limit, argument, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.engines.home import Home, rules_of
from fengsui.kit.civil import civil_from
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops.dry_run import DryRun, dry_run
from fengsui.loops.naming import place_text, role_text
from fengsui.loops.strata import Rules
from fengsui.protocols.diff import Difference, differences, worded
from fengsui.protocols.library import Library
from fengsui.protocols.model import InFlight, Protocol
from fengsui.protocols.what_if import in_force_from, with_file, without_version

Before = Annotated[str, argument("A", "名称@版本，或文件", "NAME@VERSION, or a file")]
After = Annotated[str, argument("B", "名称@版本，或文件", "NAME@VERSION, or a file")]
From = Annotated[
    str | None, option("--from", "假设 B 自此时刻施行", "try B as if in force from then", metavar="TIME")
]
Running = Annotated[
    str | None,
    option(
        "--running-loops",
        "假设 B 这样对待在办闭环",
        "try B with another rule for running loops",
        metavar="RULE",
    ),
]

KEPT = {
    "closed": Text("施行前已闭合", "closed before it came into force"),
    "ended": Text("开启时该版本已失效", "opened when it was over"),
    "elsewhere": Text("不在其适用辖区", "lie where it does not hold"),
    "pinned": Text("已开启的闭环仍按原版本", "running loops stay on their version"),
    "settled_or_due": Text("部分环节施行前已了结或已到期", "some duties were settled or due before it"),
    "anchored": Text("部分环节施行前已起算", "some duties began to count before it"),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both answers. ``effect`` is None where there is no database to try it on."""

    before: str
    after: str
    differences: tuple[Difference, ...]
    effect: DryRun | None


def command(
    run: Run,
    before: Before,
    after: After,
    from_: From = None,
    running_loops: Running = None,
    limit: Limit = 20,
) -> None:
    """Compare the two, then try B on the facts."""
    library, old = _named(run, run.library, before)
    library, new = _named(run, library, after)
    effect = None
    if run.db.exists():
        tried = library
        if from_ or running_loops:
            at = run.day("--from", from_) if from_ else None
            tried = in_force_from(library, new.name, new.version, at=at, in_flight=_in_flight(running_loops))
        effect = _tried(run, tried, new.name, new.version)
    found = Comparison(
        f"{old.name}@{old.version}", f"{new.name}@{new.version}", differences(old, new), effect
    )
    run.answer(found, lambda page: _show(page, found, run, limit))


def _named(run: Run, library: Library, text: str) -> tuple[Library, Protocol]:
    """A version by its name, or the one of a file, which is added to the library."""
    path = Path(text)
    if not path.is_file():
        return library, version(run, library, text)
    library, name, made = with_file(library, path)
    return library, next(p for p in library.everywhere(name) if p.version == made)


def _in_flight(text: str | None) -> InFlight | None:
    if text is None:
        return None
    if text not in list(InFlight):
        found = Finding("--running-loops", "rule", repr(text), " | ".join(InFlight))
        raise BadInput("--running-loops", (found,))
    return InFlight(text)


def _tried(run: Run, library: Library, name: str, wanted: str) -> DryRun:
    home, asked = run.home, run.moment()
    after = rules_of(library, home.areas)
    before = _before(library, name, wanted, home)
    with run.progress("试算", "Trying it") as tell:
        tell(0, 1)
        read_by = (*before.versions[name], *after.versions[name])
        facts = home.histories(read_by, as_of=asked.as_of, known_at=asked.known_at)
        return dry_run(before, after, facts, name=name, version=wanted, world=home.world, now=asked.as_of)


def _before(library: Library, name: str, wanted: str, home: Home) -> Rules:
    """The rules without the version; a protocol of which it is the only one has none before."""
    rules = rules_of(without_version(library, name, wanted), home.areas)
    if name in rules.versions:
        return rules
    return Rules(
        {**rules.versions, name: ()},
        lambda called, area: () if called == name else rules.timeline(called, area),
    )


def _show(page: Page, found: Comparison, run: Run, limit: int) -> None:
    page.heading(f"{found.before} → {found.after}")
    heads = [Text("位置", "where"), Text("原", "before"), Text("新", "after")]
    page.table(heads, ([d.where, worded(d.before), worded(d.after)] for d in found.differences))
    if not found.differences:
        page.line(Text("内容相同", "they say the same"))
    page.line()
    if found.effect is None:
        page.line(
            Text(f"没有数据库 {run.db}，未试算", f"no database {run.db}, so it was not tried on any facts")
        )
    else:
        _show_effect(page, found.effect, run, limit)


def _show_effect(page: Page, effect: DryRun, run: Run, limit: int) -> None:
    now, switch = page.time(effect.now, run.zone), page.time(effect.switch_at, run.zone)
    page.heading(
        Text(
            f"按 {now} 的事实试算，{switch} 起施行", f"Tried on the facts as of {now}, in force from {switch}"
        )
    )
    new, gone = effect.n_only_after, effect.n_only_before
    page.line(
        Text(
            f"闭环 {effect.n_loops}：改变 {effect.n_changed}，新增 {new}，不再开启 {gone}",
            f"{effect.n_loops} loops: {effect.n_changed} change, {new} new, {gone} not opened any more",
        )
    )
    page.line(
        Text(
            f"断点：原 {effect.n_breaks_before}，新 {effect.n_breaks_after}",
            f"breaks so far: {effect.n_breaks_before} before, {effect.n_breaks_after} after",
        )
    )
    _show_freed(page, effect, run, limit)
    _show_work(page, effect, run, limit)
    for kept in effect.kept:
        why = KEPT[kept.why]
        page.line(Text(f"仍按旧规则 {kept.n}：{why.zh}", f"{kept.n} keep the old rule: {why.en}"))


def _show_freed(page: Page, effect: DryRun, run: Run, limit: int) -> None:
    page.line(
        Text(
            f"解除：提前 {effect.n_earlier}，推迟 {effect.n_later}",
            f"freed: {effect.n_earlier} earlier, {effect.n_later} later",
        )
    )
    rows = ([f"{days:+d}", n] for days, n in effect.by_days)
    page.table([Text("相差天数", "days"), Text("闭环", "loops")], rows, right=[0, 1])
    heads = [Text("闭环", "loop"), Text("地点", "place"), Text("原", "before"), Text("新", "after")]
    shifts = islice(effect.shifts, limit)
    page.table(
        heads,
        (
            [s.loop, place_text(run.areas, s.place), _at(page, s.before_at, run), _at(page, s.after_at, run)]
            for s in shifts
        ),
    )


def _at(page: Page, at: int, run: Run) -> str:
    return "—" if at == NEVER else page.time(at, run.zone)


def _show_work(page: Page, effect: DryRun, run: Run, limit: int) -> None:
    page.line(
        Text(
            f"待办工作：增加 {effect.n_work_added}，减少 {effect.n_work_removed}",
            f"work to be done: {effect.n_work_added} added, {effect.n_work_removed} removed",
        )
    )
    heads = [
        Text("日期", "day"),
        Text("岗位", "post"),
        Text("地点", "place"),
        Text("增", "+"),
        Text("减", "-"),
    ]
    work = islice(effect.work, limit)
    rows = (
        [_day(w.day), role_text(w.role), place_text(run.areas, w.place), w.added, w.removed] for w in work
    )
    page.table(heads, rows, right=[3, 4])
    if len(effect.work) > limit:
        more = len(effect.work) - limit
        page.line(Text(f"……另有 {more} 行，用 --limit 多看", f"… {more} more, see --limit"), style="dim")


def _day(day: int) -> str:
    year, month, of_month = civil_from(day)
    return f"{year}-{month:02d}-{of_month:02d}"
