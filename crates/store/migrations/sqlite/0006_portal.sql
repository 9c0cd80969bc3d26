-- Inboxes with an address of their own. answer: the status, wait: after how many milliseconds; arrived: how many
-- requests ever came.
CREATE TABLE inboxes (
    application BLOB NOT NULL,
    id          BLOB NOT NULL,
    token       TEXT NOT NULL UNIQUE,
    answer      INTEGER NOT NULL,
    wait        INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    arrived     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (application, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX inboxes_expiring ON inboxes (expires_at);

-- What arrived there. verdict: the worst of all checks, NULL where nobody could tell; request: sealed.
CREATE TABLE arrivals (
    application BLOB NOT NULL,
    inbox       BLOB NOT NULL,
    number      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    method      TEXT NOT NULL,
    body_bytes  INTEGER NOT NULL,
    verdict     TEXT,
    request     BLOB NOT NULL,
    PRIMARY KEY (application, inbox, number)
) STRICT;

-- How the portal of an environment looks, and who may put it into a frame; NULL is as it comes.
ALTER TABLE environments ADD COLUMN portal TEXT;

-- Portal tokens that may only look.
ALTER TABLE keys ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
