-- Several nodes: until when an incarnation lives by this database's clock, and what it does.
ALTER TABLE nodes ADD COLUMN lease_until bigint NOT NULL DEFAULT 0;
ALTER TABLE nodes ADD COLUMN roles text NOT NULL DEFAULT 'api,deliver';

-- home: the incarnation that alone sends for an ordered or rate-limited endpoint. A lane with a home stays when it
-- is idle, with next_due NULL and rest_until 0; it never wakes then.
ALTER TABLE lanes ADD COLUMN home bigint;
DROP INDEX lanes_waking;
ALTER TABLE lanes DROP COLUMN wake_at;
ALTER TABLE lanes ADD COLUMN wake_at bigint
    GENERATED ALWAYS AS (greatest(coalesce(next_due, nullif(rest_until, 0)), nullif(rest_until, 0))) STORED;
CREATE INDEX lanes_waking ON lanes (wake_at, endpoint) WHERE held = 0;
CREATE INDEX lanes_resting ON lanes (rest_until, endpoint) WHERE rest_until > 0;
