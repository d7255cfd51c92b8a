"""What other systems send: FHIR R4, CAP 1.2, and the JSON of whoever exports JSON."""

import json

import pytest

from fengsui.engines.plain import PlainStore
from fengsui.facts.fact import Fact
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import parse
from fengsui.sources.mapping import mapping_file, mapping_of, read_mapping
from fengsui.sources.read_tree import Found, steps_of, things, values_at, xml_tree
from tests.sources.made import KINDS, file, mapping, take

SCT, LOINC = "http://snomed.info/sct", "http://loinc.org"


def shipped(path, name: str, store: PlainStore | None = None):
    """Take a file through a shipped mapping."""
    return take(path, read_mapping(mapping_file(name), KINDS), store)


def at(text: str) -> int:
    return parse(text, zone="Asia/Shanghai")[0]


def observation(n: int, found: str = "260415000", **more) -> dict:
    return {
        "resourceType": "Observation",
        "id": f"o{n}",
        "status": "final",
        "code": {"coding": [{"system": "urn:local", "code": "nat"}, {"system": LOINC, "code": "94500-6"}]},
        "subject": {"reference": f"Patient/p{n}"},
        "effectiveDateTime": "2021-08-06T08:00:00+08:00",
        "issued": "2021-08-06T15:00:00+08:00",
        "performer": [{"reference": "Organization/lab-7"}],
        "valueCodeableConcept": {"coding": [{"system": SCT, "code": found}]},
        **more,
    }


def bundle(*resources: dict) -> str:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def test_a_bundle_of_observations_becomes_test_results(tmp_path):
    path = file(tmp_path, bundle(observation(1), observation(2, "260373001")), name="lab.json")
    report, store = shipped(path, "fhir.laboratory")
    assert (report.rows, report.taken, report.refused) == (2, 2, 0)
    facts = sorted(store.facts(), key=lambda fact: fact.key)
    assert [fact.data["result"] for fact in facts] == ["negative", "positive"]
    assert (facts[0].at, facts[0].recorded_at) == (at("2021-08-06 08:00"), at("2021-08-06 15:00"))
    assert (facts[0].key, facts[0].by) == ("Observation/o1", "Organization/lab-7")
    assert facts[0].subject != facts[1].subject


def test_one_resource_a_line_is_read_as_well(tmp_path):
    lines = "\n".join(json.dumps(observation(n)) for n in range(3))
    report, _ = shipped(file(tmp_path, lines, name="bulk.ndjson"), "fhir.laboratory")
    assert report.taken == 3


def test_a_resource_that_is_not_fhir_is_refused_whole_and_says_what_is_wrong(tmp_path):
    bad = observation(2)
    del bad["status"]
    report, store = shipped(file(tmp_path, bundle(observation(1), bad), name="lab.json"), "fhir.laboratory")
    assert (report.taken, report.refused) == (1, 1)
    [entry] = store.refused()
    assert "status" in entry.findings[0].found
    assert "FHIR R4" in entry.findings[0].expected
    assert json.loads(json.loads(entry.raw)["cells"][-1]) == bad, "nothing of it is lost"


def test_a_code_nobody_declared_is_refused_by_name(tmp_path):
    path = file(tmp_path, bundle(observation(1, "999")), name="lab.json")
    report, store = shipped(path, "fhir.laboratory")
    assert report.refused == 1
    [entry] = store.refused()
    assert "'999'" in entry.findings[0].found


def test_a_result_that_is_amended_corrects_and_one_in_error_is_taken_back(tmp_path):
    first = file(tmp_path, bundle(observation(1), observation(2)), name="a.json")
    _, store = shipped(first, "fhir.laboratory")
    later = "2021-08-07T09:00:00+08:00"
    amended = observation(1, "260373001", status="amended", issued=later, meta={"versionId": "2"})
    wrong = observation(2, status="entered-in-error", issued=later)
    shipped(file(tmp_path, bundle(amended, wrong), name="b.json"), "fhir.laboratory", store)
    told: list[Fact] = sorted(store.facts(), key=lambda fact: fact.key)
    assert [(f.kind, f.supersedes) for f in told] == [
        ("test.result", None),
        ("test.result", "fhir-laboratory:Observation/o1"),
        ("test.result", None),
        ("fact.withdrawn", "fhir-laboratory:Observation/o2"),
    ]


def test_a_patient_with_an_id_card_is_the_person_of_that_card(tmp_path):
    card = {"system": "urn:oid:2.16.840.1.113883.2.23.1.2.1", "value": "11010519491231002X"}
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "meta": {"lastUpdated": "2021-08-06T07:00:00+08:00"},
        "identifier": [{"system": "urn:hospital", "value": "77"}, card],
    }
    _, store = shipped(file(tmp_path, bundle(patient, observation(1)), name="lab.json"), "fhir.laboratory")
    same, test = sorted(store.facts(), key=lambda fact: fact.kind)
    assert same.kind == "subject.same"
    assert same.subject == test.subject
    assert "11010519491231002X" not in str(store.facts()), "the number of the card never enters a fact"


def test_doses_come_with_their_product_and_number(tmp_path):
    dose = {
        "resourceType": "Immunization",
        "id": "i1",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "511"}]},
        "patient": {"reference": "Patient/p1"},
        "occurrenceDateTime": "2021-07-01",
        "lotNumber": "202105001",
        "protocolApplied": [{"doseNumberPositiveInt": 2}],
    }
    report, store = shipped(file(tmp_path, bundle(dose), name="imm.json"), "fhir.immunization")
    [given] = store.facts()
    assert report.refused == 0
    assert (given.data["product"], given.data["dose"], given.span) == ("inactivated", 2, 86399)


CAP = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>{identifier}</identifier><sender>imb@nmc.example</sender>
  <sent>2021-07-18T10:00:00+08:00</sent><status>Actual</status><msgType>{message}</msgType>
  <scope>Public</scope>{references}
  <info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency>
    <severity>Severe</severity><certainty>Likely</certainty>
    <onset>2021-07-18T12:00:00+08:00</onset><expires>2021-07-19T12:00:00+08:00</expires>
    <area><areaDesc>海拉尔区</areaDesc>
      <geocode><valueName>other</valueName><value>1</value></geocode>
      <geocode><valueName>GB2260</valueName><value>150702</value></geocode></area></info>
</alert>"""


def test_a_warning_comes_in_and_its_cancellation_speaks_of_the_same_warning(tmp_path):
    alert = CAP.format(identifier="w-1", message="Alert", references="")
    report, store = shipped(file(tmp_path, alert, name="a.xml"), "cap.warning")
    assert (report.taken, report.refused) == (1, 0)
    [fact] = store.facts()
    assert fact.data["colour"] == "orange"
    assert fact.data["onset"] == at("2021-07-18 12:00")
    assert fact.place == "150702"
    refers = "<references>imb@nmc.example,w-1,2021-07-18T10:00:00+08:00</references>"
    cancel = CAP.format(identifier="w-2", message="Cancel", references=refers)
    shipped(file(tmp_path, cancel, name="b.xml"), "cap.warning", store)
    first, second = store.facts()
    assert first.subject == second.subject
    assert second.data["message"] == "cancel"


@pytest.mark.parametrize(
    "text",
    [
        "not xml",
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a><b>&x;</b></a>',
        "<a>" * 200 + "</a>" * 200,
    ],
)
def test_what_is_no_alert_is_bad_input_and_entities_are_never_expanded(tmp_path, text):
    with pytest.raises(BadInput, match=r"cannot be read"):
        shipped(file(tmp_path, text, name="a.xml"), "cap.warning")


TRACKER = {
    "trackedEntities": [
        {
            "trackedEntity": "te1",
            "attributes": [{"attribute": "age", "value": "40"}],
            "enrollments": [
                {
                    "orgUnit": "150702",
                    "events": [
                        {
                            "event": "e1",
                            "occurredAt": "2021-08-06T08:00:00",
                            "dataValues": [
                                {"dataElement": "other", "value": "x"},
                                {"dataElement": "pcr", "value": "pos"},
                            ],
                        },
                        {"event": "e2", "occurredAt": "2021-08-09T08:00:00", "dataValues": []},
                    ],
                }
            ],
        }
    ]
}
OF_TRACKER = """
mapping: dhis2.made
title: {zh: 试验, en: Made up}
file: {format: json, rows: trackedEntities.enrollments.events}
zone: Asia/Shanghai
source: dhis2
recorded_at: now
row: event
values: {pcr: {pos: positive, neg: negative}}
facts:
  - when: {"dataValues[dataElement=pcr].value": {present: true}}
    kind: test.result
    key: "{event}"
    subject: {type: person, key: "{^^.trackedEntity}"}
    at: {column: occurredAt}
    place: {column: ^.orgUnit}
    data: {result: {column: "dataValues[dataElement=pcr].value", table: pcr}}
"""


def test_the_events_of_a_dhis2_tracker_are_rows_that_know_their_enrollment_and_entity(tmp_path):
    path = file(tmp_path, json.dumps(TRACKER), name="tracker.json")
    report, store = take(path, mapping_of(OF_TRACKER, KINDS, file="dhis2.yaml"))
    assert (report.rows, report.taken, report.without_facts) == (2, 1, 1)
    [fact] = store.facts()
    assert (fact.data["result"], fact.place, fact.key) == ("positive", "150702", "e1")


def test_paths():
    assert steps_of("^^.a.b[k=http://x.y/z].c")[0] == 2
    tree = {
        "a": [{"n": 1, "b": [{"k": "x", "v": 1}, {"k": "y", "v": 2}]}, {"n": 2, "b": [{"k": "x", "v": 3}]}]
    }
    found = list(things(tree, "a"))
    assert [values_at(one, "b[k=x].v") for one in found] == [[1], [3]]
    assert [values_at(one, "b.v") for one in found] == [[1, 2], [3]]
    below = list(things(tree, "a.b"))
    assert [values_at(one, "^.n") for one in below] == [[1], [1], [2]]
    assert values_at(Found({"x": 0}), "x") == [0], "nought is a value"
    with pytest.raises(ValueError, match="expected a path"):
        steps_of("a[b")


def test_repeated_elements_are_a_list_and_namespaces_do_not_matter():
    assert xml_tree(b'<q:a xmlns:q="u"><q:b>1</q:b><q:b>2</q:b><q:c/></q:a>') == {"b": ["1", "2"], "c": ""}


def test_a_path_that_is_none_is_found_in_the_mapping():
    with pytest.raises(BadInput, match=r"a path such as entry\.resource"):
        mapping(file="{format: json, rows: 'a[b'}")
