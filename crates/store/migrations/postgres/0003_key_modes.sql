-- Keys that try things out beside keys that do them.

ALTER TABLE keys ADD COLUMN mode text NOT NULL DEFAULT 'live';
