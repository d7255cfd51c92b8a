"""`fengsui watch`: files in, files out, in the reference's own layout."""

import csv
import json

import numpy as np
import pyarrow as pa
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.csv_file import cell
from fengsui.watch.methods import METHODS, method_named
from fengsui.watch.series import read_series, series_of
from fengsui.watch.settings import read_settings
from tests.cli.conftest import say
from tests.watch.reference import reference

HEADER = "series_id,t,date,freq,observed,population,state"
SETTINGS = {
    "farrington_flexible": {"noPeriods": 10, "pastWeeksNotIncluded": 26, "thresholdMethod": "nbPlugin"},
    "boda": {"mc.munu": 20},
}


@pytest.fixture
def series_file(tmp_path):
    """Two weekly series of eight years, one with an outbreak in its last week."""
    rng = np.random.default_rng(4)
    lines = [HEADER]
    for name, mean in (("quiet", 5), ("outbreak", 8)):
        y = rng.poisson(mean, 416)
        y[-1] = 45 if name == "outbreak" else 5
        lines += [f"{name},{t + 1},NA,52,{count},1,0" for t, count in enumerate(y)]
    path = tmp_path / "series.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def read(path) -> list[dict]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_runs_every_setting_on_every_series(name, series_file, tmp_path):
    settings, out = tmp_path / "settings.json", tmp_path / "out.csv"
    settings.write_text(
        json.dumps({"one": SETTINGS.get(name, {}), "two": {"last": 1, **SETTINGS.get(name, {})}})
    )
    said = say(
        "watch", "run", name, "--series", series_file, "--config", settings, "--out", out, "--lang", "en"
    )
    assert (said.code, said.err) == (0, "")
    found = read(out)
    assert f"{len(found):,} rows" in said.out
    assert {(row["config_id"], row["series_id"]) for row in found} == {
        (setting, series) for setting in ("one", "two") for series in ("quiet", "outbreak")
    }
    assert tuple(found[0]) == ("config_id", "series_id", *METHODS[name].columns)
    last = {row["series_id"]: row for row in found if row["config_id"] == "two"}
    assert last["outbreak"]["t"] == "416"
    if name not in ("mem", "fixed_threshold", "outbreak_p"):
        assert last["outbreak"]["alarm"] == "1"


def test_the_reference_package_knows_methods_by_other_names():
    assert [method_named(name) for name in ("farringtonFlexible", "earsC", "glrnb")] == [
        "farrington_flexible",
        "ears",
        "glr_nb",
    ]


def test_without_a_file_the_table_goes_to_the_screen(series_file, tmp_path):
    settings = tmp_path / "settings.json"
    settings.write_text('{"method": "C1", "last": 1}')
    said = say("watch", "run", "ears", "--series", series_file, "--config", settings)
    lines = said.out.splitlines()
    assert lines[0] == "config_id,series_id,t,observed,upperbound,alarm"
    assert lines[1].startswith("settings,quiet,416,5,")
    as_json = say("watch", "run", "ears", "--series", series_file, "--config", settings, "--json").json
    assert (as_json["rows"], as_json["alarms"]) == (2, 1)
    assert as_json["table"][1]["series_id"] == "outbreak"


def test_the_answer_is_in_the_language_that_is_asked_for(series_file, tmp_path):
    settings, out = tmp_path / "settings.json", tmp_path / "out.csv"
    settings.write_text("{}")
    said = say(
        "watch", "run", "ears", "--series", series_file, "--config", settings, "--out", out, "--lang", "zh"
    )
    assert "行" in said.out
    assert "次预警" in said.out
    assert "早期预警" in say("--lang", "zh", "watch").out


@pytest.mark.parametrize(
    ("method", "settings", "compat", "told"),
    [
        ("crystal_ball", {}, "none", "crystal_ball"),
        ("ears", {"a": {"metod": "C1"}}, "none", "metod"),
        ("ears", {"a": {"method": "C4"}}, "none", "C4"),
        ("ears", {}, "excel", "excel"),
    ],
)
def test_what_cannot_be_run_is_said_with_exit_code_2(method, settings, compat, told, series_file, tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(settings))
    said = say(
        "watch", "run", method, "--series", series_file, "--config", path, "--compat", compat, "--lang", "en"
    )
    assert said.code == 2
    assert told in said.err


def test_a_file_that_is_not_there_has_exit_code_3(tmp_path, series_file):
    said = say("watch", "run", "ears", "--series", tmp_path / "no.csv", "--config", tmp_path / "no.json")
    assert said.code == 3
    assert say("watch", "run", "ears", "--series", series_file, "--config", tmp_path / "no.json").code == 3


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("a", 1, 3.0), ("a", 3, 4.0)], "without a gap"),
        ([("a", 1, None)], "count"),
        ([("a", 1, -2.0)], "count"),
    ],
)
def test_a_series_with_a_gap_or_without_a_count_is_refused(rows, told):
    table = pa.table(
        {"series_id": [r[0] for r in rows], "t": [r[1] for r in rows], "observed": [r[2] for r in rows]}
    )
    with pytest.raises(BadInput, match=told):
        series_of(table)


def test_dates_are_taken_where_every_week_has_one(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text(f"{HEADER}\na,1,2020-01-06,52,3,1,0\na,2,2020-01-13,52,4,1,0\nb,1,NA,12,3,7,0\n")
    a, b = read_series(path)
    assert (a.is_dated, a.freq, b.is_dated, b.freq) == (True, 52, False, 12)
    assert str(a.dates[1]) == "2020-01-13"
    assert b.scale().tolist() == [7.0]


def test_settings_without_a_name_are_called_after_their_file(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"b": 3, "alpha": 0.01}')
    assert read_settings(path) == {"mine": {"b": 3, "alpha": 0.01}}
    path.write_text("{")
    with pytest.raises(BadInput):
        read_settings(path)


def test_values_are_written_so_that_they_come_back_the_same():
    assert [cell(value) for value in (0.1, 3.0, 7, None, float("nan"), float("inf"), -0.0)] == [
        "0.10000000000000001",
        "3",
        "7",
        "NA",
        "NA",
        "Inf",
        "-0",
    ]
    assert float(cell(1 / 3)) == 1 / 3


def test_rt_and_nowcasts_come_in_the_layout_of_the_reference(tmp_path):
    out = tmp_path / "rt.csv"
    files = (
        "--series",
        reference("estimateR_incidence.csv"),
        "--config",
        reference("estimateR_configs.json"),
    )
    assert say("watch", "rt", *files, "--out", out).code == 0
    with reference("estimateR.csv").open(encoding="utf-8") as file:
        assert list(read(out)[0]) == file.readline().strip().split(",")
    out = tmp_path / "nowcast.csv"
    files = ("--series", reference("nowcast_linelists.csv"), "--series", reference("nowcast_triangles.csv"))
    asked = ("watch", "nowcast", *files, "--config", reference("nowcast_cases.json"), "--out", out)
    assert say(*asked, "--method", "lawless").code == 0
    with reference("nowcast.csv").open(encoding="utf-8") as file:
        assert list(read(out)[0]) == file.readline().strip().split(",")
    assert len(read(out)) == 15 + 15 + 14


def test_rt_by_who_infected_whom_can_be_asked_for(tmp_path):
    cases, settings, out = tmp_path / "cases.csv", tmp_path / "settings.json", tmp_path / "out.csv"
    cases.write_text("run_id,t,I\n" + "".join(f"a,{t},{t}\n" for t in range(1, 31)))
    settings.write_text('{"a": {"config": {"mean_si": 4, "std_si": 2}, "window": 7}}')
    asked = ("watch", "rt", "--series", cases, "--config", settings, "--out", out)
    assert say(*asked, "--method", "wallinga_teunis").code == 0
    assert "Mean.R." in read(out)[0]
    assert say(*asked, "--method", "dice").code == 2
    unsure = {
        "mean_si": 4, "std_mean_si": 1, "min_mean_si": 2, "max_mean_si": 6,
        "std_si": 2, "std_std_si": 0.5, "min_std_si": 1, "max_std_si": 3, "n1": 20, "n2": 20,
    }  # fmt: skip
    settings.write_text(json.dumps({"a": {"method": "uncertain_si", "config": unsure}}))
    assert say(*asked).code == 0
    assert len(read(out)) == 23


@pytest.mark.parametrize("model", ["permutation", "poisson"])
def test_scan_reads_cases_and_areas_and_writes_the_clusters(model, tmp_path):
    areas, cases, out = (tmp_path / name for name in ("areas.csv", "cases.csv", "out.csv"))
    areas.write_text(
        "area,x,y,population\n150102,0,0,5\n150103,1,0,5\n150104,5,0,5\n150105,9,0,5\n150106,14,0,5\n",
        encoding="utf-8",
    )
    lines = [f"{area},2026-01-{day:02d},2" for area in range(150102, 150107) for day in range(1, 11)]
    cases.write_text("\n".join(["area,date,cases", *lines, "150104,2026-01-10,29"]), encoding="utf-8")
    asked = ("watch", "scan", "--cases", cases, "--areas", areas, "--model", model, "--lang", "en")
    said = say(*asked, "--out", out)
    assert (said.code, said.err) == (0, "")
    (first, *_) = read(out)
    assert (first["areas"], first["since"], first["until"]) == ("150104", "2026-01-10", "2026-01-10")
    assert first["observed"] == "31"
    assert float(first["p_value"]) <= 0.005
    earlier = say(*asked, "--until", "2026-01-09", "--out", out)
    assert earlier.code == 0
    assert all(float(row["p_value"]) > 0.05 for row in read(out))


def test_scan_refuses_a_day_that_is_none(tmp_path):
    (tmp_path / "areas.csv").write_text("area,x,y\na,0,0\n", encoding="utf-8")
    (tmp_path / "cases.csv").write_text("area,date\na,2026-01-01\n", encoding="utf-8")
    files = ("--cases", tmp_path / "cases.csv", "--areas", tmp_path / "areas.csv")
    said = say("watch", "scan", *files, "--until", "yesterday", "--lang", "en")
    assert said.code == 2
    assert "yesterday" in said.err
