"""`fengsui watch quality` and `backtest` at the terminal."""

import json

import numpy as np

from tests.cli.conftest import say


def test_quality_draws_judges_and_prints_and_another_seed_draws_other_series():
    asked = ("watch", "quality", "--method", "ears C1", "--method", "rki3", "--each", "1")
    said = say(*asked, "--lang", "en")
    assert said.code == 0
    assert "false" in said.out
    assert "outbreaks" in said.out
    assert "rki3" in said.out
    first, again, other = (
        json.loads(say(*asked, "--seed", seed, "--json").out)["rows"] for seed in ("1", "1", "2")
    )
    assert first == again != other
    assert [row["outbreaks"] for row in first] == [42, 42]


def test_backtest_reads_a_file_and_gives_points_on_the_curve_for_each_disease(tmp_path):
    path = tmp_path / "series.csv"
    rng = np.random.default_rng(1)
    lines = ["series_id,t,observed,disease,level"]
    for name, disease in (("a", "flu"), ("b", "measles"), ("c", "flu")):
        lines += [f"{name},{t + 1},{y},{disease},county" for t, y in enumerate(rng.poisson(6, 320))]
    path.write_text("\n".join(lines) + "\n")
    asked = ("watch", "backtest", "--series", path, "--method", "ears C1", "--alphas", "0.01,0.2", "--json")
    rows = json.loads(say(*asked).out)["rows"]
    assert [(row["alpha"], row["group"], row["series"]) for row in rows] == [
        (alpha, group, n)
        for alpha in (0.01, 0.2)
        for group, n in (("", 3), ("flu · county", 2), ("measles · county", 1))
    ]
    assert rows[3]["FPR"] > rows[0]["FPR"]


def test_a_list_that_is_none_and_a_method_nobody_knows_are_refused(tmp_path):
    for more in (("--alphas", "low"), ("--method", "dice")):
        said = say("watch", "quality", "--each", "1", *more, "--lang", "en")
        assert said.code == 2
        assert more[1] in said.err
