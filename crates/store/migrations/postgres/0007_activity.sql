-- What happened in each environment, minute by minute: a row per process that saw any of it. minute: since 1970.
CREATE TABLE activity (
    environment bytea NOT NULL,
    minute      bigint NOT NULL,
    incarnation bigint NOT NULL,
    document    text NOT NULL,
    PRIMARY KEY (environment, minute, incarnation)
);
CREATE INDEX activity_by_minute ON activity (minute);

CREATE INDEX health_by_time ON health (failing_since);
