
-- The only change a line can see: what it was about is erased, and the line stays.
CREATE OR REPLACE TRIGGER audit_is_written_once BEFORE UPDATE ON audit FOR EACH ROW
WHEN (new.object <> '' OR new.reason <> '' OR new.detail <> ''
    OR (new.seq, new.at, new.actor, new.verb, new.digest, new.seal)
    IS DISTINCT FROM (old.seq, old.at, old.actor, old.verb, old.digest, old.seal))
EXECUTE FUNCTION refuse('a line of the audit is never changed');

CREATE OR REPLACE TRIGGER audit_is_kept BEFORE DELETE ON audit FOR EACH ROW
EXECUTE FUNCTION refuse('a line of the audit is never deleted');

CREATE OR REPLACE TRIGGER lines_of_the_audit_are_kept BEFORE TRUNCATE ON audit
EXECUTE FUNCTION refuse('a line of the audit is never deleted');
