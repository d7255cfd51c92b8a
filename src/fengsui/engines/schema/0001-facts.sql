-- What is true: facts, the ledger of rows that could not be taken, positions in files. Never derived.
--
-- Short texts that repeat (kinds, sources, places, keys) are numbered in word; 0 is "none". Columns on
-- the path of every fact hold no NULL: binding one costs more than writing the row.

CREATE TABLE word (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);
INSERT INTO word VALUES (0, '');

CREATE TABLE subject (
    id INTEGER PRIMARY KEY,              -- in the order of first appearance: neighbours in time stay neighbours
    key TEXT NOT NULL UNIQUE,            -- person/…, consignment/…
    corrected INTEGER NOT NULL DEFAULT 0 -- 1: some fact of it corrects or was corrected
);

CREATE INDEX subject_corrected ON subject (id) WHERE corrected = 1;

CREATE TABLE fact (
    seq INTEGER PRIMARY KEY,             -- order of arrival; gaps are repeats that were left out
    subject INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    span INTEGER NOT NULL,
    place INTEGER NOT NULL,
    by TEXT NOT NULL,                    -- '': nobody is named
    source INTEGER NOT NULL,
    key TEXT NOT NULL,
    data TEXT NOT NULL,                  -- JSON with sorted keys; '': none
    supersedes TEXT NOT NULL,            -- source:key; ''
    tie INTEGER NOT NULL                 -- crc32 of source:key; finds a fact by its id and orders one second
);

-- Ways into fact by subject and by tie: sorted columns, each for a stretch of the log (see ways.py, which
-- also says why these are not indexes). Facts after the last stretch are found by reading them.
CREATE TABLE way (
    name TEXT NOT NULL,                  -- subject or tie
    first INTEGER NOT NULL,              -- the stretch begins with this seq …
    level INTEGER NOT NULL,
    span INTEGER NOT NULL,               -- … and is so many long
    entries BLOB NOT NULL,               -- the numbers in order, then where in the stretch each stands; <u4
    PRIMARY KEY (name, first)
);
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- For people who look into the file.
CREATE VIEW facts AS
SELECT f.seq, k.text AS kind, s.key AS subject, f.at, f.recorded_at, o.text AS source, f.key, f.span,
    p.text AS place, f.by, f.data, f.supersedes
FROM fact f JOIN subject s ON s.id = f.subject JOIN word k ON k.id = f.kind
JOIN word o ON o.id = f.source JOIN word p ON p.id = f.place;

-- The only change a fact can see: another delivery of the same record turns out to be older.
CREATE TRIGGER fact_is_written_once BEFORE UPDATE ON fact
WHEN new.recorded_at >= old.recorded_at
    OR (new.seq, new.subject, new.kind, new.at, new.span, new.place, new.by, new.source, new.key, new.data,
        new.supersedes, new.tie)
    IS NOT (old.seq, old.subject, old.kind, old.at, old.span, old.place, old.by, old.source, old.key, old.data,
        old.supersedes, old.tie)
BEGIN SELECT raise(ABORT, 'a fact is never changed; write one that supersedes it'); END;

CREATE TRIGGER fact_is_kept BEFORE DELETE ON fact
BEGIN SELECT raise(ABORT, 'a fact is never deleted; write one that withdraws it'); END;

-- Which facts speak of which other fact, so that trees of corrections can be walked from both ends.
CREATE TABLE correction (
    target TEXT NOT NULL,                -- source:key of the fact that is corrected or taken back
    fact INTEGER NOT NULL,
    PRIMARY KEY (target, fact)
) WITHOUT ROWID;

-- Corrections that arrived before what they correct.
CREATE TABLE awaited (target TEXT PRIMARY KEY) WITHOUT ROWID;

-- Facts that speak of the world at large: same persons, complete sources, who holds which post.
CREATE TABLE notice (
    kind INTEGER NOT NULL,
    fact INTEGER NOT NULL,
    PRIMARY KEY (kind, fact)
) WITHOUT ROWID;

-- Which sources ever brought a kind of fact from a place: who would know if it happened there.
CREATE TABLE carrier (
    kind INTEGER NOT NULL,
    place INTEGER NOT NULL,
    source INTEGER NOT NULL,
    PRIMARY KEY (kind, place, source)
) WITHOUT ROWID;

CREATE TABLE refused (
    id INTEGER PRIMARY KEY,
    entry TEXT NOT NULL UNIQUE,
    row INTEGER NOT NULL,
    raw TEXT NOT NULL,
    findings TEXT NOT NULL,              -- JSON: [[where, field, found, expected], …]
    told_at INTEGER NOT NULL,
    work TEXT NOT NULL,
    name TEXT NOT NULL,
    mapping TEXT NOT NULL,
    why TEXT NOT NULL,
    settled_by TEXT NOT NULL
);
CREATE INDEX refused_open ON refused (id) WHERE settled_by = '';

CREATE TABLE file_mark (
    digest TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    mapping TEXT NOT NULL,
    rows_done INTEGER NOT NULL,
    done INTEGER NOT NULL
) WITHOUT ROWID;

-- One row a commit that changed something.
CREATE TABLE batch (
    lsn INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,                 -- the writer's own moment
    n_facts INTEGER NOT NULL,            -- that were new
    rules TEXT NOT NULL                  -- digest of the protocols, areas and calendars it was derived under
);
