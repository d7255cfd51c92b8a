"""Who is told of a break: every rung once, late if it must be, whatever happened to the service meanwhile."""

from dataclasses import replace

from fengsui.engines.view import Break
from fengsui.facts.effective import WITHDRAWN
from fengsui.facts.fact import Fact
from tests.alerts.office import Office
from tests.board.region import HAILAR, HOTEL, HOUR, NOW, PORT, arrival, person, stories, told

DAY = 24 * HOUR


def traveller(n: int = 2, ago: float = 60) -> list[Fact]:
    """Sampled at the port, then nobody took him on: the transfer was due twelve hours after he came."""
    return [
        arrival(person(n), ago),
        told("sample.collected", person(n), ago - 1, source="customs", place=PORT),
    ]


def transfers(office: Office) -> dict[int, int]:
    """Level → when it was to be told, of the transfer's break."""
    return {int(key[-1]): at for key, _, at in office.told() if ":transfer:" in key}


def test_each_rung_is_told_when_it_is_reached_and_not_before(office):
    office.take(*traveller(), now=NOW - 59 * HOUR)
    due = NOW - 48 * HOUR  # 12 h after the arrival
    office.sweep(due - 1)
    assert transfers(office) == {}
    office.sweep(due)
    assert set(transfers(office)) == {0}
    # The banner is told after 2 h, but not before the break is confirmed, which takes 6 h.
    office.sweep(due + 6 * HOUR - 60)
    assert set(transfers(office)) == {0}
    office.sweep(due + 6 * HOUR + 1)
    assert set(transfers(office)) == {0, 1}
    office.sweep(due + 24 * HOUR + 1)
    assert {level: at - due for level, at in transfers(office).items()} == {0: 0, 1: 6 * HOUR, 2: 24 * HOUR}


def test_a_second_sweep_of_the_same_moment_tells_nothing(office):
    office.take(*traveller(), now=NOW)
    assert office.sweep(NOW).notices > 0
    again = office.sweep(NOW)
    assert (again.notices, again.over, again.letters) == (0, 0, 0)


def test_a_service_that_stood_still_tells_what_one_that_ran_has_told(tmp_path, ground):
    """Also of breaks that began and ended while it stood."""
    admitted = told("quarantine.admitted", person(30), 60, source="sites", place=HOTEL)
    taken_on_late = [*traveller(30, 100), admitted]  # due after 12 h, done after 40 h
    ran, stood = (Office(tmp_path / f"{name}.db", *ground) for name in ("ran", "stood"))
    facts = sorted(
        (replace(f, recorded_at=f.at) for f in [*stories(), *taken_on_late] if f.kind != "source.complete"),
        key=lambda f: f.recorded_at,
    )
    start = facts[0].at - HOUR
    ran.sweep(start)
    stood.sweep(start)
    ahead = list(facts)
    for now in range(start, NOW + 1, HOUR):
        due = [f for f in ahead if f.recorded_at <= now]
        ahead = ahead[len(due) :]
        if due:
            ran.take(*due, now=now)
        ran.sweep(now)
    stood.take(*facts, now=NOW)
    stood.sweep(NOW)
    assert len(stood.told()) > 15
    assert stood.told() == ran.told()
    ended = stood.store._connection.execute("SELECT count(*) FROM alert WHERE over_at > 0").fetchone()[0]
    assert ended > 0
    ran.close()
    stood.close()


def test_what_comes_late_says_so_and_when_it_was_due(office):
    office.sweep(NOW - 59 * HOUR)
    office.take(*traveller(), now=NOW)
    office.sweep(NOW)
    letters = office.outbox.leaving(now=NOW)
    owner = next(letter for letter in letters if "Transfer" in letter.body and "level 1" in letter.body)
    assert "(late)" in owner.subject
    assert "late: due to be told at 2021-08-19 06:00" in owner.body  # 48 h before NOW
    assert all(person(2)[7:] not in letter.body for letter in letters), "a letter names no person"


def test_those_who_were_told_learn_of_the_end_and_are_told_anew_if_the_deed_is_taken_back(office):
    office.take(*traveller(), now=NOW - 59 * HOUR)
    office.sweep(NOW - 40 * HOUR)
    first = transfers(office)
    admitted = told("quarantine.admitted", person(2), 39, source="sites", place=HOTEL)
    office.take(admitted, now=NOW - 38 * HOUR)
    assert office.sweep(NOW - 38 * HOUR).over >= len(first)
    at = NOW - 20 * HOUR
    back = Fact(
        WITHDRAWN,
        admitted.subject,
        at,
        at,
        "sites",
        "taken-back",
        data={"reason": "wrong man"},
        supersedes=admitted.id,
    )
    office.take(back, now=at)
    office.sweep(at)
    rounds = office.store._connection.execute(
        "SELECT level, round, over_at > 0 FROM alert WHERE key LIKE '%:transfer:%' ORDER BY level, round"
    ).fetchall()
    assert [row for row in map(tuple, rounds) if row[0] == 0] == [(0, 1, 1), (0, 2, 0)]


def test_ten_breaks_of_one_post_come_in_one_letter(office):
    office.take(*(f for n in range(10, 20) for f in traveller(n)), now=NOW)
    swept = office.sweep(NOW)
    letters = office.outbox.leaving(now=NOW)
    assert swept.letters == len(letters) < swept.notices / 5
    assert {letter.address for letter in letters if "10 open breaks" in letter.subject}


def test_the_next_letter_to_an_address_waits_for_the_pause_to_end(office):
    office.take(*traveller(3), now=NOW)
    office.sweep(NOW)
    office.take(*traveller(4), now=NOW + 60)
    assert office.sweep(NOW + 60, pause=900).letters == 0
    assert office.sweep(NOW + 900, pause=900).letters > 0


def test_a_post_nobody_holds_is_noticed_although_no_letter_can_go(office):
    office.directory = lambda role, place: []
    office.take(*traveller(), now=NOW)
    swept = office.sweep(NOW)
    assert swept.notices > 0
    assert swept.letters == 0
    assert set(transfers(office)) == {0, 1, 2, 3}  # the region after 48 h, which is now


def test_what_is_missed_for_good_is_told_to_every_rung_in_its_turn(office):
    """A deed would not end it any more, so it is over as it begins; and yet somebody must know."""
    at = NOW - 100 * HOUR
    loop = "00000000000000aa"
    gone = Break(loop, "cn.covid19/case", person(40), "discharge", 0, at, at, HAILAR, "hospital")

    class Missed:
        """A view in which there is nothing but that."""

        def breaks(self, *, now: int, since: int) -> list[Break]:
            return [gone] if since < at <= now else []

    rungs = list(office.ladders.ended(Missed(), after=at - 1, now=NOW))
    assert [one.level for one in rungs] == list(range(len(rungs)))
    assert len(rungs) >= 2
    # Swept hour by hour, each rung is found once, when it is reached.
    hourly = [
        (one.level, one.reached_at)
        for now in range(at, NOW, HOUR)
        for one in office.ladders.ended(Missed(), after=now - HOUR, now=now)
    ]
    assert hourly == [(one.level, one.reached_at) for one in rungs]
