-- Facts as the kernel reads them, so that a process that takes many need not read all facts one by one.
-- Can be dropped: whatever is missing is read from the log. See resident.py.

CREATE TABLE history (
    first INTEGER PRIMARY KEY,           -- the stretch of the log begins with this seq
    rows BLOB NOT NULL                   -- 32 bytes a fact, <i8, as chains.py lays them out
);

CREATE TABLE opening (                   -- ids of loops, which follow from names that would have to be read
    id INTEGER PRIMARY KEY,
    rows BLOB NOT NULL                   -- 32 bytes a loop, <i8: word of the protocol, subject, seq, id
);

CREATE TABLE look (                      -- what protocols may ask of a fact, of every way facts look
    id INTEGER PRIMARY KEY,
    sight TEXT NOT NULL                  -- JSON: [kind, {field: value}, by, place, source]
);
