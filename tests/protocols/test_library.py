"""Versions in time, and what local orders make of them where they hold."""

from itertools import pairwise

import pytest

from fengsui.kit.errors import NotFound
from fengsui.protocols.library import Library
from fengsui.protocols.message import BadProtocol

from .given import GOOD, OVERLAY, ZONE, at, changed, library, shipped

HAILAR = ("15", "1507", "150702")
HOHHOT = ("15", "1501", "150102")
SECOND = changed('version: "1"', 'version: "2"').replace('"2021-05-14"', '"2021-08-20"').replace("12h", "8h")
FIRST = changed("until: null", 'until: "2021-08-20"')


def spans(versions) -> list[tuple[str, int, int]]:
    return [(v.version, v.valid_from, v.valid_until) for v in versions]


def test_versions_follow_one_another(tmp_path):
    packs = library(tmp_path, first=FIRST, second=SECOND)
    assert packs.names == ("test.one/loop",)
    assert [v.version for v in packs.versions("test.one/loop")] == ["1", "2"]
    assert packs.at("test.one/loop", at("2021-08-19 23:59")).version == "1"
    assert packs.at("test.one/loop", at("2021-08-20 00:00")).version == "2"


def test_of_two_versions_that_overlap_the_later_holds_from_its_beginning(tmp_path):
    packs = library(tmp_path, first=GOOD, second=SECOND)
    assert spans(packs.timeline("test.one/loop"))[0][2] == at("2021-08-20")


def test_before_the_first_version_nothing_is_in_force(tmp_path):
    packs = library(tmp_path, first=GOOD)
    with pytest.raises(NotFound, match="no version of"):
        packs.at("test.one/loop", at("2021-05-13 23:59"))
    with pytest.raises(NotFound, match="no protocol is called"):
        packs.timeline("test.one/none")


def test_a_local_order_holds_in_its_area_from_its_hour_and_the_published_version_again_after_it(tmp_path):
    packs = library(tmp_path, first=GOOD, over=OVERLAY)
    assert spans(packs.timeline("test.one/loop", HAILAR)) == [
        ("1", at("2021-05-14"), at("2021-08-06 15:00")),
        ("1+here-1", at("2021-08-06 15:00"), at("2021-09-06")),
        ("1", at("2021-09-06"), packs.at("test.one/loop", at("2022-01-01")).valid_until),
    ]
    assert [v.version for v in packs.versions("test.one/loop", HAILAR)] == ["1", "1+here-1"]
    assert [v.version for v in packs.timeline("test.one/loop", HOHHOT)] == ["1"]
    assert [v.version for v in packs.timeline("test.one/loop")] == ["1"]


def test_a_local_order_changes_what_it_says_and_nothing_else(tmp_path):
    packs = library(tmp_path, first=GOOD, over=OVERLAY)
    base, over = packs.versions("test.one/loop", HAILAR)
    assert over.obligation("tested").window.days == (1, 4, 7)
    assert over.obligation("transfer").window == base.obligation("transfer").window
    assert (over.area, over.overlay, over.in_flight) == ("150702", "here-1", "at_anchor")
    assert over.digest != base.digest


def test_a_changed_step_stands_on_the_order_and_the_others_on_the_law_they_stood_on(tmp_path):
    packs = library(tmp_path, first=GOOD, over=OVERLAY + "confidence: to_verify\n")
    over = packs.versions("test.one/loop", HAILAR)[1]
    changed_law, kept_law = over.obligation("tested").basis, over.obligation("transfer").basis
    assert (changed_law.document.zh, changed_law.issuer, changed_law.clause) == ("通告", "指挥部", "")
    assert (kept_law.document.zh, kept_law.clause) == ("办法", "4.10")
    assert over.obligation("tested").confidence == "to_verify"
    assert over.obligation("transfer").confidence == "sourced"


def test_a_step_of_an_overlay_is_shown_in_the_file_where_it_stands(tmp_path):
    over = library(tmp_path, first=GOOD, over=OVERLAY).versions("test.one/loop", HAILAR)[1]
    assert over.file.endswith("over.yaml")
    assert over.obligation("tested").file == ""
    assert over.obligation("tested").line == 1 + OVERLAY.splitlines().index(
        "    tested: {on_days: [1, 4, 7]}"
    )
    assert over.obligation("transfer").file.endswith("first.yaml")


def test_null_takes_a_step_out(tmp_path):
    text = OVERLAY.replace("{on_days: [1, 4, 7]}", "null")
    over = library(tmp_path, first=GOOD, over=text).versions("test.one/loop", HAILAR)[1]
    assert [o.key for o in over.obligations] == ["transfer"]


def test_a_step_can_be_counted_another_way_if_the_old_way_is_taken_out(tmp_path):
    text = OVERLAY.replace("{on_days: [1, 4, 7]}", "{on_days: null, every: 24h, times: 5}")
    over = library(tmp_path, first=GOOD, over=text).versions("test.one/loop", HAILAR)[1]
    assert over.obligation("tested").window.times == 5


def test_a_local_order_lies_over_whichever_version_is_in_force(tmp_path):
    packs = library(tmp_path, first=FIRST, second=SECOND, over=OVERLAY)
    held = packs.timeline("test.one/loop", HAILAR)
    assert [v.version for v in held] == ["1", "1+here-1", "2+here-1", "2"]
    assert all(one.valid_until == next_.valid_from for one, next_ in pairwise(held))
    assert held[2].obligation("transfer").window.length.n == 8 * 3600
    assert held[2].obligation("tested").window.days == (1, 4, 7)
    assert [v.version for v in packs.everywhere("test.one/loop")] == ["1", "1+here-1", "2", "2+here-1"]


def test_of_two_orders_the_narrower_area_has_the_last_word(tmp_path):
    wide = OVERLAY.replace("here-1", "wide").replace('"150702"', '"1507"').replace("1, 4, 7", "1, 2, 3")
    packs = library(tmp_path, first=GOOD, over=OVERLAY, wide=wide)
    both = packs.at("test.one/loop", at("2021-08-10"), HAILAR)
    assert (both.version, both.area) == ("1+wide+here-1", "150702")
    assert both.obligation("tested").window.days == (1, 4, 7)
    elsewhere = packs.at("test.one/loop", at("2021-08-10"), ("15", "1507", "150781"))
    assert elsewhere.obligation("tested").window.days == (1, 2, 3)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("issuer: 指挥部\n", "", "overlay-incomplete"),
        ('basis: {document: {zh: 通告, en: Notice}, number: "1"}\n', "", "overlay-incomplete"),
        ('until: "2021-09-06"', "until: null", "overlay-incomplete"),
        ('area: "150702"', "area: 150702", "unquoted"),
        ("reason: 本地疫情\n", "", "shape"),
        ("changes:\n", "changes:\n  subject: hazard\n", "shape"),
        ("{on_days: [1, 4, 7]}", "{on_days: [7, 1]}", "shape"),
        ("{on_days: [1, 4, 7]}", "{within: 3d}", "mixed-windows"),
        ('"2021-08-06 15:00"', "2021-08-06 15:00", "unquoted"),
    ],
)
def test_an_order_that_lacks_what_makes_it_one_is_refused(tmp_path, old, new, rule):
    with pytest.raises(BadProtocol) as caught:
        library(tmp_path, first=GOOD, over=changed(old, new, OVERLAY))
    assert rule in {m.rule for m in caught.value.messages}
    assert any(m.file.endswith("over.yaml") for m in caught.value.messages)


def test_a_library_names_everything_that_is_wrong_in_any_file(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.yaml").write_text(changed("within: 12h", "within: soon"), encoding="utf-8")
    (tmp_path / "b.yaml").write_text("protocol: [", encoding="utf-8")
    with pytest.raises(BadProtocol) as caught:
        Library.read((tmp_path,), ZONE)
    assert {m.file.rpartition("/")[2] for m in caught.value.messages} == {"a.yaml", "b.yaml"}


def test_the_shipped_library_has_the_first_protocols_in_their_versions():
    packs = shipped()
    versions = {name: [v.version for v in packs.versions(name)] for name in packs.names}
    first = {
        "cn.covid19/case": ["8"],
        "cn.covid19/close-contact": ["8", "9"],
        "cn.covid19/inbound": ["8", "9", "20-measures"],
        "cn.covid19/returnee": ["8"],
        "cn.covid19/secondary-contact": ["8"],
        "cn.food/cold-chain-import": ["2020-11"],
        "cn.safety/hazard-general": ["2014", "2021"],
        "cn.safety/hazard-major": ["2014", "2021"],
    }
    for name, known in first.items():  # in their order; what was published stays, more may follow
        assert [version for version in versions[name] if version in known] == known, name
    assert packs.at("cn.covid19/inbound", at("2021-08-15")).file == "packs/border/inbound-8.yaml"


def test_dates_are_days_of_the_regions_zone(tmp_path):
    (tmp_path / "one.yaml").write_text(GOOD, encoding="utf-8")
    here, there = (Library.read((tmp_path,), zone).timeline("test.one/loop")[0] for zone in (ZONE, "UTC"))
    assert there.valid_from - here.valid_from == 8 * 3600
    assert here.digest == there.digest
