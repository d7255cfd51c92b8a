from dataclasses import replace

import pytest

from fengsui.facts.batch import Batch
from fengsui.facts.catalogue import Catalogue
from fengsui.facts.check import Checker, findings
from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.instant import DAY

NOON = 1_628_222_400
GOOD = Fact(
    kind="test.result",
    subject="person/1f",
    at=NOON,
    recorded_at=NOON + 3600,
    source="lab",
    key="1",
    place="150702-hotel-3",
    by="Li",
    data={"result": "negative", "ct": 38.5, "sample": "S1"},
)


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(Catalogue.shipped(), Areas.of_region())


def wrong(checker: Checker, **changes) -> list[str]:
    fact = replace(GOOD, **changes)
    return [str(finding) for _, found in checker.of_batch(Batch.of([fact])) for finding in found]


def test_a_good_fact_is_let_in(checker):
    assert wrong(checker) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "test.reslut"}, "lab:1: kind: found 'test.reslut', expected one of test.result"),
        ({"subject": "hazard/1"}, "lab:1: subject: found hazard, expected a subject of type person"),
        ({"subject": "somebody"}, "lab:1: subject: found 'somebody', expected type/name"),
        ({"subject": "person/ "}, "lab:1: subject: found 'person/ ', expected type/name"),
        ({"source": "my lab"}, "my lab:1: source: found 'my lab', expected a name without blanks and colons"),
        ({"key": ""}, "lab:: key: found nothing, expected the source's own number"),
        ({"place": "999999"}, "lab:1: place: found '999999', expected a code that lies in a known area"),
        ({"span": -1}, "lab:1: span: found -1, expected 0 or more seconds"),
        ({"by": ""}, "lab:1: by: found empty text, expected a name, or nothing"),
        ({"supersedes": "lab:1"}, "lab:1: supersedes: found the fact itself, expected another fact"),
        ({"data": {}}, "lab:1: data.result: found nothing, expected a value (code)"),
        (
            {"data": {"result": "negativ"}},
            "lab:1: data.result: found 'negativ', expected one of negative, positive, inconclusive, invalid",
        ),
        (
            {"data": {"result": "negative", "smaple": "S1"}},
            "lab:1: data.smaple: found 'S1', expected a field of test.result: sample",
        ),
        (
            {"data": {"result": "negative", "ct": "38"}},
            "lab:1: data.ct: found '38', expected a finite number",
        ),
        (
            {"data": {"result": "negative", "ct": True}},
            "lab:1: data.ct: found True, expected a finite number",
        ),
        ({"data": {"result": "negative", "sample": ""}}, "lab:1: data.sample: found '', expected text"),
    ],
)
def test_what_is_wrong_is_said_with_field_found_and_expected(checker, changes, said):
    [found] = wrong(checker, **changes)
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("kind", "subject", "data", "said"),
    [
        ("arrival.inbound", "person/1", {"home": "999999"}, "a code that lies in a known area"),
        ("contact.identified", "person/1", {"class": "close", "index": "a"}, "expected type/name"),
        ("community.visited", "person/1", {"symptoms": "no"}, "expected true or false"),
        ("followup.planned", "person/1", {"number": 1.5}, "expected a whole number"),
        ("source.complete", "source/lab", {"until": "2021-08-06"}, "expected whole seconds since 1970"),
        ("hazard.struck_off", "hazard/1", {"x": 1}, "no data: hazard.struck_off has no fields"),
        ("subject.same", "person/1", {"other": "hazard/1"}, "a subject of the same type, person"),
    ],
)
def test_each_type_of_field_has_its_test(checker, kind, subject, data, said):
    [found] = wrong(checker, kind=kind, subject=subject, data=data)
    assert said in found


def test_a_withdrawal_has_to_say_what_it_withdraws(checker):
    [found] = wrong(checker, kind="fact.withdrawn", data={})
    assert "found nothing, expected the fact that is taken back" in found


def test_a_deed_up_to_a_day_after_its_own_record_is_held_to_the_record(checker):
    ahead = {"at": GOOD.recorded_at + DAY}
    assert wrong(checker, **ahead) == []
    assert replace(GOOD, **ahead).when == GOOD.recorded_at


def test_a_deed_more_than_a_day_after_its_own_record_stays_outside(checker):
    [found] = wrong(checker, at=GOOD.recorded_at + DAY + 1)
    assert found == "lab:1: at: found 86401 s after it was recorded, expected at most 86400 s after"


def test_every_mistake_of_a_fact_is_named(checker):
    assert len(wrong(checker, subject="x", place="y", data={"result": "z", "w": 1})) == 4


def test_one_fact_is_checked_as_many_are():
    said = findings(replace(GOOD, place="x"), Catalogue.shipped(), Areas.of_region())
    assert [finding.field for finding in said] == ["place"]


def test_without_a_region_places_are_taken_as_they_are():
    assert findings(replace(GOOD, place="x"), Catalogue.shipped(), None) == []


def test_data_of_an_older_version_is_let_in(tmp_path):
    (tmp_path / "k.yaml").write_text(
        "kinds: {k.k: {version: 2, title: {zh: 甲, en: A}, subject: [person],"
        " fields: {new: {type: text, required: true, title: {zh: 甲, en: A}}},"
        " lifts: [{of: 1, rename: {old: new}}]}}",
        "utf-8",
    )
    kinds = Catalogue.read([tmp_path])
    assert findings(replace(GOOD, kind="k.k", data={"old": "x"}), kinds, None) == []


def test_a_batch_is_judged_as_each_of_its_facts_is(checker):
    """There what is good is shown column by column; whatever is wrong has to be found all the same."""
    mistakes = [
        {"kind": "test.reslut"},
        {"subject": "hazard/1"},
        {"subject": "person/a\nperson/b"},
        {"subject": "\n"},
        {"source": "my lab"},
        {"key": ""},
        {"place": "999999"},
        {"span": -1},
        {"by": ""},
        {"data": {}},
        {"supersedes": "lab:1"},
        {"kind": "fact.withdrawn"},
        {"at": NOON + 2 * DAY},
        {"data": {"result": True}},
    ]
    for mistake in mistakes:
        facts = [GOOD, replace(GOOD, by=None, place=None), replace(GOOD, **mistake), GOOD]
        batch = Batch.of(facts)
        each = {i: checker.of_row(row) for i, row in enumerate(batch.rows())}
        assert dict(checker.of_batch(batch)) == {i: found for i, found in each.items() if found}
        assert list(dict(checker.of_batch(batch))) == [2]
