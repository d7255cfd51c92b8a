"""The files look like those of real sources, and say what the truth says they say."""

import csv
import hashlib

import msgspec
import numpy as np
import pytest

from fengsui.drill import truth as truths
from fengsui.drill.forms import FORMS
from fengsui.drill.noise import CLEAN
from fengsui.drill.run import generate
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.areas import Areas, Region
from fengsui.kit.errors import BadInput, NotFound
from fengsui.kit.text import Text
from fengsui.sources.mapping import mapping_file, read_mapping


def contents(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def small(folder, areas, *, seed=3, **options):
    return generate(folder, rng=np.random.default_rng(seed), areas=areas, loops=120, days=12, **options)


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path, areas):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        small(tmp_path / name, areas, seed=seed)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_the_truth_beside_the_files_is_the_truth_of_the_drill(drill):
    assert truths.read(drill.truth_path).breaks == sorted(
        drill.truth.breaks, key=lambda i: (i.broken.from_at, i.broken.duty)
    )


def test_more_than_twenty_kinds_of_break_are_in_a_small_drill(drill):
    assert len({injected.kind for injected in drill.truth.breaks}) >= 50


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.name)
def test_every_form_has_a_mapping_that_knows_all_its_columns(form):
    mapping = read_mapping(mapping_file(form.name), Catalogue.shipped())
    assert {*mapping.columns(), *mapping.ignores} == set(form.headings)
    assert mapping.file.format == form.format


def test_every_row_is_taken_or_in_the_ledger_with_the_reason_the_truth_gives(drill, taken):
    told = {(row.file, row.row) for row in drill.truth.refused}
    kept = {(entry.name, entry.row) for entry in taken.store.refused()}
    assert kept == told
    assert sum(report.without_facts for report in taken.reports.values()) == 0
    assert {row.why for row in drill.truth.refused} >= {"no_such_day", "check_digit", "conflict"}


def test_some_rows_come_twice_and_are_told_apart_from_new_ones(drill, taken):
    repeated = sum(report.repeated for report in taken.reports.values())
    assert 0.002 < repeated / sum(file.rows for file in drill.files) < 0.01


def test_some_records_are_corrected_or_withdrawn(taken):
    superseding = [fact for fact in taken.store.facts() if fact.supersedes]
    assert 0.005 < len(superseding) / len(taken.store.facts()) < 0.03
    assert "fact.withdrawn" in {fact.kind for fact in superseding}


def test_everything_that_happened_before_the_end_is_on_record_by_the_end(drill, taken):
    assert all(fact.at < drill.end_at and fact.recorded_at <= drill.end_at for fact in taken.store.facts())


def test_records_follow_their_deeds_by_hours(taken):
    lags = sorted(f.recorded_at - f.at for f in taken.store.facts() if f.supersedes is None)
    assert 3600 < lags[len(lags) // 2] < 4 * 3600
    assert lags[0] >= 0


def test_rows_stand_in_the_order_they_arrived_which_is_not_that_of_the_deeds(drill):
    written = (f for f in drill.files if f.path.suffix == ".csv" and f.mapping in FORMS)
    file = max(written, key=lambda f: f.rows)
    form = FORMS[file.mapping]
    with file.path.open(encoding=form.encoding, newline="") as stream:
        deeds = [row[form.at] for row in csv.DictReader(stream)]
    assert deeds != sorted(deeds)
    assert len(deeds) == file.rows


def test_files_come_in_the_encodings_and_formats_of_their_sources(drill):
    suffixes = {file.path.suffix for file in drill.files}
    assert suffixes == {".csv", ".xlsx", ".ndjson"}
    manifest = next(file for file in drill.files if file.mapping == "drill-manifest")
    with pytest.raises(UnicodeDecodeError):
        manifest.path.read_text(encoding="utf-8")


def test_one_laboratory_is_silent_for_two_days_and_says_nothing_of_being_complete(drill, taken):
    silence = drill.truth.silence
    said = [f for f in taken.store.facts() if f.source == silence.source]
    assert said
    assert not [f for f in said if silence.from_at <= f.recorded_at < silence.until_at]
    waited = [f for f in said if silence.from_at <= f.at < silence.until_at]
    assert waited
    statements = [f for f in taken.store.facts() if f.kind == "source.complete"]
    of_it = [f for f in statements if f.subject == f"source/{silence.source}"]
    assert not [f for f in of_it if silence.from_at <= f.recorded_at < silence.until_at]
    assert max(f.data["until"] for f in of_it) == drill.end_at


def test_a_statement_of_completeness_is_never_wrong(taken):
    # What was never wrong: a correction comes after the record it corrects, and that one was there in time.
    lasting = [f for facts in taken.facts.values() for f in facts if f.supersedes is None]
    for statement in (f for f in lasting if f.kind == "source.complete"):
        source = statement.subject.partition("/")[2]
        covered = [f for f in lasting if f.source == source and f.at < statement.data["until"]]
        assert all(f.recorded_at <= statement.recorded_at for f in covered)


def test_names_of_people_stay_in_the_files(drill, taken):
    names = set()
    for file in drill.files:
        if file.path.suffix == ".ndjson":
            names |= {msgspec.json.decode(line).get("name") for line in file.path.read_bytes().splitlines()}
    told = {str(value) for fact in taken.store.facts() for value in fact.data.values()}
    assert names - {None}
    assert not names & told


def test_a_drill_without_noise_has_nothing_to_refuse(tmp_path, areas):
    drill = small(tmp_path, areas, noise=CLEAN, breaks_per_10k=0)
    assert drill.truth.refused == []
    assert drill.truth.breaks == []


def test_a_region_without_a_world_is_named(tmp_path):
    region = Region("elsewhere", Text("别处", "Elsewhere"), "Europe/Berlin", None, ("region",), {})
    with pytest.raises(NotFound, match="elsewhere"):
        generate(tmp_path, rng=np.random.default_rng(1), areas=Areas(region, []))


@pytest.mark.parametrize("start", ["2021-05-20", "2022-06-20"])
def test_a_time_with_other_rules_is_refused(tmp_path, areas, start):
    with pytest.raises(BadInput, match="2021-05-14 and 2022-06-28"):
        small(tmp_path, areas, start=start)


def test_progress_goes_from_nothing_to_all(tmp_path, areas):
    told = []
    small(tmp_path, areas, progress=lambda step, share: told.append((step, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] <= 1
    assert all(step for step, _ in told)
