"""The page on which a laboratory hands in its sheet of results."""

import secrets
import tempfile
from pathlib import Path, PurePath

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fengsui.access.refusal import Refusal, refuse
from fengsui.commands.upload_sheet import MOST, VERB, refused_file, upload_sheet
from fengsui.kit.errors import BadInput, FengsuiError
from fengsui.service.frame import as_data, as_html, failed, is_data
from fengsui.service.moment import Moment
from fengsui.service.room import Room
from fengsui.sources.mapping import SHIPPED

ENDINGS = (".csv", ".xlsx", ".ndjson", ".parquet")
CHUNK = 1 << 20


def upload(request: HttpRequest) -> HttpResponse:
    """The form, and what became of the sheet."""
    room: Room = request.room
    now = room.clock()
    at, wants_json = Moment(now, now, {}), is_data(request)
    try:
        with room.lock:
            desk = room.desk(now, now, is_now=True)
            visit = room.visit(request.actor, desk, reason=request.reason)
            visit.need(VERB)
            sheet = None
            if request.method == "POST":
                with tempfile.TemporaryDirectory(prefix="fengsui-") as folder:
                    path = _kept(request.FILES.get("file"), Path(folder))
                    mapping = PurePath(request.POST.get("mapping", "")).name
                    sheet = upload_sheet(visit, room.store, path, mapping, secret=room.secret)
    except FengsuiError as error:
        return failed(request, error, at, wants_json=wants_json)
    if wants_json:
        return as_data(sheet)
    values = {"page": sheet, "mappings": mappings(), "most": MOST // 1024 // 1024}
    return as_html(request, "upload.html", values, at=at)


@require_safe
def refused(request: HttpRequest, name: str) -> HttpResponse:
    """The rows of a sheet that could not be taken, as a file to be put right and handed in again."""
    room: Room = request.room
    now = room.clock()
    try:
        with room.lock:
            visit = room.visit(request.actor, room.desk(now, now, is_now=True), reason=request.reason)
            text = refused_file(visit, room.store, name, lang=request.lang)
    except FengsuiError as error:
        return failed(request, error, Moment(now, now, {}), wants_json=is_data(request))
    answer = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="refused.csv"'
    return answer


def mappings() -> list[str]:
    """The mappings a sheet may be read by."""
    return sorted(path.stem for path in SHIPPED.rglob("*.yaml"))


def _kept(file: UploadedFile | None, folder: Path) -> Path:
    """The uploaded file in a folder of ours. Of its own name only the ending counts."""
    if file is None:
        raise BadInput("file: found nothing, expected a sheet")
    if (file.size or 0) > MOST:
        refuse(Refusal("too_large", {"most": MOST // 1024 // 1024}))
    ending = PurePath(file.name or "").suffix.lower()
    if ending not in ENDINGS:
        raise BadInput(f"file: found {ending!r}, expected one of {', '.join(ENDINGS)}")
    path = folder / f"sheet-{secrets.token_hex(4)}{ending}"
    with path.open("wb") as kept:
        for chunk in file.chunks(CHUNK):
            kept.write(chunk)
    return path
