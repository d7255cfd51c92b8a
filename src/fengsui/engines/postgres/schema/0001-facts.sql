
-- How often facts and what follows from them were written. Whoever writes anything holds this row until the
-- commit, so there is one writer at a time.
CREATE TABLE turn (n bigint NOT NULL) WITH (fillfactor = 50);
INSERT INTO turn VALUES (0);

-- The facts that arrived in one month are one table; which month, see postgres/months.py. The last is open.
CREATE TABLE fact_first PARTITION OF fact FOR VALUES FROM (1) TO (MAXVALUE);

-- A list of whole numbers given as one value.
CREATE FUNCTION json_each(list text) RETURNS TABLE (key bigint, value bigint) LANGUAGE sql IMMUTABLE AS $$
    SELECT n - 1, each::bigint FROM jsonb_array_elements_text(list::jsonb) WITH ORDINALITY AS given (each, n)
$$;

-- Two more words of SQLite: the lesser of two, and a value out of JSON.
CREATE FUNCTION min(one bigint, other bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT least(one, other)
$$;
CREATE FUNCTION json_extract(document text, path text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_path_query_first(document::jsonb, path::jsonpath)
$$;

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION USING message = TG_ARGV[0], errcode = 'integrity_constraint_violation'; END $$;

-- The only change a fact can see: another delivery of the same record turns out to be older.
CREATE TRIGGER fact_is_written_once BEFORE UPDATE ON fact FOR EACH ROW
WHEN (new.recorded_at >= old.recorded_at
    OR (new.seq, new.subject, new.kind, new.at, new.span, new.place, new.by, new.source, new.key, new.data,
        new.supersedes, new.tie)
    IS DISTINCT FROM (old.seq, old.subject, old.kind, old.at, old.span, old.place, old.by, old.source, old.key,
        old.data, old.supersedes, old.tie))
EXECUTE FUNCTION refuse('a fact is never changed; write one that supersedes it');

CREATE TRIGGER fact_is_kept BEFORE DELETE ON fact FOR EACH ROW
EXECUTE FUNCTION refuse('a fact is never deleted; write one that withdraws it');

CREATE TRIGGER facts_are_kept BEFORE TRUNCATE ON fact
EXECUTE FUNCTION refuse('a fact is never deleted; write one that withdraws it');
