"""The schema, in numbered steps. Each is applied once, in order, in one transaction with its number."""

from importlib.resources import files

from fengsui.engines.sqlite_driver import Connection, writing
from fengsui.kit.errors import Refused

FOLDER = files("fengsui.engines") / "schema"


def steps() -> list[tuple[int, str]]:
    """The steps there are: their numbers, from 1, and their SQL."""
    names = sorted(entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".sql"))
    return [(int(name.partition("-")[0]), (FOLDER / name).read_text(encoding="utf-8")) for name in names]


def migrate(connection: Connection) -> list[int]:
    """Bring the file up to date; the numbers of the steps that were applied.

    A file written by a later version is Refused: an older program would not know what it leaves out.
    """
    known = steps()
    if _version(connection) > known[-1][0]:
        raise Refused(
            f"The file was written by a later version (schema {_version(connection)}, "
            f"this program knows up to {known[-1][0]})."
        )
    return [number for number, sql in known if _apply(connection, number, sql)]


def _apply(connection: Connection, number: int, sql: str) -> bool:
    if _version(connection) >= number:
        return False
    with writing(connection):
        if _version(connection) >= number:  # another process was quicker
            return False
        for statement in _statements(sql):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    return True


def _version(connection: Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _statements(sql: str) -> list[str]:
    """The statements of a script, one by one: executing a script at once would end our transaction."""
    from sqlite3 import complete_statement

    found, held = [], ""
    for line in sql.splitlines(keepends=True):
        held += line
        if complete_statement(held):
            found.append(held)
            held = ""
    return found
