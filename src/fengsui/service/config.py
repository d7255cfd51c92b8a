"""The one configuration file of a service: what may stand in it, and what it means where it says nothing."""

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from fengsui.engines.address import Address, Remote, address_in, address_of, beside
from fengsui.kit.errors import BadInput, Finding, NotFound
from fengsui.watch.kept import folder_beside


class Oidc(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another service that vouches for people (OpenID Connect). The secret lies in a file of its own."""

    id: str
    name: str
    server: str  # address of the issuer
    client: str
    secret_file: str = ""


class Tls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Certificate and key, where the service itself speaks TLS."""

    certificate: str
    key: str


class Accounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people log in. ``database``: a file or postgresql://…; without it a file beside the region's, or

    beside the configuration where the region is on a server.
    """

    database: str = ""
    second_factor: bool = True  # everybody needs one
    idle_minutes: int = 15
    longest_hours: int = 12  # then one logs in again, however busy
    tries: int = 5  # wrong passwords in lock_minutes, after which a name is locked
    lock_minutes: int = 5


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service. ``db``: a file or postgresql://…; ``public``: the address people type; ``proxies``: how many

    stand before it; ``mornings``: the folder of early warning, beside the region where it says nothing.
    """

    db: str
    public: str
    host: str = "127.0.0.1"
    port: int = 8000
    proxies: int = 0
    lang: str = "zh"
    secret_file: str = "fengsui.secret"  # noqa: S105 (the name of a file)
    policy: str = ""
    mornings: str = ""
    threads: int = 4
    accounts: Accounts = Accounts()
    oidc: tuple[Oidc, ...] = ()
    tls: Tls | None = None
    alerts: dict = {}  # read by the process that alerts, see alerting.py

    @property
    def address(self) -> Address:
        """Where the region is."""
        return address_of(self.db)

    @property
    def is_https(self) -> bool:
        """Whether people reach it through TLS."""
        return self.public.startswith("https://")

    @property
    def host_name(self) -> str:
        """The name in the public address."""
        return self.public.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]


def read_config(path: Path) -> Config:
    """The configuration of a file, its paths taken from where it lies. NotFound; BadInput names the field."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        config = msgspec.toml.decode(text.encode(), type=Config)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at ")
        field = where.strip("`").removeprefix("$.") or "-"
        raise BadInput(f"{path} cannot be taken.", (Finding(path.name, field, "…", said),)) from error
    except msgspec.DecodeError as error:
        raise BadInput(f"{path} is not TOML: {error}") from error
    wrong = tuple(Finding(path.name, *complaint) for complaint in _complaints(config))
    if wrong:
        raise BadInput(f"{path} cannot be taken.", wrong)
    return _placed(config, path.resolve())


def _placed(config: Config, path: Path) -> Config:
    """With every path taken from the folder of the configuration file."""
    folder = path.parent
    db = address_in(folder, config.db)
    mornings = folder / config.mornings if config.mornings else folder_beside(beside(db, folder))
    file = folder / f"{config.db if isinstance(db, Path) else path.stem}.accounts"
    accounts = address_in(folder, config.accounts.database) if config.accounts.database else file
    return msgspec.structs.replace(
        config,
        db=str(db),
        mornings=str(mornings),
        secret_file=str(folder / config.secret_file),
        policy=str(folder / config.policy) if config.policy else "",
        accounts=msgspec.structs.replace(config.accounts, database=str(accounts)),
    )


def secret_of(config: Config) -> str:
    """What signs cookies, made once and kept in a file that only its owner can read."""
    path = Path(config.secret_file)
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text(encoding="utf-8").strip()


def _complaints(config: Config):
    """What no type can say."""
    is_local = config.host_name in ("localhost", "127.0.0.1")
    if "://" not in config.public or not config.host_name:
        yield "public", repr(config.public), "an address such as https://fengsui.example.org"
    elif not config.is_https and not is_local:
        yield "public", repr(config.public), "https://, as passwords travel; only localhost may go without"
    if config.tls is None and not config.proxies and config.host not in ("127.0.0.1", "::1", "localhost"):
        yield "tls", "nothing", "a certificate, or proxies = 1 behind one that speaks TLS"
    accounts = address_of(config.accounts.database) if config.accounts.database else None
    if accounts is not None and accounts == address_of(config.db):
        yield "accounts.database", "the region's own", "another file or database, or a schema of its own"
    if isinstance(accounts, Remote) and not _names_database(accounts):
        yield "accounts.database", repr(accounts.url), "an address that names a database or a service"
    for name in ("idle_minutes", "longest_hours", "tries", "lock_minutes"):
        if getattr(config.accounts, name) < 1:
            yield f"accounts.{name}", str(getattr(config.accounts, name)), "1 or more"
    if config.lang not in ("zh", "en"):
        yield "lang", repr(config.lang), "zh or en"


def _names_database(address: Remote) -> bool:
    parts = urlsplit(address.url)
    return bool(parts.path.strip("/") or {"dbname", "service"} & set(parse_qs(parts.query)))
