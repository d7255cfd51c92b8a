"""Facts in one table a month: that in which they arrived, by the writer's clock.

A month is a stretch of the log, from its first sequence number to that of the next month, so whoever looks
for a fact by its number looks into one table. By the month of the deed every look-up would go into all of
them, and a date mistyped by a century would make a table of its own. Months that are over are not written
to again, save where an older delivery of a record turns up, so they can lie on cheaper disks and are backed
up once.
"""

import re

from fengsui.engines.sqlite_driver import Connection
from fengsui.kit.civil import civil_from
from fengsui.kit.instant import DAY

FIRST = "fact_first"  # as the schema makes it, without a month
_OPEN = (
    "SELECT relname::text, pg_get_expr(relpartbound, oid) FROM pg_class JOIN pg_inherits ON inhrelid = oid"
    " WHERE inhparent = 'fact'::regclass AND pg_get_expr(relpartbound, oid) LIKE '%MAXVALUE%'"
)


def begin(connection: Connection, now: int) -> None:
    """Have the table of the month of ``now``; a clock that was set back goes on in the later one."""
    run = connection.execute
    year, month, _ = civil_from(now // DAY)
    name = f"fact_{year:04d}_{month:02d}"
    (latest, bounds) = run(_OPEN).fetchone()
    if latest != FIRST and name <= latest:
        return
    following = run(f"SELECT coalesce(max(seq) + 1, 0) FROM {latest}").fetchone()[0]
    if not following:
        run(f"ALTER TABLE {latest} RENAME TO {name}")
        return
    # Readers wait while the facts of the month are read through once, to see that they lie within.
    run(f"ALTER TABLE fact DETACH PARTITION {latest}")
    first = re.search(r"\d+", bounds)[0]
    run(f"ALTER TABLE fact ATTACH PARTITION {latest} FOR VALUES FROM ({first}) TO ({following})")
    run(f"CREATE TABLE {name} PARTITION OF fact FOR VALUES FROM ({following}) TO (MAXVALUE)")
