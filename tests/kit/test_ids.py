"""Numbers with check digits, and the pseudonyms made from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.kit.ids import check, subject_id

ERIKSSON = (  # the specimen of ICAO 9303-4, appendix B
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "normal"),
    [
        ("id_card", "11010519491231002X", "11010519491231002X"),
        ("id_card", " 110105 19491231 002x ", "11010519491231002X"),
        ("id_card", "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("uscc", "91350100m000100y43", "91350100M000100Y43"),
        ("container", "csqu 305438-3", "CSQU3054383"),
        ("container", "TOLU4734787", "TOLU4734787"),
        ("imo", "IMO 9319466", "9319466"),
        ("passport", "e 1234 5678", "E12345678"),
        ("passport_mrz", ERIKSSON, ERIKSSON),
        ("passport_mrz", ERIKSSON.replace("\n", " ").lower(), ERIKSSON),
    ],
)
def test_numbers_are_brought_into_normal_form(kind, text, normal):
    assert check(kind, text) == normal


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("id_card", "110105194912310021", "check digit of GB 11643"),
        ("id_card", "11010519491331002X", "date of birth"),
        ("id_card", "1101051949123100", "18 characters"),
        ("uscc", "91350100M000100Y44", "GB 32100"),
        ("uscc", "91350100M000100YO3", "GB 32100"),
        ("container", "CSQU3054384", "check digit"),
        ("container", "CSQA3054383", "U, J or Z"),
        ("container", "ÄÖÜU3054383", "check digit"),
        ("imo", "9319467", "check digit"),
        ("passport", "E1", "5 to 12"),
        ("passport_mrz", ERIKSSON[:-1] + "1", "whole second line"),
        ("passport_mrz", ERIKSSON.replace("740812", "740813"), "date of birth"),
        ("passport_mrz", ERIKSSON.replace("C36UTO", "C37UTO"), "document number"),
        ("passport_mrz", ERIKSSON[:-5], "two lines of 44"),
        ("health_code", "1", "a kind of number among"),
    ],
)
def test_wrong_numbers_are_refused_saying_what_was_expected(kind, text, expected):
    with pytest.raises(ValueError, match=expected) as caught:
        check(kind, text)
    assert text not in str(caught.value) or kind == "health_code"


def test_an_area_code_that_no_longer_exists_is_no_fault_of_an_id_card():
    assert check("id_card", "999999194912310025") == "999999194912310025"


def test_unused_optional_data_may_go_without_its_check_digit():
    second = "E123456782CHN8001014F3001019" + "<" * 15 + "8"
    assert check("passport_mrz", "P<CHNLI<<SI".ljust(44, "<") + second).endswith(second)


@given(st.integers(0, 17), st.integers(1, 9))
def test_a_mistyped_digit_of_an_id_card_is_always_noticed(place, shift):
    good = "110105194912310020"[:17] + "X"
    if place == 17:
        bad = good[:17] + str(shift)
    else:
        bad = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    with pytest.raises(ValueError, match="expected"):
        check("id_card", bad)


def test_the_pseudonym_of_a_number_does_not_depend_on_how_it_was_typed():
    ways = ("11010519491231002X", " 110105 19491231 002x", "１１０１０５１９４９１２３１００２Ｘ")
    found = {subject_id("person", scheme="id_card", number=way, country="CN") for way in ways}
    # sha256 of id_card|CN|11010519491231002X
    assert found == {"person/1dae4263171f449328e4"}


def test_scheme_country_kind_and_secret_each_make_another_pseudonym():
    def of(kind="person", **change):
        return subject_id(kind, **({"scheme": "passport", "number": "E12345678", "country": "CHN"} | change))

    others = {
        of(),
        of(scheme="permit"),
        of(country="RUS"),
        of(country=None),
        of(secret=b"salt"),
        of(number="E1"),
    }
    assert len(others) == 6
    assert of("crew").partition("/")[2] == of().partition("/")[2]
    assert of(country="chn") == of()


def test_whoever_has_no_number_is_known_by_the_row_letter_by_letter():
    rows = ("lab-1:row 7", "lab-1:row-7", "lab-1:ROW 7", "lab-1:row 8")
    assert len({subject_id("person", scheme="source", number=row) for row in rows}) == 4


def test_a_mistyped_number_has_a_pseudonym_too():
    assert subject_id("person", scheme="id_card", number="110105194912310021").startswith("person/")


@pytest.mark.parametrize(
    ("kind", "scheme", "number"),
    [("Person", "id_card", "1"), ("person", "id|card", "1"), ("person", "id_card", " - ")],
)
def test_a_pseudonym_of_nothing_or_of_no_word_is_refused(kind, scheme, number):
    with pytest.raises(ValueError, match="expected"):
        subject_id(kind, scheme=scheme, number=number)


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_different_rows_are_two_different_people(one, other):
    if one.strip() and other.strip() and one.strip() != other.strip():
        ids = {subject_id("person", scheme="source", number=number) for number in (one, other)}
        assert len(ids) == 2
