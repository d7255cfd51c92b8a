-- Who saw, changed and exported what, and why. Written once a line, each line sealed with the one before, so
-- that a line changed, left out or put in between is found. See engines/audit.py.

CREATE TABLE IF NOT EXISTS audit (
    seq INTEGER PRIMARY KEY,             -- from 1, without gaps
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,                  -- saw, listed, searched, exported, changed, refused, …
    object TEXT NOT NULL,                -- what of: a loop, a subject, a page
    reason TEXT NOT NULL,                -- given by the actor; '': none was asked for
    detail TEXT NOT NULL,                -- JSON; ''
    digest TEXT NOT NULL,                -- over the columns above, kept when they are erased
    seal TEXT NOT NULL                   -- over the digest and the seal before
);
CREATE INDEX IF NOT EXISTS audit_actor ON audit (actor, seq);
CREATE INDEX IF NOT EXISTS audit_object ON audit (object, seq);

-- The only change a line can see: what it was about is erased, and the line stays.
CREATE TRIGGER IF NOT EXISTS audit_is_written_once BEFORE UPDATE ON audit
WHEN new.object <> '' OR new.reason <> '' OR new.detail <> ''
    OR (new.seq, new.at, new.actor, new.verb, new.digest, new.seal)
    IS NOT (old.seq, old.at, old.actor, old.verb, old.digest, old.seal)
BEGIN SELECT raise(ABORT, 'a line of the audit is never changed'); END;

CREATE TRIGGER IF NOT EXISTS audit_is_kept BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'a line of the audit is never deleted'); END;
