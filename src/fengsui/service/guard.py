"""What goes around every page: language, security headers, and errors said in words."""

from collections.abc import Callable
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from fengsui.kit.text import LANGS
from fengsui.service.room import Room

COOKIE = "lang"
REASONS = "reasons"  # in the session: address → why it was opened
LONGEST = 300  # letters of a reason
A_YEAR = 365 * 86400
HEADERS = {
    # No inline script or style, nothing from elsewhere, no framing.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    # Addresses name loops: they stay here. A form has to say where it comes from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def guard(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Django middleware: sets who asks for what in which language, and the headers of the answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        room: Room = request.META["fengsui.room"]
        request.room = room
        asked = request.GET.get("lang", "")
        kept = request.COOKIES.get(COOKIE, "")
        own = getattr(getattr(request, "user", None), "lang", "")
        request.lang = next((lang for lang in (asked, kept, own, room.lang) if lang in LANGS), LANGS[0])
        if settings.USE_I18N:  # the words of the pages that are not ours
            translation.activate("zh-hans" if request.lang == "zh" else "en")
        request.actor = room.actor_of(request)
        request.reason = _reason(request)
        response = get_response(request)
        if asked in LANGS and asked != kept:
            response.set_cookie(COOKIE, asked, max_age=A_YEAR, samesite="Lax", httponly=True)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def _reason(request: HttpRequest) -> str:
    """Why somebody opens a record that is not their own work: as told for this address within the session."""
    told = getattr(request, "session", {}).get(REASONS, {}).get(request.path, "")
    return told or unquote(request.headers.get("X-Reason", "")).strip()[:LONGEST]
