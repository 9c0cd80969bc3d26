-- status: 0 counting, 1 running, 2 done, 3 cancelled, 4 failed. endpoints: their ids one after the other, or
-- NULL for all. event_types: ",a,b,", or NULL for all. states: a bit for each state's number.
CREATE TABLE replays (
    application    bytea NOT NULL,
    id             bytea NOT NULL,
    environment    bytea NOT NULL,
    endpoints      bytea,
    event_types    text,
    states         bigint NOT NULL,
    since          bigint NOT NULL,
    until          bigint NOT NULL,
    superseded     boolean NOT NULL,
    expired        boolean NOT NULL,
    missed         boolean NOT NULL,
    rate           bigint,
    status         smallint NOT NULL,
    after_message  bytea,
    after_endpoint bytea,
    counted        bigint NOT NULL,
    sent           bigint NOT NULL,
    skipped        bigint NOT NULL,
    failed         bigint NOT NULL,
    error          text,
    created_at     bigint NOT NULL,
    updated_at     bigint NOT NULL,
    PRIMARY KEY (application, id)
);
CREATE INDEX replays_open ON replays (created_at, id) WHERE status <= 1;
CREATE INDEX replays_open_of_application ON replays (application) WHERE status <= 1;
CREATE INDEX replays_of_environment ON replays (environment, id);
CREATE INDEX replays_ended ON replays (updated_at) WHERE status > 1;
