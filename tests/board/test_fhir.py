"""A loop as FHIR: what a FHIR library takes, and what it says."""

from fhir.resources.R4B.bundle import Bundle

from fengsui.board.fhir import STATUS, bundle
from fengsui.board.loop_page import loop_page
from fengsui.board.subject import loop_list, subject_page
from fengsui.loops.duty import Status
from tests.board.region import person


def of(desk, n: int) -> dict:
    return bundle(loop_page(desk, subject_page(desk, person(n)).loops[0].loop), lang="en")


def test_every_loop_of_the_region_is_valid_fhir(desk):
    heads = loop_list(desk).rows
    assert len(heads) > 5
    for head in heads:
        for lang in ("zh", "en"):
            Bundle.model_validate(bundle(loop_page(desk, head.loop), lang=lang))


def test_a_person_has_a_care_plan_with_a_task_for_each_duty(desk):
    plan, *tasks = (entry["resource"] for entry in of(desk, 2)["entry"])
    assert plan["resourceType"] == "CarePlan"
    assert plan["status"] == "active"
    assert [a["reference"]["reference"] for a in plan["activity"]] == [f"Task/{t['id']}" for t in tasks]
    transfer = next(t for t in tasks if t["code"]["coding"][0]["code"] == "transfer")
    # He came 60 h before 2021-08-21 06:00; the transfer was due 12 h later and nobody did it.
    assert transfer["restriction"]["period"]["end"] == "2021-08-18T22:00:00Z"
    assert (transfer["status"], transfer["businessStatus"]["coding"][0]["code"]) == ("ready", "breached")
    assert "output" not in transfer


def test_what_was_done_names_its_evidence_and_when(desk):
    tasks = [entry["resource"] for entry in of(desk, 5)["entry"][1:]]
    done = [task for task in tasks if task["status"] == "completed"]
    assert done
    assert all(task["output"] and task["executionPeriod"]["end"] for task in done)


def test_a_hazard_is_no_patient(desk):
    page = loop_page(desk, subject_page(desk, "hazard/mine-7-0042").loops[0].loop)
    kinds = {entry["resource"]["resourceType"] for entry in bundle(page, lang="zh")["entry"]}
    assert kinds == {"Task"}


def test_every_state_of_a_duty_has_a_state_of_a_task():
    assert set(STATUS) == set(Status)
