-- Messages that take the place of others, and the wire format of endpoints that have one of their own.
-- dedupe.kind 2: a replace key; its message is the last one that supersedes, all others with that key are
-- superseded.

ALTER TABLE messages ADD COLUMN replace_key text;
ALTER TABLE messages ADD COLUMN supersedes boolean NOT NULL DEFAULT true;

-- replace_key: its message's, until somebody asks for it by hand. profile: NULL is the message's.
ALTER TABLE deliveries ADD COLUMN replace_key text COLLATE "C";
ALTER TABLE deliveries ADD COLUMN profile bytea;
CREATE INDEX deliveries_replaceable ON deliveries (application, replace_key)
    WHERE replace_key IS NOT NULL AND owner IS NULL AND state <= 2;
