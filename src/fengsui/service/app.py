"""The Django application: configured in code, without a database of its own and without an environment.

Django keeps nothing here. It finds the page, renders it and guards it; what is shown comes from the
``Room`` that travels with every request, so one process can serve several (the tests do).
"""

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

from fengsui.service.room import Room

HERE = Path(__file__).parent
ROOM = "fengsui.room"  # where a request carries its room
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
WsgiApp = Callable[[dict, Callable], Iterable[bytes]]


def configure() -> None:
    """Set Django up, once a process."""
    if settings.configured:
        return
    settings.configure(
        DEBUG=False,
        SECRET_KEY=secrets.token_urlsafe(50),  # signs nothing that outlives the process
        ALLOWED_HOSTS=LOOPBACK,  # a page elsewhere cannot reach us by renaming us
        ROOT_URLCONF="fengsui.service.urls",
        INSTALLED_APPS=["django.contrib.staticfiles", "django_htmx"],
        MIDDLEWARE=[
            "fengsui.service.guard.guard",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django_htmx.middleware.HtmxMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HERE / "templates"],
                "OPTIONS": {"builtins": ["fengsui.service.tags"], "string_if_invalid": ""},
            }
        ],
        STATIC_URL="/static/",
        STATICFILES_DIRS=[HERE / "static"],
        WHITENOISE_USE_FINDERS=True,  # served from the packages, nothing is collected
        WHITENOISE_MAX_AGE=0,  # asked again each time: a new version never meets an old style sheet
        USE_TZ=True,
        USE_I18N=False,  # words come from our own two files, checked to be complete
        LOGGING_CONFIG=None,
    )
    django.setup()


def application(room: Room) -> WsgiApp:
    """The pages of ``room`` as a WSGI application."""
    configure()
    inner: WSGIHandler = get_wsgi_application()

    def with_room(environ: dict, start_response: Callable) -> Iterable[bytes]:
        environ[ROOM] = room
        return inner(environ, start_response)

    return with_room
