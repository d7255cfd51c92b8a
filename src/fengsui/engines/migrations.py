"""The schema, in numbered steps. Each is applied once, in order, in one transaction with its number.

Beside ``0003-name.sql`` stands ``0003-name.down.sql``, which takes the step back for a program that does
not know it yet. No step back loses what is true: what it drops follows from the facts.
"""

from importlib.resources import files

from fengsui.engines.sqlite_driver import (
    Connection,
    migrating,
    run_script,
    schema_version,
    set_schema_version,
    step_for,
)
from fengsui.kit.errors import Refused

FOLDER = files("fengsui.engines") / "schema"
DOWN = ".down.sql"


def steps(connection: Connection) -> list[tuple[int, str]]:
    """The steps there are for this database: their numbers, from 1, and their SQL."""
    return [(number, up) for number, up, _ in _read(connection)]


def migrate(connection: Connection) -> list[int]:
    """Bring the database up to date; the numbers of the steps that were applied.

    One written by a later version is Refused: an older program would not know what it leaves out.
    """
    known = steps(connection)
    if schema_version(connection) > known[-1][0]:
        raise Refused(
            f"The database was written by a later version (schema {schema_version(connection)}, this program "
            f"knows up to {known[-1][0]}); take it back there, `fengsui schema --to {known[-1][0]}`."
        )
    return [number for number, sql in known if _apply(connection, number, sql)]


def take_back(connection: Connection, to: int) -> list[int]:
    """Take back all steps after number ``to``; the numbers of those that were, the last first.

    Refused if one of them cannot be taken back without losing something; then none is.
    """
    with migrating(connection):
        now = schema_version(connection)
        ahead = [step for step in reversed(_read(connection)) if to < step[0] <= now]
        if kept := [number for number, _, down in ahead if not down]:
            raise Refused(f"Step {kept[0]} of the schema holds what is true and cannot be taken back.")
        for _, _, down in ahead:
            run_script(connection, down)
        if ahead:
            set_schema_version(connection, to)
    return [number for number, _, _ in ahead]


def _apply(connection: Connection, number: int, sql: str) -> bool:
    if schema_version(connection) >= number:
        return False
    with migrating(connection):
        if schema_version(connection) >= number:  # another process was quicker
            return False
        run_script(connection, sql)
        set_schema_version(connection, number)
    return True


def _read(connection: Connection) -> list[tuple[int, str, str]]:
    """Number, way up, and way down of every step; without a way down, the empty text."""
    names = {entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".sql")}

    def script(name: str) -> str:
        if name not in names:
            return ""
        return step_for(connection, name, (FOLDER / name).read_text(encoding="utf-8"))

    ups = sorted(name for name in names if not name.endswith(DOWN))
    return [
        (int(name.partition("-")[0]), script(name), script(name.removesuffix(".sql") + DOWN)) for name in ups
    ]
