import csv
import io
from pathlib import Path

from fengsui.sources.ledger import by_reason, entries, export
from tests.sources.made import fact_with, file, mapping, take

HEAD = "no,who,when,result\n"
BAD = (
    HEAD
    + "1,ann,2021-08-06,negative\n2,bob,someday,positive\n3,cid,2021-08-07,maybe\n4,dan,2021-08-08,maybe\n"
)


def exported(store, folder: Path, **changes: dict[str, str]) -> Path:
    """The export as a file, the rows of the given numbers repaired."""
    stream = io.StringIO(newline="")
    export(entries(store), stream)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    for row in rows:
        row.update(changes.get(f"row{row['no']}", {}))
    path = folder / "repaired.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_refused_rows_are_written_out_with_their_reasons_and_as_they_were(tmp_path):
    _, store = take(file(tmp_path, BAD), mapping())
    stream = io.StringIO(newline="")
    assert export(entries(store), stream) == 3
    rows = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert [row["no"] for row in rows] == ["2", "3", "4"]
    assert {
        name: rows[0][name] for name in ("fengsui_row", "fengsui_why", "fengsui_field", "fengsui_found")
    } == {
        "fengsui_row": "3",
        "fengsui_why": "refused",
        "fengsui_field": "when",
        "fengsui_found": "'someday'",
    }
    assert rows[0]["fengsui_entry"].endswith(":3")


def test_a_repaired_row_is_taken_and_settles_its_entry(tmp_path):
    _, store = take(file(tmp_path, BAD), mapping())
    path = exported(store, tmp_path, row2={"when": "2021-08-06"}, row3={"result": "negative"})
    report, _ = take(path, mapping(), store)
    assert (report.rows, report.taken, report.refused, report.repaired) == (3, 2, 1, 3)
    assert {fact.key for fact in store.facts()} == {"1", "2", "3"}
    [left] = store.refused()
    assert left.row == 4
    settled = {
        entry.row: entry.settled_by for entry in store.refused(open_only=False) if entry.name == "in.csv"
    }
    assert settled == {3: "taken", 4: "taken", 5: left.entry}


def test_a_row_repaired_at_the_second_attempt_is_settled_in_the_end(tmp_path):
    _, store = take(file(tmp_path, BAD), mapping())
    take(exported(store, tmp_path), mapping(), store)
    assert len(list(store.refused())) == 3
    again = exported(
        store, tmp_path, **{f"row{n}": {"when": "2021-08-06", "result": "negative"} for n in (2, 3, 4)}
    )
    report, _ = take(again, mapping(), store)
    assert (report.taken, report.repaired, list(store.refused())) == (3, 3, [])
    assert len(list(store.refused(open_only=False))) == 6


def test_the_repaired_file_is_read_whatever_the_form_of_the_first(tmp_path):
    spec = "{format: csv, delimiter: ';', encoding: gb18030, header: [no, who, when, result], skip: 1}"
    by = mapping(file=spec)
    first = file(tmp_path, "标题\n2;乙;someday;positive\n", encoding="gb18030")
    _, store = take(first, by)
    path = exported(store, tmp_path, row2={"when": "2021-08-06"})
    report, _ = take(path, by, store)
    assert (report.taken, report.repaired) == (1, 1)
    path.write_text(path.read_text("utf-8-sig").replace(",", ";").replace("Z", ""), "utf-8-sig")
    report, _ = take(path, by, store)
    assert (report.rows, report.repeated) == (1, 1)


def test_a_conflict_can_be_repaired_by_a_correction_under_a_key_of_its_own(tmp_path):
    by = mapping(fact_with(key='"{no}"', supersedes='"{old}"'))
    head = "no,who,when,result,old\n"
    _, store = take(file(tmp_path, head + "1,ann,2021-08-06,negative,\n"), by)
    take(file(tmp_path, head + "1,ann,2021-08-06,positive,\n"), by, store)
    path = exported(store, tmp_path, row1={"no": "1b", "old": "1"})
    report, _ = take(path, by, store)
    assert (report.taken, report.repaired, list(store.refused())) == (1, 1, [])


def test_entries_can_be_asked_for_by_file_and_by_mapping(tmp_path):
    _, store = take(file(tmp_path, BAD), mapping())
    take(file(tmp_path, BAD, name="other.csv"), mapping(mapping="second", source="ward"), store)
    assert len(list(entries(store))) == 6
    assert len(list(entries(store, name="other.csv"))) == 3
    assert [entry.row for entry in entries(store, mapping="second", name="other.csv")] == [3, 4, 5]
    assert list(entries(store, mapping="second", name="in.csv")) == []


def test_reasons_are_counted_the_most_frequent_first(tmp_path):
    _, store = take(file(tmp_path, BAD), mapping())
    counted = [(name, n, example.row) for name, _, n, example in by_reason(entries(store))]
    assert counted == [("result", 2, 4), ("when", 1, 3)]


def test_a_single_fact_that_conflicted_is_written_out_column_by_column(tmp_path):
    from fengsui.facts.batch import Batch
    from tests.facts.made import fact

    _, store = take(file(tmp_path, HEAD), mapping())
    store.take(Batch.of([fact("1"), fact("1", at=101)]), now=5)
    stream = io.StringIO(newline="")
    export(entries(store), stream)
    [row] = csv.DictReader(io.StringIO(stream.getvalue(), newline=""))
    assert (row["kind"], row["at"], row["fengsui_why"]) == ("test.result", "101", "conflict")
