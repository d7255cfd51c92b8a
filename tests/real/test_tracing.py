"""Contact follow-up as Go.Data exports it, held against a count of the files. See docs/real/godata.md."""

from collections import Counter
from datetime import date, timedelta

from fengsui.kit.ids import subject_id
from tests.real.walk import rows_of, second

VISITS = "contacts/godata_demo_followups.csv"
LAST = "2021-02-01"


def person(uuid: str) -> str:
    return subject_id("person", scheme="source", number=f"godata-demo:{uuid}")


def day_after(day: str, n: int) -> str:
    return (date.fromisoformat(day) + timedelta(n)).isoformat()


def breaks(walk, key: str) -> list[tuple[str, int]]:
    return sorted((row["subject"], second(row["from_at"])) for row in walk("godata").breaks(key, as_of=LAST))


def rows(*status: str) -> list[dict[str, str]]:
    return [row for row in rows_of(VISITS) if row["followup_status"] in status]


def test_every_planned_visit_that_was_not_made_is_a_break_of_its_day(walk):
    unmade = rows("NOT_PERFORMED", "NOT_ATTEMPTED")
    ends = sorted(
        (person(row["contact_uuid"]), second(day_after(row["date_of_followup"], 1))) for row in unmade
    )
    assert breaks(walk, "visit") == ends
    assert Counter(row["followup_status"] for row in unmade) == {"NOT_PERFORMED": 326, "NOT_ATTEMPTED": 5}


def test_who_was_not_found_is_named_apart_and_owed_another_visit_the_next_day(walk):
    seen = {(row["contact_uuid"], row["date_of_followup"]) for row in rows("SEEN_OK", "SEEN_NOT_OK")}
    missed = [(row["contact_uuid"], row["date_of_followup"]) for row in rows("MISSED")]
    assert len(missed) == 10
    left = [(uuid, day) for uuid, day in missed if (uuid, day_after(day, 1)) not in seen]
    assert breaks(walk, "look_again") == sorted((person(u), second(day_after(d, 2))) for u, d in left)
    visits = {(row["subject"], second(row["from_at"])) for row in walk("godata").breaks("visit", as_of=LAST)}
    assert not visits & {(person(uuid), second(day_after(day, 1))) for uuid, day in missed}


def test_who_was_seen_ill_and_never_sampled_is_a_break(walk):
    ill = rows("SEEN_NOT_OK")
    sampled = {row["personId"] for row in rows_of("contacts/godata_demo_lab_results.csv")}
    assert not sampled & {row["contact_uuid"] for row in ill}
    ends = sorted((person(row["contact_uuid"]), second(day_after(row["date_of_followup"], 3))) for row in ill)
    assert breaks(walk, "sample") == ends
    assert len(ends) == 6


def test_there_is_one_loop_a_contact_and_it_runs_while_the_follow_up_does(walk):
    here = walk("godata")
    contacts = rows_of("contacts/godata_demo_contacts.csv")
    loops = here.ask("loops", "--all", "--limit", 1000, "--as-of", LAST)["rows"]
    assert sorted(row["subject"] for row in loops) == sorted(person(row["uuid"]) for row in contacts)
    under = [person(row["uuid"]) for row in contacts if row["contact_status"] == "UNDER_FOLLOW_UP"]
    assert sorted(row["subject"] for row in loops if row["is_running"]) == sorted(under)
    assert len(under) == 31
