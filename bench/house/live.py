"""A database with millions of live obligations: travellers of the last three days, in every banner."""

import numpy as np

from bench.house.rules import world
from bench.house.store import PRELOAD_BATCH, rules
from bench.house.watch import Watch
from fengsui.drill.stream import ADMITTED, ENTRY, NEGATIVE, NONE, SAMPLE, TEST, Stream
from fengsui.engines.sqlite import SqliteStore

SEED = 3
FIRST_DAY = 1_630_425_600  # 2021-09-01 00:00 in Hohhot
DAY, HOUR = 86_400, 3_600
DAYS = 3
NOW = FIRST_DAY + DAYS * DAY - 1  # a second before midnight of the third day
LIVE_A_LOOP = 5.1  # tests of three more days, the two laboratories, the release; for a few the first test
UNTESTED = 0.24  # of those who came before today: their first test stands overdue


def fill(watch: Watch, *, path: str, live: int) -> None:
    """Take everything that has happened to enough travellers for so many live obligations."""
    store = SqliteStore.open(path, rules(), world())
    with watch.part("all"):
        for batch in travellers(round(live / LIVE_A_LOOP)).batches(PRELOAD_BATCH):
            store.take(batch, now=NOW)
    store.close()


def travellers(n: int) -> Stream:
    """What has happened to ``n`` travellers: entry, sample, admission, first test; in arrival order."""
    rng = np.random.default_rng(SEED)
    banners = banner_codes()
    person = np.arange(n, dtype=np.int32)
    place = rng.integers(0, len(banners), n).astype(np.int16)
    entered = FIRST_DAY + rng.integers(0, DAYS, n) * DAY + rng.integers(0, 8 * HOUR, n)
    admitted = entered + rng.integers(2 * HOUR, 5 * HOUR, n)
    came_before_today = entered < FIRST_DAY + (DAYS - 1) * DAY
    tested = ~came_before_today | (rng.random(n) >= UNTESTED)
    deeds = (
        (ENTRY, person, entered, NONE),
        (SAMPLE, person, entered + rng.integers(HOUR // 4, HOUR, n), NONE),
        (ADMITTED, person, admitted, NONE),
        (TEST, person[tested], (admitted + rng.integers(HOUR, 9 * HOUR, n))[tested], NEGATIVE),
    )
    subject = np.concatenate([who for _, who, _, _ in deeds])
    kind = np.concatenate([np.full(len(who), kind, np.int8) for kind, who, _, _ in deeds])
    at = np.concatenate([at for _, _, at, _ in deeds])
    result = np.concatenate([np.full(len(who), found, np.int8) for _, who, _, found in deeds])
    recorded_at = np.minimum(at + rng.integers(60, HOUR, len(at)), NOW)
    order = np.argsort(recorded_at, kind="stable")
    return Stream(
        subject=subject[order],
        kind=kind[order],
        at=at[order],
        recorded_at=recorded_at[order],
        key=np.arange(len(order), dtype=np.int32),
        result=result[order],
        laboratory=np.where(kind[order] == TEST, 0, -1).astype(np.int8),
        place=place[subject[order]],
        home=np.where(kind[order] == ENTRY, place[subject[order]], -1).astype(np.int16),
        places=banners,
        laboratories=("lab-hohhot",),
        n_loops=n,
        as_of=NOW,
    )


def banner_codes() -> tuple[str, ...]:
    """Every banner of the region."""
    areas = world().areas
    return tuple(code for code in areas.codes if areas.get(code).level == "banner")
