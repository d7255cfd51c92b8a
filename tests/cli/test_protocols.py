"""Protocols at the terminal: checked, read, compared, and tried on the facts before they are published."""

from pathlib import Path

import pytest

PACKS = Path(__file__).parents[2] / "src/fengsui/protocols/packs"
EIGHTH = (PACKS / "border" / "inbound-8.yaml").read_text(encoding="utf-8")


@pytest.fixture
def edited(tmp_path):
    """``edited(old, new)``: the 8th edition as version 8a, from 5 August on, with one thing changed."""

    def write(old: str, new: str) -> Path:
        assert old in EIGHTH
        text = EIGHTH.replace('version: "8"', 'version: "8a"').replace(
            'from: "2021-05-14"', 'from: "2021-08-05"'
        )
        path = tmp_path / "inbound-8a.yaml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return write


def test_what_ships_passes_the_linter(fengsui):
    said = fengsui("protocol", "lint", "--json")
    assert said.code == 0
    assert said.json["files"] >= 12
    assert not [message for message in said.json["messages"] if message["level"] == "error"]


def test_a_file_with_a_mistake_is_told_with_line_and_remedy(fengsui, edited):
    path = edited("by: customs@port, ", "")
    said = fengsui("protocol", "lint", path)
    assert said.code == 2
    line = 1 + path.read_text(encoding="utf-8").split("sampled:")[0].count("\n")
    assert f"{path.name}:" in said.out
    assert any(f":{n}:" in said.out for n in (line, line + 1))
    chinese = fengsui("protocol", "lint", path, "--lang", "zh").out
    assert "错误" in chinese


def test_a_file_that_is_not_there_is_not_found(fengsui):
    assert fengsui("protocol", "lint", "nowhere.yaml").code == 3


def test_all_protocols_are_listed_with_the_version_in_force(fengsui):
    rows = fengsui("protocol", "show", "--as-of", "2022-08-01", "--json").json
    inbound = next(row for row in rows if row["protocol"] == "cn.covid19/inbound")
    assert inbound["in_force"] == "9"
    assert "cn.covid19/inbound" in fengsui("protocol", "show").out


def test_a_protocol_is_shown_in_words_with_its_law(fengsui):
    page = fengsui("protocol", "show", "inbound", "--as-of", "2021-08-05", "--lang", "zh").out
    assert "14+7" in page
    assert "国境卫生检疫法" in page
    steps = fengsui("protocol", "show", "inbound@9", "--json").json["steps"]
    assert {"sampled", "transfer", "pcr", "release"} <= {step["key"] for step in steps}


def test_a_version_that_is_not_there_is_not_found_and_the_others_are_named(fengsui):
    said = fengsui("protocol", "show", "inbound@7")
    assert said.code == 3
    assert "8, 9" in said.err


def test_a_local_order_shows_in_its_area_alone(fengsui):
    then = ("--as-of", "2021-08-10", "--json")
    in_hailar = fengsui("protocol", "show", "returnee", "--area", "150702", *then).json
    elsewhere = fengsui("protocol", "show", "returnee", *then).json
    assert in_hailar["outline"]["version"] == elsewhere["outline"]["version"] + "+hailar-2021-08-06"


def test_a_diff_names_what_two_versions_say_differently(fengsui):
    found = fengsui("protocol", "diff", "inbound@8", "inbound@9", "--json").json
    assert found["effect"] is None
    changes = {
        ".".join(filter(None, (d["part"], d["name"], d["field"]))): (d["before"], d["after"])
        for d in found["differences"]
    }
    assert changes["obligations.pcr.window.days"] == ([1, 4, 7, 14], [1, 2, 3, 5, 7])
    assert changes["obligations.release.window.days"] == ([14], [7])
    assert not [name for name in changes if name.endswith("basis.number") and name != "basis.number"]


def test_a_diff_of_a_version_with_itself_is_empty(fengsui):
    assert fengsui("protocol", "diff", "inbound@8", "inbound@8", "--json").json["differences"] == []


def test_a_version_is_tried_on_the_facts_and_nothing_is_written(region, edited):
    path = edited(
        "on_days: [14],\n     evidence: quarantine.released",
        "on_days: [7],\n     evidence: quarantine.released",
    )
    before = region("replay", "--json").json
    said = region("protocol", "diff", "inbound@8", path, "--as-of", "2021-08-06T00:00", "--json")
    assert said.code == 0, said.err
    effect = said.json["effect"]
    assert effect["n_changed"] > 0
    assert effect["n_earlier"] > 0
    assert effect["n_later"] == 0
    assert min(days for days, _ in effect["by_days"]) == -7
    assert sum(n for _, n in effect["by_days"]) == effect["n_earlier"]
    assert effect["n_work_added"] + effect["n_work_removed"] > 0
    assert {kept["why"] for kept in effect["kept"]} <= {"closed", "settled_or_due"}
    after = region("replay", "--json").json
    assert {**after, "seconds": 0} == {**before, "seconds": 0}
    page = region("protocol", "diff", "inbound@8", path, "--as-of", "2021-08-06T00:00", "--lang", "zh").out
    assert "提前" in page


def test_a_published_version_can_be_tried_as_if_it_came_earlier(region):
    words = ("protocol", "diff", "inbound@8", "inbound@9", "--as-of", "2021-08-06T00:00", "--json")
    by_itself, earlier = region(*words), region(*words, "--from", "2021-08-05")
    assert by_itself.json["effect"]["n_earlier"] == 0  # nearly a year ahead
    assert earlier.json["effect"]["n_earlier"] > 0
    pinned = region(*words, "--from", "2021-08-05", "--running-loops", "pinned").json["effect"]
    assert pinned["n_earlier"] < earlier.json["effect"]["n_earlier"]  # only who came after the switch
    assert "pinned" in {kept["why"] for kept in pinned["kept"]}


def test_a_protocol_that_follows_from_other_loops_can_be_tried_too(region):
    said = region("protocol", "diff", "close-contact@8", "close-contact@9", "--from", "2021-08-05", "--json")
    assert said.code == 0, said.err
    assert said.json["effect"]["n_loops"] > 0


def test_another_rule_for_running_loops_must_be_one_of_four(region):
    said = region("protocol", "diff", "inbound@8", "inbound@9", "--running-loops", "hope")
    assert said.code == 2
    assert "pinned" in said.err


def test_mere_versions_mean_every_protocol_that_has_both(fengsui):
    found = fengsui("protocol", "diff", "8", "9", "--json").json
    compared = {one["after"] for one in found}
    assert {"cn.covid19/inbound@9", "cn.covid19/close-contact@9"} <= compared
    assert all(one["before"] == one["after"].replace("@9", "@8") for one in found)


def test_a_diff_says_who_is_free_at_once_and_which_steps_fall_away(region):
    words = (
        "protocol",
        "diff",
        "inbound@8",
        "inbound@9",
        "--from",
        "2021-08-10",
        "--as-of",
        "2021-08-10T00:00",
    )
    ahead = region(*words, "--json").json["outlook"]
    steps = {step["key"]: (step["before"], step["after"]) for step in ahead["steps"]}
    assert steps["double_test"][0] > steps["double_test"][1]  # those that were due already are still owed
    first, *_ = ahead["free_days"]
    assert (first["before"], first["after"]) == (0, ahead["n_at_once"])  # the day of the switch
    said = region(*words, "--lang", "en").out
    assert f"freed: {ahead['n_at_once']} at once" in said
    assert "Two laboratories, two reagents before release" in said
