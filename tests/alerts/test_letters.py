"""Letters: quiet hours, what wakes, what is in them, and that none is lost on its way."""

import os
import signal
import time as clock
from datetime import time
from random import Random

import pytest

from fengsui.alerts.letter import Address, may_ring_at, write
from fengsui.engines.outbox import FIRST_WAIT, LEASE, Notice, Outbox
from fengsui.kit.instant import parse
from tests.alerts.office import SAY

ZONE = "Asia/Shanghai"
NIGHT = (time(22), time(6, 30))


def at(text: str) -> int:
    return parse(text, zone=ZONE)[0]


def notice(n: int, *, protocol: str = "cn.covid19/inbound", over_at: int = 0) -> Notice:
    return Notice(
        f"{n:016x}:transfer:0:0", f"{n:016x}", protocol, "transfer", 0, "150781", 0, "transfer", "150781",
        at("2021-08-20 01:00") + n, at("2021-08-20 01:00") + n, over_at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "rings_at"),
    [
        ("2021-08-20 21:59", "2021-08-20 21:59"),
        ("2021-08-20 22:00", "2021-08-21 06:30"),
        ("2021-08-21 03:00", "2021-08-21 06:30"),
        ("2021-08-21 06:30", "2021-08-21 06:30"),
        ("2021-12-31 23:00", "2022-01-01 06:30"),
    ],
)
def test_what_can_wait_rings_when_the_quiet_hours_end(now, rings_at):
    address = Address("sms", "+86", quiet=NIGHT)
    assert may_ring_at(address, "cn.hazard/general", now=at(now), zone=ZONE) == at(rings_at)


def test_what_wakes_rings_at_three_in_the_morning():
    address = Address("sms", "+86", quiet=NIGHT, wakes=("cn.covid19/*",))
    now = at("2021-08-21 03:00")
    assert may_ring_at(address, "cn.covid19/case", now=now, zone=ZONE) == now
    assert may_ring_at(address, "cn.hazard/general", now=now, zone=ZONE) > now


def test_quiet_hours_within_a_day_end_the_same_day():
    address = Address("sms", "+86", quiet=(time(12), time(14)))
    assert may_ring_at(address, "p", now=at("2021-08-21 13:00"), zone=ZONE) == at("2021-08-21 14:00")


@pytest.mark.parametrize(("lang", "more"), [("zh", "另有 5 项"), ("en", "and 5 more")])
def test_a_letter_lists_twenty_breaks_and_counts_the_rest(lang, more):
    notices = [notice(n) for n in range(25)]
    letter = write(Address("mail", "a@b", lang), notices, ids=range(25), now=at("2021-08-20 01:05"), say=SAY)
    assert letter.body.count("/loop/") == 20
    assert more in letter.body
    assert "25" in letter.subject


def test_a_letter_keeps_its_id_whoever_writes_it():
    one, two = (
        write(Address("mail", "a@b", "en"), [notice(1), notice(2)], ids=ids, now=at(when), say=SAY)
        for ids, when in (((1, 2), "2021-08-20 01:05"), ((2, 1), "2021-08-20 09:00"))
    )
    assert one.id == two.id


@pytest.fixture
def outbox(tmp_path):
    made = Outbox.open(tmp_path / "region.db")
    yield made
    made.close()


def post(outbox: Outbox, n: int, *, now: int) -> None:
    """A notice, and a letter with it alone."""
    outbox.note([(notice(n), [("mail", "a@b", "en", now)])], over={}, now=now)
    (errand,) = outbox.waiting(now=now)
    letter = write(Address("mail", "a@b", "en"), [errand.told], ids=[errand.id], now=now, say=SAY)
    outbox.post((letter.id, "mail", "a@b", letter.subject, letter.body, 1), [errand.id], now=now)


def test_a_letter_that_comes_back_is_tried_again_later_and_later(outbox):
    post(outbox, 1, now=0)
    now = 0
    for attempt in range(1, 5):
        (letter,) = outbox.leaving(now=now)
        assert letter.attempt == attempt
        outbox.failed(letter.id, "no answer", attempt=attempt, now=now)
        wait = FIRST_WAIT * 2 ** (attempt - 1)
        assert outbox.leaving(now=now + wait - 1) == []
        now += wait


def test_a_letter_whose_carrier_died_leaves_again_under_the_same_id(outbox):
    post(outbox, 1, now=0)
    (first,) = outbox.leaving(now=0)
    assert outbox.leaving(now=LEASE - 1) == []
    (second,) = outbox.leaving(now=LEASE)
    assert second.id == first.id
    assert second.attempt == 2
    outbox.sent(second.id, now=LEASE)
    assert outbox.leaving(now=10**9) == []
    assert outbox.states() == {"sent": 1}


def carry(path: str, delivered: str) -> None:
    """A service that notices, writes and sends, with a clock of its own that goes on at each start."""
    outbox = Outbox.open(path)
    now = (outbox.swept_at() or 0) + LEASE
    for n in range(N):
        outbox.note([(notice(n), [("mail", f"{n % 7}@b", "en", 0)])], over={}, now=now)
        held = outbox.waiting(now=now)
        for errand in held:
            letter = write(
                Address("mail", errand.address, "en"), [errand.told], ids=[errand.id], now=now, say=SAY
            )
            outbox.post(
                (letter.id, "mail", errand.address, letter.subject, letter.body, 1), [errand.id], now=now
            )
        for letter in outbox.leaving(now=now):
            with open(delivered, "a") as out:  # the gateway, which outlives us
                out.write(f"{letter.id} {letter.body.split('/loop/')[1][:16]}\n")
            outbox.sent(letter.id, now=now)


N = 300


def test_killed_at_any_moment_every_notice_leaves_in_one_letter(tmp_path):
    """A letter may leave twice if we die before noting that it left: under one id, so it counts once."""
    path, delivered = str(tmp_path / "region.db"), tmp_path / "delivered"
    Outbox.open(path).close()
    rng, killed = Random(7), 0
    while True:
        child = os.fork()
        if child == 0:
            carry(path, str(delivered))
            os._exit(0)
        if killed < 40:
            clock.sleep(rng.uniform(0.0, 0.03))
            os.kill(child, signal.SIGKILL)
        _, how = os.waitpid(child, 0)
        if not os.WIFSIGNALED(how):
            break
        killed += 1
    carry(path, str(delivered))
    lines = {tuple(line.split()) for line in delivered.read_text().splitlines()}
    assert killed > 10
    assert sorted(loop for _, loop in lines) == [f"{n:016x}" for n in range(N)]
    assert len({letter for letter, _ in lines}) == N
