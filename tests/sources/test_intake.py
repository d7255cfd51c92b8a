from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.engines.plain import PlainStore
from fengsui.kit.errors import BadInput
from fengsui.sources.intake import Progress, intake
from tests.sources.made import AREAS, NOW, ROWS, fact_with, file, mapping, take

HEAD = "no,who,when,result\n"


def rows(*lines: str) -> str:
    return HEAD + "".join(f"{line}\n" for line in lines)


def test_a_file_is_taken_and_counted(tmp_path):
    report, store = take(file(tmp_path, ROWS), mapping())
    assert (report.rows, report.taken, report.repeated, report.refused, report.skipped) == (2, 2, 0, 0, 0)
    assert report.encoding == "utf-8"
    assert len(store.facts()) == 2


def test_a_file_taken_again_repeats_and_changes_nothing(tmp_path):
    path = file(tmp_path, ROWS)
    _, store = take(path, mapping())
    before = store.facts()
    report, _ = take(path, mapping(), store, now=NOW + 1000)
    assert (report.rows, report.taken, report.repeated) == (2, 0, 2)
    assert store.facts() == before


def test_a_file_that_has_grown_adds_what_is_new(tmp_path):
    _, store = take(file(tmp_path, ROWS), mapping())
    report, _ = take(file(tmp_path, ROWS + "3,cid,2021-08-08,negative\n"), mapping(), store)
    assert (report.taken, report.repeated) == (1, 2)


def test_rows_the_mapping_makes_nothing_of_are_counted(tmp_path):
    report, store = take(file(tmp_path, ROWS), mapping(fact_with(when="{result: positive}")))
    assert (report.rows, report.taken, report.without_facts) == (2, 1, 1)
    assert list(store.refused()) == []


def test_a_row_that_cannot_be_taken_is_kept_whole_with_its_reasons(tmp_path):
    path = file(tmp_path, rows("1,ann,2021-08-06,negative", "2,bob,2021-08-06,maybe"))
    report, store = take(path, mapping())
    assert (report.rows, report.taken, report.refused) == (2, 1, 1)
    [entry] = store.refused()
    assert (entry.row, entry.name, entry.mapping, entry.why) == (3, "in.csv", "made.up", "refused")
    assert entry.raw == '{"columns":["no","who","when","result"],"cells":["2","bob","2021-08-06","maybe"]}'
    [finding] = entry.findings
    assert (finding.where, finding.field, finding.found) == ("row 3 (no 2)", "result", "'maybe'")


TWO = (
    fact_with()
    + "\n"
    + fact_with(
        kind="case.reported", key='"{no}/reported"', data="{card: {column: result}}", at="{column: reported}"
    ).removeprefix("facts:\n")
)


def test_of_a_row_with_one_good_and_one_bad_fact_nothing_is_taken(tmp_path):
    path = file(tmp_path, "no,who,when,result,reported\n1,ann,2021-08-06,negative,someday\n")
    report, store = take(path, mapping(TWO))
    assert (report.taken, report.refused, store.facts()) == (0, 1, [])


def test_a_row_that_contradicts_what_was_told_before_is_set_aside_with_all_its_facts(tmp_path):
    head = "no,who,when,result,reported\n"
    _, store = take(file(tmp_path, head + "1,ann,2021-08-06,negative,2021-08-06\n"), mapping(TWO))
    before = store.facts()
    changed = head + "1,ann,2021-08-06,positive,2021-08-06\n2,bob,2021-08-06,positive,2021-08-07\n"
    report, _ = take(file(tmp_path, changed), mapping(TWO), store)
    assert (report.conflicts, report.refused, report.taken) == (1, 0, 2)
    assert [fact for fact in store.facts() if fact.key.startswith("1")] == before
    [entry] = store.refused()
    assert (entry.why, entry.row) == ("conflict", 2)
    assert {(f.field, f.found, f.expected) for f in entry.findings} == {
        ("data", """'{"result":"positive"}'""", """'{"result":"negative"}', as told before"""),
        ("data", """'{"card":"positive"}'""", """'{"card":"negative"}', as told before"""),
    }


def test_two_rows_of_one_file_that_contradict_each_other_leave_the_first(tmp_path):
    path = file(
        tmp_path, rows("1,ann,2021-08-06,negative", "1,ann,2021-08-06,positive", "1,ann,2021-08-06,negative")
    )
    report, store = take(path, mapping())
    assert (report.taken, report.repeated, report.conflicts) == (1, 1, 1)
    assert [entry.row for entry in store.refused()] == [3]


def test_a_row_freed_by_setting_another_aside_is_taken_after_all(tmp_path):
    """Row 2's second fact contradicts the store, so its first, which row 3 repeats, is row 3's to tell."""
    head = "no,who,when,result,reported\n"
    _, store = take(file(tmp_path, head + "1,ann,2021-08-06,negative,2021-08-05\n"), mapping(TWO))
    other = (
        fact_with(key='"{who}"') + "\n" + TWO.removeprefix("facts:\n").split("\n  -\n")[1].join(["  -\n", ""])
    )
    path = file(
        tmp_path, head + "1,ann,2021-08-06,negative,2021-08-04\n9,ann,2021-08-06,negative,2021-08-05\n"
    )
    report, _ = take(path, mapping(other), store)
    assert report.conflicts == 1
    assert {fact.key for fact in store.facts()} == {"1", "1/reported", "ann", "9/reported"}


def test_a_file_that_does_not_fit_is_refused_before_any_row(tmp_path):
    store = PlainStore()
    with pytest.raises(BadInput, match="found 'result', expected a column of the file"):
        take(file(tmp_path, "no,who,when\n1,ann,2021-08-06\n"), mapping(), store)
    assert store.facts() == []


def test_broken_rows_go_to_the_ledger_too(tmp_path):
    report, store = take(
        file(tmp_path, rows("1,ann", '2,"bob,2021-08-06,x', "3,cid,2021-08-06,negative")), mapping()
    )
    assert (report.rows, report.refused, report.taken) == (3, 2, 1)
    assert [str(finding) for entry in store.refused() for finding in entry.findings] == [
        "row 2: found 2 cells, expected 4, as in the header",
        "row 3: found unexpected end of data, expected a row of CSV, each quotation mark closed",
    ]


def test_progress_is_told_after_each_batch(tmp_path):
    told: list[Progress] = []
    take(
        file(tmp_path, rows(*(f"{n},ann,2021-08-06,negative" for n in range(25)))),
        mapping(),
        progress=told.append,
        batch=10,
    )
    assert [progress.rows for progress in told] == [10, 20, 25]
    assert told[-1].share == 1


class Killed(Exception):
    pass


class Mortal(PlainStore):
    """Dies at its n-th commit, either just before or just after it."""

    def __init__(self, dies_at: int, *, after: bool) -> None:
        super().__init__()
        self.left, self.after = dies_at, after

    def take(self, batch, **more):
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        taken = super().take(batch, **more)
        if self.left == 0:
            raise Killed
        return taken


LONG = rows(
    *(
        f"{n % 17},{'abcdef'[n % 6]},2021-08-{n % 28 + 1:02d},{('negative', 'positive', 'maybe')[n % 5 % 3]}"
        for n in range(60)
    )
)


@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=4), st.integers(1, 13))
def test_killed_anywhere_and_started_again_it_ends_as_if_nothing_had_happened(
    tmp_path_factory, deaths, batch
):
    path = file(tmp_path_factory.mktemp("kill"), LONG)
    whole, calm = take(path, mapping())
    store = Mortal(0, after=False)
    for dies_at, after in deaths:
        store.left, store.after = dies_at, after
        with suppress(Killed):
            intake(path, mapping(), store, now=NOW, areas=AREAS, batch=1)
    store.left = 0
    report = intake(path, mapping(), store, now=NOW, areas=AREAS, batch=batch)
    assert store.facts() == calm.facts()
    assert {entry.entry: entry.findings for entry in store.refused()} == {
        entry.entry: entry.findings for entry in calm.refused()
    }
    assert report.rows + report.skipped == whole.rows


def test_after_a_kill_only_the_rest_is_read(tmp_path):
    path = file(tmp_path, rows(*(f"{n},ann,2021-08-06,negative" for n in range(60))))
    store = Mortal(4, after=True)
    with pytest.raises(Killed):
        intake(path, mapping(), store, now=NOW, areas=AREAS, batch=10)
    store.left = 0
    report, _ = take(path, mapping(), store)
    assert (report.skipped, report.rows) == (40, 20)


def test_the_size_of_the_batches_makes_no_difference(tmp_path):
    path = file(tmp_path, LONG)
    reports = [take(path, mapping(), batch=size) for size in (1, 7, 1000)]
    assert len({replace(report) for report, _ in reports}) == 1
    assert all(store.facts() == reports[0][1].facts() for _, store in reports)


def test_rows_refused_for_want_of_knowledge_are_taken_when_the_file_comes_again(tmp_path):
    path = file(tmp_path, rows("1,ann,2021-08-06,negative"))
    by = mapping(fact_with(place='"999999{no}"'))
    report, store = take(path, by)
    assert report.refused == 1
    again, _ = take(path, by, store, areas=None)
    assert (again.taken, again.repaired, list(store.refused())) == (1, 1, [])


def test_the_same_file_by_another_mapping_is_other_work(tmp_path):
    path = file(tmp_path, ROWS)
    _, store = take(path, mapping())
    report, _ = take(path, mapping(source="ward"), store)
    assert report.taken == 2
