"""What goes around every page: language, security headers, and errors said in words."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from fengsui.kit.text import LANGS
from fengsui.service.room import Room

COOKIE = "lang"
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
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def guard(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Django middleware: sets ``request.room`` and ``request.lang``, and the headers of the answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        room: Room = request.META["fengsui.room"]
        request.room = room
        asked = request.GET.get("lang", "")
        kept = request.COOKIES.get(COOKIE, "")
        request.lang = next((lang for lang in (asked, kept, room.lang) if lang in LANGS), LANGS[0])
        response = get_response(request)
        if asked in LANGS and asked != kept:
            response.set_cookie(COOKIE, asked, max_age=A_YEAR, samesite="Lax", httponly=True)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
