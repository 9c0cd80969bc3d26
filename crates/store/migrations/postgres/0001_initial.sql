-- Ids are 20 bytes (bytea), times microseconds since 1970 in UTC, configuration is a JSON document beside the
-- columns that queries need. Names compare byte by byte (collation "C"), as they do in Fanfare itself. Every
-- key leads with the application where there is one, so that the schema can be distributed by it.

-- The order of acceptance.
CREATE SEQUENCE seq AS bigint CACHE 1;

-- The version of the last configuration change. Each change updates this one row, so that changes commit in
-- the order of their versions.
CREATE TABLE versions (
    one     smallint PRIMARY KEY CHECK (one = 1),
    version bigint NOT NULL
);
INSERT INTO versions VALUES (1, 0);

-- The conservation counters: each transaction adds a row of what it changed, upkeep folds rows together. What
-- is kept is their sum.
CREATE TABLE books (
    accepted bigint NOT NULL,
    erased   bigint NOT NULL,
    state_0  bigint NOT NULL,
    state_1  bigint NOT NULL,
    state_2  bigint NOT NULL,
    state_3  bigint NOT NULL,
    state_4  bigint NOT NULL,
    state_5  bigint NOT NULL,
    state_6  bigint NOT NULL,
    state_7  bigint NOT NULL
);

CREATE TABLE settings (
    name  text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);

CREATE TABLE nodes (
    incarnation  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node         text NOT NULL,
    started_at   bigint NOT NULL,
    heartbeat_at bigint NOT NULL,
    alive        boolean NOT NULL
);
CREATE INDEX nodes_alive ON nodes (incarnation) WHERE alive;

CREATE TABLE environments (
    id         bytea PRIMARY KEY,
    name       text COLLATE "C" NOT NULL UNIQUE,
    profile    text NOT NULL,
    created_at bigint NOT NULL,
    version    bigint NOT NULL
);
CREATE INDEX environments_by_version ON environments (version);

CREATE TABLE keys (
    id            bytea PRIMARY KEY,
    environment   bytea NOT NULL,
    hash          bytea NOT NULL UNIQUE,
    role          text NOT NULL,
    application   bytea,
    feature_flags text NOT NULL,
    created_at    bigint NOT NULL,
    expires_at    bigint,
    revoked_at    bigint
);
CREATE INDEX keys_of_environment ON keys (environment, created_at) WHERE application IS NULL;
CREATE INDEX keys_of_application ON keys (application) WHERE application IS NOT NULL;
CREATE INDEX keys_expiring ON keys (expires_at) WHERE application IS NOT NULL AND expires_at IS NOT NULL;

CREATE TABLE event_types (
    environment  bytea NOT NULL,
    name         text COLLATE "C" NOT NULL,
    archived     boolean NOT NULL,
    feature_flag text,
    created_at   bigint NOT NULL,
    updated_at   bigint NOT NULL,
    document     text NOT NULL,
    PRIMARY KEY (environment, name)
);

CREATE TABLE profiles (
    hash bytea PRIMARY KEY,
    text text NOT NULL
);

CREATE TABLE answers (
    key        bytea PRIMARY KEY,
    status     integer NOT NULL,
    body       bytea NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX answers_expiring ON answers (expires_at);

CREATE TABLE audit (
    id          bytea PRIMARY KEY,
    at          bigint NOT NULL,
    environment bytea NOT NULL,
    application bytea,
    actor       text NOT NULL,
    action      text NOT NULL,
    target      text NOT NULL,
    detail      text
);

CREATE TABLE applications (
    id          bytea PRIMARY KEY,
    environment bytea NOT NULL,
    uid         text COLLATE "C",
    version     bigint NOT NULL,
    endpoints   bigint NOT NULL,
    created_at  bigint NOT NULL,
    updated_at  bigint NOT NULL,
    deleted_at  bigint,
    document    text NOT NULL
);
CREATE UNIQUE INDEX applications_by_uid ON applications (environment, uid)
    WHERE uid IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX applications_of_environment ON applications (environment, id) WHERE deleted_at IS NULL;
CREATE INDEX applications_by_version ON applications (version);
CREATE INDEX applications_deleted ON applications (deleted_at) WHERE deleted_at IS NOT NULL;

-- held: 0 free, 1 paused or disabled, 2 deleted.
CREATE TABLE endpoints (
    application bytea NOT NULL,
    id          bytea NOT NULL,
    uid         text COLLATE "C",
    revision    bigint NOT NULL,
    held        smallint NOT NULL,
    created_at  bigint NOT NULL,
    updated_at  bigint NOT NULL,
    deleted_at  bigint,
    document    text NOT NULL,
    PRIMARY KEY (application, id)
);
CREATE UNIQUE INDEX endpoints_by_uid ON endpoints (application, uid)
    WHERE uid IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX endpoints_live ON endpoints (application, id) WHERE deleted_at IS NULL;
CREATE INDEX endpoints_deleted ON endpoints (application, id) WHERE deleted_at IS NOT NULL;

CREATE TABLE health (
    application   bytea NOT NULL,
    endpoint      bytea NOT NULL,
    failing_since bigint NOT NULL,
    PRIMARY KEY (application, endpoint)
);

-- Messages, deliveries and attempts lie in partitions by the time in the message's id; the default one takes
-- what no other does. payload: 0 JSON, 1 raw, 2 expunged; bytes: as they came, not compressed by us, NULL once
-- gone. channels and tags: ",a,b,", or NULL for none.
CREATE TABLE messages (
    application         bytea NOT NULL,
    id                  bytea NOT NULL,
    environment         bytea NOT NULL,
    event_type          text COLLATE "C" NOT NULL,
    event_id            text,
    channels            text,
    tags                text,
    created_at          bigint NOT NULL,
    deliver_at          bigint,
    expires_at          bigint,
    ordering_key        text,
    only_endpoint       bytea,
    profile             bytea NOT NULL,
    payload             smallint NOT NULL,
    payload_expires_day bigint NOT NULL,
    bytes               bytea,
    PRIMARY KEY (application, id)
) PARTITION BY RANGE (id);
ALTER TABLE messages ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX messages_payloads_expiring ON messages (payload_expires_day) WHERE bytes IS NOT NULL;
CREATE TABLE messages_default PARTITION OF messages DEFAULT;

-- kind: 0 idempotency key, 1 event id.
CREATE TABLE dedupe (
    application bytea NOT NULL,
    kind        smallint NOT NULL,
    key         bytea NOT NULL,
    message     bytea NOT NULL,
    expires_at  bigint NOT NULL,
    PRIMARY KEY (application, kind, key)
);
CREATE INDEX dedupe_expiring ON dedupe (expires_at);

CREATE TABLE fanouts (
    seq         bigint PRIMARY KEY,
    application bytea NOT NULL,
    message     bytea NOT NULL,
    after       bytea
);
CREATE UNIQUE INDEX fanouts_by_message ON fanouts (application, message);

-- blocked: an earlier delivery of the same ordering key still waits; only the first of a key can be claimed.
-- seq: the message's place in the order of acceptance, a new one after a resend.
CREATE TABLE deliveries (
    application  bytea NOT NULL,
    message      bytea NOT NULL,
    endpoint     bytea NOT NULL,
    state        smallint NOT NULL,
    blocked      boolean NOT NULL,
    due          bigint NOT NULL,
    owner        bigint,
    seq          bigint NOT NULL,
    ordering     text COLLATE "C",
    attempts     bigint NOT NULL,
    retries_used bigint NOT NULL,
    trigger      smallint NOT NULL,
    reason       smallint,
    updated_at   bigint NOT NULL,
    expires_at   bigint,
    PRIMARY KEY (application, message, endpoint)
) PARTITION BY RANGE (message);
CREATE INDEX deliveries_of_endpoint ON deliveries (application, endpoint, message);
-- What was given up, for the lists that ask for it: written only when it happens.
CREATE INDEX deliveries_given_up ON deliveries (application, endpoint, message) WHERE state >= 4;
-- What can be claimed, and who owns what waits: a delivery that never waits unowned is never in the first.
CREATE INDEX deliveries_waiting ON deliveries (application, endpoint, due, seq)
    WHERE owner IS NULL AND state <= 2 AND NOT blocked;
CREATE INDEX deliveries_owned ON deliveries (owner) WHERE owner IS NOT NULL AND state <= 2;
CREATE INDEX deliveries_ordered ON deliveries (application, endpoint, ordering, seq)
    WHERE ordering IS NOT NULL AND state <= 2;
CREATE INDEX deliveries_expiring ON deliveries (expires_at)
    WHERE expires_at IS NOT NULL AND owner IS NULL AND state <= 2;
CREATE TABLE deliveries_default PARTITION OF deliveries DEFAULT;

-- A row per endpoint with unowned, unblocked waiting deliveries (next_due), or with a rest that goes on, or whose
-- order changed.
CREATE TABLE lanes (
    application bytea NOT NULL,
    endpoint    bytea NOT NULL,
    next_due    bigint,
    rest_until  bigint NOT NULL,
    held        smallint NOT NULL,
    wake_at     bigint NOT NULL GENERATED ALWAYS AS (greatest(coalesce(next_due, rest_until), rest_until)) STORED,
    PRIMARY KEY (application, endpoint)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
CREATE INDEX lanes_waking ON lanes (wake_at, endpoint) WHERE held = 0;
CREATE INDEX lanes_deleted ON lanes (application, endpoint) WHERE held = 2;

CREATE TABLE attempts (
    application  bytea NOT NULL,
    message      bytea NOT NULL,
    id           bytea NOT NULL,
    endpoint     bytea NOT NULL,
    at           bigint NOT NULL,
    duration     bigint NOT NULL,
    trigger      smallint NOT NULL,
    method       text NOT NULL,
    url          text NOT NULL,
    success      boolean NOT NULL,
    status       integer NOT NULL,
    failure_kind text,
    failure      text,
    key_number   bigint,
    profile      bytea NOT NULL,
    response     bytea,
    PRIMARY KEY (application, message, id)
) PARTITION BY RANGE (message);
CREATE INDEX attempts_of_endpoint ON attempts (application, endpoint, id);
CREATE INDEX attempts_failed ON attempts (application, endpoint, id) WHERE NOT success;
CREATE TABLE attempts_default PARTITION OF attempts DEFAULT;

-- Where a walk through all applications stands.
CREATE TABLE cursors (
    name        text COLLATE "C" PRIMARY KEY,
    application bytea NOT NULL,
    message     bytea
);
