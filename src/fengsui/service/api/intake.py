"""The body of a request that tells facts: lines, packed or not, no more of them than is bearable."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse

from fengsui.access.refusal import Denied, Refusal
from fengsui.commands.tell_facts import LINE_MOST, ROWS_MOST, Result, tell_facts
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.text import Text
from fengsui.service.api.entry import visiting
from fengsui.service.api.errors import as_it_is, finding_of, said

MEGABYTE = 1 << 20
MOST = 16 * MEGABYTE  # bytes of a body as it is sent
UNPACKED_MOST = 64 * MEGABYTE  # and once it is unpacked
LINES_MOST = 2 * ROWS_MOST  # with those on which nothing stands
CHUNK = 1 << 16
TYPE = "application/x-ndjson"
WRONG_TYPE = Text(
    f"请以 Content-Type: {TYPE} 发送，每行一个 JSON 对象",
    f"Send Content-Type: {TYPE}, one JSON object a line.",
)


def take(request: HttpRequest) -> HttpResponse:
    """Take the facts of a request's body.

    No page elsewhere can make a browser send this type here without asking first, which is not answered; so
    at a desk, where nobody logs in, a page cannot tell facts behind its keeper's back.
    """
    if request.content_type != TYPE:
        return said(415, "not_ndjson", WRONG_TYPE)
    key = getattr(request, "key", None)
    if key is None and request.room.has_accounts:
        raise Denied(Refusal("key_needed"))
    source = key.source if key else f"post-{request.actor.id}"
    # Read whole before the region is held: a slow sender keeps nobody waiting.
    lines = list(lines_of(_unpacked(request)))
    with visiting(request) as visit:
        told = tell_facts(visit, request.room.store, lines, source=source)
    counts = {"taken": told.taken, "repeated": told.repeated, "refused": told.refused}
    return as_it_is({**counts, "results": [_line(result) for result in told.results]})


def lines_of(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a text that comes in pieces. BadInput for more of them, or longer ones, than are read."""
    rest, n = b"", 0
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        n += len(whole)
        if n > LINES_MOST:
            found = Finding("body", "lines", f"more than {LINES_MOST:,}", f"at most {ROWS_MOST:,} a request")
            raise BadInput("The request tells too much at once.", (found,))
        if len(rest) > LINE_MOST:
            found = Finding("body", "", "a line without an end", f"at most {LINE_MOST:,} bytes a line")
            raise BadInput("The body cannot be read.", (found,))
    if rest:
        yield rest


def _line(result: Result) -> dict[str, object]:
    return {
        "row": result.row,
        "status": result.status,
        "key": result.key,
        "id": result.id,
        "findings": [finding_of(finding) for finding in result.findings],
    }


def _sent(request: HttpRequest) -> Iterator[bytes]:
    """The body as it was sent, in pieces. One sent in chunks has no length, and Django would read nothing."""
    is_chunked = "HTTP_TRANSFER_ENCODING" in request.META
    stream: BinaryIO = request.environ["wsgi.input"] if is_chunked else request
    n = 0
    while chunk := stream.read(CHUNK):
        n += len(chunk)
        if n > MOST:
            raise Denied(Refusal("too_large", {"most": MOST // MEGABYTE}))
        yield chunk


def _unpacked(request: HttpRequest) -> Iterator[bytes]:
    """The body in pieces, unpacked if it is packed. Denied if that is too much, BadInput if broken."""
    packing = request.headers.get("Content-Encoding", "identity").strip().lower()
    if packing == "identity":
        yield from _sent(request)
        return
    if packing != "gzip":
        found = Finding("body", "Content-Encoding", repr(packing), "gzip, or nothing")
        raise BadInput("The body cannot be read.", (found,))
    unpacker, n = zlib.decompressobj(zlib.MAX_WBITS | 16), 0
    try:
        for chunk in _sent(request):
            while chunk:
                piece = unpacker.decompress(chunk, CHUNK)
                n += len(piece)
                if n > UNPACKED_MOST:
                    raise Denied(Refusal("too_large", {"most": UNPACKED_MOST // MEGABYTE}))
                yield piece
                chunk = unpacker.unconsumed_tail
                if unpacker.eof and (chunk := unpacker.unused_data):  # one packed text behind another
                    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        while piece := unpacker.decompress(b"", CHUNK):
            n += len(piece)
            yield piece
    except zlib.error as error:
        found = Finding("body", "", str(error), "a whole gzip file")
        raise BadInput("The body cannot be read.", (found,)) from error
    if not unpacker.eof:
        found = Finding("body", "", "the beginning of a gzip file", "a whole gzip file")
        raise BadInput("The body cannot be read.", (found,))
