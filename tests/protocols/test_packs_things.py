"""The shipped protocols about goods and hazards, on histories as they happen."""

from .given import at, board, loops, shipped, statuses

# Goods

GOODS = """
2021-08-18 09:00 | consignment.announced   | 150781      | |
2021-08-20 08:00 | consignment.arrived     | 150781      | | container=CSQU3054383 seal=F1
2021-08-20 12:00 | consignment.sampled     | 150781      | |
2021-08-20 20:00 | consignment.tested      | 150781      | | result=negative
2021-08-20 22:00 | consignment.disinfected | 150781      | | certificate=d1
2021-08-21 18:00 | consignment.stored      | 150102-cold | | container=CSQU3054383 seal=F1
"""


def consignment(history: str):
    return loops(history, subject="consignment/1")["cn.food/cold-chain-import"]


def test_a_consignment_announced_a_day_ahead_and_cleared_waits_for_its_batch_test():
    found = board(consignment(GOODS), "2021-08-21 19:00")
    assert found["announced"] == "fulfilled 08-19 08:00"
    assert found["stored"] == "fulfilled 08-23 22:00"
    assert found["batch_tested"] == "open 08-23 18:00"
    assert statuses(found, "coded", "sealed") == ["waiting", "waiting"]


def test_an_announcement_on_the_day_of_arrival_is_too_late():
    late = GOODS.replace("2021-08-18 09:00", "2021-08-19 09:00")
    assert board(consignment(late), "2021-08-21")["announced"] == "late 08-19 08:00"


def test_goods_taken_into_store_without_container_and_seal_are_not_accepted():
    unchecked = GOODS.replace(
        "150102-cold | | container=CSQU3054383 seal=F1", "150102-cold | | container=CSQU3054383"
    )
    assert board(consignment(unchecked), "2021-08-24")["stored"] == "breached 08-23 22:00"


def test_the_port_test_is_not_the_batch_test_and_the_exit_certificate_closes_the_loop():
    done = (
        GOODS
        + """
    2021-08-22 10:00 | consignment.tested   | 150102-cold | | result=negative
    2021-08-22 12:00 | consignment.coded    | 150102-cold | | code=Q1
    2021-08-22 18:00 | consignment.released | 150102-cold | | certificate=e1
    """
    )
    loop = consignment(done)
    assert loop.closed_at == at("2021-08-22 18:00")
    assert statuses(board(loop, "2021-08-23"), "batch_tested", "coded", "released", "sealed") == [
        "fulfilled",
        "fulfilled",
        "fulfilled",
        "cancelled",
    ]


def test_a_positive_swab_keeps_the_goods_from_market_until_they_are_gone():
    positive = GOODS.replace("result=negative", "result=positive").split("2021-08-20 22:00")[0]
    loop = consignment(positive)
    found = board(loop, "2021-08-21")
    assert found["sealed"] == "breached 08-20 22:00"
    assert found["disposed"] == "open 08-23 20:00"
    assert statuses(found, "stored", "released") == ["cancelled", "cancelled"]
    gone = consignment(positive + "2021-08-22 10:00 | consignment.disposed | 150781 | | how=destroyed")
    assert gone.closed_at == at("2021-08-22 10:00")


# Hazards

HAZARD = """
2021-08-02 09:00 | hazard.found      | 150302-mine1 | li   | sector=coal enterprise=e1
2021-08-02 11:00 | hazard.registered | 150302-mine1 | li   |
2021-08-02 15:00 | hazard.graded     | 150302-mine1 | li   | level=general deadline=2021-08-10T00:00
2021-08-09 09:00 | hazard.rectified  | 150302-mine1 | wang |
"""


def hazard(history: str):
    return loops(history, subject="hazard/1")


def test_a_hazard_is_due_by_the_deadline_it_was_graded_with():
    found = board(hazard(HAZARD)["cn.safety/hazard-general"], "2021-08-09 10:00")
    assert found["registered 1"] == "fulfilled 08-03 00:00"
    assert found["rectify"] == "fulfilled 08-10 00:00"
    assert found["verify"] == "open 08-12 09:00"


def test_a_hazard_graded_without_a_deadline_is_due_in_three_days():
    undated = HAZARD.replace("deadline=2021-08-10T00:00", "")
    assert board(hazard(undated)["cn.safety/hazard-general"], "2021-08-10")["rectify"] == "late 08-05 15:00"


def test_who_rectified_cannot_verify():
    own = HAZARD + "2021-08-10 09:00 | hazard.verified | 150302-mine1 | wang | result=pass"
    assert board(hazard(own)["cn.safety/hazard-general"], "2021-08-13")["verify"] == "breached 08-12 09:00"
    other = own.replace("| wang | result=pass", "| zhao | result=pass")
    assert board(hazard(other)["cn.safety/hazard-general"], "2021-08-13")["verify"] == "fulfilled 08-12 09:00"


def test_a_failed_verification_is_reworked_and_verified_again_then_struck_off_and_looked_at_again():
    story = (
        HAZARD
        + """
    2021-08-10 09:00 | hazard.verified    | 150302-mine1 | zhao | result=fail deadline=2021-08-15T00:00
    2021-08-14 09:00 | hazard.rectified   | 150302-mine1 | wang |
    2021-08-15 09:00 | hazard.verified    | 150302-mine1 | zhao | result=pass
    2021-08-16 09:00 | hazard.struck_off  | 150302-mine1 | zhao |
    2021-08-30 09:00 | hazard.looked_back | 150302-mine1 | sun  | result=pass
    """
    )
    loop = hazard(story)["cn.safety/hazard-general"]
    assert set(statuses(board(loop, "2021-09-01"))) == {"fulfilled"}
    assert loop.closed_at == at("2021-08-30 09:00")


def test_an_extension_moves_a_deadline_thirty_days_at_most_and_only_before_it_is_over():
    grant = "hazard.extended | 150302-mine1 | zhao | obligation=rectify deadline=2021-12-31T00:00"
    granted = HAZARD.split("2021-08-09")[0] + f"2021-08-09 10:00 | {grant}"
    assert board(hazard(granted)["cn.safety/hazard-general"], "2021-08-11")["rectify"] == "open 09-09 00:00"
    too_late = granted.replace("2021-08-09 10:00", "2021-08-10 10:00")
    assert (
        board(hazard(too_late)["cn.safety/hazard-general"], "2021-08-11")["rectify"] == "breached 08-10 00:00"
    )
    other = granted.replace("obligation=rectify", "obligation=rework")
    assert board(hazard(other)["cn.safety/hazard-general"], "2021-08-11")["rectify"] == "breached 08-10 00:00"


FIVE = ("responsible=li", "measures=m", "funds=f", "deadline=2021-09-20T00:00", "contingency=c")
MAJOR = """
2021-08-02 09:00 | hazard.found      | 150302-mine1 | li   | sector=coal enterprise=e1
2021-08-02 15:00 | hazard.graded     | 150302-mine1 | li   | level=major
2021-08-02 16:00 | hazard.controlled | 150302-mine1 | li   |
2021-08-02 17:00 | hazard.reported   | 150302-mine1 | li   |
2021-08-05 09:00 | hazard.planned    | 150302-mine1 | li   | {plan}
2021-08-06 09:00 | hazard.listed     | 150302-mine1 | zhao | deadline=2021-09-20T00:00
""".format(plan=" ".join(FIVE))


def test_a_hazard_graded_major_leaves_the_general_loop_for_the_major_one():
    found = hazard(MAJOR)
    assert found["cn.safety/hazard-general"].closed_at == at("2021-08-02 15:00")
    major = board(found["cn.safety/hazard-major"], "2021-08-07")
    assert major["control"] == "fulfilled 08-02 17:00"
    assert major["plan"] == "fulfilled 08-09 15:00"
    assert major["rectify"] == "open 09-20 00:00"
    assert major["progress"] == "open 11-06 09:00"


def test_a_plan_that_lacks_one_of_the_five_commitments_is_none():
    for missing in FIVE:
        plan = MAJOR.replace(missing, "", 1)
        assert board(hazard(plan)["cn.safety/hazard-major"], "2021-08-10")["plan"] == "breached 08-09 15:00"


def test_acceptance_is_due_in_ten_days_that_end_with_a_working_day_and_not_by_who_rectified():
    story = (
        MAJOR
        + """
    2021-09-10 09:00 | hazard.rectified | 150302-mine1 | wang |
    2021-09-10 18:00 | hazard.evaluated | 150302-mine1 | wang |
    2021-09-15 09:00 | hazard.verified  | 150302-mine1 | wang | result=pass
    """
    )
    found = board(hazard(story)["cn.safety/hazard-major"], "2021-09-21")
    # Ten days end on 20 September, which is the holiday of the mid-autumn festival, as is the 21st.
    assert found["accept"] == "open 09-23 00:00"


def test_a_hazard_of_august_follows_the_old_article_and_one_of_september_the_new():
    old = shipped().at("cn.safety/hazard-general", at("2021-08-31 23:59")).obligation("registered").basis
    new = shipped().at("cn.safety/hazard-general", at("2021-09-01 00:00")).obligation("registered").basis
    assert (old.clause, new.clause) == ("第三十八条", "第四十一条")
