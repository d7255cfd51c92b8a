"""The one shape of everything that goes wrong: code, words, parameters, findings."""

from collections.abc import Iterable

import msgspec
from django.http import HttpResponse
from pydantic import BaseModel

from fengsui.access.refusal import Denied, Refusal
from fengsui.board.as_json import as_json
from fengsui.kit.errors import BadInput, FengsuiError, Finding, NotFound
from fengsui.kit.text import LANGS, Text

STATUS = {"log_in_first": 401, "key_unknown": 401, "key_expired": 401, "key_revoked": 401,
          "too_large": 413, "packed_too_tightly": 413, "too_often": 429}  # fmt: skip
NAMES = {400: "bad_input", 404: "not_found", 405: "not_allowed", 409: "conflict", 415: "not_ndjson"}
NOT_ALLOWED = Text("此地址不支持该方法", "The address does not take this method.")


class InBoth(BaseModel):
    """Words in both languages."""

    zh: str
    en: str


class Found(BaseModel):
    """One thing wrong with one place of what was sent. ``row``: the line, 0 where it is none of them."""

    row: int
    field: str
    found: str
    expected: str
    text: InBoth


class Failure(BaseModel):
    """What every answer that is no success says."""

    code: str
    message: InBoth
    parameters: dict[str, str | int | InBoth]
    findings: list[Found]


def as_answer(value: object, status: int = 200) -> HttpResponse:
    """A value as JSON, on one line: it is machines that read it."""
    return as_it_is(as_json(value), status)


def as_it_is(value: object, status: int = 200) -> HttpResponse:
    """A value without times, which ``as_json`` would look for in each of ten thousand lines."""
    body = msgspec.json.encode(value)
    return HttpResponse(body, content_type="application/json; charset=utf-8", status=status)


def failed(error: FengsuiError) -> HttpResponse:
    """What went wrong."""
    if isinstance(error, Denied):
        return refused(error.refusal)
    findings = error.findings if isinstance(error, BadInput) else ()
    status = {BadInput: 400, NotFound: 404}.get(type(error), 409 if error.exit_code == 5 else 400)
    message = Text(*(error.in_(lang).partition("\n")[0] for lang in LANGS))
    return said(status, NAMES[status], message, findings=findings)


def refused(refusal: Refusal) -> HttpResponse:
    """Why something may not be: the same value that the pages show and commands print."""
    status = STATUS.get(refusal.code, 403)
    answer = said(status, refusal.code, refusal.text, parameters=dict(refusal.values))
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if status == 429:
        answer.headers["Retry-After"] = str(refusal.values["seconds"])
    return answer


def said(
    status: int,
    code: str,
    message: Text,
    *,
    parameters: dict[str, object] | None = None,
    findings: Iterable[Finding] = (),
) -> HttpResponse:
    """The shape itself."""
    found = [finding_of(finding) for finding in findings]
    value = {"code": code, "message": message, "parameters": parameters or {}, "findings": found}
    return as_answer(value, status)


def finding_of(finding: Finding) -> dict[str, object]:
    """A finding with its row as a number, and the whole of it in both languages."""
    _, _, number = finding.where.partition("row ")
    return {
        "row": int(number) if number.isdigit() else 0,
        "field": finding.field,
        "found": finding.found,
        "expected": finding.expected,
        "text": Text(*(finding.in_(lang) for lang in LANGS)),
    }
