-- Sessions of the web pages and the one-time links that open them. key: the hash of the key in whose name a
-- session is held, NULL for the operator of the server.
CREATE TABLE sessions (
    hash       bytea PRIMARY KEY,
    key        bytea,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX sessions_expiring ON sessions (expires_at);

CREATE TABLE links (
    hash               bytea PRIMARY KEY,
    key                bytea,
    session_expires_at bigint NOT NULL,
    expires_at         bigint NOT NULL
);
CREATE INDEX links_expiring ON links (expires_at);

CREATE INDEX audit_of_environment ON audit (environment, id);
CREATE INDEX audit_of_application ON audit (application, id) WHERE application IS NOT NULL;
