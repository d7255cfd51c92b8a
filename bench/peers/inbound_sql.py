"""The whole derivation as set SQL, for DuckDB and PostgreSQL: five statements over a table of facts.

One pass finds the first record of each kind for each person; the tests are then matched with the six
windows they may fall into; the obligations of a person become one row each, with their state.

A time, the key of its fact and what a test found travel as one number p (``packed``): the least p is the
earliest fact and all that is asked of it at once, which is cheaper than asking for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    N_TESTS,
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

# p: 29 bits of seconds, 28 of the key, 4 of the laboratory (0: none), 2 of the result
TIME_SHIFT, KEY_SHIFT, LABORATORY_SHIFT = 34, 6, 2
KEY_MASK, LABORATORY_MASK, RESULT_MASK = (1 << 28) - 1, 15 << LABORATORY_SHIFT, 3
EPOCH = 1_600_000_000  # 29 bits of seconds reach to 2037
FAR = 500_000_000  # seconds after EPOCH that no fact reaches
TESTS = range(1, N_TESTS + 1)


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where two databases differ.

    ``lists``: the tests of a person can be kept as a list and filtered. ``fence``: what keeps a planner
    from writing an expression out again wherever its name is used.
    """

    table: str
    floor_divide: str
    lists: bool
    fence: str


DUCKDB = Dialect(table="TEMP TABLE", floor_divide="//", lists=True, fence="")
# Not temporary: PostgreSQL reads those with one process only.
POSTGRES = Dialect(table="UNLOGGED TABLE", floor_divide="/", lists=False, fence=" OFFSET 0")


@dataclass(frozen=True, slots=True)
class Script:
    """``tables``: (name, statement) to be made in this order, the last being one row an obligation."""

    tables: tuple[tuple[str, str], ...]
    states: str  # (state, count, sum of fulfilling keys)
    breaks: str  # (person, duty, since, until, key of the fact that ended it)


def script(facts: str, *, now: int, dialect: Dialect) -> Script:
    """The statements over ``facts``: a table, or something that can stand in its place."""
    packed = (
        f'SELECT subject, kind, result, ((least("at", recorded_at) - {EPOCH}) << {TIME_SHIFT}) '
        f"| (key::bigint << {KEY_SHIFT}) | ((laboratory + 1) << {LABORATORY_SHIFT}) | result AS p "
        f"FROM {facts}"
    )
    loops = _loops(_opens(_times(_firsts(packed, dialect), dialect), dialect), dialect)
    wide = _from_lists() if dialect.lists else _from_rows(packed)
    tables = (("loops", loops), ("wide", wide), ("duty", _duty(now)))
    return Script(
        tables=tuple((name, f"CREATE {dialect.table} {name} AS {body}") for name, body in tables),
        states=f"SELECT state, count(*), sum(fact) FILTER (WHERE state <= {LATE}) FROM duty GROUP BY state",
        breaks=f"SELECT subject, duty, since, until, fact FROM duty WHERE state IN {BREAKS}",
    )


def _from_lists() -> str:
    """The earliest test of each window, picked from the person's list."""
    picked = ", ".join(
        f"list_min(list_filter(tests, lambda p: p >= lo{i} AND p < hi{i})) AS p{i}" for i in TESTS
    )
    negative = f"list_filter(tests, lambda p: (p & {RESULT_MASK}) = {NEGATIVE} AND p >= lo4)"
    elsewhere = f"list_filter(negative, lambda p: (p & {LABORATORY_MASK}) <> (first & {LABORATORY_MASK}))"
    found = f"SELECT *, list_min(negative) AS first FROM (SELECT *, {negative} AS negative FROM loops)"
    return (
        f"SELECT * EXCLUDE (tests, negative, first), {picked}, list_min({elsewhere}) AS twice FROM ({found})"
    )


def _from_rows(packed: str) -> str:
    """The earliest test of each window, by a join of all tests with the windows."""
    picked = ", ".join(f"min(p) FILTER (WHERE p >= lo{i} AND p < hi{i}) AS p{i}" for i in TESTS)
    bounds = ", ".join(f"lo{i}, hi{i}" for i in TESTS)
    negative = [
        f"min(p) FILTER (WHERE (p & {RESULT_MASK | LABORATORY_MASK}) = {NEGATIVE | i << LABORATORY_SHIFT} "
        f"AND p >= lo4) AS negative{i}"
        for i in range(1, N_LABORATORIES + 1)
    ]
    picked = ", ".join([picked, *negative])
    tests = f"SELECT subject, p FROM ({packed}) AS packed WHERE kind = {TESTED}"
    matched = (
        f"SELECT subject, {picked} FROM ({tests}) AS tests "
        f"JOIN (SELECT subject, {bounds} FROM loops) AS bounds USING (subject) GROUP BY subject"
    )
    # The second of three laboratories to find nothing; the earlier of the first two, if the third comes late.
    a, b, c = (f"coalesce(negative{i}, {NEVER})" for i in range(1, N_LABORATORIES + 1))
    both = f"nullif(greatest(least({a}, {b}), least(greatest({a}, {b}), {c})), {NEVER}) AS twice"
    return f"SELECT *, {both} FROM loops LEFT JOIN ({matched}) AS matched USING (subject)"


def _firsts(packed: str, dialect: Dialect) -> str:
    """The first record of each kind for each person."""
    kinds = (ARRIVED, SAMPLED, ADMITTED, RELEASED, RECEIVED)
    picked = [f"min(p) FILTER (WHERE kind = {kind}) AS {_name(kind)}" for kind in kinds]
    picked.append(f"min(p) FILTER (WHERE kind = {TESTED} AND result = {POSITIVE}) AS positive")
    if dialect.lists:
        picked.append(f"list(p) FILTER (WHERE kind = {TESTED}) AS tests")
    return f"SELECT subject, {', '.join(picked)} FROM ({packed}) AS packed GROUP BY subject"


def _name(kind: int) -> str:
    """The column with the p of a kind's first record."""
    return f"first{kind}"


def _time(p: str) -> str:
    return f"(({p}) >> {TIME_SHIFT}) + {EPOCH}"


def _packed(seconds: str) -> str:
    """A moment as the least p it could have."""
    return f"((({seconds}) - {EPOCH}) << {TIME_SHIFT})"


def _times(firsts: str, dialect: Dialect) -> str:
    named = ((ARRIVED, "entered"), (ADMITTED, "admitted"), (RELEASED, "released"))
    times = ", ".join(f"{_time(_name(kind))} AS {name}" for kind, name in named)
    ended = f"coalesce({_time('positive')}, {NEVER}) AS ended"
    return f"SELECT *, {times}, {ended} FROM ({firsts}) AS firsts{dialect.fence}"


def _opens(times: str, dialect: Dialect) -> str:
    """When each test's window opens: midnight of its day."""

    def midnight(moment: str) -> str:
        return f"({moment} + {EAST_OF_UTC}) {dialect.floor_divide} {DAY} * {DAY} - {EAST_OF_UTC}"

    days = [("admitted", day) for day in CENTRAL_DAYS] + [("released", day) for day in HOME_DAYS]
    opens = ", ".join(
        f"{midnight(anchor)} + {(day - 1) * DAY} AS open{i}" for i, (anchor, day) in enumerate(days, 1)
    )
    return f"SELECT *, {opens} FROM ({times}) AS times{dialect.fence}"


def _loops(opens: str, dialect: Dialect) -> str:
    """Until when each test's window takes tests: the next one's opening, whichever that is."""

    def following(i: int) -> str:
        later = ", ".join(f"CASE WHEN open{j} > open{i} THEN open{j} END" for j in TESTS if j != i)
        return f"coalesce(least({later}), {NEVER})"

    until = ", ".join(f"{following(i)} AS until{i}" for i in TESTS)
    last = EPOCH + FAR
    bounds = ", ".join(
        f"{_packed(f'open{i}')} AS lo{i}, {_packed(f'least(until{i}, {last})')} AS hi{i}" for i in TESTS
    )
    return f"SELECT *, {bounds} FROM (SELECT *, {until} FROM ({opens}) AS opens{dialect.fence}) AS slots"


def _duty(now: int) -> str:
    """A row an obligation, each with its state and, if it broke, from when until when."""
    rows = " UNION ALL ".join(
        f"SELECT subject, ended, {n} AS duty, {anchor} AS anchor, {opens} AS opens, {due} AS due, "
        f"{until} AS until, CASE WHEN {_time(p)} >= {opens} THEN {_time(p)} END AS met, "
        f"({p} >> {KEY_SHIFT}) & {KEY_MASK} AS fact FROM wide"
        for n, (anchor, opens, due, until, p) in enumerate(_rows())
    )
    state = f"""CASE
        WHEN met <= ended AND met < due THEN {FULFILLED}
        WHEN met <= ended THEN {LATE}
        WHEN ended <= {now} AND (due IS NULL OR ended < due) THEN {CANCELLED}
        WHEN anchor IS NULL THEN {WAITING}
        WHEN ended <= {now} THEN {EXCUSED}
        WHEN greatest(due, until) <= {now} THEN {MISSED}
        WHEN due <= {now} AND {now} < due + {CONFIRM_AFTER} THEN {PROVISIONAL}
        WHEN due <= {now} THEN {BREACHED}
        WHEN opens <= {now} THEN {OPEN}
        ELSE {SCHEDULED} END"""
    until = f"least(ended, CASE WHEN met <= ended THEN met ELSE {NEVER} END, greatest(due, until))"
    fact = "CASE WHEN met <= ended THEN fact END"
    return (
        f"SELECT subject, duty, due AS since, {until} AS until, {fact} AS fact, "
        f"{state} AS state FROM ({rows}) AS rows"
    )


def _rows() -> Sequence[tuple[str, str, str, str, str]]:
    """(anchor, open, due, until, p of the fact) of each obligation; ``open4`` is also the day of release."""
    sampled, admitted, released, received = map(_name, (SAMPLED, ADMITTED, RELEASED, RECEIVED))
    never = str(NEVER)
    tests = [
        (
            "admitted" if i <= len(CENTRAL_DAYS) else "released",
            f"open{i}",
            f"open{i} + {DAY}",
            f"until{i}",
            f"p{i}",
        )
        for i in TESTS
    ]
    return (
        ("entered", "entered", f"entered + {SAMPLED_WITHIN}", never, sampled),
        ("entered", "entered", f"entered + {TRANSFERRED_WITHIN}", never, admitted),
        *tests,
        ("admitted", "open4", f"open4 + {DAY}", never, "twice"),
        ("admitted", "open4", f"open4 + {DAY}", never, released),
        ("released", "released", f"released + {RECEIVED_WITHIN}", never, received),
    )
