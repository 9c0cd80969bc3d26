-- The outbox in the database of a platform: what its transactions publish, until Fanfare has taken it.

CREATE TABLE fanfare.outbox (
    -- The order of taking. Publications of one ordering key draw their ids one transaction after the other.
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What makes a row known when it comes again, in whichever outbox.
    uid uuid NOT NULL DEFAULT gen_random_uuid(),
    -- The transaction: a row is taken when all transactions that began before it have ended.
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    application text NOT NULL,
    event_type text NOT NULL,
    -- Text, not jsonb: customers get these bytes.
    payload text NOT NULL,
    event_id text,
    ordering_key text,
    channels text[],
    tags text[],
    deliver_at timestamptz,
    expires_at timestamptz,
    replace_key text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- What can never be accepted, with the reason.
CREATE TABLE fanfare.outbox_dead (
    -- The row's; a restored or copied table can have given it out twice.
    id bigint NOT NULL,
    uid uuid PRIMARY KEY,
    published_at timestamptz NOT NULL,
    application text NOT NULL,
    event_type text NOT NULL,
    payload text NOT NULL,
    event_id text,
    ordering_key text,
    channels text[],
    tags text[],
    deliver_at timestamptz,
    expires_at timestamptz,
    replace_key text,
    died_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason text NOT NULL
);
CREATE INDEX outbox_dead_id ON fanfare.outbox_dead (id);

-- What serialises the publications of one ordering key until their transaction ends: their ids are then in the
-- order of the commits.
CREATE FUNCTION fanfare.outbox_order(application text, ordering_key text) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(application || chr(31) || ordering_key, 8071));
$$;

CREATE FUNCTION fanfare.publish(
    application text,
    event_type text,
    payload text,
    event_id text DEFAULT NULL,
    ordering_key text DEFAULT NULL,
    channels text[] DEFAULT NULL,
    tags text[] DEFAULT NULL,
    deliver_at timestamptz DEFAULT NULL,
    expires_at timestamptz DEFAULT NULL,
    replace_key text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    made bigint;
BEGIN
    IF ordering_key IS NOT NULL THEN
        PERFORM fanfare.outbox_order(application, ordering_key);
    END IF;
    INSERT INTO fanfare.outbox (application, event_type, payload, event_id, ordering_key, channels, tags,
                                deliver_at, expires_at, replace_key)
    VALUES (application, event_type, payload, event_id, ordering_key, channels, tags,
            deliver_at, expires_at, replace_key)
    RETURNING outbox.id INTO made;
    RETURN made;
END;
$$;

-- Puts dead letters back, oldest first, as the publications that they were; how many.
CREATE FUNCTION fanfare.outbox_retry(most bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dead fanfare.outbox_dead;
    done bigint := 0;
BEGIN
    FOR dead IN SELECT * FROM fanfare.outbox_dead ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED LOOP
        IF dead.ordering_key IS NOT NULL THEN
            PERFORM fanfare.outbox_order(dead.application, dead.ordering_key);
        END IF;
        INSERT INTO fanfare.outbox (uid, published_at, application, event_type, payload, event_id, ordering_key,
                                    channels, tags, deliver_at, expires_at, replace_key)
        VALUES (dead.uid, dead.published_at, dead.application, dead.event_type, dead.payload, dead.event_id,
                dead.ordering_key, dead.channels, dead.tags, dead.deliver_at, dead.expires_at, dead.replace_key);
        DELETE FROM fanfare.outbox_dead WHERE uid = dead.uid;
        done := done + 1;
    END LOOP;
    RETURN done;
END;
$$;

REVOKE ALL ON FUNCTION fanfare.outbox_order(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION fanfare.outbox_retry(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION fanfare.publish(text, text, text, text, text, text[], text[], timestamptz, timestamptz, text)
    FROM PUBLIC;
