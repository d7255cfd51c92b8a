"""People who cannot exist have documents that pass every check."""

import numpy as np

from fengsui.drill.chance import Chance, Wheel
from fengsui.drill.cold_chain import container
from fengsui.drill.people import MOST_PEOPLE, People, id_card
from fengsui.kit import ids


def some(n):
    people = People(Wheel(("150102", "150702"), (1, 1)), Chance(np.random.default_rng(1)))
    return [people.foreigner() if i % 3 else people.resident(by_passport=i % 2 == 0) for i in range(n)]


def test_their_identity_numbers_are_valid_and_belong_to_nobody(areas):
    for n in (0, 1, 26_999, 27_000, MOST_PEOPLE - 1):
        number = id_card(n)
        assert ids.check("id_card", number) == number
        assert number[:4] == "1599"
        assert areas.find(number[:6]) is None
        assert number[14:17] == "000"


def test_their_passports_are_longer_than_any_country_numbers_them():
    numbers = [p.number for p in some(30) if p.scheme == "passport"]
    assert all(ids.check("passport", n) == n and len(n) == 12 and n.startswith("DRILL") for n in numbers)


def test_no_two_of_them_are_one():
    people = some(3000)
    assert len({p.subject for p in people}) == len(people)


def test_somebody_with_two_documents_is_known_by_the_smaller_pseudonym():
    person = next(p for p in some(30) if p.passport)
    card = ids.subject_id("person", scheme="id_card", number=person.number)
    passport = ids.subject_id("person", scheme="passport", number=person.passport, country="CHN")
    assert person.subject == min(card, passport)


def test_the_numbers_of_containers_pass_their_check():
    assert [ids.check("container", container(n)) for n in range(50)] == [container(n) for n in range(50)]
