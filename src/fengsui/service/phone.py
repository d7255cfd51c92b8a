"""The phone page: my work, also without a network; what is recorded there comes back when there is one.

The page itself holds nothing of anybody. The work list is fetched as data and kept on the phone; records
wait in its queue under ids of their own, and are sent until an answer comes. Facts only add, so there is
nothing to merge: a record is taken, was taken before, or is refused with the reason, each for itself.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from fengsui import __version__
from fengsui.access import doors
from fengsui.access.doors.work import MyWork, WorkRow
from fengsui.access.visit import Visit
from fengsui.commands import command
from fengsui.commands.hand import ID, asked_of, carry_out
from fengsui.commands.offers import Offer
from fengsui.kit.errors import BadInput, FengsuiError
from fengsui.kit.instant import show
from fengsui.service.acts import hand, offers_of
from fengsui.service.frame import as_data, failed
from fengsui.service.moment import Moment
from fengsui.service.room import Room
from fengsui.service.wording import section

LOG = logging.getLogger(__name__)
MOST = 200  # records in one request, and rows on a phone
EXACT = 60  # seconds by which a phone's clock may be off without being corrected
RECORD = "record_step"
WORKER = Path(__file__).parent / "static" / "fengsui" / "phone-worker.js"
# What pages elsewhere may not use: the camera to scan a code, the position to say where a step was done.
ALLOWED = "camera=(self), geolocation=(self), microphone=()"


@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    """The page, the same for everybody of a language."""
    lang = request.lang
    words = msgspec.json.encode(section("phone", lang)).decode()
    context = {"lang": lang, "html_lang": "zh-Hans" if lang == "zh" else "en", "words": words}
    response = render(request, "phone.html", context)
    response.headers["Permissions-Policy"] = ALLOWED
    return response


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that answers for the page when the network does not; a new program brings a new cache."""
    script = WORKER.read_text(encoding="utf-8").replace("VERSION", __version__)
    # Without this header a script may only answer for pages below its own folder, /phone/.
    headers = {"Service-Worker-Allowed": "/phone"}
    return HttpResponse(script, content_type="text/javascript; charset=utf-8", headers=headers)


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What makes the page an app on the phone's screen."""
    words = section("phone", request.lang)
    icon = {"src": "/static/fengsui/beacon.svg", "sizes": "any", "type": "image/svg+xml"}
    said = {
        "name": words["app"],
        "short_name": words["short"],
        "start_url": "/phone",
        "scope": "/phone",
        "display": "standalone",
        "background_color": "#f6f5f1",
        "theme_color": "#0a5568",
        "lang": "zh-Hans" if request.lang == "zh" else "en",
        "icons": [icon],
    }
    return HttpResponse(msgspec.json.encode(said), content_type="application/manifest+json")


@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """The work list with the forms of its steps, and a token that lets records in."""
    room: Room = request.room
    now = room.clock()
    try:
        with room.lock:
            visit = _visit(request, room, now)
            found = doors.my_work(visit)
            rows = _rows(room, visit, found, lang=request.lang)
    except FengsuiError as error:
        return failed(request, error, Moment(now, now, {}), wants_json=True)
    who = request.actor
    said = {"now": now, "csrf": get_token(request), "actor": who.id, "name": who.name, "rows": rows}
    return HttpResponse(msgspec.json.encode(said), content_type="application/json; charset=utf-8")


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Take records that waited on a phone, each for itself; the answer says what became of each.

    state: taken, repeated (it had arrived before), refused, with a message, for good; or held: it stays on
    the phone, since it was recorded by somebody else who used it, or we failed.
    """
    room: Room = request.room
    now = room.clock()
    try:
        records = _records(request.body, now)
    except BadInput as error:
        return failed(request, error, Moment(now, now, {}), wants_json=True)
    return as_data({"results": [_taken(request, room, record, now=now) for record in records]})


def _taken(request: HttpRequest, room: Room, record: Mapping[str, object], *, now: int) -> dict[str, object]:
    key = str(record.get(ID, ""))
    if record.get("by", request.actor.id) != request.actor.id:
        return {"id": key, "state": "held", "message": ""}
    told = {name: value for name, value in record.items() if name not in ("command", "by")}
    try:
        module = command(str(record.get("command", RECORD)))
        with room.lock:
            ready = hand(room, _visit(request, room, now), key)
            receipt = carry_out(module, ready, asked_of(module, told))
    except FengsuiError as error:
        return {"id": key, "state": "refused", "message": error.in_(request.lang)}
    except Exception:  # a fault of ours with one record must not keep the others on the phone
        LOG.exception("a record of a phone could not be taken")
        return {"id": key, "state": "held", "message": ""}
    return {"id": key, "state": "repeated" if receipt.is_repeat else "taken", "message": ""}


def _visit(request: HttpRequest, room: Room, now: int) -> Visit:
    return room.visit(request.actor, room.desk(now, now, is_now=True), reason=request.reason)


class Told(msgspec.Struct):
    """What a phone sends. ``sent_at``: what its clock shows then, so that a wrong clock does no harm."""

    records: list[dict[str, object]] = []
    sent_at: int | None = None


def _records(body: bytes, now: int) -> list[dict[str, object]]:
    """The records, with their times by our clock: a phone may be hours off, but not in what went between."""
    try:
        told = msgspec.json.decode(body, type=Told)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"The request is not a list of records: {error}") from error
    if len(told.records) > MOST:
        raise BadInput(f"{len(told.records)} records at once; expected at most {MOST}.")
    off = now - told.sent_at if told.sent_at is not None else 0
    if abs(off) <= EXACT:
        return told.records
    return [{**one, "at": one["at"] + off} if isinstance(one.get("at"), int) else one for one in told.records]


def _rows(room: Room, visit: Visit, found: MyWork, *, lang: str) -> list[dict[str, object]]:
    by_loop: dict[str, tuple[Offer, ...]] = {}
    rows = []
    for row in found.rows[:MOST]:
        if row.loop not in by_loop:
            by_loop[row.loop] = offers_of(room, visit, row.loop)
        forms = [
            _form(offer, lang)
            for offer in by_loop[row.loop]
            if (offer.command, offer.key, offer.n) == (RECORD, row.key, row.n)
        ]
        rows.append({**_row(row, lang), "forms": forms})
    return rows


def _row(row: WorkRow, lang: str) -> dict[str, object]:
    return {
        "loop": row.loop,
        "key": row.key,
        "n": row.n,
        "title": row.title.in_(lang),
        "protocol": row.protocol_title.in_(lang),
        "subject": row.subject_name.in_(lang),
        "code": row.subject,
        "place": row.place or "",
        "placeName": row.place_name.in_(lang),
        "dueAt": row.due_at,
        "due": show(row.due_at, zone=row.zone, lang=lang),
    }


def _form(offer: Offer, lang: str) -> dict[str, object]:
    return {
        "kind": offer.kind,
        "title": offer.kind_title.in_(lang),
        "whyNot": offer.why_not.in_(lang) if offer.why_not else "",
        "entries": [
            {
                "name": entry.name.removeprefix("data."),
                "title": entry.title.in_(lang),
                "kind": entry.kind,
                "required": entry.required,
                "choices": [[value, title.in_(lang)] for value, title in entry.choices],
            }
            for entry in offer.entries
        ],
    }
