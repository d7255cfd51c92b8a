"""A protocol may count its days in a zone in which no area of the region lies."""

from fengsui.engines.home import rules_of, world_of
from fengsui.kit.areas import Areas
from fengsui.kit.instant import parse
from fengsui.loops.bulk import Derivation, loops
from fengsui.loops.strata import derive_subject
from fengsui.protocols.library import Library

from .given import ZONE, changed, facts

CHICAGO = changed("civil_time: place", "civil_time: America/Chicago")
STORY = """
2021-08-01 15:00 | arrival.inbound     | 150105 | | home=150702
2021-08-01 20:00 | quarantine.admitted | 150102 | | site=h
"""


def test_its_days_begin_at_midnight_there_by_both_ways(tmp_path):
    (tmp_path / "one.yaml").write_text(CHICAGO, encoding="utf-8")
    areas = Areas.of_region()
    rules = rules_of(Library.read((tmp_path,), ZONE), areas)
    world = world_of(areas, rules)
    subject, told = "person/a", facts(STORY, subject="person/a")
    (loop,) = derive_subject(rules, told, subject=subject, world=world).loops
    # Admitted at 20:00 in Hohhot it is 07:00 of the same 1 August in Chicago, thirteen hours behind.
    days = {d.n: d.open_at for d in loop.duties if d.key == "tested"}
    assert days == {
        1: parse("2021-08-01 13:00", zone=ZONE)[0],
        4: parse("2021-08-04 13:00", zone=ZONE)[0],
    }
    derivation = Derivation(rules, world)
    columns, ordered = derivation.columns([told])
    (twin,) = loops(derivation.derive("test.one/loop", columns), derivation, ordered, [subject])
    assert {d.n: d.open_at for d in twin.duties if d.key == "tested"} == days
