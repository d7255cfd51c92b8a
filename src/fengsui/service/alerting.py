"""The alerting of a region: sweeps what is to be told, writes letters, and hands them to their carriers.

It runs beside the pages in a process of its own, so that neither waits for the other, and it needs no
web. Stopped, nothing is lost: what fell due meanwhile is told at the next start, and says that it is late.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path

import msgspec

from fengsui.alerts.letter import PAUSE, Address, Wording
from fengsui.alerts.notice import Ladders
from fengsui.alerts.sweep import Directory, Swept, sweep
from fengsui.engines.address import address_in
from fengsui.engines.home import Home
from fengsui.engines.outbox import Outbox, Outgoing
from fengsui.kit.areas import Areas
from fengsui.kit.clock import Clock
from fengsui.kit.errors import BadInput, Finding, NotFound
from fengsui.loops.naming import place_text
from fengsui.service.carriers import Carrier, Down, NotCarried, gateway, mail

AT_ONCE = 20  # letters taken in hand together: none waits for long while others are tried
TRIES = 20  # after which a letter is given up, some sixteen hours later


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mail server that takes our letters. The password lies in a file of its own."""

    server: str
    sender: str
    port: int = 465
    tls: bool = True
    user: str = ""
    password_file: str = ""


class Gateway(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A system that takes letters by HTTP POST: of webhooks, or of short messages."""

    url: str
    secret_file: str = ""  # signs every letter


class Reached(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a post is reached. ``place``: an area, and everything below it that has no address of its own."""

    role: str
    channel: str
    to: str
    place: str = ""
    lang: str = "zh"
    quiet: tuple[str, str] | None = None
    wakes: tuple[str, ...] = ()


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section ``[alerts]`` of the configuration."""

    every: int = 30  # seconds between two sweeps
    pause: int = PAUSE
    mail: Mail | None = None
    webhook: Gateway | None = None
    sms: Gateway | None = None
    address: tuple[Reached, ...] = ()


class File(msgspec.Struct, frozen=True):
    """What alerting reads of the one configuration file; the pages read the rest."""

    db: str
    public: str = ""
    alerts: Alerts = Alerts()


def read_alerts(path: Path) -> File:
    """The alerting of a configuration file, its paths taken from where it lies. NotFound, BadInput."""
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=File)
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror or error}") from error
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at ")
        field = where.strip("`").removeprefix("$.") or "-"
        raise BadInput(f"{path} cannot be taken.", (Finding(path.name, field, "…", said),)) from error
    except msgspec.DecodeError as error:
        raise BadInput(f"{path} is not TOML: {error}") from error
    wrong = tuple(Finding(path.name, *complaint) for complaint in _complaints(found.alerts))
    if wrong:
        raise BadInput(f"{path} cannot be taken.", wrong)
    return msgspec.structs.replace(found, db=str(address_in(path.resolve().parent, found.db)))


def _complaints(alerts: Alerts):
    """What no type can say."""
    there = {name for name in ("mail", "webhook", "sms") if getattr(alerts, name) is not None}
    for n, one in enumerate(alerts.address):
        where = f"alerts.address[{n}]"
        if one.channel not in there:
            yield (
                f"{where}.channel",
                repr(one.channel),
                f"one that is set up: {', '.join(sorted(there)) or 'none is'}",
            )
        if one.lang not in ("zh", "en"):
            yield f"{where}.lang", repr(one.lang), "zh or en"
        for text in one.quiet or ():
            try:
                time.fromisoformat(text)
            except ValueError:
                yield f"{where}.quiet", repr(text), "two times of day such as 22:00"
    if alerts.every < 1:
        yield "alerts.every", str(alerts.every), "1 or more"


def directory_of(alerts: Alerts, areas: Areas) -> Directory:
    """Finds the addresses of a post: those of its own place, else of the nearest area above it."""
    by_post: dict[tuple[str, str], list[Address]] = {}
    for one in alerts.address:
        quiet = (time.fromisoformat(one.quiet[0]), time.fromisoformat(one.quiet[1])) if one.quiet else None
        address = Address(one.channel, one.to, one.lang, quiet, one.wakes)
        by_post.setdefault((one.role, one.place), []).append(address)

    @cache
    def found(role: str, place: str) -> Sequence[Address]:
        known = areas.resolve(place) if place else None
        path = areas.path(known) if known else ()
        for where in (place, *reversed(path), ""):
            if (role, where) in by_post:
                return tuple(by_post[role, where])
        return ()

    return found


@dataclass
class Alerting:
    """Alerting at work over an open region."""

    home: Home
    outbox: Outbox
    directory: Directory
    carriers: dict[str, Carrier]
    root: str
    pause: int = PAUSE

    def __post_init__(self) -> None:
        self._ladders = Ladders.of(self.home.rules, self.home.areas)

    def round(self, now: int) -> Swept:
        """One sweep at this moment; letters are written and wait for ``carry``."""
        return sweep(
            self.home.store.view,
            self._ladders,
            self.outbox,
            directory=self.directory,
            wording=self._wording(now),
            now=now,
            pause=self.pause,
        )

    def carry(self, clock: Clock) -> tuple[int, int]:
        """Hand every letter that waits to its carrier; how many arrived, and how many came back.

        Where nobody answers, the other letters of that channel come back untried: one dead server must
        not hold up everybody else's.
        """
        sent = back = 0
        down: dict[str, str] = {}
        while letters := self.outbox.leaving(now=clock(), limit=AT_ONCE):
            for letter in letters:
                failure = self._try(letter, down)
                if failure is None:
                    self.outbox.sent(letter.id, now=clock())
                    sent += 1
                else:
                    is_final = letter.attempt >= TRIES
                    self.outbox.failed(
                        letter.id, failure, attempt=letter.attempt, now=clock(), is_final=is_final
                    )
                    back += 1
        return sent, back

    def _try(self, letter: Outgoing, down: dict[str, str]) -> str | None:
        """None if it arrived, else why not."""
        carrier = self.carriers.get(letter.channel)
        if carrier is None:
            return f"no carrier for {letter.channel}"
        if letter.channel in down:
            return down[letter.channel]
        try:
            carrier(letter)
        except Down as error:
            down[letter.channel] = str(error)
            return str(error)
        except NotCarried as error:
            return str(error)
        return None

    def _wording(self, now: int) -> Wording:
        library, areas = self.home.library, self.home.areas
        current = {}
        for name in library.names:
            begun = [v for v in library.versions(name) if v.valid_from <= now]
            current[name] = begun[-1] if begun else library.versions(name)[0]
        return Wording(
            titles={name: version.title for name, version in current.items()},
            steps={(name, o.key): o.title for name, version in current.items() for o in version.obligations},
            place=lambda place: place_text(areas, place or None),
            zone=areas.region.zone,
            root=self.root.rstrip("/"),
        )


def alerting(home: Home, file: File, *, folder: Path) -> Alerting:
    """Alerting as a configuration asks for it. NotFound if a file with a secret is not there."""
    alerts = file.alerts
    carriers: dict[str, Carrier] = {}
    if alerts.mail:
        secret = _secret(alerts.mail.password_file, folder)
        m = alerts.mail
        carriers["mail"] = mail(m.server, m.port, sender=m.sender, tls=m.tls, user=m.user, password=secret)
    for name in ("webhook", "sms"):
        if one := getattr(alerts, name):
            carriers[name] = gateway(one.url, secret=_secret(one.secret_file, folder).encode())
    outbox = home.store.outbox
    return Alerting(home, outbox, directory_of(alerts, home.areas), carriers, file.public, alerts.pause)


def keep_telling(
    at_work: Alerting,
    *,
    clock: Clock,
    every: int,
    stop: threading.Event,
    tell: Callable[[Swept, int, int], None],
) -> None:
    """Sweep and carry every so many seconds until ``stop`` is set."""
    while not stop.is_set():
        swept = at_work.round(clock())
        tell(swept, *at_work.carry(clock))
        stop.wait(every)


def _secret(name: str, folder: Path) -> str:
    if not name:
        return ""
    try:
        return (folder / name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise NotFound(f"{name} cannot be read: {error.strerror or error}") from error
