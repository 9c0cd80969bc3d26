-- What happened in each environment, minute by minute: a row per process that saw any of it. minute: since 1970.
CREATE TABLE activity (
    environment BLOB NOT NULL,
    minute      INTEGER NOT NULL,
    incarnation INTEGER NOT NULL,
    document    TEXT NOT NULL,
    PRIMARY KEY (environment, minute, incarnation)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_by_minute ON activity (minute);

CREATE INDEX health_by_time ON health (failing_since);
