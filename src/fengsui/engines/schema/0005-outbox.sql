-- Who was told of what. An alert follows from the facts, but that somebody was told is a deed of ours: the
-- tables are written once a row, and only the ends (over_at, letter, state) are filled in later.

CREATE TABLE IF NOT EXISTS alert (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,                   -- loop:duty:n:level
    round INTEGER NOT NULL,              -- counts up if a break that had ended stands again
    loop TEXT NOT NULL,
    protocol TEXT NOT NULL,
    duty TEXT NOT NULL,
    n INTEGER NOT NULL,
    place TEXT NOT NULL,
    level INTEGER NOT NULL,
    role TEXT NOT NULL,
    at_place TEXT NOT NULL,
    broken_at BIGINT NOT NULL,
    reached_at BIGINT NOT NULL,          -- when it was to be told
    noticed_at BIGINT NOT NULL,          -- when we came to it
    over_at BIGINT NOT NULL,             -- when the break ended; 0: stands
    UNIQUE (key, round)
);
CREATE INDEX IF NOT EXISTS alert_open ON alert (key) WHERE over_at = 0;

CREATE TABLE IF NOT EXISTS errand (                    -- an alert on its way to one address
    id INTEGER PRIMARY KEY,
    alert INTEGER NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    lang TEXT NOT NULL,
    not_before BIGINT NOT NULL,          -- the end of quiet hours, or of the pause after the letter before
    letter TEXT NOT NULL,                -- '' until it is in one
    UNIQUE (alert, channel, address)
);
CREATE INDEX IF NOT EXISTS errand_waiting ON errand (not_before) WHERE letter = '';

CREATE TABLE IF NOT EXISTS letter (
    id TEXT PRIMARY KEY,                 -- follows from what is in it: the receiver knows one that comes twice
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    n_alerts INTEGER NOT NULL,
    written_at BIGINT NOT NULL,
    state TEXT NOT NULL,                 -- waiting, leaving, sent, failed
    attempts INTEGER NOT NULL,
    next_at BIGINT NOT NULL,             -- of waiting: not before; of leaving: given up for lost then
    sent_at BIGINT NOT NULL,
    failure TEXT NOT NULL                -- of the last attempt
);
CREATE INDEX IF NOT EXISTS letter_waiting ON letter (next_at) WHERE state IN ('waiting', 'leaving');
CREATE INDEX IF NOT EXISTS letter_of_address ON letter (channel, address, written_at);
