"""What version B says differently from A, and what B would do to the loops there are.

版本 B 与 A 有何不同，以及 B 会怎样改变现有的闭环。

A and B are NAME@VERSION, or files; or mere versions, such as 8 and 9, and then every protocol that has
both is compared. On the facts of the database: which loops change, how many are free at
once and on which day, earlier or later by how much, which steps fall away, which work is added or removed
for which post on which day, which loops keep the old rule and why. Nothing is written. --from tries B as
if it came into force then.

A、B 写作 名称@版本，或文件；只写版本（如 8 和 9）时，比较兼有两版的每个规程。
按数据库中的事实推算：哪些闭环会变，多少人立即解除、哪天解除、
提前或推迟多少，哪些环节不再需要，哪个岗位哪天多出或减少什么工作，哪些闭环仍按旧规则及其原因。不写入任何内容。
--from 假设 B 自该时刻施行。
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

from fengsui.board.policy import KEPT, Comparison, compared, policy
from fengsui.cli.commands.protocol.show import version
from fengsui.cli.options import Limit, argument, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.kit.civil import civil_from
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops.dry_run import DryRun
from fengsui.loops.naming import place_text, role_text
from fengsui.loops.outlook import StepWork
from fengsui.protocols.diff import worded
from fengsui.protocols.library import Library
from fengsui.protocols.model import InFlight, Protocol
from fengsui.protocols.what_if import in_force_from, with_file

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


def command(
    run: Run,
    before: Before,
    after: After,
    from_: From = None,
    running_loops: Running = None,
    limit: Limit = 20,
) -> None:
    """Compare the two, then try B on the facts."""
    answers = [
        _compared(run, old, new, from_=from_, running_loops=_in_flight(running_loops))
        for old, new in _pairs(run, before, after)
    ]
    found = [answer for answer, _ in answers]

    def show(page: Page) -> None:
        for answer, titles in answers:
            _show(page, answer, run, limit, titles=titles)

    run.answer(found[0] if len(found) == 1 else found, show)


def _pairs(run: Run, before: str, after: str) -> list[tuple[str, str]]:
    """What is compared with what: where A and B are mere versions, every protocol that has both."""
    library = run.library
    have = {name: {edition.protocol.version for edition in library.editions[name]} for name in library.names}
    named = [
        (f"{name}@{before}", f"{name}@{after}") for name, there in have.items() if {before, after} <= there
    ]
    return named or [(before, after)]


def _compared(
    run: Run, before: str, after: str, *, from_: str | None, running_loops: InFlight | None
) -> tuple[Comparison, dict[str, Text]]:
    """The comparison, and the titles of the steps in it."""
    library, old = _named(run, run.library, before)
    library, new = _named(run, library, after)
    if not run.db.exists():
        answer = compared(old, new)
    else:
        if from_ or running_loops:
            at = run.day("--from", from_) if from_ else None
            library = in_force_from(library, new.name, new.version, at=at, in_flight=running_loops)
        asked = run.moment()
        with run.progress("试算", "Trying it") as tell:
            answer = policy(
                run.home, library, old, new, as_of=asked.as_of, known_at=asked.known_at, progress=tell
            )
    return answer, {step.key: step.title for step in (*old.obligations, *new.obligations)}


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


def _show(page: Page, found: Comparison, run: Run, limit: int, *, titles: Mapping[str, Text]) -> None:
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
        _show_effect(page, found.effect, run)
        _show_freed(page, found, run, limit)
        _show_steps(page, found.outlook.steps, run, titles=titles)
        _show_work(page, found, run, limit)
        _show_kept(page, found.effect)


def _show_effect(page: Page, effect: DryRun, run: Run) -> None:
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


def _show_kept(page: Page, effect: DryRun) -> None:
    for kept in effect.kept:
        why = KEPT[kept.why]
        page.line(Text(f"仍按旧规则 {kept.n}：{why.zh}", f"{kept.n} keep the old rule: {why.en}"))


def _show_freed(page: Page, found: Comparison, run: Run, limit: int) -> None:
    effect, ahead = found.effect, found.outlook
    page.line(
        Text(
            f"解除：立即 {ahead.n_at_once}；时限提前 {effect.n_earlier}，推迟 {effect.n_later}",
            f"freed: {ahead.n_at_once} at once; due {effect.n_earlier} earlier, {effect.n_later} later",
        )
    )
    heads = [Text("应解除之日", "free on"), Text("原", "before"), Text("新", "after")]
    page.table(heads, ([_day(d.day), d.before, d.after] for d in ahead.free_days), right=[1, 2])
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


def _show_steps(page: Page, steps: Sequence[StepWork], run: Run, *, titles: Mapping[str, Text]) -> None:
    """How much each step still asks for; those that ask for as much as before are left out."""
    heads = [Text("待办环节", "step"), Text("岗位", "post"), Text("原", "before"), Text("新", "after")]
    changed = (s for s in steps if s.before != s.after)
    rows = ([titles.get(s.key, s.key), role_text(s.role, run.areas), s.before, s.after] for s in changed)
    page.table(heads, rows, right=[2, 3])


def _show_work(page: Page, found: Comparison, run: Run, limit: int) -> None:
    effect = found.effect
    page.line(
        Text(
            f"待办工作：增加 {effect.n_work_added}，减少 {effect.n_work_removed}",
            f"work to be done: {effect.n_work_added} added, {effect.n_work_removed} removed",
        )
    )
    heads = [Text("岗位", "post"), Text("增", "+"), Text("减", "-")]
    page.table(heads, ([role_text(p.role, run.areas), p.added, p.removed] for p in found.posts), right=[1, 2])
    heads = [
        Text("日期", "day"),
        Text("岗位", "post"),
        Text("地点", "place"),
        Text("增", "+"),
        Text("减", "-"),
    ]
    work = islice(effect.work, limit)
    rows = (
        [_day(w.day), role_text(w.role, run.areas), place_text(run.areas, w.place), w.added, w.removed]
        for w in work
    )
    page.table(heads, rows, right=[3, 4])
    if len(effect.work) > limit:
        more = len(effect.work) - limit
        page.line(Text(f"……另有 {more} 行，用 --limit 多看", f"… {more} more, see --limit"), style="dim")


def _day(day: int) -> str:
    year, month, of_month = civil_from(day)
    return f"{year}-{month:02d}-{of_month:02d}"
