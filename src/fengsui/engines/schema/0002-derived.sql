-- What follows from the facts. All of it can be dropped and comes back the same, except transition and
-- loop_shown, which are the record of what was shown.
--
-- Times are seconds UTC; 4611686018427387904 (2**62) is never. Nothing here depends on the moment it was
-- written at: overdue is a question, not a column.

CREATE TABLE step (                      -- an obligation of one version of one protocol
    id INTEGER PRIMARY KEY,
    protocol TEXT NOT NULL,
    version TEXT NOT NULL,
    key TEXT NOT NULL,
    role TEXT NOT NULL,
    UNIQUE (protocol, version, key)
);

CREATE TABLE loop (
    subject INTEGER NOT NULL,
    id INTEGER NOT NULL,                 -- the loop's id, its 16 hex digits as a signed integer
    protocol INTEGER NOT NULL,
    versions INTEGER NOT NULL,           -- the versions that governed it, joined by |
    opened_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    place INTEGER NOT NULL,
    area INTEGER NOT NULL,               -- index of the listing area; -1: not known
    PRIMARY KEY (subject, id)
) WITHOUT ROWID;
CREATE INDEX loop_listing ON loop (area, opened_at);
CREATE INDEX loop_closing ON loop (area, closed_at) WHERE closed_at < 4611686018427387904;

-- Duties that will break if nothing more happens, stand broken, or once broke. One tree answers "what is
-- overdue here, the oldest first" for any level of areas. A row whose break ends by itself or has ended
-- goes to a lane of its length, so that the breaks of the past need not be read to find those of today.
CREATE TABLE duty (
    lane INTEGER NOT NULL,               -- 0: stands until something happens; 1…4: ends within a bounded time
    area INTEGER NOT NULL,
    at INTEGER NOT NULL,                 -- from when on it is shown as broken
    subject INTEGER NOT NULL,
    loop INTEGER NOT NULL,
    key INTEGER NOT NULL,
    n INTEGER NOT NULL,
    until INTEGER NOT NULL,              -- when it is no longer: met late, lifted, stopped, or final
    broken_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    step INTEGER NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (lane, area, at, subject, loop, key, n)
) WITHOUT ROWID;
CREATE INDEX duty_ending ON duty (area, until) WHERE lane > 0;

-- How many rows of duty and loop fall into each day (grain 0) or hour (grain 1) for each area from the
-- listing level up, so that a count is a sum over few rows. Measures: 0 at of lane 0; 1 at and 2 until of
-- the other lanes; 3 closed_at and 4 opened_at of loops.
CREATE TABLE tally (
    node INTEGER NOT NULL,
    measure INTEGER NOT NULL,
    grain INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    protocol INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (node, measure, grain, bucket, protocol)
) WITHOUT ROWID;

CREATE TABLE telling (                   -- what a subject's loops tell the subjects related to it
    about INTEGER NOT NULL,
    n INTEGER NOT NULL,
    tell INTEGER NOT NULL,
    fact TEXT NOT NULL,                  -- JSON of the derived fact
    PRIMARY KEY (about, n)
) WITHOUT ROWID;

CREATE TABLE mention (                   -- facts by which one subject is related to another
    named INTEGER NOT NULL,
    fact INTEGER NOT NULL,
    PRIMARY KEY (named, fact)
) WITHOUT ROWID;

-- The record of what was shown: every change of a time, batch by batch, as columns (see record.py, which
-- reads them back). As a table of rows it would cost more to write than the facts it follows from.
CREATE TABLE transition (
    lsn INTEGER PRIMARY KEY,             -- of the batch
    n INTEGER NOT NULL,
    changes BLOB NOT NULL
);

CREATE TABLE loop_shown (                -- every loop that was ever shown
    id INTEGER PRIMARY KEY,
    subject INTEGER NOT NULL
);
