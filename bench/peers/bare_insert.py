"""The same rows into the same tables of SQLite, and nothing else: the floor under every durable intake."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fengsui.engines.sqlite_driver import connect, writing
from fengsui.facts.batch import Batch
from fengsui.loops.acts import tie

TEXTS = ("by", "key", "data", "supersedes")
WORDS = ("kind", "place", "source")


@dataclass(frozen=True, slots=True)
class Ready:
    """Rows as the tables want them: of new subjects, new words, and facts."""

    subjects: list[tuple[int, str]]
    words: list[tuple[int, str]]
    facts: list[tuple]


class BareTables:
    """The database opened as our own store opens it. Looking numbers up is not timed: it happens before."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        self._columns = [row[1] for row in self._connection.execute("PRAGMA table_info(fact)")]
        self._words = _Numbers(self._connection.execute("SELECT id, text FROM word"))
        self._subjects = _Numbers(self._connection.execute("SELECT id, key FROM subject"))
        self._next = self._connection.execute("SELECT max(seq) + 1 FROM fact").fetchone()[0]

    def prepared(self, batch: Batch) -> Ready:
        """The batch as rows of the tables."""
        subjects = self._subjects.new(batch.subject)
        words = [new for name in WORDS for new in self._words.new(_texts(getattr(batch, name)))]
        made = {
            "seq": range(self._next, self._next + len(batch)),
            "subject": [self._subjects.of[key] for key in batch.subject],
            **{name: [self._words.of[text] for text in _texts(getattr(batch, name))] for name in WORDS},
            **{name: _texts(getattr(batch, name)) for name in TEXTS},
            **{name: getattr(batch, name) for name in ("at", "recorded_at", "span")},
            "tie": [tie(f"{source}:{key}") for source, key in zip(batch.source, batch.key, strict=True)],
        }
        self._next += len(batch)
        facts = list(zip(*(made[name] for name in self._columns), strict=True))
        return Ready(subjects, words, facts)

    def insert(self, ready: Ready) -> None:
        """One transaction."""
        places = ", ".join("?" * len(self._columns))
        with writing(self._connection):
            run = self._connection.executemany
            run("INSERT INTO word (id, text) VALUES (?, ?)", ready.words)
            run("INSERT INTO subject (id, key) VALUES (?, ?)", ready.subjects)
            run(f"INSERT INTO fact VALUES ({places})", ready.facts)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _texts(column: Iterable[str | None]) -> list[str]:
    return [text or "" for text in column]


class _Numbers:
    """Texts and their numbers, as a table has them."""

    def __init__(self, rows: Iterable[tuple[int, str]]) -> None:
        self.of = {text: n for n, text in rows}
        self._next = max(self.of.values(), default=0) + 1

    def new(self, texts: Iterable[str]) -> list[tuple[int, str]]:
        """Number what has no number yet; the new rows."""
        made = []
        for text in texts:
            if text not in self.of:
                self.of[text] = self._next
                made.append((self._next, text))
                self._next += 1
        return made
