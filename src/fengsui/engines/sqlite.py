"""Facts and what follows from them in one SQLite file: the store everything runs on unless told otherwise."""

from pathlib import Path
from typing import Self

from fengsui.engines.migrations import migrate
from fengsui.engines.rebuild import Progress
from fengsui.engines.sqlite_driver import Checkpointer, connect
from fengsui.engines.store import RegionStore, digest_of, quiet
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules

__all__ = ["SqliteStore", "digest_of", "quiet"]


class SqliteStore(RegionStore):
    """Implements ``facts.store.Store``; ``view`` answers the questions of ``engines.view.View``.

    One process writes at a time, others wait their turn. One store belongs to one thread.
    """

    _checkpointer: Checkpointer | None = None

    @classmethod
    def open(
        cls,
        path: Path | str,
        rules: Rules,
        world: World,
        *,
        synchronous: str = "NORMAL",
        read_only: bool = False,
        progress: Progress = quiet,
    ) -> Self:
        """The store in this file, which is made if it is not there.

        If protocols, areas or calendars changed since it was last written, everything is derived anew;
        opened to read only, that is Refused.
        """
        connection = connect(path, synchronous=synchronous, read_only=read_only)
        try:
            if not read_only:
                migrate(connection)
            store = cls.over(connection, rules, world, name=str(path), read_only=read_only, progress=progress)
        except BaseException:
            connection.close()
            raise
        if not read_only:
            store._checkpointer = Checkpointer(path, synchronous=synchronous)
        return store

    def close(self) -> None:
        """Close the file."""
        if self._checkpointer:
            self._checkpointer.close()
        super().close()

    def _committed(self, n_facts: int) -> None:
        if self._checkpointer:
            self._checkpointer.after(n_facts)
