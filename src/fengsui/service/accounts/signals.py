"""Logging in and out is written in the audit, and a changed password is no longer the first one."""

from allauth.account.signals import password_changed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest


@receiver(user_logged_in)
def logged_in(sender: object, request: HttpRequest, user, **more: object) -> None:
    """Somebody came in."""
    _write(request, user.username, "logged_in")


@receiver(user_logged_out)
def logged_out(sender: object, request: HttpRequest, user, **more: object) -> None:
    """Somebody went."""
    if user is not None:
        _write(request, user.username, "logged_out")


@receiver(user_login_failed)
def failed(sender: object, credentials: dict, request: HttpRequest | None = None, **more: object) -> None:
    """Somebody tried. What they typed is not kept: people type their passwords into the wrong box."""
    _write(request, "", "log_in_failed")


@receiver(password_changed)
def changed(sender: object, request: HttpRequest, user, **more: object) -> None:
    """The password is one of their own now."""
    user.must_change_password = False
    user.save(update_fields=["must_change_password"])
    _write(request, user.username, "password_changed")


def _write(request: HttpRequest | None, who: str, verb: str) -> None:
    room = getattr(request, "room", None)
    if room is not None:
        with room.lock:
            room.book.did(who, verb, "account", reason="", detail={})
