"""The questions people ask of a region, at the terminal and as JSON."""

import json

import pytest

from .conftest import END, say
from .conftest import THEN_END as THEN


@pytest.fixture
def ask(drilled):
    """``ask("breaks", …)``: a question to the drilled region as it stood at the end of the drill."""

    def run(*words: object):
        said = say(*words, *THEN, db=drilled)
        assert said.code == 0, said.err
        return said

    return run


def test_the_status_counts_what_runs_and_what_is_broken(ask):
    found = ask("status", "--json").json
    assert found["total"]["running"] == sum(row["total"]["running"] for row in found["rows"])
    standing = found["n_breaks"] + found["n_provisional"] + found["n_unknown"]
    assert standing == ask("breaks", "--json").json["n_standing"]
    page = ask("status").out
    assert "Inner Mongolia" in page
    assert f"{found['total']['running']} running" in page


def test_the_status_of_an_area_is_a_part_of_the_whole(ask):
    whole, part = ask("status", "--json").json, ask("status", "--area", "呼伦贝尔市", "--json").json
    assert part["area"] == "150700"
    assert 0 < part["total"]["running"] < whole["total"]["running"]


def test_breaks_come_oldest_first_with_owner_and_who_was_told(ask):
    rows = [row for row in ask("breaks", "--json").json["rows"] if row["status"] != "missed"]
    assert rows
    assert [row["broken_at"] for row in rows] == sorted(row["broken_at"] for row in rows)
    assert all(row["owner"]["title"]["zh"] and row["told"] for row in rows)
    assert "断自" in ask("breaks", "--lang", "zh").out


def test_breaks_can_be_asked_for_by_protocol_owner_and_time(ask):
    rows = ask("breaks", "--json").json["rows"]
    one = rows[-1]
    protocol, owner = one["protocol"], one["owner"]["role"]
    by_protocol = ask("breaks", "--protocol", protocol.rpartition("/")[2], "--json").json["rows"]
    assert {row["protocol"] for row in by_protocol} == {protocol}
    by_owner = ask("breaks", "--owner", owner, "--json").json["rows"]
    assert {row["owner"]["role"] for row in by_owner} == {owner}
    later = ask("breaks", "--since", "2021-08-05", "--json").json["rows"]
    assert [row["loop"] for row in later] == [
        row["loop"] for row in rows if row["broken_at"] >= "2021-08-05T15:59:59Z"
    ]
    assert ask("breaks", "--limit", "1", "--json").json["n"] == len(rows)


def test_what_was_missed_for_good_is_listed_behind_what_can_still_be_done(ask):
    found = ask("breaks", "--json").json
    is_missed = [row["status"] == "missed" for row in found["rows"]]
    assert (sum(is_missed), found["n_standing"]) == (found["n_missed"], is_missed.index(True))
    assert is_missed == sorted(is_missed)
    page = ask("breaks").out
    assert f"{found['n_missed']} missed for good" in page
    assert "✗ missed" in page


def test_what_waits_is_listed_with_what_it_waits_for(ask):
    rows = ask("loops", "--waiting", "--protocol", "inbound", "--json").json["rows"]
    [row] = [row for row in rows if row["key"] == "received"]
    assert row["waits_for"]["en"] == "Released"
    assert 0 < len(row["loops"]) <= row["n"]
    assert "Received by the community" in ask("loops", "--waiting").out


def test_all_breaks_include_those_that_ended(ask):
    every, open_ones = ask("breaks", "--all", "--json").json, ask("breaks", "--json").json
    assert every["n"] > open_ones["n"]
    assert "since" in ask("breaks", "--all").out


def test_a_loop_is_explained_with_facts_and_clauses(ask):
    loop = ask("breaks", "--json").json["rows"][0]["loop"]
    found = ask("explain", loop, "--json").json
    assert found["explanation"]["loop"] == loop
    assert {"loop", "milestone", "duty"} <= {block["kind"] for block in found["sentences"]}
    page = ask("explain", loop, "--lang", "zh").out
    assert "《" in page
    assert "断点" in page


def test_a_loop_that_is_not_there_is_not_found(drilled):
    said = say("explain", "0123456789abcdef", *THEN, db=drilled)
    assert said.code == 3
    assert "0123456789abcdef" in said.err


def test_a_subject_shows_its_loops_and_facts(ask):
    row = ask("loops", "--json").json["rows"][0]
    found = ask("subject", row["subject"], "--json").json
    assert row["loop"] in {loop["loop"] for loop in found["loops"]}
    assert found["facts"]
    assert row["loop"] in ask("subject", row["subject"]).out


def test_loops_are_listed_a_page_at_a_time_until_all_were_seen(ask):
    seen: list[str] = []
    after: tuple[str, ...] = ()
    while True:
        page = ask("loops", "--all", "--limit", "40", *after, "--json").json
        seen += [row["loop"] for row in page["rows"]]
        if page["after"] is None:
            break
        after = ("--after", page["after"])
    assert len(seen) == len(set(seen))
    assert len(seen) == ask("replay", "--json").json["loops"]


def test_hand_overs_balance_to_the_last_person(ask):
    found = ask("handover", "--protocol", "inbound", "--json").json
    assert found["groups"]
    for group in found["groups"]:
        for one in group["balances"]:
            assert one["n_in"] == one["n_out"] + one["under_way"] + one["stopped"] + len(one["lost"])
    assert "→" in ask("handover", "--protocol", "inbound", "--by", "carriage").out


def test_hand_overs_by_anything_else_are_refused(drilled):
    assert say("handover", "--by", "moon", *THEN, db=drilled).code == 2


def test_an_area_or_protocol_that_is_none_is_refused_with_what_there_is(drilled):
    assert say("status", "--area", "亚特兰蒂斯", db=drilled).code == 2
    said = say("breaks", "--protocol", "flying", db=drilled)
    assert said.code == 2
    assert "cn.covid19/inbound" in said.err


def test_the_past_is_answered_by_what_was_on_record_then(drilled):
    words = ("breaks", "--json", "--as-of", "2021-08-05T00:00", "--known-at")
    then = say(*words, "2021-08-05T00:00", db=drilled).json
    later = say(*words, END, db=drilled).json
    assert then["now"] == later["now"] == "2021-08-04T16:00:00Z"
    assert then["known_at"] != later["known_at"]
    known = {(row["loop"], row["key"], row["n"]) for row in later["rows"]}
    assert known <= {(row["loop"], row["key"], row["n"]) for row in then["rows"]}


def test_json_is_the_same_in_both_languages(ask):
    assert json.loads(ask("breaks", "--json", "--lang", "zh").out) == ask("breaks", "--json").json


def test_replay_finds_what_is_kept_to_be_what_follows(ask):
    found = ask("replay", "--json").json
    assert found["n_differences"] == 0
    assert "✓" in ask("replay").out


def test_replay_lists_what_was_tampered_with(region, tmp_path):
    from fengsui.engines.sqlite_driver import connect

    connection = connect(tmp_path / "region.db")
    connection.execute("UPDATE duty SET at = at + 60, broken_at = broken_at + 60 WHERE lane = 0")
    connection.execute("DELETE FROM loop WHERE id = (SELECT min(id) FROM loop)")
    connection.close()
    said = region("replay", "--json")
    assert said.code == 1
    assert {one["what"] for one in said.json["differences"]} >= {"loop", "break"}
    assert "≠" in region("replay").out
