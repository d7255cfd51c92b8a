"""Keys of systems: made, listed and revoked by an operator, shown by a system with every request.

A key is two hundred and fifty-six random bits, so one round of SHA-256 hides it as well as a slow hash would,
which is meant for what people can remember.
"""

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from fengsui.access.actors import Post
from fengsui.access.refusal import Denied, Refusal
from fengsui.kit.errors import BadInput, Conflict, Finding, NotFound
from fengsui.kit.instant import NEVER

MARK = "fsk_"  # a key found in a log or a repository is known for what it is
BEARER = "Bearer "
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
OURS = ("post-", "phone-")  # sources under which people tell what they did
PER_MINUTE = 600  # requests, unless said otherwise
USED_AFTER = 60  # seconds between two notes of a key being used


@dataclass(frozen=True, slots=True)
class Listed:
    """One key, as it is listed: not the key itself, which nobody knows but its system.

    ``used_at``: when it last opened something, to the minute; NEVER if it has not.
    """

    name: str
    source: str
    organisation: str
    posts: tuple[str, ...]
    per_minute: int
    made_at: int
    expires_at: int
    revoked_at: int
    used_at: int

    def is_live(self, at: int) -> bool:
        """Whether it opens anything."""
        return at < min(self.expires_at, self.revoked_at)


def add(
    name: str,
    posts: Sequence[Post],
    *,
    now: int,
    source: str = "",
    organisation: str = "",
    expires_at: int = NEVER,
    per_minute: int = PER_MINUTE,
) -> str:
    """Make a key; what is returned is the key itself, to be told once. BadInput or Conflict."""
    from fengsui.service.accounts.models import Key

    source = source or name
    wrong = [
        Finding(where, field, repr(value), "small letters, digits, hyphens and dots, at most 60")
        for where, field, value in (("NAME", "name", name), ("--source", "source", source))
        if not NAME.fullmatch(value)
    ]
    if source.startswith(OURS):
        wrong.append(Finding("--source", "source", repr(source), "a name people do not tell under"))
    if not posts:
        wrong.append(Finding("--post", "post", "nothing", "a post: role@place, such as laboratory@150702"))
    if not 1 <= per_minute <= 100_000:
        wrong.append(Finding("--per-minute", "per_minute", str(per_minute), "1 to 100000"))
    if expires_at <= now:
        wrong.append(Finding("--expires", "expires_at", "a time that is over", "a time to come"))
    if wrong:
        raise BadInput("The key cannot be made.", tuple(wrong))
    if Key.objects.filter(name=name).exists():
        raise Conflict(f"There is a key {name!r} already.")
    token = MARK + secrets.token_urlsafe(32)
    Key.objects.create(
        name=name,
        source=source,
        digest=digest_of(token),
        organisation=organisation,
        posts=[post.name for post in posts],
        per_minute=per_minute,
        made_at=now,
        expires_at=expires_at,
    )
    return token


def every() -> list[Listed]:
    """All keys by name, also those that open nothing any more."""
    from fengsui.service.accounts.models import Key

    columns = [name for name in Listed.__slots__ if name not in ("posts", "used_at")]
    return [
        Listed(
            posts=tuple(key.posts),
            used_at=key.used_at or NEVER,
            **{name: getattr(key, name) for name in columns},
        )
        for key in Key.objects.order_by("name")
    ]


def revoke(name: str, *, at: int) -> None:
    """Let a key open nothing from now on; once is for ever. NotFound."""
    from fengsui.service.accounts.models import Key

    if not Key.objects.filter(name=name).exists():
        raise NotFound(f"There is no key {name!r}.")
    Key.objects.filter(name=name, revoked_at=NEVER).update(revoked_at=at)


def key_of(header: str):
    """The key that an Authorization header shows. Denied if it is none, or opens nothing any more.

    Its time is that of the machine: the clock of the region is one a drill may have stopped.
    """
    from fengsui.service.accounts.models import Key

    token = header.removeprefix(BEARER).strip() if header.startswith(BEARER) else ""
    key = Key.objects.filter(digest=digest_of(token)).first() if token.startswith(MARK) else None
    if key is None:
        raise Denied(Refusal("key_unknown"))
    now = int(time.time())
    if now >= key.revoked_at:
        raise Denied(Refusal("key_revoked"))
    if now >= key.expires_at:
        raise Denied(Refusal("key_expired"))
    if now - key.used_at > USED_AFTER:
        Key.objects.filter(pk=key.pk).update(used_at=now)
    return key


def digest_of(token: str) -> str:
    """What is kept of a key."""
    return sha256(token.encode()).hexdigest()
