"""The shipped protocols about people: given these facts, at this moment, this is owed.

Statuses and due times are worked out by hand from the rules, not taken from the program.
"""

from .given import at, board, facts, loops, shipped, statuses

INBOUND = """
2021-08-01 15:00 | arrival.inbound     | 150105        |    | home=150702
2021-08-01 16:30 | sample.collected    | 150105        |    | sample=s1
2021-08-01 20:00 | quarantine.admitted | 150102-hotel3 |    | site=hotel3
"""
TESTS_14 = """
2021-08-01 21:00 | test.result | 150102-hotel3 | | result=negative laboratory=A reagent=r1
2021-08-04 09:00 | test.result | 150102-hotel3 | | result=negative laboratory=A reagent=r1
2021-08-07 09:00 | test.result | 150102-hotel3 | | result=negative laboratory=A reagent=r1
2021-08-14 09:00 | test.result | 150102-hotel3 | | result=negative laboratory=A reagent=r1
2021-08-14 10:00 | test.result | 150102-hotel3 | | result=negative laboratory=B reagent=r2
"""
HOME = """
2021-08-14 18:00 | quarantine.released | 150102-hotel3 | |
2021-08-15 12:00 | community.received  | 150702        | |
2021-08-15 13:00 | test.result         | 150702        | | result=negative
2021-08-20 13:00 | test.result         | 150702        | | result=negative
"""


# Inbound


def test_an_inbound_traveller_who_does_all_in_time_is_done_with_the_last_test_at_home():
    loop = loops(INBOUND + TESTS_14 + HOME)["cn.covid19/inbound"]
    assert set(statuses(board(loop, "2021-09-01"))) == {"fulfilled"}
    assert loop.closed_at == at("2021-08-20 13:00")
    assert loop.place == "150105"


def test_the_day_of_admission_is_day_one():
    found = board(loops(INBOUND)["cn.covid19/inbound"], "2021-08-01 22:00")
    assert found["sampled"] == "fulfilled 08-01 17:00"
    assert found["transfer"] == "fulfilled 08-02 03:00"
    assert found["pcr 1"] == "open 08-02 00:00"
    assert found["pcr 4"] == "scheduled 08-05 00:00"
    assert found["pcr 14"] == "scheduled 08-15 00:00"
    assert found["release 14"] == "scheduled 08-15 00:00"
    assert found["received"] == "waiting"


def test_a_traveller_who_never_reaches_the_site_is_missed_after_twelve_hours():
    lost = "2021-08-01 15:00 | arrival.inbound | 150105 | | home=150702"
    loop = loops(lost)["cn.covid19/inbound"]
    assert board(loop, "2021-08-02 02:59")["transfer"] == "open 08-02 03:00"
    assert board(loop, "2021-08-02 03:00")["transfer"] == "breached 08-02 03:00"
    transfer = next(d for d in loop.duties if d.key == "transfer")
    assert transfer.place == "150105"


def test_one_laboratory_or_one_reagent_is_no_double_test():
    one = TESTS_14.replace("laboratory=B", "laboratory=A")
    assert board(loops(INBOUND + one)["cn.covid19/inbound"], "2021-08-15 00:00")["double_test 14"].startswith(
        "breached"
    )
    same = TESTS_14.replace("reagent=r2", "reagent=r1")
    assert board(loops(INBOUND + same)["cn.covid19/inbound"], "2021-08-15 00:00")[
        "double_test 14"
    ].startswith("breached")


def test_an_invalid_test_is_no_test():
    invalid = TESTS_14.replace(
        "2021-08-04 09:00 | test.result | 150102-hotel3 | | result=negative",
        "2021-08-04 09:00 | test.result | 150102-hotel3 | | result=invalid",
    )
    found = board(loops(INBOUND + invalid)["cn.covid19/inbound"], "2021-08-08")
    assert statuses(found, "pcr 1", "pcr 4", "pcr 7") == ["fulfilled", "missed", "fulfilled"]


def test_a_positive_test_ends_what_is_owed_and_opens_the_case():
    positive = "2021-08-04 09:00 | test.result | 150102-hotel3 | | result=positive"
    found = loops(INBOUND + positive)
    inbound = board(found["cn.covid19/inbound"], "2021-08-05")
    assert statuses(inbound, "pcr 1", "pcr 4", "pcr 7", "release 14") == [
        "excused",
        "fulfilled",
        "cancelled",
        "cancelled",
    ]
    case = found["cn.covid19/case"]
    assert (case.opened_at, case.place) == (at("2021-08-04 09:00"), "150102-hotel3")
    assert board(case, "2021-08-04 10:00")["reported"] == "open 08-04 11:00"


def test_the_ninth_edition_frees_at_once_who_by_it_should_have_been_free():
    history = INBOUND.replace("2021-08", "2022-06").replace("-01 ", "-18 ")
    loop = loops(history)["cn.covid19/inbound"]
    assert loop.versions[:2] == ("8", "9")
    found = board(loop, "2022-06-29")
    assert found["release 7"] == "breached 06-29 00:00"
    assert "double_test 14" not in found
    # Day 7 was due under the 8th edition, whose next test opens on 1 July: until then it can be made up.
    assert statuses(found, "pcr 1", "pcr 4", "pcr 7") == ["missed", "missed", "breached"]
    assert "pcr 14" not in found
    assert "pcr 5" not in found


def test_a_traveller_under_the_twenty_measures_is_isolated_at_home_and_freed_there():
    history = """
    2022-11-12 15:00 | arrival.inbound     | 150105        | | home=150702
    2022-11-12 20:00 | quarantine.admitted | 150102-hotel3 | |
    2022-11-16 18:00 | quarantine.released | 150102-hotel3 | |
    2022-11-16 20:00 | community.received  | 150702        | |
    """
    found = board(loops(history)["cn.covid19/inbound"], "2022-11-16 21:00")
    assert found["home 1"] == "open 11-17 00:00"
    assert found["home 3"] == "scheduled 11-19 00:00"
    assert found["home_release 3"] == "scheduled 11-19 00:00"


def test_the_three_editions_test_on_their_days():
    days = {v.version: v.obligation("pcr").window.days for v in shipped().versions("cn.covid19/inbound")}
    assert days == {"8": (1, 4, 7, 14), "9": (1, 2, 3, 5, 7), "20-measures": (1, 2, 3, 5)}
    home = {v.version: v.obligation("home").window.days for v in shipped().versions("cn.covid19/inbound")}
    assert home == {"8": (2, 7), "9": (3,), "20-measures": (1, 3)}
    assert all(
        v.stages == ("entry", "admitted", "released", "received")
        for v in shipped().versions("cn.covid19/inbound")
    )


# Returnees


def returnee(tier: str, when: str = "2021-08-03 10:00", place: str = "150702"):
    history = f"{when} | arrival.domestic | {place} | | tier={tier} home={place}"
    return loops(history).get("cn.covid19/returnee")


def test_a_returnee_is_graded_by_the_tier_of_where_they_came_from():
    high = board(returnee("high", place="150102"), "2021-08-03 11:00")
    assert statuses(high, "transfer", "home_received", "home_release 14") == [
        "open",
        "cancelled",
        "cancelled",
    ]
    medium = board(returnee("medium", place="150102"), "2021-08-03 11:00")
    assert statuses(medium, "transfer", "home_received", "home_pcr 1") == ["cancelled", "open", "open"]
    assert returnee("low") is None


def test_a_returnee_isolated_at_home_is_done_with_release_and_tests():
    history = """
    2021-08-03 10:00 | arrival.domestic    | 150102 | | tier=medium home=150102
    2021-08-03 12:00 | community.received  | 150102 | |
    2021-08-03 13:00 | test.result         | 150102 | | result=negative
    2021-08-06 13:00 | test.result         | 150102 | | result=negative
    2021-08-09 13:00 | test.result         | 150102 | | result=negative
    2021-08-16 13:00 | test.result         | 150102 | | result=negative
    2021-08-16 18:00 | quarantine.released | 150102 | |
    """
    assert loops(history)["cn.covid19/returnee"].closed_at == at("2021-08-16 18:00")


def test_in_hailar_a_fifth_test_is_owed_from_the_hour_of_the_order():
    after = board(returnee("medium", "2021-08-06 15:00"), "2021-08-06 16:00")
    assert [key for key in after if key.startswith("home_pcr")] == [
        f"home_pcr {n}" for n in (1, 4, 7, 10, 14)
    ]
    before = board(returnee("medium", "2021-08-06 14:59"), "2021-08-06 16:00")
    assert [key for key in before if key.startswith("home_pcr")] == [f"home_pcr {n}" for n in (1, 4, 7, 14)]
    elsewhere = returnee("medium", "2021-08-06 15:00", place="150781")
    assert elsewhere.versions[0] == "8"
    assert not any("hailar" in version for version in elsewhere.versions)


def test_after_the_order_has_expired_the_published_days_hold_again():
    found = board(returnee("medium", "2021-09-06 00:00"), "2021-09-06 01:00")
    assert "home_pcr 10" not in found


# Contacts

CONTACT = """
2021-08-02 12:00 | contact.exposed     | 150702        | | index=person/x
2021-08-04 16:00 | contact.identified  | 150702        | | class=close index=person/x home=150702
2021-08-05 08:00 | quarantine.admitted | 150702-hotel1 | |
"""


def test_a_contact_is_free_by_the_last_exposure_and_tested_by_the_day_of_isolation():
    found = board(loops(CONTACT)["cn.covid19/close-contact"], "2021-08-05 09:00")
    assert found["transfer"] == "late 08-05 04:00"
    assert found["pcr 4"] == "scheduled 08-09 00:00"
    assert found["double_test"] == "scheduled 08-16 12:00"
    assert found["release"] == "scheduled 08-17 00:00"


def test_a_later_exposure_moves_the_release():
    later = CONTACT + "2021-08-04 20:00 | contact.exposed | 150702 | | index=person/y"
    assert (
        board(loops(later)["cn.covid19/close-contact"], "2021-08-05 09:00")["release"]
        == "scheduled 08-19 08:00"
    )


def test_where_no_exposure_is_on_record_the_isolation_is_its_bound():
    unknown = "\n".join(CONTACT.strip().splitlines()[1:])
    assert (
        board(loops(unknown)["cn.covid19/close-contact"], "2021-08-05 09:00")["release"]
        == "scheduled 08-19 20:00"
    )


def test_a_missing_test_does_not_hold_anyone_longer():
    found = board(loops(CONTACT)["cn.covid19/close-contact"], "2021-08-17 00:00")
    assert found["release"] == "breached 08-17 00:00"
    assert found["pcr 7"] == "breached 08-12 00:00"


def test_whoever_is_free_is_not_owed_the_tests_that_are_left():
    freed = CONTACT + "2021-08-16 13:00 | quarantine.released | 150702-hotel1 | |"
    found = board(loops(freed)["cn.covid19/close-contact"], "2021-08-20")
    assert statuses(found, "pcr 14", "release") == ["cancelled", "fulfilled"]


SECONDARY = """
2021-08-03 10:00 | contact.exposed     | 150702        | | index=person/b
2021-08-04 16:00 | contact.identified  | 150702        | | class=secondary index=person/b home=150702
2021-08-04 18:00 | quarantine.admitted | 150702-hotel1 | |
"""


def test_a_secondary_contact_is_free_on_the_seventh_day():
    found = loops(SECONDARY)
    assert board(found["cn.covid19/secondary-contact"], "2021-08-05")["release 7"] == "scheduled 08-11 00:00"
    assert "cn.covid19/close-contact" not in found


def test_a_secondary_contact_whose_contact_tests_positive_becomes_a_close_contact_where_they_are():
    told = facts("2021-08-06 10:00 | contact.index_positive | 150702", subject="person/a")
    found = loops(SECONDARY, told=tuple(told))
    assert found["cn.covid19/secondary-contact"].closed_at == at("2021-08-06 10:00")
    close = board(found["cn.covid19/close-contact"], "2021-08-06 11:00")
    assert statuses(close, "notice", "transfer") == ["cancelled", "cancelled"]
    assert close["pcr 1"] == "open 08-07 00:00"
    assert close["release"] == "scheduled 08-17 22:00"


def test_a_positive_close_contact_tells_those_listed_for_them():
    for version in shipped().versions("cn.covid19/close-contact"):
        assert [(t.when, t.fact, t.field) for t in version.tells] == [
            ("positive", "contact.index_positive", "index")
        ]


# Cases

CASE = """
2021-08-04 09:00 | case.confirmed          | 150702      | |
2021-08-04 10:30 | case.reported           | 150702      | |
2021-08-04 12:00 | case.verified           | 150702      | | level=banner
2021-08-04 13:00 | case.core_investigated  | 150702      | |
2021-08-04 15:00 | hospital.admitted       | 150702-hosp | |
2021-08-05 09:00 | case.investigated       | 150702      | |
2021-08-06 09:00 | place.disinfected       | 150702      | |
"""


def test_every_clock_of_a_case_runs_from_its_own_beginning():
    found = board(loops(CASE)["cn.covid19/case"], "2021-08-04 14:30")
    assert found["reported"] == "fulfilled 08-04 11:00"
    assert found["verified_banner"] == "fulfilled 08-04 12:30"
    assert found["verified_league"] == "breached 08-04 14:00"
    assert found["verified_region"] == "waiting"
    assert found["core"] == "late 08-04 13:00"
    assert found["hospital"] == "breached 08-04 11:00"
    assert found["investigated"] == "open 08-05 10:30"


def test_a_patient_is_looked_at_again_every_three_days_until_discharged():
    reviewed = (
        CASE
        + """
    2021-08-06 09:00 | case.reviewed   | 150702-hosp | | fit=false
    2021-08-09 08:00 | case.reviewed   | 150702-hosp | | fit=true
    2021-08-08 09:00 | test.result     | 150702-hosp | | result=negative
    2021-08-09 10:00 | test.result     | 150702-hosp | | result=negative
    2021-08-10 07:00 | case.discharged | 150702-hosp | |
    """
    )
    loop = loops(reviewed)["cn.covid19/case"]
    found = board(loop, "2021-08-11")
    assert statuses(found, "reviewed", "reviewed 1", "reviewed 2") == ["fulfilled", "fulfilled", "cancelled"]
    assert found["discharge"] == "fulfilled 08-10 08:00"
    assert found["two_negatives"].startswith("fulfilled")
    assert found["revisit_2"] == "scheduled 08-24 07:00"
    assert found["revisit_4"] == "scheduled 09-07 07:00"


def test_nobody_leaves_on_two_negative_tests_of_one_day():
    early = (
        CASE
        + """
    2021-08-09 09:00 | test.result     | 150702-hosp | | result=negative
    2021-08-09 20:00 | test.result     | 150702-hosp | | result=negative
    2021-08-10 07:00 | case.discharged | 150702-hosp | |
    """
    )
    assert board(loops(early)["cn.covid19/case"], "2021-08-11")["two_negatives"].startswith("breached")


def test_a_suspicion_that_is_excluded_ends_everything():
    history = """
    2021-08-04 09:00 | case.suspected | 150702 | |
    2021-08-04 10:00 | case.reported  | 150702 | |
    2021-08-04 10:59 | case.excluded  | 150702 | |
    """
    loop = loops(history)["cn.covid19/case"]
    assert loop.closed_at == at("2021-08-04 10:59")
