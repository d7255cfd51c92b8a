-- Loops ever shown in the order in which they were, and subjects, both found by ways (see ways.py). Their
-- ids and names come in no order: a tree of them was touched on a page of its own for every new row.

ALTER TABLE loop_shown RENAME TO loop_shown_before;
CREATE TABLE loop_shown (
    n INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,                 -- of several rows of one loop, the last says whose it is
    subject INTEGER NOT NULL
);
INSERT INTO loop_shown (id, subject) SELECT id, subject FROM loop_shown_before ORDER BY subject, id;
DROP TABLE loop_shown_before;

DROP INDEX subject_corrected;
DROP VIEW facts;
ALTER TABLE subject RENAME TO subject_before;
CREATE TABLE subject (
    id INTEGER PRIMARY KEY,              -- in the order of first appearance: neighbours in time stay neighbours
    key TEXT NOT NULL,                   -- person/…, consignment/…; each once
    corrected INTEGER NOT NULL DEFAULT 0 -- 1: some fact of it corrects or was corrected
);
INSERT INTO subject SELECT id, key, corrected FROM subject_before ORDER BY id;
DROP TABLE subject_before;
CREATE INDEX subject_corrected ON subject (id) WHERE corrected = 1;
CREATE VIEW facts AS
SELECT f.seq, k.text AS kind, s.key AS subject, f.at, f.recorded_at, o.text AS source, f.key, f.span,
    p.text AS place, f.by, f.data, f.supersedes
FROM fact f JOIN subject s ON s.id = f.subject JOIN word k ON k.id = f.kind
JOIN word o ON o.id = f.source JOIN word p ON p.id = f.place;
