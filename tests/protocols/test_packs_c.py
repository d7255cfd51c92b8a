"""What must hold of the packs on hazards, floods, petitions, disputes, fraud, supervision and analysis.

How their steps run is shown by the golden histories beside them; here is what no history can show.
"""

from fengsui.facts.catalogue import FieldType
from fengsui.protocols.checks.family import is_health, is_sensitive

from .given import kinds, shipped

SENSITIVE = ("cn.petition/", "cn.mediation/", "cn.fraud/")
REVIEW = "cn.supervision/accountability"
# Fields by which somebody could be known, under whatever name a source has for them.
NAMES = {"name", "person", "petitioner", "accused", "victim", "party", "phone", "id_number", "address"}


def everything():
    return [version for name in shipped().names for version in shipped().everywhere(name)]


def test_no_fact_of_a_petition_a_dispute_or_a_fraud_says_who_the_people_are():
    for kind in kinds().kinds.values():
        if kind.name.partition(".")[0] in ("petition", "dispute", "fraud"):
            named = {f.name for f in kind.fields.values() if f.type is FieldType.SUBJECT} - {"earlier"}
            assert not named, kind.name
            assert not NAMES & kind.fields.keys(), kind.name


def test_petitions_disputes_and_fraud_are_held_apart_from_health_by_what_they_read():
    sensitive = {p.name for p in everything() if is_sensitive(p)}
    assert {name for name in shipped().names if name.startswith(SENSITIVE)} <= sensitive
    assert not [p.name for p in everything() if is_sensitive(p) and is_health(p)]


def test_no_protocol_hands_over_to_a_review_of_anybody():
    for protocol in everything():
        assert REVIEW not in [stop.opens for stop in protocol.stops], protocol.name
        assert not [tell for tell in protocol.tells if tell.fact.startswith("review.")], protocol.name
    for version in shipped().everywhere(REVIEW):
        assert version.opening.pattern.kinds == ("review.opened",)
        assert {test.field for test in version.opening.pattern.where} == {"@by", "@source"}


def test_a_measure_cannot_be_recorded_without_its_day_of_review_and_its_end():
    taken = kinds().kinds["measure.taken"].fields
    assert all((taken["review_by"].required, taken["ends_when"].required))
    assert taken["review_by"].type is FieldType.TIME


def test_whoever_did_a_thing_never_accepts_it():
    guarded = {
        "cn.safety/hazard-general": ["verify", "look_back"],
        "cn.safety/hazard-major": ["accept", "look_back"],
        "cn.safety/order": ["check_report"],
        "cn.petition/request": ["review", "reexamine"],
        "cn.petition/backlog": ["check"],
        "cn.supervision/task": ["verify", "decide_objection"],
        "cn.supervision/accountability": ["decide_appeal"],
        "cn.analysis/gap": ["confirm"],
        "cn.analysis/audit": ["recheck"],
    }
    for name, keys in guarded.items():
        for version in shipped().everywhere(name):
            assert all(version.obligation(key).evidence.not_by for key in keys), (name, version.version)


def test_what_restricts_a_firm_or_an_account_has_its_release():
    released = {
        "cn.safety/seizure": "give_back",
        "cn.safety/order": "restore",
        "cn.safety/gas-user": "restore",
        "cn.fraud/stop-payment": "unfreeze",
        "cn.flood/callout": "return",
        "cn.analysis/measure": "end",
    }
    for name, key in released.items():
        for version in shipped().everywhere(name):
            assert version.obligation(key).basis.clause, (name, version.version)
