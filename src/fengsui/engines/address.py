"""Where the database of a region is: a file, or a PostgreSQL database.

An address never holds a secret. libpq, which speaks to PostgreSQL, finds the password in the file PGPASSFILE
names, in a service file (``postgresql:///?service=region``) or in the environment of the process.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

from fengsui.engines import sqlite_driver
from fengsui.engines.sqlite_driver import Connection
from fengsui.kit.errors import BadInput, Finding

SCHEMES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Remote:
    """The address of a PostgreSQL database, ``postgresql://[user@][host][:port]/[database][?option=value]``.

    ``options=-csearch_path%3Dname`` keeps several regions in one database, each in a schema of its own.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def exists(self) -> bool:
        """Whether there is a region in it. BadInput if it cannot be reached."""
        return driver_of(self).is_region(self)

    @property
    def name(self) -> str:
        """What files are called that belong to it: after the database, and another one for every address."""
        database = re.sub(r"[^\w-]+", "-", urlsplit(self.url).path.strip("/")) or "region"
        return f"{database}-{blake2b(self.url.encode(), digest_size=4).hexdigest()}"


Address = Path | Remote


def connect_to(address: Address, *, read_only: bool = False) -> Connection:
    """A connection to the database. BadInput if it cannot be opened."""
    try:
        return driver_of(address).connect(address, read_only=read_only)
    except sqlite_driver.driver().Error as error:
        raise BadInput(f"{address} cannot be opened as a database: {error}") from error


def address_of(text: str | Path) -> Address:
    """The address a person wrote. BadInput if there is a password in it."""
    if not str(text).startswith(SCHEMES):
        return Path(text)
    parts = urlsplit(str(text))
    if parts.password is not None or "password" in parse_qs(parts.query):
        shown = f"{parts.scheme}://…@{parts.hostname or ''}{parts.path}"
        expected = "no password: put it into a service file or the file PGPASSFILE names"
        found = Finding(shown, "password", "…", expected)
        raise BadInput("A password must not stand in an address.", (found,))
    return Remote(str(text))


def address_in(folder: Path, text: str) -> Address:
    """The address somebody wrote into a file that lies in this folder, where files are looked for."""
    found = address_of(text)
    return folder / found if isinstance(found, Path) else found


def beside(address: Address, folder: Path) -> Path:
    """The path to which endings are put for files kept beside a region; of a server's, in ``folder``."""
    return address if isinstance(address, Path) else folder / address.name


def driver_of(address: Address) -> ModuleType:
    """The module that speaks to it; both have ``connect`` and whatever is done otherwise in each.

    BadInput if PostgreSQL is asked for and its driver is not installed.
    """
    if isinstance(address, Path):
        return sqlite_driver
    try:
        from fengsui.engines.postgres import driver
    except ImportError as error:
        found = Finding("psycopg", "package", "not installed", "pip install 'fengsui[postgres]'")
        raise BadInput(f"{address} needs the driver of PostgreSQL.", (found,)) from error
    return driver
