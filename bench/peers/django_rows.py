"""Django: the rows of a laboratory's file through ``bulk_create`` into SQLite."""

import csv
import tempfile
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import django
import msgspec
import python_calamine
from django.conf import settings
from django.db import connection, models, transaction

from bench.house.lab_files import NDJSON_COLUMNS
from bench.house.watch import Watch

BATCH = 10_000
CODES = {"阴性": "negative", "阳性": "positive", "NEG": "negative", "POS": "positive"}
ZONE = ZoneInfo("Asia/Shanghai")


def take(watch: Watch, *, file: str, form: str, rows: int) -> int:
    """From the file to committed rows."""
    with tempfile.TemporaryDirectory(prefix="django-", dir=Path(file).parent) as folder:
        model = _model(Path(folder) / "rows.sqlite")
        readers = {"csv": _csv, "ndjson": _ndjson, "xlsx": _xlsx}
        with watch.part("all"):
            made = (_object(model, row) for row in readers[form](Path(file)))
            while batch := list(islice(made, BATCH)):
                with transaction.atomic():
                    model.objects.bulk_create(batch, ignore_conflicts=True)
        kept = model.objects.count()
        connection.close()
    if kept != rows:
        raise ValueError(f"{kept} rows were kept of {rows}")
    return kept


def _model(path: Path) -> type[models.Model]:
    """A table as one would make it: unique by report, found by person, in the mode our own store uses."""
    options = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        "transaction_mode": "IMMEDIATE",
    }
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}
    settings.configure(DATABASES={"default": database}, INSTALLED_APPS=[], USE_TZ=True)
    django.setup()

    class Result(models.Model):
        report = models.CharField(max_length=32, unique=True)
        passport = models.CharField(max_length=32, db_index=True)
        country = models.CharField(max_length=3)
        sample = models.CharField(max_length=32)
        place = models.CharField(max_length=32)
        specimen = models.CharField(max_length=32)
        result = models.CharField(max_length=16)
        reagent = models.CharField(max_length=64)
        reported_at = models.DateTimeField()
        recorded_at = models.DateTimeField()

        class Meta:
            app_label = "bench"

    with connection.schema_editor() as editor:
        editor.create_model(Result)
    return Result


def _object(model: type[models.Model], row: tuple[str, ...]) -> models.Model:
    report, _, passport, country, _, sample, place, specimen, result, _, reagent, _, reported, sent, _ = row
    return model(
        report=report,
        passport=passport,
        country=country,
        sample=sample,
        place=place,
        specimen=specimen,
        result=CODES[result],
        reagent=reagent,
        reported_at=datetime.fromisoformat(reported).replace(tzinfo=ZONE),
        recorded_at=datetime.fromisoformat(sent).replace(tzinfo=ZONE),
    )


def _csv(path: Path) -> Iterator[tuple[str, ...]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        yield from rows


def _ndjson(path: Path) -> Iterator[tuple[str, ...]]:
    decode = msgspec.json.Decoder(dict[str, str]).decode
    with path.open("rb") as lines:
        for line in lines:
            row = decode(line)
            yield tuple(row[name] for name in NDJSON_COLUMNS)


def _xlsx(path: Path) -> Iterator[tuple[str, ...]]:
    sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    yield from islice(sheet.iter_rows(), 1, None)
