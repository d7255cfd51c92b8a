"""The pages on which people act: their work, the forms of commands, why somebody is restricted."""

import secrets
from collections.abc import Mapping
from io import BytesIO

import msgspec
import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from fengsui.access import doors
from fengsui.access.visit import Visit
from fengsui.commands import command
from fengsui.commands.hand import ID, Hand, asked_of, carry_out
from fengsui.commands.offers import Offer, offers
from fengsui.facts.catalogue import FieldType
from fengsui.kit.errors import BadInput, FengsuiError
from fengsui.service.frame import Asked, as_data, failed, is_data, page
from fengsui.service.moment import Moment, a_time
from fengsui.service.room import Room

DATA = "data."  # fields of a form that begin so belong to the fact's data
TIMES = ("at", "until")
NOT_TOLD = ("csrfmiddlewaretoken", "next", ID)


@page("work.html")
def work(asked: Asked):
    """What one has to do now and soon, and what waits for one's acknowledgement."""
    return doors.my_work(asked.visit)


@page("restriction.html", of_one=True)
def restriction(asked: Asked, name: str):
    """Why somebody is restricted, until when, who decides; to be printed and handed over."""
    return doors.restriction(asked.visit, name)


@require_safe
def restriction_code(request: HttpRequest, name: str) -> HttpResponse:
    """The QR code on the notice: the address of the notice itself, which opens for whom it is about."""
    address = request.build_absolute_uri(reverse("restriction", args=(name,)))
    drawn = BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=4, border=2, xmldecl=False)
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


def hand(room: Room, visit: Visit, key: str = "") -> Hand:
    """The hand of somebody who acts on a page."""
    return Hand(visit, room.store, key, f"post-{visit.actor.id}")


def offers_of(room: Room, visit: Visit, loop: str) -> tuple[Offer, ...]:
    """What the page of a loop offers to do."""
    return offers(hand(room, visit), loop)


@require_POST
def do(request: HttpRequest, name: str) -> HttpResponse:
    """Carry a command out: of a form, after which one is back on its page, or of JSON with a receipt."""
    room: Room = request.room
    now = room.clock()
    wants_json = is_data(request) or request.content_type == "application/json"
    try:
        module = command(name)
        told = _told(request, wants_json, room)
        key = str(told.get(ID, "")) or secrets.token_hex(8)
        with room.lock:
            visit = room.visit(request.actor, room.desk(now, now, is_now=True), reason=request.reason)
            ready = hand(room, visit, key)
            asked = asked_of(module, _of_types(told, ready))
            receipt = carry_out(module, ready, asked)
    except FengsuiError as error:
        return failed(request, error, Moment(now, now, {}), wants_json=wants_json)
    if wants_json:
        return as_data(receipt, 200 if receipt.is_repeat else 201)
    where = request.POST.get("next", "")
    is_ours = where and url_has_allowed_host_and_scheme(where, allowed_hosts=None)
    return HttpResponseRedirect(where if is_ours else reverse("work"))


def _told(request: HttpRequest, is_json: bool, room: Room) -> dict[str, object]:
    """What a request tells a command."""
    if is_json:
        try:
            told = msgspec.json.decode(request.body)
        except msgspec.DecodeError as error:
            raise BadInput(f"The request is not JSON: {error}") from error
        if not isinstance(told, dict):
            raise BadInput("The request is not a JSON object.")
        return told
    told = {name: text.strip() for name, text in request.POST.items() if name not in NOT_TOLD}
    data = {name.removeprefix(DATA): text for name, text in told.items() if name.startswith(DATA) and text}
    plain: dict[str, object] = {n: text for n, text in told.items() if not n.startswith(DATA) and text}
    for name in TIMES:
        if name in plain:
            plain[name] = a_time(name, str(plain[name]), room.zone)[0]
    return {**plain, **({"data": data} if data else {}), ID: request.POST.get(ID, "")}


def _of_types(told: Mapping[str, object], hand: Hand) -> dict[str, object]:
    """The data of a form as the kind of fact has them: numbers, times and yes or no are not texts."""
    data, said = told.get("data"), dict(told)
    if not isinstance(data, dict) or not said.get("loop"):
        return said
    kind = str(said.get("kind") or "")
    if said.get("fact"):
        kind = next((f.kind for f in hand.loop(str(said["loop"])).facts if f.id == said["fact"]), "")
    fields = hand.visit.raw.kinds.kinds[kind].fields if kind in hand.visit.raw.kinds.kinds else {}
    zone = hand.visit.raw.world.areas.region.zone
    said["data"] = {
        name: _typed(value, fields[name].type, zone) if name in fields and isinstance(value, str) else value
        for name, value in data.items()
    }
    return said


def _typed(text: str, kind: FieldType, zone: str) -> object:
    """The value a text means; the text itself where it means none, for the check to say so."""
    try:
        match kind:
            case FieldType.TIME:
                return a_time("data", text, zone)[0]
            case FieldType.INTEGER:
                return int(text)
            case FieldType.NUMBER:
                return float(text)
            case FieldType.YES_NO:
                return {"yes": True, "no": False}.get(text, text)
    except ValueError:
        return text
    return text
