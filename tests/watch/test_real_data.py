"""Real records through the commands of docs/watch.md: what is found, when, and what must not be found."""

import csv
import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from fengsui.watch.tables import read_declared
from tests.cli.conftest import say

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
NOUFAILY = {
    "noPeriods": 10,
    "pastWeeksNotIncluded": 26,
    "thresholdMethod": "nbPlugin",
    "pThresholdTrend": 1,
    "alpha": 0.01,
}


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def done(*words: object) -> None:
    """Run a command, which has to succeed."""
    said = say("watch", *words, "--lang", "en")
    assert said.code == 0, said.err


class Run:
    """A table read, reviewed and judged: remarks, and alarms with their dates."""

    def __init__(self, folder: Path) -> None:
        self.raw, self.series, self.remarks, self.alarms = (
            folder / f"{name}.csv" for name in ("raw", "series", "remarks", "alarms")
        )
        self.settings = folder / "settings.json"

    def review(self, name: str, declared: str, *, only: str | None = None) -> None:
        """Read and review."""
        path = DATA / name
        if not path.exists():
            pytest.skip("the real files are not beside this repository (../shared/data)")
        done("read", path, "--as", declared, "--out", self.raw, *(("--only", only) if only else ()))
        done("review", "--series", self.raw, "--remarks", self.remarks, "--out", self.series)

    def judge(self, method: str, settings: dict) -> list[tuple[str, str, float]]:
        """The alarms: series, date (or t, where weeks are only counted), count."""
        self.settings.write_text(json.dumps({"usual": settings}))
        done("run", method, "--series", self.series, "--config", self.settings, "--out", self.alarms)
        days = {(row["series_id"], row["t"]): row["date"] for row in rows(self.series)}
        return [
            (row["series_id"], row["t"] if (day := days[row["series_id"], row["t"]]) == "NA" else day,
             float(row["observed"]))
            for row in rows(self.alarms)
            if row["alarm"] == "1"
        ]  # fmt: skip

    def remarked(self) -> dict[str, list[tuple[str, str]]]:
        """Series and date by kind of remark."""
        found = defaultdict(list)
        for row in rows(self.remarks):
            found[row["kind"]].append((row["series_id"], row["date"]))
        return found


@pytest.fixture
def real(tmp_path) -> Run:
    """A folder to read into."""
    return Run(tmp_path)


@pytest.mark.slow
def test_wuhans_revision_of_17_april_is_no_outbreak_and_manzhouli_is_found_on_its_first_day(real):
    real.review("counts/cn_city_cumulative_2020.parquet", "cn_city_2020")
    alarms = real.judge("ears", {"method": "C2"})
    wuhan = [day for name, day, _ in alarms if "武汉市" in name]
    assert "2020-04-17" not in wuhan
    assert real.remarked()["recount"] == [("420100/武汉市", "2020-04-17")]
    # The epidemic itself is not hidden: the first report of 2020, and what came after three days without one.
    assert {"2020-01-17", "2020-01-18", "2020-01-19", "2020-01-23"} <= set(wuhan)
    hulunbuir = [(day, n) for name, day, n in alarms if "呼伦贝尔" in name and day > "2020-05-02"]
    assert hulunbuir == [("2020-11-21", 2), ("2020-11-26", 9)]
    # The source of the table changed on 7 February 2020: on that day most of Hubei has no report.
    silent = Counter(day for _, day in real.remarked()["silent"])
    assert silent.most_common(1)[0][0] == "2020-02-07"
    assert silent["2020-02-07"] >= 20
    leaps = [day for name, day in real.remarked()["leap"] if "武汉市" in name]
    assert "2020-02-13" in leaps  # clinical diagnoses of the 12th: named, and still an alarm


def test_thirteen_negative_days_of_italian_regions_are_named_and_never_judged(real):
    real.review("counts/italy_region_daily_2020_02_2021_06.parquet", "italy_regions")
    real.judge("ears", {"method": "C1"})
    remarked = real.remarked()
    assert len(remarked["negative"]) == 13
    assert ("Campania", "2020-06-12") in remarked["negative"]
    assert ("Sicilia", "2021-03-30") in remarked["silent"]
    assert ("Sicilia", "2021-03-31") in remarked["catch_up"]
    assert {row["alarm"] for row in rows(real.alarms) if row["set_aside"] != "NA"} == {"NA"}


def test_weeks_missing_in_tycho_stay_unknown(real):
    real.review("counts/tycho_l1_1950_1989.parquet", "us_notifiable", only="MEASLES/CALIFORNIA")
    raw = rows(real.raw)
    assert (len(raw), raw[0]["date"]) == (2085, "1950-01-08")
    assert sum(row["observed"] == "NA" for row in raw) == 70
    assert sum(row["observed"] == "0" for row in raw) == sum(
        row["reported"] == "0" for row in rows(real.series)
    )
    assert len(real.remarked()["missing"]) == 70


def test_the_outbreak_of_salmonella_agona_in_the_winter_of_1994_is_found_in_its_season(real):
    real.review("counts/surveillance_pkg_weekly.csv", "classic_series", only="agona")
    alarms = real.judge("farrington_flexible", {**NOUFAILY, "b": 3})
    # Weeks counted from 1990, 52 a year: the second to fourth of 1995.
    assert [t for _, t, _ in alarms] == ["262", "263", "264"]


def test_campylobacter_rises_when_everybody_with_diarrhoea_was_tested_for_ehec(real):
    real.review("counts/campyDE.csv", "campylobacter")
    alarms = real.judge("farrington_flexible", NOUFAILY)
    assert [day for _, day, _ in alarms] == ["2011-05-30", "2011-06-06", "2011-07-04"]


def test_measles_in_north_rhine_westphalia_is_found_weeks_before_its_height(real):
    real.review("counts/surveillance_pkg_weekly.csv", "classic_series", only="North Rhine")
    alarms = [int(t) for _, t, _ in real.judge("ears", {"method": "C2"})]
    counts = [float(row["observed"]) for row in rows(real.series)]
    height = 52 + 1 + counts[52:104].index(max(counts[52:104]))
    assert [t for t in alarms if 52 < t <= 66] == [56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66]
    assert height >= 66


def test_nowcasts_of_salmonella_hold_what_came_once_delays_are_learned_from_the_last_year(real):
    path = DATA / "counts" / "salmAllOnset_reportingTriangle.csv"
    if not path.exists():
        pytest.skip("the real files are not beside this repository (../shared/data)")
    done("read", path, "--as", "salmonella_triangle", "--out", real.raw)
    case = {"now": "2014-07-21", "D": 10, "N.tInf.max": 3000, "prior": "mean.lambda=400 var.lambda=80000"}
    outside = {}
    for name, m in (("last year", 51), ("all since 2001", None)):
        asked = {**case, **({} if m is None else {"m": m})}
        real.settings.write_text(json.dumps({path.stem: asked}))
        done("nowcast", "--series", real.raw, "--config", real.settings, "--method", "bayes.trunc",
             "--out", real.alarms)  # fmt: skip
        outside[name] = sum(row["outside_ci"] == "1" for row in rows(real.alarms))
    assert outside["last year"] == 0
    assert outside["all since 2001"] >= 5


def test_the_model_beats_the_plain_forecasts_of_campylobacter_at_every_distance(real):
    real.review("counts/campyDE.csv", "campylobacter")
    done("forecast", "--series", real.series, "--origins", "40", "--every", "5", "--draws", "300",
         "--out", real.alarms)  # fmt: skip
    done("score", "--forecasts", real.alarms, "--out", real.remarks)
    wis = {(row["model"], row["horizon"]): float(row["wis"]) for row in rows(real.remarks)}
    for horizon in "1234":
        assert wis["endemic_epidemic", horizon] < wis["last_value", horizon]
        assert wis["endemic_epidemic", horizon] < wis["same_season", horizon]


def test_meningococci_of_type_c_come_close_in_space_and_time_more_than_chance_would(real, tmp_path):
    path, areas = DATA / "counts" / "imdepi_events.csv", tmp_path / "areas.csv"
    if not path.exists():
        pytest.skip("the real files are not beside this repository (../shared/data)")
    done("read", path, "--as", "meningococcal", "--only", "C", "--areas", areas, "--out", real.raw)
    assert len(rows(real.raw)) == 300
    done("scan", "--cases", real.raw, "--areas", areas, "--since", "2002-01-01", "--until", "2006-07-31",
         "--days", "60", "--largest", "0.2", "--out", real.alarms)  # fmt: skip
    first = rows(real.alarms)[0]
    assert (first["since"], first["observed"]) == ("2006-07-13", "3")
    assert float(first["p_gumbel"]) < 0.02


@pytest.mark.parametrize(
    ("name", "declared", "n_series"),
    [
        ("counts/rki_influenza_weekly.csv", "germany_influenza", 84),
        ("lab/rki_pcr_weekly.csv", "germany_pcr", 1),
        ("wastewater/amelag_aggregated.csv", "germany_sewage", 8),
        ("hospital/rki_icu_state_daily.parquet", "germany_intensive_care", 16),
        ("hospital/us_flu_admissions_weekly.csv", "us_flu_admissions", 53),
    ],
)
def test_every_other_table_is_read_as_declared(name, declared, n_series):
    if not (DATA / name).exists():
        pytest.skip("the real files are not beside this repository (../shared/data)")
    found = read_declared(DATA / name, declared)
    assert len(found) == n_series
    assert all(one.dates is not None for one in found)
