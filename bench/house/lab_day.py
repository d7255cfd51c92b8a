"""Ten million people in isolation, and the day on which all of them are tested."""

from collections.abc import Iterator

import numpy as np

from bench.house.at_hand import Rows
from bench.house.live import DAY, HOUR, banner_codes
from bench.house.rules import world
from bench.house.store import PRELOAD_BATCH, rules
from bench.house.watch import Watch
from fengsui.drill.stream import ADMITTED, ENTRY, KINDS, NEGATIVE, NONE, RESULTS, TEST, Stream
from fengsui.engines.sqlite import SqliteStore
from fengsui.facts.fact import Fact
from fengsui.loops.bulk import Derivation
from fengsui.loops.columns import look_of

SEED = 4
FIRST_DAY = 1_630_425_600  # 2021-09-01 00:00 in Hohhot: everybody arrives
TEST_DAY = FIRST_DAY + 3 * DAY  # their day 4
NOW = TEST_DAY + DAY
AT_ONCE = 1_000_000  # facts made together
LABORATORY, REAGENT = "lab-hohhot", "reagent of lab-hohhot"


def arrivals(n: int) -> Iterator[Stream]:
    """Everybody's entry and admission, so many persons at a time."""
    rng = np.random.default_rng(SEED)
    for first in range(0, n, AT_ONCE):
        person = np.arange(first, min(n, first + AT_ONCE), dtype=np.int32)
        entered = FIRST_DAY + rng.integers(0, 8 * HOUR, len(person))
        yield _stream(n, person, entered, kind=ENTRY)
        yield _stream(n, person, entered + 3 * HOUR, kind=ADMITTED)


def results(n: int) -> Iterator[Stream]:
    """One negative result for everybody, in any order."""
    rng = np.random.default_rng(SEED + 1)
    turn = rng.permutation(n).astype(np.int32)
    for first in range(0, n, AT_ONCE):
        person = turn[first : first + AT_ONCE]
        at = TEST_DAY + 6 * HOUR + np.sort(rng.integers(0, 12 * HOUR, len(person)))
        yield _stream(n, person, at, kind=TEST)


def _stream(n: int, person: np.ndarray, at: np.ndarray, *, kind: int) -> Stream:
    banners = banner_codes()
    size = len(person)
    place = (person % len(banners)).astype(np.int16)
    return Stream(
        subject=person,
        kind=np.full(size, kind, np.int8),
        at=at,
        recorded_at=at + HOUR // 2,
        key=(person + (ENTRY, ADMITTED, TEST).index(kind) * n).astype(np.int32),
        result=np.full(size, NEGATIVE if kind == TEST else NONE, np.int8),
        laboratory=np.full(size, 0 if kind == TEST else -1, np.int8),
        place=place,
        home=place if kind == ENTRY else np.full(size, -1, np.int16),
        places=banners,
        laboratories=(LABORATORY,),
        n_loops=n,
        as_of=NOW,
    )


def as_rows(made: Stream, derivation: Derivation) -> Rows:
    """Facts of one kind, as numbers of a derivation."""
    kind, n = int(made.kind[0]), len(made)
    tested = {"result": RESULTS[NEGATIVE], "laboratory": LABORATORY, "reagent": REAGENT}
    like = Fact(KINDS[kind], "", 0, 0, "", "", data=tested if kind == TEST else {})
    place = np.array([derivation.places.number(code) for code in made.places], np.int32)[made.place]
    extra = np.full((n, derivation.fields.width), -1, np.int64)
    for i, use, name in derivation.fields.readers.get(KINDS[kind], ()):
        if name == "home" and kind == ENTRY:
            extra[:, i] = place
        else:
            extra[:, i] = look_of(
                use, name, like, places=derivation.places, words=derivation.words, keys=derivation.keys
            )
    code = np.full(n, derivation.codebook.code(like), np.int32)
    when, key = np.minimum(made.at, made.recorded_at), made.key.astype(np.int64)
    return Rows(made.subject.astype(np.int64), when, code, place, key, key, extra)


def enrol(watch: Watch, *, path: str, loops: int) -> None:
    """A database in which everybody is in isolation."""
    store = SqliteStore.open(path, rules(), world())
    with watch.part("all"):
        for made in arrivals(loops):
            for batch in made.batches(PRELOAD_BATCH):
                store.take(batch, now=FIRST_DAY + DAY)
    store.close()
