"""The Django application: configured in code, and asked for the region by way of the request.

At a desk Django keeps nothing: it finds the page, renders it and guards it. As a service it keeps accounts
and sessions in a database of its own. What is shown comes from the ``Room`` that travels with every
request, so one process can serve several (the tests do).
"""

import logging
from collections.abc import Callable, Iterable

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

from fengsui.service.config import Config
from fengsui.service.room import Room
from fengsui.service.settings import at_a_desk, with_accounts

ROOM = "fengsui.room"  # where a request carries its room
WsgiApp = Callable[[dict, Callable], Iterable[bytes]]


def configure(config: Config | None = None) -> None:
    """Set Django up, once a process: as a service with accounts, or without a configuration as a desk."""
    if settings.configured:
        return
    settings.configure(**(with_accounts(config) if config else at_a_desk()))
    django.setup()
    # Addresses name loops and subjects; only what broke is worth a line, and its trace says where.
    logging.getLogger("django.request").setLevel(logging.ERROR)


def with_tables(config: Config) -> None:
    """Set Django up as a service, and bring the tables of its accounts up to date."""
    from django.core.management import call_command

    configure(config)
    call_command("migrate", verbosity=0, interactive=False)


def application(room: Room) -> WsgiApp:
    """The pages of ``room`` as a WSGI application."""
    configure()
    inner: WSGIHandler = get_wsgi_application()

    def with_room(environ: dict, start_response: Callable) -> Iterable[bytes]:
        environ[ROOM] = room
        return inner(environ, start_response)

    return with_room
