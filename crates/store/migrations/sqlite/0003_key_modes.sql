-- Keys that try things out beside keys that do them.

ALTER TABLE keys ADD COLUMN mode TEXT NOT NULL DEFAULT 'live';
