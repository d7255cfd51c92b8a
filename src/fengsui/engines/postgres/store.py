"""Facts and what follows from them in a PostgreSQL database, for a region many people work on at once."""

from typing import Self

from fengsui.engines.address import Remote
from fengsui.engines.migrations import migrate
from fengsui.engines.postgres.driver import connect
from fengsui.engines.rebuild import Progress
from fengsui.engines.store import RegionStore, quiet
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules


class PostgresStore(RegionStore):
    """Implements ``facts.store.Store``; ``view`` answers the questions of ``engines.view.View``.

    One process writes at a time, the others wait their turn or read. One store belongs to one thread. What
    was taken is on disk at the answer. When the server goes away, the batch under way fails and is to be
    handed over again; the next one finds its way back by itself.
    """

    @classmethod
    def open(
        cls,
        address: Remote,
        rules: Rules,
        world: World,
        *,
        read_only: bool = False,
        progress: Progress = quiet,
    ) -> Self:
        """The store in this database; its tables are made if they are not there.

        If protocols, areas or calendars changed since it was last written, everything is derived anew;
        opened to read only, that is Refused.
        """
        connection = connect(address, read_only=read_only)
        try:
            if not read_only:
                migrate(connection)
            return cls.over(
                connection, rules, world, name=str(address), read_only=read_only, progress=progress
            )
        except BaseException:
            connection.close()
            raise
