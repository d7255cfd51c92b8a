"""What was put into a drill on purpose, written down by whoever put it there.

The truth knows nothing of the engine: every time in it follows from the story that was told and from
``rules``. It is one NDJSON file beside the source files. Its lines say ``"is": "drill"`` (once: what,
where, from when to when), ``"silence"`` (of a source), ``"break"``, ``"refused"`` (a row no one can take) and
``"loops"`` (how many of a protocol were opened).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import NEVER


@dataclass(frozen=True, slots=True)
class Break:
    """One duty not done in time: which, from when to when (NEVER: not by the end), and who owed it.

    ``from_at`` is the due moment of the duty by the rules. ``until_at`` is when it was done after all,
    lifted, or when doing it no longer counted. Times in seconds UTC.
    """

    protocol: str
    subject: str
    key: str
    n: int
    from_at: int
    until_at: int
    role: str
    place: str | None

    @property
    def duty(self) -> tuple[str, str, str, int]:
        """What it is a break of."""
        return self.protocol, self.subject, self.key, self.n


@dataclass(frozen=True, slots=True)
class Injected:
    """A break of the truth, with the kind of the catalogue it was made as."""

    kind: str
    broken: Break


@dataclass(frozen=True, slots=True)
class Impossible:
    """A row that no source should have sent: it must end in the ledger of refused rows."""

    file: str
    row: int  # as a spreadsheet counts: the header is row 1; in NDJSON the first line is row 1
    record: str  # the source's number of the record
    why: str  # "check_digit" | "no_such_day" | "unknown_code" | "unknown_place" | "conflict"


@dataclass(frozen=True, slots=True)
class Silence:
    """A source that sends nothing for a while, and then everything."""

    source: str
    from_at: int
    until_at: int


@dataclass(slots=True)
class Truth:
    """Everything that is true of one drill."""

    region: str
    start_at: int
    end_at: int
    silence: Silence | None = None
    breaks: list[Injected] = field(default_factory=list)
    refused: list[Impossible] = field(default_factory=list)
    loops: dict[str, int] = field(default_factory=dict)

    @property
    def n_loops(self) -> int:
        """How many loops were opened, of all protocols."""
        return sum(self.loops.values())

    def write(self, path: Path) -> None:
        """The truth as NDJSON; ``read`` gives it back."""
        path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in self._lines()))

    def _lines(self) -> Iterator[Mapping[str, object]]:
        yield {"is": "drill", "region": self.region, "start_at": self.start_at, "end_at": self.end_at}
        for protocol, n in sorted(self.loops.items()):
            yield {"is": "loops", "protocol": protocol, "n": n}
        if self.silence is not None:
            yield {"is": "silence", **asdict(self.silence)}
        for injected in sorted(self.breaks, key=lambda i: (i.broken.from_at, i.broken.duty)):
            yield {"is": "break", "kind": injected.kind, **_said(injected.broken)}
        for row in self.refused:
            yield {"is": "refused", **asdict(row)}


def read(path: Path) -> Truth:
    """The truth of a drill from its file. BadInput names the line that is not one of ours."""
    truth = Truth("", 0, 0)
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        said = msgspec.json.decode(line)
        match said.pop("is", None):
            case "drill":
                truth.region, truth.start_at, truth.end_at = said["region"], said["start_at"], said["end_at"]
            case "loops":
                truth.loops[said["protocol"]] = said["n"]
            case "break":
                until = said.pop("until_at")
                kind = said.pop("kind")
                broken = Break(**said, until_at=NEVER if until is None else until)
                truth.breaks.append(Injected(kind, broken))
            case "silence":
                truth.silence = Silence(**said)
            case "refused":
                truth.refused.append(Impossible(**said))
            case other:
                expected = "drill, loops, silence, break or refused"
                finding = Finding(f"{path.name}:{number}", "is", repr(other), expected)
                raise BadInput("This is not the truth of a drill.", (finding,))
    return truth


def _said(broken: Break) -> Mapping[str, object]:
    """A break as JSON says it: no end is null, not a number past what others can read."""
    said = asdict(broken)
    return said if broken.until_at != NEVER else said | {"until_at": None}


def by_duty(breaks: Iterable[Break]) -> dict[tuple[str, str, str, int], list[Break]]:
    """Breaks grouped by the duty they are of, the earliest first."""
    found: dict[tuple[str, str, str, int], list[Break]] = {}
    for broken in sorted(breaks, key=lambda b: b.from_at):
        found.setdefault(broken.duty, []).append(broken)
    return found
