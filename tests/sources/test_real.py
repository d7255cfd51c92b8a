"""Real files through the shipped mappings, held against what is known of them. See docs/mappings.md."""

from collections import Counter
from pathlib import Path
from statistics import median

import pytest

from fengsui.engines.plain import PlainStore
from fengsui.facts.batch import Batch
from fengsui.facts.check import Checker
from fengsui.facts.fact import Fact
from fengsui.kit.ids import subject_id
from fengsui.kit.instant import DAY
from fengsui.sources.intake import intake
from fengsui.sources.mapping import mapping_file, read_mapping
from tests.sources.made import KINDS, NOW

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def facts_of(folder: str, **files: str) -> list[Fact]:
    """The facts of real files by the mappings of that name; every row has to be taken."""
    if not DATA.is_dir():
        pytest.skip("the real files are not beside this repository (../shared/data)")
    store = PlainStore()
    for mapping, name in files.items():
        by = read_mapping(mapping_file(mapping.replace("__", ".")), KINDS)
        report = intake(DATA / folder / name, by, store, now=NOW, areas=None)
        assert (report.refused, report.conflicts, report.without_facts) == (0, 0, 0)
    facts = store.facts()
    assert list(Checker(KINDS, None).of_batch(Batch.of(facts))) == []
    return facts


def kinds(facts: list[Fact]) -> Counter:
    return Counter(fact.kind for fact in facts)


def by_subject(facts: list[Fact], kind: str) -> dict[str, Fact]:
    return {fact.subject: fact for fact in facts if fact.kind == kind}


def test_violations_of_syracuse():
    facts = facts_of("inspections", syracuse__violations="syracuse_violations_a.csv")
    found, closed = by_subject(facts, "violation.found"), by_subject(facts, "violation.closed")
    complaints, done = by_subject(facts, "complaint.opened"), by_subject(facts, "complaint.closed")
    assert (len(found), len(complaints)) == (6000, 2839)
    deadlines = {name: fact.data["deadline"] for name, fact in found.items() if "deadline" in fact.data}
    assert len(found) - len(deadlines) == 1194
    assert sum(deadline < found[name].at for name, deadline in deadlines.items()) == 5
    assert median((deadline - found[name].at) / DAY for name, deadline in deadlines.items()) == 10.0
    still_open = found.keys() - closed.keys()
    assert len(still_open) == 436
    assert sum(found[name].data["complaint"] in done for name in still_open) == 16


def test_the_pcr_stream_of_chop():
    facts = facts_of("lab", chop__pcr="chop_covid_pcr_2020.csv")
    results = [fact for fact in facts if fact.kind == "test.result"]
    assert len(results) == 15_524
    assert Counter(fact.data["result"] for fact in results) == {
        "negative": 14_358,
        "positive": 865,
        "invalid": 301,
    }
    received = {fact.data["sample"]: fact.at for fact in facts if fact.kind == "sample.received"}
    assert len(results) - len(received) == 3  # travelled for more than a thousand hours, they say
    hours = [(f.at - received[f.data["sample"]]) / 3600 for f in results if f.data["sample"] in received]
    assert median(hours) == pytest.approx(5.0)
    assert len({fact.subject for fact in results}) == 12_344


def test_mers_in_korea():
    files = {
        "mers__korea__cases": "mers_korea_2015_linelist.csv",
        "mers__korea__contacts": "mers_korea_2015_contacts.csv",
    }
    facts = facts_of("linelists", **files)
    assert kinds(facts) == {
        "case.reported": 162,
        "case.confirmed": 162,
        "case.died": 19,
        "infection.attributed": 98,
    }
    confirmed = by_subject(facts, "case.confirmed")
    assert sum("onset_at" not in fact.data for fact in confirmed.values()) == 27
    sources = Counter(fact.data["source"] for fact in facts if fact.kind == "infection.attributed")
    names = {
        name: subject_id("person", scheme="source", number=f"mers-korea-2015:SK_{name}")
        for name in (14, 1, 16)
    }
    assert sources.most_common(3) == [(names[14], 38), (names[1], 26), (names[16], 21)]
    assert sources.keys() <= confirmed.keys()


def test_covid_in_tianjin():
    facts = facts_of(
        "linelists", tianjin__cases="tianjin_2020_cases.csv", tianjin__links="tianjin_2020_links.csv"
    )
    confirmed = by_subject(facts, "case.confirmed")
    assert len(confirmed) == 135
    assert sum("onset_at" not in fact.data for fact in confirmed.values()) == 10
    sources = Counter(fact.data["source"] for fact in facts if fact.kind == "infection.attributed")
    assert sources.most_common(1) == [(subject_id("person", scheme="source", number="tianjin-2020:TJ93"), 6)]
    assert Counter(f.data["severity"] for f in facts if f.kind == "case.graded")["unclassified"] == 6


def test_contact_tracing_as_go_data_exports_it():
    names = ("contacts", "followups", "cases", "lab_results", "relationships")
    facts = facts_of("contacts", **{f"godata__{name}": f"godata_demo_{name}.csv" for name in names})
    assert kinds(facts)["followup.planned"] == 437
    assert Counter(f.data["status"] for f in facts if f.kind == "followup.done") == {
        "seen_ok": 90,
        "seen_not_ok": 6,
        "not_found": 10,
    }
    assert Counter(f.data["reason"] for f in facts if f.kind == "followup.not_done") == {
        "not_performed": 326,
        "not_attempted": 5,
    }
    contacts, cases = by_subject(facts, "contact.listed"), by_subject(facts, "case.reported")
    assert (len(contacts), len(cases)) == (66, 56)
    became = {f.subject for f in facts if f.kind == "followup.ended" and f.data["outcome"] == "became_case"}
    assert became == contacts.keys() & cases.keys()  # one person, though two files list them
    exposed_to = Counter(f.data["index"].split("/")[0] for f in facts if f.kind == "contact.identified")
    assert exposed_to == {"person": 87, "event": 13}
    assert Counter(f.data["result"] for f in facts if f.kind == "test.result") == {
        "positive": 27,
        "negative": 2,
        "inconclusive": 1,
    }
