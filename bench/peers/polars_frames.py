"""Polars: the same derivation as expressions over frames, from the file or from a frame in memory."""

from collections.abc import Iterator

import polars as pl

from bench.house.watch import Watch
from bench.peers.answer import (
    BREACHED,
    BREAKS,
    CANCELLED,
    EXCUSED,
    FULFILLED,
    LATE,
    MISSED,
    NEVER,
    OPEN,
    PROVISIONAL,
    SCHEDULED,
    WAITING,
    answer_of,
)
from bench.peers.inbound_sql import (
    EPOCH,
    FAR,
    KEY_MASK,
    KEY_SHIFT,
    LABORATORY_MASK,
    LABORATORY_SHIFT,
    RESULT_MASK,
    TESTS,
    TIME_SHIFT,
)
from bench.peers.steps import (
    ADMITTED,
    ARRIVED,
    CENTRAL_DAYS,
    CONFIRM_AFTER,
    DAY,
    EAST_OF_UTC,
    HOME_DAYS,
    N_LABORATORIES,
    NEGATIVE,
    POSITIVE,
    RECEIVED,
    RECEIVED_WITHIN,
    RELEASED,
    SAMPLED,
    SAMPLED_WITHIN,
    TESTED,
    TRANSFERRED_WITHIN,
)

FIRSTS = {
    "entered": ARRIVED,
    "sampled": SAMPLED,
    "admitted": ADMITTED,
    "released": RELEASED,
    "received": RECEIVED,
}
COLUMNS = ["subject", "kind", "at", "recorded_at", "key", "result", "laboratory"]
TICK = 1 << TIME_SHIFT  # one second, in p
never = pl.lit(NEVER)
STREAMING = "streaming"  # quicker here than the in-memory engine, by a fifth to a half


def from_file(watch: Watch, *, path: str, small: str, now: int) -> dict[str, object]:
    """Everything from the Parquet file on. ``small``: a file of the same shape, read once to warm up."""
    _derive(pl.scan_parquet(small), now=now)
    with watch.part("all"):
        found = _derive(pl.scan_parquet(path), now=now)
    return _answer(*found, now=now)


def from_memory(watch: Watch, *, path: str, small: str, now: int) -> dict[str, object]:
    """The derivation alone: the facts are in a frame already."""
    _derive(pl.scan_parquet(small), now=now)
    facts = pl.read_parquet(path, columns=COLUMNS)
    with watch.part("all"):
        found = _derive(facts.lazy(), now=now)
    return _answer(*found, now=now)


def _derive(facts: pl.LazyFrame, *, now: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(state, n, sum of fulfilling keys) and (subject, duty, since, until, fact)."""
    wide = _matched(_slots(_firsts(facts)).collect(engine=STREAMING).lazy()).collect(engine=STREAMING)
    duty = pl.concat([_duty(wide.lazy(), n, row, now=now) for n, row in enumerate(_rows())]).collect()
    by_state = duty.group_by("state").agg(
        pl.len().alias("n"),
        pl.when(pl.col("state").first() <= LATE).then(pl.col("fact").sum()).alias("met_by"),
    )
    breaks = duty.filter(pl.col("state").is_in(BREAKS)).select("subject", "duty", "since", "until", "fact")
    return by_state, breaks


def _firsts(facts: pl.LazyFrame) -> pl.LazyFrame:
    """The first record of each kind for each person, and all their tests. p: as in ``inbound_sql``.

    A column a kind and plain minima: filters inside the aggregation took twice as long.
    """
    kind, p = pl.col("kind"), pl.col("p")
    when = pl.min_horizontal("at", "recorded_at") - EPOCH
    laboratory, result = ((pl.col(name).cast(pl.Int64)) for name in ("laboratory", "result"))
    packed = facts.select(
        "subject",
        "kind",
        "result",
        p=when * TICK
        + pl.col("key").cast(pl.Int64) * (1 << KEY_SHIFT)
        + (laboratory + 1) * (1 << LABORATORY_SHIFT)
        + result,
    )
    positive = (kind == TESTED) & (pl.col("result") == POSITIVE)
    apart = packed.select(
        "subject",
        *(pl.when(kind == each).then(p).alias(f"p_{name}") for name, each in FIRSTS.items()),
        p_positive=pl.when(positive).then(p),
        tests=pl.when(kind == TESTED).then(p),
    )
    minima = [pl.col(f"p_{name}").min() for name in (*FIRSTS, "positive")]
    return apart.group_by("subject").agg(*minima, pl.col("tests").drop_nulls())


def _time(p: str) -> pl.Expr:
    return pl.col(p) // TICK + EPOCH


def _slots(firsts: pl.LazyFrame) -> pl.LazyFrame:
    """When each test's window opens, and until when it takes tests: the next one's opening."""
    timed = firsts.with_columns(
        *(_time(f"p_{name}").alias(name) for name in ("entered", "admitted", "released")),
        ended=_time("p_positive").fill_null(NEVER),
    )
    days = [("admitted", day) for day in CENTRAL_DAYS] + [("released", day) for day in HOME_DAYS]
    midnight = {
        name: (pl.col(name) + EAST_OF_UTC) // DAY * DAY - EAST_OF_UTC for name in ("admitted", "released")
    }
    opened = timed.with_columns(
        (midnight[anchor] + (day - 1) * DAY).alias(f"open{i}") for i, (anchor, day) in enumerate(days, 1)
    )
    return opened.with_columns(_following(i).alias(f"until{i}") for i in TESTS)


def _following(i: int) -> pl.Expr:
    mine = pl.col(f"open{i}")
    others = (pl.col(f"open{j}") for j in TESTS if j != i)
    return pl.min_horizontal(pl.when(other > mine).then(other) for other in others).fill_null(NEVER)


def _matched(slots: pl.LazyFrame) -> pl.LazyFrame:
    """The earliest test of each window, as p. Tests are laid out one a row: no list is walked twice."""
    bounds = [_bound(f"{edge}{i}") for i in TESTS for edge in ("open", "until")]
    laid_out = slots.select("subject", "tests", *bounds).explode("tests")
    test = pl.col("tests")
    windows = {f"p{i}": (test >= pl.col(f"b_open{i}")) & (test < pl.col(f"b_until{i}")) for i in TESTS}
    found = test & (RESULT_MASK | LABORATORY_MASK)
    for i in range(1, N_LABORATORIES + 1):
        wanted = NEGATIVE | i << LABORATORY_SHIFT
        windows[f"negative{i}"] = (found == wanted) & (test >= pl.col("b_open4"))
    apart = laid_out.select(
        "subject", *(pl.when(holds).then(test).alias(name) for name, holds in windows.items())
    )
    picked = apart.group_by("subject").agg(pl.col(*windows).min())
    # The second of three laboratories to find nothing; the earlier of the first two, if the third comes late.
    a, b, c = (pl.col(f"negative{i}").fill_null(NEVER) for i in range(1, N_LABORATORIES + 1))
    both = pl.max_horizontal(pl.min_horizontal(a, b), pl.min_horizontal(pl.max_horizontal(a, b), c))
    picked = picked.with_columns(both=pl.when(both < NEVER).then(both))
    return slots.drop("tests").join(picked, on="subject")


def _bound(edge: str) -> pl.Expr:
    """A moment as the least p it could have."""
    seconds = pl.min_horizontal(pl.col(edge) - EPOCH, pl.lit(FAR))
    return pl.when(pl.col(edge).is_not_null()).then(seconds * TICK).alias(f"b_{edge}")


def _rows() -> Iterator[tuple[str, str | pl.Expr, pl.Expr, pl.Expr, pl.Expr]]:
    """(anchor, open, due, until, p of the fact) of each obligation; ``open4`` is also the day of release."""
    col = pl.col
    yield "entered", col("entered"), col("entered") + SAMPLED_WITHIN, never, col("p_sampled")
    yield "entered", col("entered"), col("entered") + TRANSFERRED_WITHIN, never, col("p_admitted")
    for i in TESTS:
        anchor = "admitted" if i <= len(CENTRAL_DAYS) else "released"
        yield anchor, col(f"open{i}"), col(f"open{i}") + DAY, col(f"until{i}"), col(f"p{i}")
    yield "admitted", col("open4"), col("open4") + DAY, never, col("both")
    yield "admitted", col("open4"), col("open4") + DAY, never, col("p_released")
    yield "released", col("released"), col("released") + RECEIVED_WITHIN, never, col("p_received")


def _duty(wide: pl.LazyFrame, n: int, row: tuple, *, now: int) -> pl.LazyFrame:
    anchor, opens, due, until, p = row
    found = p // TICK + EPOCH
    named = wide.select(
        "subject",
        "ended",
        anchor=pl.col(anchor),
        opens=opens,
        due=due,
        until=until,
        met=pl.when(found >= opens).then(found),
        fact=p // (1 << KEY_SHIFT) & KEY_MASK,
    )
    opens, due, until, ended = pl.col("opens"), pl.col("due"), pl.col("until"), pl.col("ended")
    counted = pl.col("met") <= ended
    state = (
        pl.when(counted & (pl.col("met") < due))
        .then(FULFILLED)
        .when(counted)
        .then(LATE)
        .when((ended <= now) & (due.is_null() | (ended < due)))
        .then(CANCELLED)
        .when(pl.col("anchor").is_null())
        .then(WAITING)
        .when(ended <= now)
        .then(EXCUSED)
        .when(pl.max_horizontal(due, until) <= now)
        .then(MISSED)
        .when((due <= now) & (now < due + CONFIRM_AFTER))
        .then(PROVISIONAL)
        .when(due <= now)
        .then(BREACHED)
        .when(opens <= now)
        .then(OPEN)
        .otherwise(SCHEDULED)
    )
    settled = pl.min_horizontal(ended, pl.when(counted).then(pl.col("met")), pl.max_horizontal(due, until))
    return named.select(
        "subject",
        duty=pl.lit(n, pl.Int8),
        since=due,
        until=settled,
        fact=pl.when(counted).then(pl.col("fact")),
        state=state.cast(pl.Int8),
    )


def _answer(by_state: pl.DataFrame, breaks: pl.DataFrame, *, now: int) -> dict[str, object]:
    counts = {state: n for state, n, _ in by_state.iter_rows()}
    met_by = sum(keys or 0 for _, _, keys in by_state.iter_rows())
    return answer_of(
        counts, breaks["since"].to_numpy(), breaks["until"].to_numpy(), now=now, met_by=met_by
    ).as_json()
