"""A laboratory's files as the drill's laboratories write them: results of travellers in isolation."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import numpy as np
import xlsxwriter

from bench.house.rules import world
from bench.house.store import checker, rules
from bench.house.watch import Watch
from fengsui.engines.sqlite import SqliteStore
from fengsui.facts.batch import Batch, data_text
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.ids import subject_id
from fengsui.sources.mapping import mapping_file, mapping_of
from fengsui.sources.spec import FileMapping

SEED = 8
RESULTS_A_PERSON = 5
STARTS_AT = 1_627_862_400  # 2021-08-02 08:00 in Hohhot: everybody's first day in isolation
ZONE = timezone(timedelta(hours=8))
DAY, HOUR = 86_400, 3_600
DAYS = (0, 3, 6, 13, 13)  # of the results of a person
SITE, HOME, COUNTRY = "150102", "150105", "RUS"
COLUMNS = (
    "报告编号", "身份证号", "护照号", "国籍", "姓名", "样本编号", "采样点编码", "标本", "结果", "Ct值",
    "试剂", "状态", "报告时间", "上传时间", "更正报告编号",
)  # fmt: skip
# The laboratory that writes NDJSON calls its columns and codes otherwise.
NDJSON_COLUMNS = (
    "report_no", "id_card", "passport", "country", "name", "sample_no", "site_code", "specimen", "result",
    "ct", "reagent", "status", "reported_at", "sent_at", "corrects",
)  # fmt: skip
RESULTS = {"阴性": "NEG", "阳性": "POS"}
MAPPINGS = {"csv": "lab-hulunbuir", "xlsx": "lab-hulunbuir", "ndjson": "lab-hohhot"}


def mapping_for(form: str) -> FileMapping:
    """The shipped mapping of a laboratory; for XLSX that of the CSV, with the other form of file."""
    path = mapping_file(MAPPINGS[form])
    text = path.read_text(encoding="utf-8").replace("{format: csv}", f"{{format: {form}}}")
    return mapping_of(text, Catalogue.read(()), file=path.name)


def last_moment(rows: int) -> int:
    """When everything in the files has been recorded."""
    return STARTS_AT + (max(DAYS) + 2) * DAY


def write_file(watch: Watch, *, path: str, form: str, rows: int) -> None:
    """Write a file of so many results."""
    writers = {"csv": _write_csv, "ndjson": _write_ndjson, "xlsx": _write_xlsx}
    with watch.part("all"):
        writers[form](Path(path), results(rows))


def results(rows: int) -> Iterator[tuple[str, ...]]:
    """One result a row, in the order of their reports, under ``COLUMNS``."""
    rng = np.random.default_rng(SEED)
    people = -(-rows // RESULTS_A_PERSON)
    n = 0
    for i, day in enumerate(DAYS):
        at = np.sort(STARTS_AT + day * DAY + i * 60 + rng.integers(4 * HOUR, 10 * HOUR, people))
        sent = at + rng.integers(60, 6 * HOUR, people)
        turn = rng.permutation(people)
        found = np.where(rng.random(people) < 0.001, "阳性", "阴性")
        for person, reported, uploaded, result in zip(
            turn.tolist(), at.tolist(), sent.tolist(), found.tolist(), strict=True
        ):
            if n == rows:
                return
            n += 1
            yield (
                f"R{n:08d}", "", _passport(person), COUNTRY, "旅客", f"S{n:08d}", SITE, "nasal", result, "",
                f"试剂{person % 3}", "", _written(reported), _written(uploaded), "",
            )  # fmt: skip


def enrol(watch: Watch, *, path: str, rows: int) -> None:
    """A database in which everybody the results are about has arrived and is in isolation."""
    store = SqliteStore.open(path, rules(), world())
    people = -(-rows // RESULTS_A_PERSON)
    for first in range(0, people, 100_000):
        persons = range(first, min(people, first + 100_000))
        for batch in _arrivals(persons):
            if any(checker().of_batch(batch)):
                raise ValueError("the arrivals are not facts that can be taken")
            store.take(batch, now=STARTS_AT)
    store.close()


def _arrivals(persons: range) -> Iterator[Batch]:
    subjects = [
        subject_id("person", scheme="passport", number=_passport(i), country=COUNTRY, secret=b"")
        for i in persons
    ]
    for kind, source, at, data in (
        ("arrival.inbound", "drill-manifest", STARTS_AT - 6 * HOUR, {"home": HOME}),
        ("quarantine.admitted", "drill-sites", STARTS_AT - HOUR, {"site": SITE}),
    ):
        n = len(subjects)
        yield Batch(
            kind=[kind] * n,
            subject=subjects,
            at=[at + i % HOUR for i in persons],
            recorded_at=[at + i % HOUR for i in persons],
            source=[source] * n,
            key=[f"{source}-{i}" for i in persons],
            span=[0] * n,
            place=[SITE] * n,
            by=[None] * n,
            data=[data_text(data)] * n,
            supersedes=[None] * n,
        )


def _passport(person: int) -> str:
    return f"DRILL{person:07d}"


def _written(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(ZONE).isoformat(" ", "minutes")[:16]


def _write_csv(path: Path, made: Iterator[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([COLUMNS])
        csv.writer(out).writerows(made)


def _write_ndjson(path: Path, made: Iterator[tuple[str, ...]]) -> None:
    encode = msgspec.json.Encoder().encode
    result = NDJSON_COLUMNS.index("result")
    with path.open("wb") as out:
        for row in made:
            named = dict(zip(NDJSON_COLUMNS, row, strict=True))
            named["result"] = RESULTS[row[result]]
            out.write(encode(named) + b"\n")


def _write_xlsx(path: Path, made: Iterator[tuple[str, ...]]) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    sheet = book.add_worksheet()
    for n, row in enumerate((COLUMNS, *made)):
        sheet.write_row(n, 0, row)
    book.close()
