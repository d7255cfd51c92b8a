"""Where the pages are. Each is also at /api/…, as JSON."""

from django.conf import settings
from django.urls import include, path

from fengsui.service import acts, live, pages, phone, sheets, uploads, watch_pages
from fengsui.service.api import v1

PAGES = (
    ("", live.board, "board"),
    ("work", acts.work, "work"),
    ("breaks", pages.breaks, "breaks"),
    ("loops", pages.loops, "loops"),
    ("waiting", pages.wait, "waiting"),
    ("loop/<str:name>", pages.loop, "loop"),
    ("subject/<path:name>", pages.subject, "subject"),
    ("restriction/<path:name>", acts.restriction, "restriction"),
    ("protocols", pages.protocols, "protocols"),
    ("protocol/<path:name>", pages.protocol, "protocol"),
    ("change", pages.change, "change"),
    ("handovers", pages.handover, "handovers"),
    ("data", pages.data, "quality"),
    ("watch", watch_pages.watch, "watch"),
    ("watch/<path:name>", watch_pages.signal, "signal"),
    ("search", pages.find, "search"),
)

urlpatterns = [
    *(path(where, view, name=name) for where, view, name in PAGES),
    *(path(f"api/{where or 'board'}", view, name=f"api-{name}") for where, view, name in PAGES),
    path("sheet/<slug:name>", sheets.sheet, name="sheet"),
    *v1.urls,
    path("health", pages.health, name="health"),
    path("restriction-code/<path:name>", acts.restriction_code, name="restriction-code"),
    path("upload", uploads.upload, name="upload"),
    path("upload/refused/<slug:name>", uploads.refused, name="upload-refused"),
    path("do/<slug:name>", acts.do, name="do"),
    path("api/do/<slug:name>", acts.do, name="api-do"),
    path("reason", pages.reason, name="reason"),
    path("phone", phone.shell, name="phone"),
    path("phone/worker.js", phone.worker, name="phone-worker"),
    path("phone/manifest.json", phone.manifest, name="phone-manifest"),
    path("phone/work", phone.work, name="phone-work"),
    path("phone/send", phone.send, name="phone-send"),
    *([path("accounts/", include("allauth.urls"))] if settings.FENGSUI_ACCOUNTS else []),
]

handler404 = pages.missing
