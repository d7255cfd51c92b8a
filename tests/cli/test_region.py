"""From an empty folder to a region with facts: init, intake, the ledger and the way back from it."""

import csv
from pathlib import Path

import pytest

FACTS = """\
passport,flight,arrived,told
E1234567,CA1,2021-08-01 08:00,2021-08-01 09:00
E7654321,CA2,2021-08-01 10:00,2021-08-01 11:00
E5555555,CA3,yesterday,2021-08-01 11:00
"""
MAPPING = """\
mapping: arrivals
title: {zh: 到达, en: Arrivals}
file: {format: csv}
zone: Asia/Shanghai
source: desk
recorded_at: {column: told}
row: passport
facts:
  - kind: arrival.inbound
    key: "{passport}"
    subject: {type: person, id: [{scheme: passport, column: passport, country: MNG}]}
    at: arrived
    place: "150781"
    data: {flight: {column: flight}}
"""


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    """A file of three rows, of which one cannot be taken, and its mapping."""
    facts, mapping = tmp_path / "arrivals.csv", tmp_path / "arrivals.yaml"
    facts.write_text(FACTS, encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    return facts, mapping


@pytest.fixture
def made(fengsui):
    """The same command line with a region in its database."""
    assert fengsui("init").code == 0
    return fengsui


def test_init_makes_a_region_and_says_what_is_in_it(fengsui):
    said = fengsui("init", "--json")
    assert said.code == 0
    assert said.json["region"] == "inner-mongolia"
    assert "cn.covid19/inbound" in said.json["protocols"]
    assert said.json["areas"] > 115


def test_init_never_touches_a_file_that_is_there(made):
    again = made("init")
    assert again.code == 5
    assert "there already" in again.err


def test_init_refuses_a_region_nobody_knows_and_leaves_nothing_behind(fengsui, tmp_path):
    assert fengsui("init", "--region", "atlantis").code == 3
    assert not (tmp_path / "fengsui.db").exists()


def test_a_region_of_ones_own_is_a_folder_with_protocols_beside_it(fengsui, tmp_path):
    own, packs = tmp_path / "region", tmp_path / "packs"
    own.mkdir()
    packs.mkdir()
    header = "region: isle\nname: {zh: 岛, en: Isle}\nzone: Europe/London\ncountry: GB\n"
    levels = "levels: [{key: region, zh: 区, en: region}, {key: banner, zh: 县, en: county}]\n"
    (own / "region.yaml").write_text(header + levels, encoding="utf-8")
    rows = "code,parent,level,name_zh,name_en\nIM,,region,岛,Isle\nIM-1,IM,banner,城,Town\n"
    (own / "areas.csv").write_text(rows, encoding="utf-8")
    shipped = Path(__file__).parents[2] / "src/fengsui/protocols/packs/border/inbound-8.yaml"
    text = shipped.read_text(encoding="utf-8").replace("cn.covid19/inbound", "im.test/inbound")
    (packs / "own.yaml").write_text(text.replace(", opens: cn.covid19/case", ""), encoding="utf-8")
    said = fengsui("init", "--region", own, "--protocols", packs, "--json")
    assert (said.code, said.json["region"], said.json["areas"]) == (0, "isle", 2), said.err
    assert "im.test/inbound" in fengsui("protocol", "show", "--json").out


def isle(folder: Path, more: str) -> Path:
    """A region of one area."""
    folder.mkdir()
    header = "region: isle\nname: {zh: 岛, en: Isle}\nzone: Europe/London\n"
    header += "levels: [{key: region, zh: 区, en: area}]\n"
    (folder / "region.yaml").write_text(header + more, encoding="utf-8")
    (folder / "areas.csv").write_text(
        "code,parent,level,name_zh,name_en\nIM,,region,岛,Isle\n", encoding="utf-8"
    )
    return folder


def test_a_region_uses_the_packs_and_protocols_it_names_and_no_others(fengsui, tmp_path):
    own = isle(tmp_path / "region", "uses: [petition, cn.covid19/inbound]\n")
    names = set(fengsui("init", "--region", own, "--json").json["protocols"])
    assert "cn.covid19/inbound" in names
    assert "cn.covid19/crew" not in names  # of the same pack as inbound
    assert {name.split("/")[0] for name in names - {"cn.covid19/inbound"}} == {"cn.petition"}


def test_a_region_that_uses_nothing_that_ships_has_no_protocols(fengsui, tmp_path):
    own = isle(tmp_path / "region", "uses: []\n")
    assert fengsui("init", "--region", own, "--json").json["protocols"] == []


def test_a_pack_that_does_not_ship_is_refused_and_nothing_is_made(fengsui, tmp_path):
    said = fengsui("init", "--region", isle(tmp_path / "region", "uses: [dragons]\n"))
    assert (said.code, "dragons" in said.err) == (2, True)
    assert not (tmp_path / "fengsui.db").exists()


def test_a_command_without_a_database_says_how_to_make_one(fengsui):
    said = fengsui("status")
    assert said.code == 3
    assert "fengsui init" in said.err


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be looked at as one" * 9])
def test_a_file_that_is_no_database_of_ours_is_not_taken_for_one(fengsui, tmp_path, content):
    (tmp_path / "fengsui.db").write_bytes(content)
    said = fengsui("status")
    assert said.code == 2
    assert "Traceback" not in said.err


def test_what_can_be_taken_is_taken_and_the_rest_is_kept_with_its_reason(made, files):
    facts, mapping = files
    said = made("intake", facts, "--mapping", mapping, "--json")
    assert said.code == 0
    assert (said.json["rows"], said.json["taken"], said.json["refused"]) == (3, 2, 1)
    kept = made("intake", "refused", "list", "--json").json
    assert kept["n"] == 1
    assert kept["reasons"][0]["example"] == "'yesterday'"
    assert "yesterday" in made("intake", "refused", "list").out


def test_a_file_of_which_nothing_can_be_taken_says_so_and_has_its_own_exit_code(made, files):
    facts, mapping = files
    facts.write_text(
        FACTS.replace("2021-08-01 0", "never ").replace("2021-08-01 1", "never "), encoding="utf-8"
    )
    said = made("intake", facts, "--mapping", mapping)
    assert said.code == 6
    assert "Not one row could be taken" in said.out
    assert made("intake", "refused", "list", "--json").json["n"] == 3


def test_a_file_without_places_is_taken_where_one_says_it_is_from(made, files):
    facts, mapping = files
    mapping.write_text(MAPPING.replace('    place: "150781"\n', ""), encoding="utf-8")
    assert made("intake", facts, "--mapping", mapping, "--place", "满洲里市").code == 0
    then = ("--as-of", "2021-08-01T12:00", "--known-at", "2021-08-01T12:00")
    rows = made("loops", *then, "--json").json["rows"]
    assert [row["place"] for row in rows] == ["150781", "150781"]


def test_a_place_nobody_knows_is_refused_before_anything_is_taken(made, files):
    facts, mapping = files
    said = made("intake", facts, "--mapping", mapping, "--place", "Atlantis")
    assert (said.code, "--place" in said.err) == (2, True)
    assert made("intake", "refused", "list", "--json").json["n"] == 0


def test_a_file_taken_twice_only_repeats_what_is_known(made, files):
    facts, mapping = files
    made("intake", facts, "--mapping", mapping)
    again = made("intake", facts, "--mapping", mapping, "--json").json
    assert (again["taken"], again["repeated"]) == (0, 2)


def test_a_refused_row_is_written_out_repaired_sent_again_and_settled(made, files, tmp_path):
    facts, mapping = files
    made("intake", facts, "--mapping", mapping)
    out = tmp_path / "repair.csv"
    assert made("intake", "refused", "export", out, "--mapping", "arrivals", "--json").json["n"] == 1
    with out.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["arrived"] == "yesterday"
    rows[0]["arrived"] = "2021-07-31 20:00"
    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    said = made("intake", "refused", "resend", out, "--mapping", mapping, "--json").json
    assert (said["taken"], said["repaired"]) == (1, 1)
    assert made("intake", "refused", "list", "--json").json["n"] == 0
    assert made("intake", "refused", "list", "--all", "--json").json["n"] == 1


def test_an_export_never_writes_over_a_file(made, files, tmp_path):
    facts, mapping = files
    made("intake", facts, "--mapping", mapping)
    assert made("intake", "refused", "export", facts, "--mapping", "arrivals").code == 5
    assert facts.read_text(encoding="utf-8") == FACTS


def test_a_mapping_that_does_not_fit_the_file_is_refused_before_the_first_row(made, files):
    facts, mapping = files
    facts.write_text(FACTS.replace("passport", "document"), encoding="utf-8")
    said = made("intake", facts, "--mapping", mapping)
    assert said.code == 2
    assert "'passport'" in said.err
    assert made("status", "--json").json["total"]["running"] == 0


def test_a_mapping_nobody_knows_is_not_found(made, files):
    assert made("intake", files[0], "--mapping", "nothing-like-it").code == 3


def test_what_was_taken_shows_at_once(made, files):
    facts, mapping = files
    made("intake", facts, "--mapping", mapping)
    then = ("--as-of", "2021-08-01T12:00", "--known-at", "2021-08-01T12:00")
    found = made("status", *then, "--json").json
    assert found["total"]["running"] == 2
    loops = made("loops", *then, "--json").json["rows"]
    assert {row["protocol"] for row in loops} == {"cn.covid19/inbound"}
    before = made("status", "--as-of", "2021-08-01T12:00", "--known-at", "2021-08-01T10:30", "--json").json
    assert before["total"]["running"] == 1  # the second arrival was not on record yet


def test_with_a_secret_nobody_can_guess_who_a_pseudonym_is(fengsui, files, tmp_path):
    facts, mapping = files
    names = {}
    for name in ("", "one", "two"):
        db, secret = tmp_path / f"{name}.db", tmp_path / "secret"
        secret.write_text(name, encoding="utf-8")
        said = fengsui("init", "--db", db, *(("--secret", secret) if name else ()))
        assert said.code == 0, said.err
        fengsui("intake", facts, "--mapping", mapping, "--db", db)
        rows = fengsui("loops", "--all", "--db", db, "--json").json["rows"]
        names[name] = {row["subject"] for row in rows}
    assert not names[""] & names["one"] | names["one"] & names["two"]
    assert fengsui("drill", tmp_path / "files", "--loops", 5, "--days", 2, "--db", db).code == 4


@pytest.mark.parametrize(("content", "code"), [(None, 3), ("", 2)])
def test_a_secret_that_is_not_there_or_empty_is_refused(fengsui, tmp_path, content, code):
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_text(content, encoding="utf-8")
    assert fengsui("init", "--secret", secret).code == code
    assert not (tmp_path / "fengsui.db").exists()
