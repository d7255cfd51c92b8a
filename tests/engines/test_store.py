"""What a store does with what it is handed: identity, conflicts, the ledger, positions, and its file."""

from dataclasses import replace
from random import Random

import psycopg
import pytest

from fengsui.engines import tally
from fengsui.engines.plain import PlainStore
from fengsui.engines.record import transitions
from fengsui.engines.sqlite_driver import driver, set_schema_version, warn_if_unsafe
from fengsui.engines.state import loop_number
from fengsui.facts.batch import Batch
from fengsui.facts.effective import SAME, WITHDRAWN
from fengsui.facts.store import FileMark, Refused
from fengsui.kit import errors
from fengsui.kit.errors import Finding
from fengsui.kit.instant import NEVER
from fengsui.loops.strata import Rules
from fengsui.protocols.model import Agg, Milestone, Pattern, Tell
from tests.engines.stories import NOW, WORLD, dump, fact, picture, plain_protocol
from tests.loops.histories import DAY, HOUR, T0

NO_RULES = Rules({}, lambda name, area: ())


def rules_of(*protocols) -> Rules:
    by_name = {protocol.name: [protocol] for protocol in protocols}
    return Rules(by_name, lambda name, area: by_name[name])


FOLLOW_UP = rules_of(plain_protocol("follow-up", opens=("open",)))


def take(store, *facts, **named):
    return store.take(Batch.of(facts), now=NOW, **named)


# Identity


def test_the_same_key_with_other_content_is_a_conflict_and_what_was_told_first_stands(engine):
    first = fact("open", "person/1", T0, key="1")
    other = replace(first, at=T0 + HOUR)
    for store in (engine(FOLLOW_UP, WORLD), PlainStore()):
        take(store, first)
        taken = take(store, other, fact("a", "person/1", T0, key="2"))
        assert (taken.new, taken.repeated, len(taken.conflicts)) == (1, 0, 1)
        assert taken.conflicts[0].index == 0
        assert store.facts()[0] == first
        entry = next(store.refused())
        assert entry.why == "conflict"
        assert [(f.field, f.found) for f in entry.findings] == [("at", str(T0 + HOUR))]


def test_a_batch_with_a_conflict_that_is_to_be_taken_whole_writes_nothing(engine):
    store = engine(FOLLOW_UP, WORLD)
    take(store, fact("open", "person/1", T0, key="1"))
    before = dump(store)
    mark = FileMark("d", "f.csv", "m", rows_done=3)
    new = fact("never.seen", "person/new", T0, key="2", source="elsewhere", place="150100")
    taken = take(store, new, fact("a", "person/1", T0, key="1"), whole=True, mark=mark)
    assert (taken.new, taken.repeated, len(taken.conflicts)) == (0, 0, 1)
    assert dump(store) == before
    assert take(store, new, whole=True, mark=mark).new == 1
    assert store.mark("d") == mark


def test_of_two_contents_in_one_batch_the_earlier_stands(engine):
    store = engine(NO_RULES, WORLD)
    first, second = fact("a", "person/1", T0, key="1"), fact("b", "person/1", T0, key="1")
    taken = take(store, first, second, first)
    assert (taken.new, taken.repeated, [c.index for c in taken.conflicts]) == (1, 1, [1])
    assert store.facts() == [first]


def test_facts_read_back_as_they_were_written(engine):
    store = engine(NO_RULES, WORLD)
    full = fact(
        "test.result", "person/李", T0, span=DAY - 1, place="150702/hotel-3", by="王",
        data={"ct": 31.5, "result": "negative", "again": True, "sample": "样本-1", "none": None},
        supersedes="lab:0:1",
    )  # fmt: skip
    bare = fact("a", "person/2", -5, recorded_at=0, key="0")
    take(store, full, bare)
    assert store.facts() == [bare, full]


def test_facts_cannot_be_changed_or_deleted_behind_the_store(engine):
    store = engine(NO_RULES, WORLD)
    take(store, fact("a", "person/1", T0))
    for sql in (
        "UPDATE fact SET at = 0",
        "UPDATE fact SET recorded_at = recorded_at + 1",
        "DELETE FROM fact",
    ):
        with pytest.raises((driver().IntegrityError, psycopg.IntegrityError), match="a fact is never"):
            store._connection.execute(sql)


# Ledger and positions


def refusal(entry: str) -> Refused:
    findings = (Finding("row 3", "at", "yesterday", "a time"),)
    return Refused(entry, 3, '{"cells": []}', findings, NOW, work="w", name="f.csv", mapping="m")


def test_the_ledger_keeps_every_row_until_it_is_settled_and_also_then(engine):
    for store in (engine(NO_RULES, WORLD), PlainStore()):
        take(store, refused=[refusal("w:3"), refusal("w:9")])
        take(store, refused=[replace(refusal("w:3"), raw="another")])
        assert [e.entry for e in store.refused()] == ["w:3", "w:9"]
        assert next(store.refused()) == refusal("w:3")
        take(store, settled={"w:3": "taken"})
        assert [e.entry for e in store.refused()] == ["w:9"]
        assert [e.settled_by for e in store.refused(open_only=False)] == ["taken", ""]


def test_an_entry_that_was_never_made_cannot_be_settled_and_nothing_is_taken(engine):
    store = engine(NO_RULES, WORLD)
    with pytest.raises(errors.NotFound):
        take(store, fact("a", "person/1", T0), settled={"w:1": "taken"})
    assert store.facts() == []
    assert take(store, fact("a", "person/1", T0)).new == 1


# People


def test_two_records_found_to_be_one_share_a_loop_and_part_again(engine):
    store = engine(FOLLOW_UP, WORLD)
    take(store, fact("open", "person/2", T0, place="150100"))
    take(store, fact("a", "person/1", T0 + HOUR))
    late = T0 + 7 * HOUR
    assert store.view.n_overdue(now=late) == 1
    merge = fact(SAME, "person/1", T0, key="same", data={"other": "person/2"}, recorded_at=T0 + 6 * HOUR)
    take(store, merge)
    assert store.view.n_overdue(now=late) == 0
    assert [head.subject for head in store.view.loops(now=late, subject="person/2")] == ["person/1"]
    take(store, fact(WITHDRAWN, "person/1", T0, key="w", supersedes=merge.id, recorded_at=T0 + 7 * HOUR))
    assert store.view.n_overdue(now=late) == 1
    assert [head.subject for head in store.view.loops(now=late)] == ["person/2"]


def test_a_merge_known_later_does_not_change_what_was_known_before(engine):
    store = engine(FOLLOW_UP, WORLD)
    take(store, fact("open", "person/2", T0), fact("a", "person/1", T0 + HOUR))
    loop = store.view.loops(now=NOW)[0].id
    before = store.view.loop(loop)
    take(store, fact(SAME, "person/1", T0, data={"other": "person/2"}, recorded_at=T0 + 6 * HOUR))
    assert store.view.loop(loop, known_at=T0 + 5 * HOUR) == before
    with pytest.raises(errors.NotFound):
        store.view.loop(loop)


# Telling


def test_what_only_two_contacts_told_each_other_ends_when_its_cause_is_taken_back(engine):
    """Each passes on what it hears, so a careless upkeep would let the two keep a rumour alive."""
    tell = Tell("heard", "told", Pattern(("contact",)), "index")
    protocol = plain_protocol("rumour", opens=("contact",), tells=(tell,))
    heard = Milestone("heard", Agg.FIRST, Pattern(("cause", "told")))
    protocol = replace(protocol, milestones=(*protocol.milestones, heard), closes=("heard",))
    store = engine(rules_of(protocol), WORLD)
    cause = fact("cause", "person/1", T0)
    circle = [fact("contact", f"person/{a}", T0, data={"index": f"person/{b}"}) for a, b in ((1, 2), (2, 1))]
    take(store, cause, *circle)
    assert [head.closed_at for head in store.view.loops(now=NOW)] == [T0, T0]
    take(store, fact(WITHDRAWN, "person/1", T0, supersedes=cause.id))
    assert [head.closed_at for head in store.view.loops(now=NOW)] == [NEVER, NEVER]
    assert store.rebuild(now=NOW) == 0


# The file


def test_a_reader_sees_what_another_process_commits_and_not_before(engine, tmp_path):
    path = tmp_path / "store.sqlite"
    writer = engine(FOLLOW_UP, WORLD, at=path)
    reader = engine(FOLLOW_UP, WORLD, at=path, read_only=True)
    assert reader.view.loops(now=NOW) == []
    with reader.reading() as view:
        assert view.n_overdue(now=NOW) == 0
        take(writer, fact("open", "person/1", T0, place="150702"))
        assert view.n_overdue(now=NOW) == 0
    assert [row.place for row in reader.view.overdue(now=NOW)] == ["150702", "150702", "150702"]


def test_two_writers_take_turns_and_know_of_each_other(engine, tmp_path):
    path = tmp_path / "store.sqlite"
    one, other = engine(FOLLOW_UP, WORLD, at=path), engine(FOLLOW_UP, WORLD, at=path)
    for i in range(6):
        take((one, other)[i % 2], fact("open", f"person/{i}", T0 + i, place="150702", source=f"s{i}"))
        take((other, one)[i % 2], fact("a", f"person/{i}", T0 + HOUR))
    assert picture(one.view, now=NOW) == picture(other.view, now=NOW)
    assert len(one.view.loops(now=NOW)) == 6
    assert one.rebuild(now=NOW) == 0


def test_a_file_derived_under_other_rules_is_not_shown_as_if_it_were_current(engine, tmp_path):
    path = tmp_path / "store.sqlite"
    take(engine(NO_RULES, WORLD, at=path), fact("open", "person/1", T0))
    with pytest.raises(errors.Refused, match="derived under other"):
        engine(FOLLOW_UP, WORLD, at=path, read_only=True)


def test_a_file_of_a_later_version_is_refused(engine, tmp_path):
    path = tmp_path / "store.sqlite"
    set_schema_version(engine(NO_RULES, WORLD, at=path)._connection, 999)
    with pytest.raises(errors.Refused, match="later version"):
        engine(NO_RULES, WORLD, at=path)


def test_an_sqlite_that_can_lose_pages_is_named(recwarn):
    warn_if_unsafe((3, 51, 3))
    assert not recwarn
    with pytest.warns(RuntimeWarning, match=r"SQLite 3\.40\.1 can lose"):
        warn_if_unsafe((3, 40, 1))


def test_the_record_says_what_changed_when_and_by_which_fact(engine):
    store = engine(FOLLOW_UP, WORLD)
    take(store, fact("open", "person/1", T0, place="150702"))
    take(store, fact("a", "person/1", T0 + 6 * HOUR))
    words = [text for (text,) in store._connection.execute("SELECT text FROM word ORDER BY id")]
    keys = dict(store._connection.execute("SELECT seq, key FROM fact"))
    opened, met = f"open-person/1-{T0}", f"a-person/1-{T0 + 6 * HOUR}"
    told = [
        (t.lsn, words[t.key], t.what, t.before, t.after, keys[t.cause])
        for t in transitions(store._connection)
        if words[t.key] in ("", "soon")
    ]
    assert told == [
        (1, "", "opened", NEVER, T0, opened),
        (1, "soon", "due", NEVER, T0 + 5 * HOUR, opened),
        (2, "soon", "met", NEVER, T0 + 6 * HOUR, met),
    ]
    loop = store.view.loops(now=NOW)[0]
    assert len(list(transitions(store._connection, loop=loop_number(loop.id)))) == 5
    assert not list(transitions(store._connection, loop=1))


def test_lists_of_a_whole_region_come_oldest_first_and_page_by_page(engine):
    store = engine(FOLLOW_UP, WORLD)
    rng = Random(1)
    places = ("150100", "150102", "150702", "150702-hotel-3", "152921", "999", None)
    facts = [
        fact("open", f"person/{i}", T0 + rng.randint(0, 5) * HOUR, place=rng.choice(places))
        for i in range(300)
    ]
    take(store, *facts)
    rows = store.view.overdue(now=NOW, limit=10_000)
    assert len(rows) == store.view.n_overdue(now=NOW) == 900
    assert [row.from_at for row in rows] == sorted(row.from_at for row in rows)
    assert [row.from_at for row in store.view.overdue(now=NOW, limit=70)] == [r.from_at for r in rows[:70]]
    pages, after = [], None
    while page := store.view.loops(now=NOW, limit=37, after=after):
        pages += page
        after = page[-1].id
    assert len({head.id for head in pages}) == 300
    assert [head.opened_at for head in pages] == sorted((f.at for f in facts), reverse=True)


# Counts


@pytest.fixture
def rows_read(monkeypatch) -> list[int]:
    """How many rows of the lists a count had to be made from, beside the tally: one number a statement."""
    read: list[int] = []
    add_areas = tally.Sums.add_areas

    def counted(self, sql, values, sign, *more):
        before = {area: sums.copy() for area, sums in self.by_area.items()}
        add_areas(self, sql, values, sign, *more)
        read.append(
            sum(abs(n - before.get(a, {}).get(p, 0)) for a, s in self.by_area.items() for p, n in s.items())
        )

    monkeypatch.setattr(tally.Sums, "add_areas", counted)
    return read


def test_what_ends_on_a_full_hour_is_counted_up_to_that_moment_without_looking_at_it(engine, rows_read):
    store = engine(FOLLOW_UP, WORLD)
    for i in range(20):  # each owes a step within five hours and does it three hours late, at a full hour
        take(store, fact("open", f"person/{i}", T0, place="150702"))
        take(store, fact("a", f"person/{i}", T0 + 8 * HOUR, place="150702"))
    due, done = T0 + 5 * HOUR, T0 + 8 * HOUR
    standing = {due - 1: 0, due: 20, due + 1: 20, done - 1: 20, done: 0, done + 1: 0}
    rows_read.clear()
    assert {now: store.view.n_overdue(now=now) for now in standing} == standing
    assert sum(rows_read) == 0


def test_what_begins_or_ends_within_the_hour_is_counted_to_the_second(engine, rows_read):
    store = engine(FOLLOW_UP, WORLD)
    take(store, fact("open", "person/1", T0 + 60, place="150702"))
    take(store, fact("a", "person/1", T0 + 5 * HOUR + 120, place="150702"))
    take(store, fact("open", "person/2", T0 + 90, place="150702"))
    begun = T0 + 5 * HOUR
    standing = {begun + 59: 0, begun + 60: 1, begun + 90: 2, begun + 119: 2, begun + 120: 1, begun + HOUR: 1}
    assert {now: store.view.n_overdue(now=now) for now in standing} == standing
    assert sum(rows_read) > 0
