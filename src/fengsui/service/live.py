"""Live boards: a request for the changing part of one waits until it changed, and is answered without Django.

Somebody is let in by the pages, as everywhere, and written down. For the next half minute the same caller is
answered from here, with the page all share who see the same; the first whose page is old goes to the pages
and makes it anew, the others wait for that. A request that waits costs nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fengsui.access import doors
from fengsui.kit.errors import FengsuiError
from fengsui.kit.instant import zone_info
from fengsui.service import pages
from fengsui.service.boards import Boards, Caller, Part
from fengsui.service.frame import failed, is_data
from fengsui.service.guard import HEADERS
from fengsui.service.moment import Moment
from fengsui.service.room import Room

HELD = 8.0  # seconds a request waits for a change; a board that hears nothing for longer says so

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """The front page. Its live part, of the present, is made once for all who see the same."""
    room: Room = request.room
    boards, query = room.boards, request.GET
    is_live = query.get("part") == "live" and not (query.get("as_of") or query.get("known_at"))
    if not is_live or is_data(request) or "format" in query:
        return pages.board(request)
    version, now, area = boards.version, room.clock(), query.get("area") or None
    try:
        with room.lock:
            visit = room.visit(request.actor, room.desk(now, now, is_now=True))
            doors.front_again(visit, area=area)
            share = (visit.share, area, request.lang)
    except FengsuiError as error:
        return failed(request, error, Moment(now, now, {}), wants_json=False)
    part = boards.recent(share)
    if part is None:
        made = pages.board(request)
        if made.status_code != 200:
            return made
        part = boards.keep(share, made.content, version=version, as_of=_to_the_second(now, room.zone))
    boards.know(_caller(request), share)
    asked = request.headers
    status, said, body = _reply(part, asked.get("If-None-Match", ""), asked.get("Accept-Encoding", ""))
    return HttpResponse(body, status=status, headers=said)


def _to_the_second(at: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(at, zone_info(zone)):%Y-%m-%d %H:%M:%S}"


def _caller(request: HttpRequest) -> Caller:
    said = request.META
    return Caller(said.get("HTTP_HOST", ""), said.get("QUERY_STRING", ""), said.get("HTTP_COOKIE", ""))


class Live:
    """The ASGI application in front of the pages. It lives in one event loop."""

    def __init__(self, pages: Asgi, boards: Boards) -> None:
        self._pages, self._boards = pages, boards
        self._making: dict[object, asyncio.Future[None]] = {}
        self._changed: asyncio.Event | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a board, or hand over to the pages."""
        headers = _asked(scope)
        if headers is None:
            await self._pages(scope, receive, send)
            return
        query = scope["query_string"].decode("latin1")
        caller = Caller(headers.get("host", ""), query, headers.get("cookie", ""))
        share, etag = self._boards.share_of(caller), headers.get("if-none-match", "")
        part = await self._awaited(share, etag) if share is not None else None
        if part is not None:
            status, said, body = _reply(part, etag, headers.get("accept-encoding", ""))
            await send({"type": "http.response.start", "status": status, "headers": _raw(HEADERS | said)})
            await send({"type": "http.response.body", "body": body})
        elif share is None:
            await self._pages(scope, receive, send)
        else:
            await self._made(share, scope, receive, send)

    async def _awaited(self, share: object, etag: str) -> Part | None:
        """The page once it is another one than ``etag``, or when the time is over; None: to be made."""
        loop = asyncio.get_running_loop()
        until = loop.time() + HELD
        while True:
            # Whoever shows an older page gets the last one made, though the data may have changed since:
            # while it changes all the time, all but the one who has the page made would wait in vain.
            part = self._boards.recent(share)
            if part is not None and (part.etag != etag or loop.time() >= until):
                return part
            if self._boards.fresh(share) is None:
                if share not in self._making:
                    self._making[share] = loop.create_future()  # ours, before anybody else runs
                    return None
                await asyncio.shield(self._making[share])
                continue
            try:
                async with asyncio.timeout_at(until):
                    await self._change().wait()
            except TimeoutError:
                continue

    async def _made(self, share: object, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the pages make it, for us and for all who wait."""
        try:
            await asyncio.sleep(self._boards.pause(share))
            await self._pages(scope, receive, send)
        finally:
            self._making.pop(share).set_result(None)

    def _change(self) -> asyncio.Event:
        if self._changed is None:
            self._changed = asyncio.Event()
            loop = asyncio.get_running_loop()
            self._boards.call(lambda: loop.call_soon_threadsafe(self._wake))
        return self._changed

    def _wake(self) -> None:
        awaited, self._changed = self._changed, asyncio.Event()
        awaited.set()


def _asked(scope: Scope) -> dict[str, str] | None:
    """The headers of a request for the live part of a board; None of any other."""
    if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
        return None
    if b"part=live" not in scope["query_string"].split(b"&"):
        return None
    found = [(name.decode("latin1"), value.decode("latin1")) for name, value in scope["headers"]]
    headers = dict(found)
    is_plain = len(headers) == len(found) and "authorization" not in headers
    return headers if is_plain else None


def _reply(part: Part, etag: str, accepts: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body: the page, or that it is still the one with this ``etag``."""
    said = part.headers()
    if etag == part.etag:
        return 304, said, b""
    said["Content-Type"] = "text/html; charset=utf-8"
    body = part.html
    if "gzip" in accepts:
        said["Content-Encoding"], body = "gzip", part.packed
    return 200, {**said, "Content-Length": str(len(body))}, body


def _raw(said: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in said.items()]
