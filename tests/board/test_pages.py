"""The other pages: a loop and why, a subject, lists, protocols, the search, and all of it as data."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fengsui.board.as_json import as_json
from fengsui.board.breaks import break_list
from fengsui.board.front import front
from fengsui.board.loop_page import loop_page
from fengsui.board.packs import pack_of, short_file
from fengsui.board.protocol_page import protocol_list, protocol_page
from fengsui.board.search import search
from fengsui.board.subject import loop_list, subject_page
from fengsui.board.waiting import waiting
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import NEVER
from fengsui.loops.duty import Status
from fengsui.loops.explanation import is_grounded
from tests.board.region import HOTEL, NOW, person


def loop_of(desk, n):
    return subject_page(desk, person(n)).loops[0].loop


def test_a_loop_shows_what_is_broken_before_what_is_done(desk):
    page = loop_page(desk, loop_of(desk, 6))
    kinds = [line.status for line in page.duties]
    assert kinds[:2] == [Status.BREACHED, Status.BREACHED]
    assert set(kinds[2:]) == {Status.FULFILLED}
    assert (page.is_running, page.n_broken) == (True, 2)


def test_every_line_of_every_loop_names_its_facts_and_its_clause(desk):
    for head in loop_list(desk).rows:
        for line in loop_page(desk, head.loop).duties:
            assert is_grounded(line), (head.loop, line)


def test_the_timeline_is_in_order_and_says_which_duty_each_fact_met(desk):
    page = loop_page(desk, loop_of(desk, 5))
    times = [moment.at for moment in page.timeline]
    assert times == sorted(times)
    admitted = next(m for m in page.timeline if m.row and m.row.fact.kind == "quarantine.admitted")
    assert [(d.key, d.n) for d in admitted.met] == [("transfer", 0)]
    assert admitted.row.place_name.zh == "满洲里市 hotel-3"
    assert [m.what for m in page.timeline][-2:] == ["closed", "now"]


def test_a_test_names_its_result_in_words(desk):
    page = loop_page(desk, loop_of(desk, 5))
    tested = next(m.row for m in page.timeline if m.row and m.row.fact.kind == "test.result")
    assert ("结果", "阴性") in [(d.name.zh, d.text.zh) for d in tested.details]


def test_versions_that_come_into_force_later_are_not_shown_yet(desk):
    page = loop_page(desk, loop_of(desk, 2))
    assert page.explanation.versions == ("8",)
    assert {line.clause.version for line in page.duties} == {"8"}


def test_a_loop_there_is_not_is_refused(desk):
    with pytest.raises(NotFound):
        loop_page(desk, "0123456789abcdef")


def test_a_subject_shows_its_loops_and_its_whole_record(desk):
    page = subject_page(desk, person(5))
    assert [(row.protocol, row.is_running) for row in page.loops] == [("cn.covid19/inbound", False)]
    assert page.facts[0].kind.zh == "入境"
    assert len(page.facts) == 12


def test_a_subject_nobody_told_of_is_refused(desk):
    with pytest.raises(NotFound):
        subject_page(desk, "person/nobody")


def test_nothing_that_happens_later_than_the_moment_is_shown(desk):
    earlier = replace(desk, now=NOW - 24 * 20 * 3600)
    assert len(subject_page(earlier, person(5)).facts) < 12


def test_the_list_of_breaks_is_filtered_by_area_protocol_and_owner(desk):
    everything = break_list(desk)
    assert everything.n == front(desk).n_overdue
    only = break_list(desk, area="150781", protocol="cn.covid19/inbound", role="transfer")
    assert {(row.subject, row.key) for row in only.rows} == {
        (person(2), "transfer"),
        (person(3), "transfer"),
    }
    assert [text.en for text in only.chosen] == [
        "Manzhouli",
        "Inbound traveller, 14 days central and 7 days at home",
        "Transfer team",
    ]
    assert [(c.value, c.is_chosen) for c in only.areas if c.is_chosen] == [("150781", True)]


def test_breaks_that_ended_are_listed_apart_the_latest_first(desk):
    later = replace(desk, now=NOW + 3 * 86400)
    found = break_list(later, days=7)
    assert {(row.subject, row.key, row.n) for row in found.rows} == {(person(4), "pcr", 4)}
    row = found.rows[0]
    assert (row.until_at - row.from_at, row.owner.title.zh) == (row.lasted, "满洲里市 hotel-3 集中隔离点")
    standing = {(r.subject, r.key, r.n) for r in break_list(later).rows}
    assert (person(4), "pcr", 4) not in standing


def test_what_was_missed_for_good_is_listed_as_such_for_seven_days(desk):
    """The test of day 4 counted until day 7 began: from then on no test can make it good."""
    assert break_list(desk, is_missed=True).rows == ()
    found = break_list(replace(desk, now=NOW + 3 * 86400), is_missed=True)
    assert [(row.subject, row.key, row.n, row.status) for row in found.rows] == [
        (person(4), "pcr", 4, Status.MISSED)
    ]
    assert (found.rows[0].is_gone, found.missed_query) == (True, "1")
    assert (
        break_list(replace(desk, now=NOW + 30 * 86400), is_missed=True, protocol="cn.covid19/inbound").n == 0
    )


def test_what_waits_is_listed_with_what_it_waits_for_and_who_waits(desk):
    rows = {(row.protocol, row.title.en): row for row in waiting(desk).rows}
    row = rows["cn.covid19/inbound", "Received by the community"]
    assert (row.waits_for.en, row.has_begun) == ("Released", False)
    assert person(1) in {loop.subject for loop in row.loops}
    assert person(6) not in {loop.subject for loop in row.loops}  # released, so it is owed and overdue
    only = waiting(desk, protocol="cn.safety/hazard-general")
    assert {row.protocol for row in only.rows} == {"cn.safety/hazard-general"}


def test_filters_offer_what_is_in_use_and_what_was_chosen(desk):
    found = break_list(desk, protocol="cn.food/cold-chain-import")
    assert {choice.value for choice in found.protocols} == {
        "cn.covid19/inbound",
        "cn.safety/hazard-general",
        "cn.food/cold-chain-import",
    }
    assert "airline" not in {choice.value for choice in break_list(desk).roles}
    assert next(name for name, _ in loop_list(desk).protocols) == "cn.covid19/inbound"


def test_protocols_are_listed_by_the_pack_they_come_with(desk):
    groups = {group.pack: {row.name for row in group.rows} for group in protocol_list(desk).groups}
    assert "cn.covid19/inbound" in groups["border"]
    assert "cn.safety/hazard-general" in groups["hazard"]
    assert sum(map(len, groups.values())) == len(desk.library.names)


def test_a_protocol_of_ones_own_is_called_by_its_folder_and_not_by_where_it_lies(desk):
    shipped = desk.current("cn.covid19/inbound")
    own = replace(shipped, file=str(Path("somewhere/rules/protocols/inbound.yaml").absolute()))
    assert (short_file(own), pack_of(own)) == ("protocols/inbound.yaml", "")
    assert (short_file(shipped), pack_of(shipped)) == ("border/inbound-8.yaml", "border")


def test_a_table_of_many_protocols_has_a_protocol_a_row_and_the_same_sums(desk, monkeypatch):
    page = front(desk)
    assert not page.is_tall
    monkeypatch.setattr("fengsui.board.front.WIDE", 1)
    assert page.is_tall
    for column, cells in page.protocol_rows:
        assert sum(cell.running for cell in cells) == column.total.running


def test_the_list_is_cut_into_pages_that_together_are_the_whole(desk, monkeypatch):
    monkeypatch.setattr("fengsui.board.breaks.PER_PAGE", 2)
    whole = break_list(desk).n
    pages = [break_list(desk, page=i) for i in range(1, -(-whole // 2) + 1)]
    assert sum(len(page.rows) for page in pages) == whole
    assert len({(r.loop, r.key, r.n) for page in pages for r in page.rows}) == whole
    assert (pages[0].previous, pages[0].next, pages[-1].next) == (0, 2, 0)
    assert break_list(desk, page=99).page == pages[-1].page


def test_running_loops_are_listed_a_page_at_a_time(desk):
    first = loop_list(desk, limit=4)
    rest = loop_list(desk, limit=4, after=first.after)
    assert (len(first.rows), len(rest.rows), rest.after) == (4, 2, "")
    assert not {r.loop for r in first.rows} & {r.loop for r in rest.rows}
    assert {r.protocol for r in loop_list(desk, protocol="cn.safety/hazard-general").rows} == {
        "cn.safety/hazard-general"
    }


def test_protocols_are_called_and_versioned_as_they_were_at_the_moment(desk):
    rows = {row.name: row for row in protocol_list(desk).rows}
    assert rows["cn.covid19/inbound"].version == "8"
    later = replace(desk, now=NOW + 365 * 86400)
    assert {row.name: row.version for row in protocol_list(later).rows}["cn.covid19/inbound"] == "9"


def test_a_protocol_shows_steps_clocks_owners_law_and_how_sure_we_are(desk):
    page = protocol_page(desk, "cn.covid19/inbound")
    transfer = next(step for step in page.steps if step.key == "transfer")
    assert transfer.clock.en == "within 12 h of: Entered"
    assert transfer.owner.zh == "转运专班（port·旗县市区）"
    assert (transfer.confidence, "第八版" in transfer.law.zh) == ("to_verify", True)
    assert [v.version for v in page.versions if v.is_in_force] == ["8"]


def test_a_local_order_is_one_of_the_versions_with_its_area(desk):
    page = protocol_page(desk, "cn.covid19/returnee")
    order = next(v for v in page.versions if v.overlay)
    assert order.area_name.zh == "海拉尔区"
    assert protocol_page(desk, "cn.covid19/returnee", version=order.version).outline.version == order.version


def test_a_version_there_is_not_is_refused(desk):
    with pytest.raises(NotFound):
        protocol_page(desk, "cn.covid19/inbound", version="99")
    with pytest.raises(NotFound):
        protocol_page(desk, "cn.covid19/nothing")


def test_one_box_finds_loops_subjects_areas_and_protocols(desk):
    loop = loop_of(desk, 2)
    assert [row.loop for row in search(desk, loop.upper()).loops] == [loop]
    assert search(desk, person(2)).subjects == (person(2),)
    assert [code for code, _ in search(desk, "海拉尔").areas] == ["150702"]
    assert [name for name, _ in search(desk, "cold-chain-import").protocols] == ["cn.food/cold-chain-import"]
    assert search(desk, "nothing of the kind").is_empty
    assert search(desk, " ").query == ""


def test_pages_as_data_write_times_as_iso_and_never_as_null(desk):
    data = json.loads(json.dumps(as_json(loop_page(desk, loop_of(desk, 2)))))
    assert data["now"] == "2021-08-20T22:00:00Z"
    explained = data["explanation"]
    assert explained["closed_at"] is None
    assert explained["title"] == {
        "zh": "入境人员闭环管理（14+7）",
        "en": "Inbound traveller, 14 days central and 7 days at home",
    }
    transfer = next(d for d in data["duties"] if d["key"] == "transfer")
    assert (transfer["status"], transfer["due_at"]) == ("breached", "2021-08-18T22:00:00Z")


def test_data_keeps_counts_codes_and_flags_as_they_are():
    assert as_json({"n": 3, "is": True, "at": NEVER, "n_at": 0, "set": {"b", "a"}}) == {
        "n": 3,
        "is": True,
        "at": None,
        "n_at": "1970-01-01T00:00:00Z",
        "set": ["a", "b"],
    }


def test_a_place_of_a_site_nobody_listed_is_called_by_its_area(desk):
    assert desk.place_text(HOTEL).en == "Manzhouli hotel-3"
    assert desk.place_text(None).en == "place unknown"
