-- status: 0 counting, 1 running, 2 done, 3 cancelled, 4 failed. endpoints: their ids one after the other, or
-- NULL for all. event_types: ",a,b,", or NULL for all. states: a bit for each state's number.
CREATE TABLE replays (
    application    BLOB NOT NULL,
    id             BLOB NOT NULL,
    environment    BLOB NOT NULL,
    endpoints      BLOB,
    event_types    TEXT,
    states         INTEGER NOT NULL,
    since          INTEGER NOT NULL,
    until          INTEGER NOT NULL,
    superseded     INTEGER NOT NULL,
    expired        INTEGER NOT NULL,
    missed         INTEGER NOT NULL,
    rate           INTEGER,
    status         INTEGER NOT NULL,
    after_message  BLOB,
    after_endpoint BLOB,
    counted        INTEGER NOT NULL,
    sent           INTEGER NOT NULL,
    skipped        INTEGER NOT NULL,
    failed         INTEGER NOT NULL,
    error          TEXT,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (application, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX replays_open ON replays (created_at, id) WHERE status <= 1;
CREATE INDEX replays_open_of_application ON replays (application) WHERE status <= 1;
CREATE INDEX replays_of_environment ON replays (environment, id);
CREATE INDEX replays_ended ON replays (updated_at) WHERE status > 1;

-- Recoveries of failed (4) and blocked (5) deliveries, and of what was missed, are replays from now on.
-- They go on where they stood, uncounted.
INSERT INTO replays
    SELECT r.application, r.id, a.environment, r.endpoint, NULL, (1 << 4) + (1 << 5), r.since, r.until, 0, 0, 1,
           NULL, 1, r.after, CASE WHEN r.after IS NULL THEN NULL ELSE r.endpoint END, 0, 0, 0, 0, NULL,
           r.created_at, r.created_at
    FROM recoveries r JOIN applications a ON a.id = r.application;
DROP TABLE recoveries;
