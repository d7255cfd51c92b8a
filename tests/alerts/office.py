"""An office that alerts: the small region of the board's tests, an outbox, a directory of its posts."""

from dataclasses import dataclass, field
from pathlib import Path

from fengsui.alerts.letter import Address, Wording
from fengsui.alerts.notice import Ladders
from fengsui.alerts.sweep import Swept, sweep
from fengsui.engines.home import rules_of
from fengsui.engines.outbox import Outbox
from fengsui.engines.sqlite import SqliteStore
from fengsui.facts.batch import Batch
from fengsui.facts.fact import Fact
from fengsui.kit.text import Text
from fengsui.loops.loop import World
from fengsui.protocols.library import Library

SAY = Wording(
    titles={"cn.covid19/inbound": Text("入境人员闭环管理", "Inbound traveller")},
    steps={("cn.covid19/inbound", "transfer"): Text("点对点转运", "Transfer")},
    place=lambda place: Text(place or "地点不详", place or "place not known"),
    zone="Asia/Shanghai",
    root="https://board.example",
)


def everyone(role: str, place: str) -> list[Address]:
    """Each post has one mailbox."""
    return [Address("mail", f"{role}.{place}@region.example", "en")]


@dataclass
class Office:
    """A store and its outbox in one file."""

    path: Path
    of: World
    library: Library
    directory: object = everyone
    store: SqliteStore = field(init=False)
    outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        rules = rules_of(self.library, self.of.areas)
        self.store = SqliteStore.open(self.path, rules, self.of)
        self.outbox = Outbox.open(self.path)
        self.ladders = Ladders.of(rules, self.of.areas)

    def take(self, *facts: Fact, now: int) -> None:
        """Facts arrive."""
        self.store.take(Batch.of(sorted(facts, key=lambda f: f.recorded_at)), now=now)

    def sweep(self, now: int, **named) -> Swept:
        """One round."""
        return sweep(
            self.store.view,
            self.ladders,
            self.outbox,
            directory=self.directory,
            wording=SAY,
            now=now,
            **named,
        )

    def told(self) -> set[tuple[str, int, int]]:
        """Every rung that was told: (key, since when broken, when it was due)."""
        rows = self.store._connection.execute("SELECT key, broken_at, reached_at FROM alert").fetchall()
        return set(map(tuple, rows))

    def close(self) -> None:
        """Close the file twice."""
        self.outbox.close()
        self.store.close()
