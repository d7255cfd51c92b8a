"""The pages of ``docs/packs``: what a pack owes, step by step, in both languages, from its files alone."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from fengsui.board.desk import SUBJECT_TYPES
from fengsui.engines.golden_suite import SHIPPED_REGION, Suite
from fengsui.kit.areas import Areas
from fengsui.kit.text import Text
from fengsui.loops.naming import place_text, role_names
from fengsui.protocols.describe import Outline, outline, steps
from fengsui.protocols.diff import differences, worded
from fengsui.protocols.model import Agg, Length, Milestone, Protocol, Stop
from fengsui.protocols.pack import Pack, clauses
from fengsui.protocols.phrases import Wording, length_words

BACK = "../../src/fengsui/"  # from docs/packs to the packages
MADE = "Written from the files of the pack by `fengsui protocol docs --write`. 由规程文件生成，勿手工修改。"
SILENT = re.compile(r"[:;#\"{}\[\]<>|]")  # what a label of a diagram may not contain
LEFT_OUT = re.compile(r"\.basis\.(?:issuer|number|url)$|^stops\..*\.basis\.")  # the document says it
MARK = {"sourced": "", "press": " ¹", "to_verify": " ²", "design": " ³"}
NOTES = (
    "¹ seen in the press 据公开报道 · ² to be verified 待核实 · ³ a choice of this system 系统设定 · "
    "⊘ restricts a person 限制人身 · ○ frees 解除限制"
)


@dataclass(frozen=True)
class Library:
    """What the pages are made from."""

    suite: Suite
    wording: Wording
    areas: Areas

    @classmethod
    def of(cls, suite: Suite) -> "Library":
        """A suite, with the words of the region the histories happen in."""
        areas = Areas.of_region(SHIPPED_REGION)
        return cls(suite, Wording(suite.kinds, role_names(areas), areas.region.level_names), areas)


def pack_pages(suite: Suite, packs: Sequence[Pack]) -> dict[str, str]:
    """File name → text, of all packs, with ``README.md`` that lists them."""
    library = Library.of(suite)
    pages = {f"{pack.name}.md": "\n".join(_pack(pack, library)).rstrip() + "\n" for pack in packs}
    return {"README.md": "\n".join(_index(packs, library)) + "\n", **pages}


def _both(text: Text, between: str = " ") -> str:
    return text.zh if text.zh == text.en else f"{text.zh}{between}{text.en}"


def _cell(text: Text | str) -> str:
    return (_both(text, "<br>") if isinstance(text, Text) else text).replace("|", "\\|").replace("\n", " ")


def _table(heads: Sequence[str], rows: Iterable[Sequence[Text | str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(map(_cell, row)) + " |"
    yield ""


def _index(packs: Sequence[Pack], library: Library) -> Iterator[str]:
    yield "# Packs 规程包"
    yield ""
    yield MADE
    yield ""
    yield "Which protocol carries out which clause: [coverage](../coverage.md). 条款由哪些规程落实，见该页。"
    yield ""
    rows = (
        [
            f"[{pack.name}]({pack.name}.md)",
            pack.title,
            "<br>".join(f"`{name}`" for name in pack.protocols(library.suite.library)),
            ", ".join(map(str, sorted(pack.covers))) or "—",
        ]
        for pack in packs
    )
    yield from _table(["pack 包", "what 内容", "protocols 规程", "clauses 条款"], rows)


def _pack(pack: Pack, library: Library) -> Iterator[str]:
    yield f"# {_both(pack.title)}"
    yield ""
    yield MADE
    yield ""
    yield pack.about.zh
    yield ""
    yield pack.about.en
    yield ""
    titles = clauses()
    if pack.covers:
        rows = (
            [str(n), titles[n], "<br>".join(f"`{name}`" for name in names)]
            for n, names in sorted(pack.covers.items())
        )
        yield from _table(["", "clause 条款", "protocols 规程"], rows)
    yield NOTES
    yield ""
    for name in pack.protocols(library.suite.library):
        yield from _protocol(name, library)


def _protocol(name: str, library: Library) -> Iterator[str]:
    editions = [edition.protocol for edition in library.suite.library.editions[name]]
    yield f"## {_both(editions[-1].title)}"
    yield ""
    yield f"`{name}`"
    yield ""
    for version in editions:
        yield from _version(version, library)
    for before, after in pairwise(editions):
        yield f"### {before.version} → {after.version}"
        yield ""
        yield from _changes(before, after)
    yield from _orders(name, library)
    yield from _histories(name, library)


def _version(version: Protocol, library: Library) -> Iterator[str]:
    said = outline(version, library.wording, zone=library.suite.library.zone)
    yield f"### {version.version}: {_both(version.title)}"
    yield ""
    rows = ([f"{label.zh} {label.en}", text] for label, text in _outline(version, said, library))
    yield from _table(["", ""], rows)
    heads = ["step 环节", "owner 责任", "by when 时限", "shown by 凭据", "law 依据"]
    rows = (
        [
            Text(s.title.zh + MARK[s.confidence] + sign, f"{s.title.en}<br>`{s.key}`"),
            s.owner,
            s.clock,
            s.evidence,
            s.law if step.basis.document != version.basis.document else step.basis.clause,
        ]
        for s, step in zip(steps(version, library.wording), version.obligations, strict=True)
        for sign in [(" ⊘" if s.restricts else "") + (" ○" if s.frees else "")]
    )
    yield from _table(heads, rows)
    yield from _diagram(version)


def _outline(version: Protocol, said: Outline, library: Library) -> Iterator[tuple[Text, Text | str]]:
    yield Text("对象", "about"), SUBJECT_TYPES.get(version.subject, Text(version.subject, version.subject))
    yield Text("依据", "law"), said.law
    if version.basis.url:
        yield Text("来源", "source"), f"<{version.basis.url}>"
    yield Text("施行", "in force"), said.in_force
    yield Text("在办的闭环", "running loops"), said.running
    yield Text("开启", "opens"), said.opens
    yield Text("闭合", "closes"), said.closes
    for stop in said.stops:
        yield Text("终止", "stops"), stop
    for grant in said.grants:
        yield Text("另有", "also"), grant
    ladder = said.escalation
    yield Text("督办", "told"), Text("；".join(t.zh for t in ladder), "; ".join(t.en for t in ladder))
    if version.confirm_after:
        yield Text("核实期", "provisional for"), length_words(Length(version.confirm_after))
    yield Text("保留", "kept"), said.retain


def _changes(before: Protocol, after: Protocol) -> Iterator[str]:
    found = [d for d in differences(before, after) if not LEFT_OUT.search(d.where)]
    rows = ([f"`{d.where}`", worded(d.before), worded(d.after)] for d in found)
    if found:
        yield from _table(["where 位置", before.version, after.version], rows)
    else:
        yield "They say the same. 内容相同。"
        yield ""


def _orders(name: str, library: Library) -> Iterator[str]:
    """Each local order, against the version it was first laid over."""
    rules, areas = library.suite.library, library.areas
    for order in rules.overlays.get(name, ()):
        path = areas.path(order.area) if areas.resolve(order.area) == order.area else (order.area,)
        over = next(v for v in rules.timeline(name, path) if order.name in v.version.split("+")[1:])
        under = next(
            e.protocol for e in rules.editions[name] if e.protocol.version == over.version.split("+")[0]
        )
        said = outline(over, library.wording, zone=rules.zone)
        place = place_text(areas, order.area)
        yield f"### {_both(place)}: {order.name}"
        yield ""
        yield f"{said.in_force.zh}，对 {under.version} 的调整。 {said.in_force.en}, over {under.version}."
        yield ""
        yield from _changes(under, over)


def _histories(name: str, library: Library) -> Iterator[str]:
    goldens = [golden for golden in library.suite.goldens if name in golden.protocols]
    if not goldens:
        return
    yield "### Golden histories 范例"
    yield ""
    for golden in goldens:
        yield f"- [{_both(golden.title, ' / ')}]({BACK}{_file(golden.file)})"
    yield ""


def _file(shown: str) -> str:
    """packs/… lies in the package of protocols."""
    return Path("protocols", shown).as_posix()


def _diagram(version: Protocol) -> Iterator[str]:
    """The moments of a loop, and the steps that lead from one to the next.

    A step leads to the moments its evidence reaches, but never back: a second release is no way to the
    first. One that leads nowhere is drawn at the moment it counts from.
    """
    yield "```mermaid"
    yield "stateDiagram-v2"
    for milestone in version.milestones:
        yield f'  state "{_label(milestone.title)}" as m_{milestone.name}'
    yield from (f"  {line}" for line in dict.fromkeys(_arrows(version, _ways(version))))
    yield "```"
    yield ""


def _ways(version: Protocol) -> dict[str, set[str]]:
    """For each moment, those before it that others are made of or counted after."""
    before: dict[str, set[str]] = {}
    for m in version.milestones:
        direct = {name for name in (*(other for other, _ in m.of), m.after) if name}
        before[m.name] = direct.union(*(before.get(name, set()) for name in direct))
    return before


def _arrows(version: Protocol, before: dict[str, set[str]]) -> Iterator[str]:
    opening = set(version.opening.pattern.kinds)
    for m in version.milestones:
        if m.agg is Agg.OPENING:
            yield f"[*] --> m_{m.name}"
        for other, length in m.of:
            more = f" : + {_label(length_words(length))}" if length else ""
            yield f"m_{other} --> m_{m.name}{more}"
    if not any(m.agg is Agg.OPENING for m in version.milestones):
        yield from (f"[*] --> m_{m.name}" for m in version.milestones if opening & _kinds(m))
    for step in version.obligations:
        reached = [m for m in version.milestones if set(step.evidence.pattern.kinds) & _kinds(m)]
        come_from = before[step.start] | {step.start}
        aims = [m.name for m in reached if m.name not in come_from and not _is_stop(m, version)]
        for aim in aims or [step.start]:
            yield f"m_{step.start} --> m_{aim} : {_label(step.title)}"
            if aim != step.start:
                for name, earlier in before.items():
                    if name == aim or aim in earlier:
                        earlier |= come_from
    for stop in version.stops:
        if stop.opens or _ends_all(stop, version):
            yield f"m_{stop.when} --> [*]" + (f" : {stop.opens}" if stop.opens else "")
    yield from (f"m_{name} --> [*]" for name in version.closes)


def _ends_all(stop: Stop, version: Protocol) -> bool:
    return len(stop.cancels) == len(version.obligations)


def _is_stop(milestone: Milestone, version: Protocol) -> bool:
    """An exit is reached by what an act says, not by the act that a step asks for."""
    return any(stop.when == milestone.name and _ends_all(stop, version) for stop in version.stops)


def _kinds(milestone: Milestone) -> set[str]:
    return set(milestone.pattern.kinds) if milestone.pattern else set()


def _label(text: Text) -> str:
    return SILENT.sub(" ", _both(text)).strip()
