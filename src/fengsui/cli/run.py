"""One run of a command: what it was asked, what it may use, and how it answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from fengsui.board.as_json import as_json
from fengsui.board.desk import Desk
from fengsui.cli.clock import Surroundings
from fengsui.cli.page import Page
from fengsui.cli.progress import progress
from fengsui.engines.address import Address
from fengsui.engines.home import Home, Setting, open_home, setting_of
from fengsui.kit.areas import Areas
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import parse
from fengsui.kit.text import LANGS, Text
from fengsui.protocols.library import Library

REGION = "inner-mongolia"  # where no database says which


@dataclass(frozen=True, slots=True)
class Moment:
    """What is asked about: the state at ``as_of`` by what was on record at ``known_at``, seconds UTC.

    ``is_now``: neither was named, so the present is meant.
    """

    as_of: int
    known_at: int
    is_now: bool


class Run:
    """A command at work. The region is opened when it is first needed, and closed at the end."""

    def __init__(
        self,
        surroundings: Surroundings,
        *,
        as_json: bool = False,
        db: Address | None = None,
        as_of: str | None = None,
        known_at: str | None = None,
        lang: str | None = None,
    ) -> None:
        if lang is not None and lang not in LANGS:
            raise BadInput(f"--lang {lang}", (Finding("--lang", "lang", repr(lang), " or ".join(LANGS)),))
        self.outside = replace(surroundings, lang=lang) if lang else surroundings
        self.lang, self.as_json = self.outside.lang, as_json
        self.db, self.is_db_named = db or self.outside.db, db is not None
        self._asked = {"--as-of": as_of, "--known-at": known_at}
        self._home: Home | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database, if it was opened."""
        if self._home is not None:
            self._home.close()
            self._home = None

    @property
    def home(self) -> Home:
        """The region of the database; NotFound if there is no such file."""
        if self._home is None:
            with self.progress("重新推导", "Deriving everything anew") as tell:
                self._home = open_home(self.db, progress=tell)
        return self._home

    @cached_property
    def setting(self) -> Setting:
        """What the database says of itself; without a database, the region that ships."""
        return setting_of(self.db) if self.db.exists() else Setting(REGION)

    @cached_property
    def areas(self) -> Areas:
        """The areas of the region."""
        return self.setting.areas()

    @cached_property
    def library(self) -> Library:
        """The protocols of the region."""
        return self.setting.library(self.zone)

    @property
    def zone(self) -> str:
        """The zone in which the region's times are read and shown."""
        return self.areas.region.zone

    def desk(self, *, is_live: bool = False, at: int | None = None) -> Desk:
        """What the board is made from, at the moment asked about (or ``at``).

        ``is_live``: from the tables in any case, for what looks into one loop or subject alone.
        """
        home = self.home
        asked = self.moment() if at is None else Moment(at, at, False)
        if is_live or asked.is_now:
            view = home.store.view
        else:
            with self.progress("推导当时的情况", "Deriving how things stood"):
                view = home.view(as_of=asked.as_of, known_at=asked.known_at)
                view.n_overdue(now=asked.as_of)  # a past state is derived when it is first asked
        return Desk(view, home.library, home.world, home.kinds, home.store, asked.as_of, asked.known_at)

    def moment(self, zone: str | None = None) -> Moment:
        """The moment that is asked about; times are read in ``zone``, else in the region's."""
        now = self.outside.clock()
        times = {name: self.time(name, text, zone) for name, text in self._asked.items() if text}
        as_of = times.get("--as-of", now)
        return Moment(as_of, times.get("--known-at", now), not times)

    def writing_at(self, zone: str | None = None) -> int:
        """When what is written now counts as recorded: --known-at, else --as-of, else the clock."""
        asked = ((name, self._asked[name]) for name in ("--known-at", "--as-of"))
        times = [self.time(name, text, zone) for name, text in asked if text]
        return times[0] if times else self.outside.clock()

    def area(self, text: str | None, *, option: str = "--area") -> str | None:
        """The code of an area named by code or name; BadInput if no area, or more than one, is called so."""
        if text is None:
            return None
        found = self.areas.find(text)
        if found is None:
            expected = "the code or the full name of an area"
            raise BadInput(f"{option} {text}", (Finding(option, "area", repr(text), expected),))
        return found.code

    def protocol(self, text: str | None, library: Library) -> str | None:
        """The name of a protocol, of which the last part is enough if no other ends alike."""
        if text is None or text in library.names:
            return text
        found = [name for name in library.names if name.rpartition("/")[2] == text]
        if len(found) != 1:
            expected = ", ".join(found or library.names)
            raise BadInput(
                "--protocol", (Finding("--protocol", "protocol", repr(text), f"one of {expected}"),)
            )
        return found[0]

    def time(self, name: str, text: str, zone: str | None = None) -> int:
        """A time given as option ``name``; a day without a time as it was at its end."""
        return sum(self._read(name, text, zone))

    def day(self, name: str, text: str) -> int:
        """The first second of a day given as option ``name``, or a time as it is."""
        return self._read(name, text, None)[0]

    def say(self, zh: str, en: str) -> str:
        """One of two wordings."""
        return Text(zh, en).in_(self.lang)

    def progress(self, zh: str, en: str):
        """A context that gives a function to be told how far it is: (done, of how many)."""
        return progress(Text(zh, en), self.outside)

    def answer(self, value: object, show: Callable[[Page], None], **more: object) -> None:
        """Give the answer: as JSON if asked for (with ``more`` beside it), else as ``show`` writes it."""
        if self.as_json:
            said = as_json(value)
            said = {**said, **as_json(more)} if isinstance(said, dict) else said
            self.outside.out.write(json.dumps(said, ensure_ascii=False, indent=2) + "\n")
        else:
            page = Page(self.outside, self.lang)
            show(page)
            page.close()
        self.outside.out.flush()

    def _read(self, name: str, text: str, zone: str | None) -> tuple[int, int]:
        try:
            return parse(text, zone=zone or self.zone)
        except ValueError as error:
            expected = str(error).removeprefix("expected ")
            raise BadInput(f"{name} {text}", (Finding(name, "time", repr(text), expected),)) from error
