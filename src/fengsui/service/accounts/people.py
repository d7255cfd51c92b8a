"""What an operator does with accounts at a command line: add, list, disable, posts, passwords."""

import secrets
from dataclasses import dataclass

from fengsui.access.actors import Post
from fengsui.kit.errors import BadInput, Conflict, Finding, NotFound
from fengsui.kit.instant import NEVER

WORDS = "abcdefghjkmnpqrstuvwxyz23456789"  # no letter that looks like another


@dataclass(frozen=True, slots=True)
class Account:
    """One account, as it is listed."""

    name: str
    full_name: str
    organisation: str
    subject: str
    is_active: bool
    has_second_factor: bool
    posts: tuple[str, ...]
    last_login: str


def add(name: str, *, full_name: str = "", organisation: str = "", subject: str = "", lang: str = "") -> str:
    """Make an account; its first password, to be told once and to be changed at the first login. Conflict."""
    from django.contrib.auth.validators import UnicodeUsernameValidator
    from django.core.exceptions import ValidationError

    from fengsui.service.accounts.models import User

    try:
        UnicodeUsernameValidator()(name)
    except ValidationError as error:
        found = Finding("NAME", "name", repr(name), "letters, digits and @ . + - _")
        raise BadInput("An account cannot be called so.", (found,)) from error
    if User.objects.filter(username__iexact=name).exists():
        raise Conflict(f"There is an account {name!r} already.")
    password = first_password()
    user = User(username=name, first_name=full_name, organisation=organisation, subject=subject, lang=lang)
    user.set_password(password)
    user.save()
    return password


def every() -> list[Account]:
    """All accounts by name."""
    from allauth.mfa.utils import is_mfa_enabled

    from fengsui.service.accounts.models import User

    return [
        Account(
            user.username,
            user.get_full_name(),
            user.organisation,
            user.subject,
            user.is_active,
            is_mfa_enabled(user),
            tuple(str(held) for held in user.held.all()),
            user.last_login.strftime("%Y-%m-%dT%H:%M:%SZ") if user.last_login else "",
        )
        for user in User.objects.order_by("username").prefetch_related("held")
    ]


def can_log_in(name: str) -> bool:
    """Whether there is an account of this name that is not disabled."""
    from fengsui.service.accounts.models import User

    return User.objects.filter(username=name, is_active=True).exists()


def enable(name: str, *, is_active: bool) -> None:
    """Let an account in, or keep it out; whoever is logged in under it is out at once. NotFound."""
    user = _user(name)
    user.is_active = is_active
    user.save(update_fields=["is_active"])


def renew_password(name: str) -> str:
    """A new first password, in place of one that was forgotten. NotFound."""
    user, password = _user(name), first_password()
    user.set_password(password)
    user.must_change_password = True
    user.save()
    return password


def drop_second_factors(name: str) -> int:
    """Forget the second factors of somebody who lost theirs; how many there were. NotFound."""
    from allauth.mfa.models import Authenticator

    return Authenticator.objects.filter(user=_user(name)).delete()[0]


def give_post(name: str, post: Post, *, from_at: int, until_at: int = NEVER) -> None:
    """Give an account a post, or change its times. NotFound."""
    from fengsui.service.accounts.models import Held

    Held.objects.update_or_create(
        user=_user(name),
        role=post.role,
        place=post.place or "",
        defaults={"from_at": from_at, "until_at": until_at},
    )


def end_post(name: str, post: Post, *, at: int) -> None:
    """End a post of an account. NotFound if it does not hold it."""
    n = _user(name).held.filter(role=post.role, place=post.place or "").update(until_at=at)
    if not n:
        raise NotFound(f"{name} does not hold {post.name}.")


def first_password() -> str:
    """Four groups of four letters and digits: seventy-nine bits, and fit to be read out."""
    return "-".join("".join(secrets.choice(WORDS) for _ in range(4)) for _ in range(4))


def _user(name: str):
    from fengsui.service.accounts.models import User

    user = User.objects.filter(username=name).first()
    if user is None:
        raise NotFound(f"There is no account {name!r}.")
    return user
