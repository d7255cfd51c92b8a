"""One search box for loops, subjects, areas and protocols."""

import re
from dataclasses import dataclass

from fengsui.board.desk import Desk
from fengsui.board.subject import LoopRow, loop_row
from fengsui.kit.errors import NotFound
from fengsui.kit.text import Text

LOOP_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Found:
    """What a query names."""

    query: str
    loops: tuple[LoopRow, ...]
    subjects: tuple[str, ...]
    areas: tuple[tuple[str, Text], ...]
    protocols: tuple[tuple[str, Text], ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.loops or self.subjects or self.areas or self.protocols)


def search(desk: Desk, query: str) -> Found:
    """A loop by its id, a subject by its whole id, an area by code or name, protocols by part of a name."""
    text = query.strip()
    if not text:
        return Found("", (), (), (), ())
    area = desk.world.areas.find(text)
    loops = _loop(desk, text.lower()) + _of_subject(desk, text)
    return Found(
        query=text,
        loops=loops,
        subjects=tuple(dict.fromkeys(row.subject for row in loops)),
        areas=((area.code, area.name),) if area else (),
        protocols=tuple(_protocols(desk, text.casefold())),
    )


def _loop(desk: Desk, text: str) -> tuple[LoopRow, ...]:
    if not LOOP_ID.fullmatch(text):
        return ()
    try:
        found, _, _ = desk.view.loop(text, as_of=desk.now, known_at=desk.known_at)
    except NotFound:
        return ()
    return (loop_row(desk, found),)


def _of_subject(desk: Desk, text: str) -> tuple[LoopRow, ...]:
    if "/" not in text:
        return ()
    found = desk.view.loops(subject=text, now=desk.now, limit=50)
    return tuple(loop_row(desk, loop) for loop in found)


def _protocols(desk: Desk, text: str):
    for name in desk.library.names:
        title = desk.title(name)
        if any(text in word.casefold() for word in (name, title.zh, title.en)):
            yield name, title
