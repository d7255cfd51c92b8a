"""A teller who speaks for some places only: rows of other places, or of none, are refused and kept."""

import pytest

from fengsui.engines.plain import PlainStore
from fengsui.sources.within import Within
from tests.sources.made import AREAS, file, mapping, take

OWN = Within(lambda place: place is not None and AREAS.covers("150700", place), "a place in 150700")
PLACED = """\
facts:
  - when: {result: {present: true}}
    kind: test.result
    key: "{no}"
    subject: {type: person, key: "{who}"}
    at: {column: when}
    place: {column: where}
    data: {result: {column: result}}
    supersedes: "{corrects}"
  - when: {result: ""}
    kind: fact.withdrawn
    key: "{no}/withdrawn"
    subject: {type: person, key: "{who}"}
    at: {column: when}
    supersedes: "{corrects}"
"""
HEAD = "no,who,when,where,result,corrects\n"
IN, OUT = "150781", "150100"


def told(tmp_path, *rows: str, within: Within | None = OWN, store: PlainStore | None = None):
    """What became of a sheet of rows: the report, and (row, found) of what was refused."""
    path = file(tmp_path, HEAD + "".join(f"{row}\n" for row in rows), name=f"{abs(hash(rows))}.csv")
    report, store = take(path, mapping(PLACED), store, within=within)
    refused = [(e.row, f.field, f.found, f.expected) for e in store.refused() for f in e.findings]
    return report, refused, store


def test_rows_of_another_place_or_of_none_are_refused_and_the_others_are_taken(tmp_path):
    rows = (
        f"1,ann,2021-08-06,{IN},negative,",
        f"2,bob,2021-08-06,{OUT},negative,",
        "3,cid,2021-08-06,,negative,",
    )
    report, refused, store = told(tmp_path, *rows)
    assert (report.rows, report.taken, report.refused) == (3, 1, 2)
    assert refused == [
        (3, "place", f"'{OUT}'", "a place in 150700"),
        (4, "place", "nothing", "a place in 150700"),
    ]
    assert [fact.place for fact in store.facts()] == [IN]


def test_whoever_speaks_for_all_places_has_every_row_taken(tmp_path):
    rows = (f"2,bob,2021-08-06,{OUT},negative,", "3,cid,2021-08-06,,negative,")
    report, refused, _ = told(tmp_path, *rows, within=None)
    assert (report.taken, refused) == (2, [])


def test_a_withdrawal_lies_where_its_record_lies(tmp_path):
    rows = (f"1,ann,2021-08-06,{IN},positive,", "9,ann,2021-08-07,,,1")
    report, refused, store = told(tmp_path, *rows)
    assert (report.taken, refused) == (2, [])
    assert store.facts_of(store.facts()[0].subject) == []


@pytest.mark.parametrize("row", ["9,ann,2021-08-07,,,1", f"9,ann,2021-08-07,{IN},negative,1"])
def test_a_sheet_does_not_undo_what_was_told_of_another_place(tmp_path, row):
    _, _, store = told(tmp_path, f"1,ann,2021-08-06,{OUT},positive,", within=None)
    [first] = store.facts()
    report, refused, _ = told(tmp_path, row, store=store)
    assert (report.taken, report.refused) == (0, 1)
    assert refused == [(2, "supersedes", f"'lab:1', recorded at {OUT}", "a place in 150700")]
    assert [fact.data["result"] for fact in store.facts_of(first.subject)] == ["positive"]


def test_a_record_that_is_not_there_yet_is_not_undone_in_advance(tmp_path):
    row = f"9,ann,2021-08-07,{IN},negative,1"
    report, refused, store = told(tmp_path, row)
    assert refused == [(2, "supersedes", "'lab:1', which is not on record", "a place in 150700")]
    told(tmp_path, f"1,ann,2021-08-06,{IN},positive,", store=store)
    report, refused, _ = told(tmp_path, row, store=store)  # handed in again, it is taken
    assert (report.taken, report.repaired, refused) == (1, 1, [])


def test_every_mistake_of_a_row_is_named_once(tmp_path):
    """Two facts of one row that lie elsewhere are one finding."""
    twice = PLACED + PLACED.removeprefix("facts:\n").replace('"{no}', '"again {no}')
    path = file(tmp_path, HEAD + f"1,ann,2021-08-06,{OUT},negative,\n")
    report, store = take(path, mapping(twice), within=OWN)
    assert (report.refused, [len(entry.findings) for entry in store.refused()]) == (1, [1])
