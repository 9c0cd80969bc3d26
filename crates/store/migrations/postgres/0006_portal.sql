-- Inboxes with an address of their own. answer: the status, wait: after how many milliseconds; arrived: how many
-- requests ever came.
CREATE TABLE inboxes (
    application bytea NOT NULL,
    id          bytea NOT NULL,
    token       text COLLATE "C" NOT NULL UNIQUE,
    answer      integer NOT NULL,
    wait        bigint NOT NULL,
    created_at  bigint NOT NULL,
    expires_at  bigint NOT NULL,
    arrived     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (application, id)
);
CREATE INDEX inboxes_expiring ON inboxes (expires_at);

-- What arrived there. verdict: the worst of all checks, NULL where nobody could tell; request: sealed.
CREATE TABLE arrivals (
    application bytea NOT NULL,
    inbox       bytea NOT NULL,
    number      bigint NOT NULL,
    at          bigint NOT NULL,
    method      text NOT NULL,
    body_bytes  bigint NOT NULL,
    verdict     text,
    request     bytea NOT NULL,
    PRIMARY KEY (application, inbox, number)
);

-- How the portal of an environment looks, and who may put it into a frame; NULL is as it comes.
ALTER TABLE environments ADD COLUMN portal text;

-- Portal tokens that may only look.
ALTER TABLE keys ADD COLUMN read_only boolean NOT NULL DEFAULT false;
