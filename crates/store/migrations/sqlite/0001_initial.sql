-- Ids are 20-byte BLOBs, times microseconds since 1970 in UTC, configuration is a JSON document beside the
-- columns that queries need. A secondary index of a WITHOUT ROWID table carries the primary key anyway, so
-- that leading with the application costs nothing.

-- One row: the version that the next configuration change takes, the order of acceptance, the conservation
-- counters.
CREATE TABLE books (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    version  INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    erased   INTEGER NOT NULL,
    state_0  INTEGER NOT NULL,
    state_1  INTEGER NOT NULL,
    state_2  INTEGER NOT NULL,
    state_3  INTEGER NOT NULL,
    state_4  INTEGER NOT NULL,
    state_5  INTEGER NOT NULL,
    state_6  INTEGER NOT NULL,
    state_7  INTEGER NOT NULL
) STRICT;
INSERT INTO books VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE nodes (
    incarnation  INTEGER PRIMARY KEY AUTOINCREMENT,
    node         TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    alive        INTEGER NOT NULL
) STRICT;

CREATE TABLE environments (
    id         BLOB PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    profile    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX environments_by_version ON environments (version);

CREATE TABLE keys (
    id            BLOB PRIMARY KEY,
    environment   BLOB NOT NULL,
    hash          BLOB NOT NULL UNIQUE,
    role          TEXT NOT NULL,
    application   BLOB,
    feature_flags TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER,
    revoked_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_of_environment ON keys (environment, created_at) WHERE application IS NULL;
CREATE INDEX keys_of_application ON keys (application) WHERE application IS NOT NULL;
CREATE INDEX keys_expiring ON keys (expires_at) WHERE application IS NOT NULL AND expires_at IS NOT NULL;

CREATE TABLE event_types (
    environment  BLOB NOT NULL,
    name         TEXT NOT NULL,
    archived     INTEGER NOT NULL,
    feature_flag TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    document     TEXT NOT NULL,
    PRIMARY KEY (environment, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE profiles (
    hash BLOB PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE answers (
    key        BLOB PRIMARY KEY,
    status     INTEGER NOT NULL,
    body       BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_expiring ON answers (expires_at);

CREATE TABLE audit (
    id          BLOB PRIMARY KEY,
    at          INTEGER NOT NULL,
    environment BLOB NOT NULL,
    application BLOB,
    actor       TEXT NOT NULL,
    action      TEXT NOT NULL,
    target      TEXT NOT NULL,
    detail      TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE applications (
    id          BLOB PRIMARY KEY,
    environment BLOB NOT NULL,
    uid         TEXT,
    version     INTEGER NOT NULL,
    endpoints   INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER,
    document    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX applications_by_uid ON applications (environment, uid)
    WHERE uid IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX applications_of_environment ON applications (environment, id) WHERE deleted_at IS NULL;
CREATE INDEX applications_by_version ON applications (version);
CREATE INDEX applications_deleted ON applications (deleted_at) WHERE deleted_at IS NOT NULL;

-- held: 0 free, 1 paused or disabled, 2 deleted.
CREATE TABLE endpoints (
    application BLOB NOT NULL,
    id          BLOB NOT NULL,
    uid         TEXT,
    revision    INTEGER NOT NULL,
    held        INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER,
    document    TEXT NOT NULL,
    PRIMARY KEY (application, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX endpoints_by_uid ON endpoints (application, uid)
    WHERE uid IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX endpoints_live ON endpoints (application, id) WHERE deleted_at IS NULL;
CREATE INDEX endpoints_deleted ON endpoints (application, id) WHERE deleted_at IS NOT NULL;

CREATE TABLE health (
    application   BLOB NOT NULL,
    endpoint      BLOB NOT NULL,
    failing_since INTEGER NOT NULL,
    PRIMARY KEY (application, endpoint)
) STRICT, WITHOUT ROWID;

-- payload: 0 JSON, 1 raw, 2 expunged. channels and tags: ",a,b,", or NULL for none.
CREATE TABLE messages (
    application         BLOB NOT NULL,
    id                  BLOB NOT NULL,
    environment         BLOB NOT NULL,
    event_type          TEXT NOT NULL,
    event_id            TEXT,
    channels            TEXT,
    tags                TEXT,
    created_at          INTEGER NOT NULL,
    deliver_at          INTEGER,
    expires_at          INTEGER,
    ordering_key        TEXT,
    only_endpoint       BLOB,
    profile             BLOB NOT NULL,
    payload             INTEGER NOT NULL,
    payload_expires_day INTEGER NOT NULL,
    payload_place       INTEGER,
    PRIMARY KEY (application, id)
) STRICT, WITHOUT ROWID;

-- place: the day of expiry, then the order of acceptance. So what expires is one range, and what comes is
-- appended to pages that fill up.
CREATE TABLE payloads (
    place INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- kind: 0 idempotency key, 1 event id.
CREATE TABLE dedupe (
    application BLOB NOT NULL,
    kind        INTEGER NOT NULL,
    key         BLOB NOT NULL,
    message     BLOB NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (application, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX dedupe_expiring ON dedupe (expires_at);

CREATE TABLE fanouts (
    seq         INTEGER PRIMARY KEY,
    application BLOB NOT NULL,
    message     BLOB NOT NULL,
    after       BLOB
) STRICT;
CREATE UNIQUE INDEX fanouts_by_message ON fanouts (application, message);

-- blocked: an earlier delivery of the same ordering key still waits; only the first of a key can be claimed.
-- seq: the message's place in the order of acceptance, a new one after a resend.
CREATE TABLE deliveries (
    application  BLOB NOT NULL,
    message      BLOB NOT NULL,
    endpoint     BLOB NOT NULL,
    state        INTEGER NOT NULL,
    blocked      INTEGER NOT NULL,
    due          INTEGER NOT NULL,
    owner        INTEGER,
    seq          INTEGER NOT NULL,
    ordering     TEXT,
    attempts     INTEGER NOT NULL,
    retries_used INTEGER NOT NULL,
    trigger      INTEGER NOT NULL,
    reason       INTEGER,
    updated_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    PRIMARY KEY (application, message, endpoint)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_of_endpoint ON deliveries (application, endpoint, message);
-- What was given up, for the lists that ask for it: written only when it happens.
CREATE INDEX deliveries_given_up ON deliveries (application, endpoint, message) WHERE state >= 4;
CREATE INDEX deliveries_waiting ON deliveries (owner, blocked, application, endpoint, due, seq) WHERE state <= 2;
CREATE INDEX deliveries_ordered ON deliveries (application, endpoint, ordering, seq)
    WHERE ordering IS NOT NULL AND state <= 2;
CREATE INDEX deliveries_expiring ON deliveries (expires_at)
    WHERE expires_at IS NOT NULL AND owner IS NULL AND state <= 2;

-- A row per endpoint with unowned, unblocked waiting deliveries (next_due), or with a rest that goes on.
CREATE TABLE lanes (
    application BLOB NOT NULL,
    endpoint    BLOB NOT NULL,
    next_due    INTEGER,
    rest_until  INTEGER NOT NULL,
    held        INTEGER NOT NULL,
    wake_at     INTEGER NOT NULL GENERATED ALWAYS AS (max(coalesce(next_due, rest_until), rest_until)) VIRTUAL,
    PRIMARY KEY (application, endpoint)
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_waking ON lanes (wake_at, endpoint) WHERE held = 0;
CREATE INDEX lanes_deleted ON lanes (application, endpoint) WHERE held = 2;

CREATE TABLE attempts (
    application  BLOB NOT NULL,
    message      BLOB NOT NULL,
    id           BLOB NOT NULL,
    endpoint     BLOB NOT NULL,
    at           INTEGER NOT NULL,
    duration     INTEGER NOT NULL,
    trigger      INTEGER NOT NULL,
    method       TEXT NOT NULL,
    url          TEXT NOT NULL,
    success      INTEGER NOT NULL,
    status       INTEGER NOT NULL,
    failure_kind TEXT,
    failure      TEXT,
    key_number   INTEGER,
    profile      BLOB NOT NULL,
    response     BLOB,
    PRIMARY KEY (application, message, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_of_endpoint ON attempts (application, endpoint, id);
CREATE INDEX attempts_failed ON attempts (application, endpoint, id) WHERE success = 0;

CREATE TABLE recoveries (
    place       INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    application BLOB NOT NULL,
    endpoint    BLOB NOT NULL,
    since       INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    after       BLOB,
    created_at  INTEGER NOT NULL
) STRICT;

-- Where a walk through all applications stands.
CREATE TABLE cursors (
    name        TEXT PRIMARY KEY,
    application BLOB NOT NULL,
    message     BLOB
) STRICT, WITHOUT ROWID;
