"""Where the pages are. Each is also at /api/…, as JSON."""

from django.urls import path

from fengsui.service import pages

PAGES = (
    ("", pages.board, "board"),
    ("breaks", pages.breaks, "breaks"),
    ("loops", pages.loops, "loops"),
    ("waiting", pages.wait, "waiting"),
    ("loop/<str:name>", pages.loop, "loop"),
    ("subject/<path:name>", pages.subject, "subject"),
    ("protocols", pages.protocols, "protocols"),
    ("protocol/<path:name>", pages.protocol, "protocol"),
    ("handovers", pages.handover, "handovers"),
    ("data", pages.data, "quality"),
    ("search", pages.find, "search"),
)

urlpatterns = [
    *(path(where, view, name=name) for where, view, name in PAGES),
    *(path(f"api/{where or 'board'}", view, name=f"api-{name}") for where, view, name in PAGES),
    path("health", pages.health, name="health"),
]

handler404 = pages.missing
