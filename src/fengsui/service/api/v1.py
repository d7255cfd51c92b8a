"""The API, version 1: what it takes and hands out, and the document that says so."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Schema
from ninja import Path as InPath
from ninja import Query as InQuery
from ninja.errors import ValidationError
from pydantic import BaseModel, Field

from fengsui.access import doors
from fengsui.access.doors import feed
from fengsui.access.visit import Visit
from fengsui.commands.tell_facts import Line
from fengsui.kit.errors import BadInput, FengsuiError, Finding, NotFound
from fengsui.kit.text import Text
from fengsui.service.api import intake
from fengsui.service.api.entry import let_in, visiting
from fengsui.service.api.errors import NOT_ALLOWED, Failure, Found, as_answer, as_it_is, failed, said
from fengsui.service.api.shapes import shape
from fengsui.service.frame import as_html
from fengsui.service.moment import Moment

BASE = "api/v1/"
WRONG = dict.fromkeys((400, 401, 403, 404, 429), Failure)
DESCRIPTION = (
    "Facts in, lists and records out. Every call shows a key (`Authorization: Bearer fsk_…`) and sees what "
    "the posts of its key may see. `X-Reason` says why a record beyond one's own work is opened."
)
SCHEMES = {"key": {"type": "http", "scheme": "bearer"}}

api = NinjaAPI(
    title="Fengsui",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    openapi_url=None,
    urls_namespace="v1",
    auth=let_in,
    openapi_extra={"components": {"securitySchemes": SCHEMES}, "security": [{"key": []}]},
)


class AtQuery(Schema):
    """The moment that is asked about; the present without it."""

    as_of: str = Field("", description="as it was then: ISO 8601, or a day, as at its end")
    known_at: str = Field("", description="by what was on record then")


class NarrowedQuery(AtQuery):
    """A list of a protocol, in an area."""

    area: str | None = Field(None, description="code of an area", max_length=200)
    protocol: str | None = Field(None, description="name of a protocol", max_length=200)


class BreaksQuery(NarrowedQuery):
    """What is overdue, or ended lately."""

    role: str | None = Field(None, max_length=200)
    ended: int = Field(0, ge=0, le=3660, description="what ended in so many days instead")
    missed: bool = Field(False, description="what was missed for good instead")
    page: int = Field(1, ge=1, le=1_000_000)


class LoopsQuery(NarrowedQuery):
    """Running loops, the newest first."""

    after: str = Field("", max_length=200, description="the `after` of the page before")


class HandoversQuery(AtQuery):
    """What went in and came out."""

    area: str | None = Field(None, max_length=200)
    protocol: str | None = Field(None, max_length=200)
    by: Literal["port", "carriage"] = "port"
    days: int = Field(7, ge=1, le=3660)


class FeedQuery(Schema):
    """Records in the order of their arrival."""

    after: str = Field("", max_length=100, description="the `cursor` of the page before")
    limit: int = Field(100, ge=1, le=1000)


class Result(BaseModel):
    """What became of one line."""

    row: int
    status: Literal["taken", "repeated", "refused"]
    key: str | None
    id: str | None
    findings: list[Found]


class Taken(BaseModel):
    """What became of all lines, in their order."""

    taken: int
    repeated: int
    refused: int
    results: list[Result]


def both(text: Text) -> str:
    """Both languages on one line: a document has one, and is read by people of either."""
    return f"{text.zh} · {text.en}"


def get(where: str, door: Callable, summary: Text) -> Callable:
    """An address that hands out what a door hands out: the decorated function answers with it."""
    of = {200: shape(get_type_hints(door)["return"]), **WRONG}
    name = f"v1-{where.strip('/').partition('/')[0]}"
    return api.get(where, response=of, summary=both(summary), url_name=name)


def seen(request: HttpRequest, make: Callable[[Visit], Any], *, of_one: bool = False) -> HttpResponse:
    """What a door hands out for a visit."""
    with visiting(request, of_one=of_one) as visit:
        value = make(visit)
    return as_answer(value)


@get(
    "/board", doors.front, Text("辖区数量及逾期最久的事项", "Counts of an area, and what is longest overdue")
)
def board(request: HttpRequest, asked: Annotated[NarrowedQuery, InQuery(...)]):
    """The front page of an area, or of the key's own."""
    return seen(request, lambda visit: doors.front(visit, area=asked.area or None))


@get("/breaks", doors.breaks, Text("断点：逾期未办、近期了结", "What is overdue, or ended lately"))
def breaks(request: HttpRequest, asked: Annotated[BreaksQuery, InQuery(...)]):
    """The list of breaks."""
    told = {name: getattr(asked, name) or None for name in ("area", "protocol", "role")}
    more = {"days": asked.ended, "is_missed": asked.missed, "page": asked.page}
    return seen(request, lambda visit: doors.breaks(visit, **told, **more))


@get("/loops", doors.loops, Text("进行中的闭环，新的在前", "Running loops, the newest first"))
def loops(request: HttpRequest, asked: Annotated[LoopsQuery, InQuery(...)]):
    """A page of them."""
    told = {"protocol": asked.protocol or None, "area": asked.area or None, "after": asked.after}
    return seen(request, lambda visit: doors.loops(visit, **told))


@get(
    "/loop/{str:name}", doors.loop, Text("一个闭环，及其现状的理由", "One loop, and why it stands as it does")
)
def loop(request: HttpRequest, name: Annotated[str, InPath(...)], at: Annotated[AtQuery, InQuery(...)]):
    """Its duties with their reasons, and its record."""
    return seen(request, lambda visit: doors.loop(visit, name), of_one=True)


@get(
    "/subject/{path:name}",
    doors.subject,
    Text("一个对象：其闭环与记录", "One subject: its loops and its record"),
)
def subject(request: HttpRequest, name: Annotated[str, InPath(...)], at: Annotated[AtQuery, InQuery(...)]):
    """By its pseudonym, such as person/0f3a…"""
    return seen(request, lambda visit: doors.subject(visit, name), of_one=True)


@get("/work", doors.my_work, Text("本密钥各岗位的应办事项", "What the key's own posts owe"))
def work(request: HttpRequest):
    """Now and in the next two days."""
    return seen(request, doors.my_work)


@get("/waiting", doors.waiting, Text("在等待的环节，等什么", "The steps that wait, and for what"))
def wait(request: HttpRequest, asked: Annotated[NarrowedQuery, InQuery(...)]):
    """Most often first."""
    told = {"protocol": asked.protocol or None, "area": asked.area or None}
    return seen(request, lambda visit: doors.waiting(visit, **told))


@get("/handovers", doors.handovers, Text("交接对账", "The reconciliation of hand-overs"))
def handover(request: HttpRequest, asked: Annotated[HandoversQuery, InQuery(...)]):
    """In = out + under way + stopped + broken."""
    told = {
        "protocol": asked.protocol or None,
        "area": asked.area or None,
        "by": asked.by,
        "days": asked.days,
    }
    return seen(request, lambda visit: doors.handovers(visit, **told))


@get("/protocols", doors.protocols, Text("全部规程", "All protocols"))
def protocols(request: HttpRequest):
    """By pack."""
    return seen(request, doors.protocols)


@get(
    "/facts",
    feed.facts,
    Text("按到达先后的记录，自游标之后", "Records in the order of their arrival, behind a cursor"),
)
def facts(request: HttpRequest, asked: Annotated[FeedQuery, InQuery(...)]):
    """Every record of the key's share, also corrected ones. Ask again with the `cursor` of the answer."""
    after = request.room.store.after
    return seen(request, lambda visit: feed.facts(visit, after, cursor=asked.after, limit=asked.limit))


@api.post(
    "/facts",
    response={200: Taken, 413: Failure, 415: Failure, **WRONG},
    summary=both(Text("报送事实，每行一个 JSON 对象", "Tell facts, one JSON object a line")),
    url_name="v1-facts",
    openapi_extra={
        "requestBody": {"required": True, "content": {intake.TYPE: {"schema": {"type": "string"}}}}
    },
)
def tell(request: HttpRequest):
    """What becomes of each line is answered in the order of the lines.

    All that can be taken is taken at once, and what follows from it is derived before the answer. What is
    sent again is there once: the id of a fact is its key under the source of the sender. `Line` describes a
    line; `Content-Encoding: gzip` is understood.
    """
    return intake.take(request)


@api.exception_handler(FengsuiError)
def _failed(request: HttpRequest, error: FengsuiError) -> HttpResponse:
    return failed(error)


@api.exception_handler(ValidationError)
def _not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    findings = tuple(
        Finding("query", str(one["loc"][-1]), repr(one.get("input", "")), str(one["msg"]))
        for one in error.errors
    )
    return failed(BadInput("The request cannot be understood.", findings))


def document() -> dict[str, Any]:
    """The OpenAPI document. A line of what is told is described beside what is handed out."""
    said = msgspec.to_builtins(dict(api.get_openapi_schema(path_prefix=f"/{BASE}")), enc_hook=str)
    _, lines = msgspec.json.schema_components([Line], ref_template="#/components/schemas/{name}")
    said["components"]["schemas"].update(lines)
    for methods in said["paths"].values():
        for operation in methods.values():
            operation["security"] = [{"key": []}]
    return said


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The document as JSON."""
    return _to_who_may(request, lambda: as_it_is(document()))


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The document as a page: our own, as those that come with libraries need scripts from elsewhere."""

    def made() -> HttpResponse:
        said, now = document(), request.room.clock()
        values = {"document": said, "line": said["components"]["schemas"]["Line"]}
        return as_html(request, "api.html", values, at=Moment(now, now, {}))

    return _to_who_may(request, made)


@csrf_exempt
def unknown(request: HttpRequest, name: str) -> HttpResponse:
    """An address that leads nowhere."""
    return _to_who_may(request, lambda: failed(NotFound(f"There is nothing at {request.path}.")))


def _to_who_may(request: HttpRequest, make: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        let_in(request)
    except FengsuiError as error:
        return failed(error)
    return make()


def _in_shape(view: Callable) -> Callable:
    """A view whose refusal of a method has the shape of all others."""

    @csrf_exempt
    def shaped(request: HttpRequest, **address: str) -> HttpResponse:
        answer = view(request, **address)
        if not isinstance(answer, HttpResponseNotAllowed):
            return answer
        other = said(405, "not_allowed", NOT_ALLOWED, parameters={"method": request.method})
        other.headers["Allow"] = answer.headers["Allow"]
        return other

    return shaped


def _urls() -> list:
    """The addresses, flat, so that whoever goes through all addresses of the service meets them."""
    made = [
        path(f"{BASE}{one.pattern}", _in_shape(one.callback), name=one.name)
        for one in api.urls[0]
        if one.name != "api-root"
    ]
    return [
        path(f"{BASE}openapi.json", _in_shape(openapi), name="v1-openapi"),
        path(BASE, _in_shape(page), name="v1"),
        *made,
        path(f"{BASE}<path:name>", unknown, name="v1-unknown"),
    ]


urls = _urls()
