"""One protocol in words: its steps with clocks, owners and law; or the list of all of them.

用文字列出一个规程的各环节、时限、责任方和依据；不指定时列出全部规程。
"""

from typing import Annotated

from fengsui.board.desk import SUBJECT_TYPES
from fengsui.cli.options import Area, argument
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.kit.errors import NotFound
from fengsui.kit.text import Text
from fengsui.loops.naming import role_names
from fengsui.protocols.describe import Outline, Step, outline, steps
from fengsui.protocols.library import Library
from fengsui.protocols.model import Protocol
from fengsui.protocols.phrases import Wording

Name = Annotated[
    str | None,
    argument(
        "NAME[@VERSION]", "规程名称，可加 @版本", "name of a protocol, with @version if not the one in force"
    ),
]
HEADS = [
    Text("环节", "step"),
    Text("责任", "owner"),
    Text("时限", "by when"),
    Text("凭据", "shown by"),
    Text("依据", "law"),
    Text("可信度", "known"),
]


def command(run: Run, name: Name = None, area: Area = None) -> None:
    """The version in force at the moment asked about, or the one named."""
    library = run.library
    if name is None:
        rows = [_row(run, library, one) for one in library.names]
        run.answer(
            rows,
            lambda page: page.table(
                LIST, ([r["protocol"], r["title"], r["in_force"], ", ".join(r["versions"])] for r in rows)
            ),
        )
        return
    shown = version(run, library, name, area=run.area(area))
    wording = Wording(run.setting.catalogue(), role_names(run.areas), run.areas.region.level_names)
    said = outline(shown, wording, zone=run.zone)
    rows = steps(shown, wording)
    answer = {
        "protocol": shown.name,
        "file": shown.file,
        "digest": shown.digest,
        "outline": said,
        "steps": rows,
    }
    run.answer(answer, lambda page: _show(page, shown, said, rows))


LIST = [Text("规程", "protocol"), Text("名称", "title"), Text("现行", "in force"), Text("版本", "versions")]


def version(run: Run, library: Library, name: str, *, area: str | None = None) -> Protocol:
    """The version ``inbound@9`` names; without @ the one in force in the area, or the newest."""
    called, at, wanted = name.partition("@")
    found = run.protocol(called, library)
    path = run.areas.path(area) if area else ()
    if at:
        for one in (*library.versions(found, path), *library.everywhere(found)):
            if one.version == wanted:
                return one
        known = ", ".join(one.version for one in library.everywhere(found))
        raise NotFound(f"{found} has no version {wanted}; there are: {known}")
    now = run.moment().as_of
    versions = library.versions(found, path)
    return next((one for one in versions if one.valid_from <= now < one.valid_until), versions[-1])


def _row(run: Run, library: Library, name: str) -> dict[str, object]:
    versions = library.everywhere(name)
    now = run.moment().as_of
    current = next((v for v in library.versions(name) if v.valid_from <= now < v.valid_until), None)
    return {
        "protocol": name,
        "title": (current or versions[-1]).title,
        "in_force": current.version if current else None,
        "versions": [v.version for v in versions],
    }


def _show(page: Page, shown: Protocol, said: Outline, rows: tuple[Step, ...]) -> None:
    page.heading(
        Text(
            f"{said.title.zh}（{shown.name} {said.version}）",
            f"{said.title.en} ({shown.name} {said.version})",
        )
    )
    subject = SUBJECT_TYPES.get(shown.subject, Text(shown.subject, shown.subject))
    for label, text in (
        (Text("对象", "about"), subject),
        (Text("依据", "law"), said.law),
        (Text("施行", "in force"), said.in_force),
        (Text("在办的闭环", "running loops"), said.running),
        (Text("开启", "opens"), said.opens),
        (Text("闭合", "closes"), said.closes),
        *((Text("终止", "stops"), stop) for stop in said.stops),
        *((Text("另有", "also"), grant) for grant in said.grants),
        *((Text("督办", "told"), rung) for rung in said.escalation),
        (Text("保留", "kept"), said.retain),
    ):
        page.line(f"  {page.said(label)}: {page.said(text)}")
    page.line()
    page.table(HEADS, ([s.title, s.owner, s.clock, s.evidence, s.law, s.mark] for s in rows))
