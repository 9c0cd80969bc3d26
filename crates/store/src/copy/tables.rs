//! What is copied: every table with every column, each once. A test holds this against both schemas.

/// What a column holds, in PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bytes,
    Text,
    Big,
    Integer,
    Small,
    Switch,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What gives its value in SQLite, where that is not the column of its name.
    pub(crate) from: Option<&'static str>,
}

/// A table of both stores. Its key is its first columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) key: usize,
    pub(crate) columns: &'static [Column],
}

impl Table {
    pub(crate) fn key(&self) -> &'static [Column] {
        &self.columns[..self.key]
    }
}

const fn bytes(name: &'static str) -> Column {
    Column { name, kind: Kind::Bytes, from: None }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, from: None }
}

const fn big(name: &'static str) -> Column {
    Column { name, kind: Kind::Big, from: None }
}

const fn integer(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer, from: None }
}

const fn small(name: &'static str) -> Column {
    Column { name, kind: Kind::Small, from: None }
}

const fn switch(name: &'static str) -> Column {
    Column { name, kind: Kind::Switch, from: None }
}

const fn from(from: &'static str, column: Column) -> Column {
    Column { from: Some(from), ..column }
}

const fn table(name: &'static str, key: usize, columns: &'static [Column]) -> Table {
    Table { name, key, columns }
}

/// The tables, small ones first. The books, the version and the order of acceptance are copied as counters.
pub(crate) const TABLES: [Table; 24] = [
    table("settings", 1, &[text("name"), bytes("value")]),
    table(
        "nodes",
        1,
        &[
            big("incarnation"),
            text("node"),
            big("started_at"),
            big("heartbeat_at"),
            // None of them runs any more.
            from("0", switch("alive")),
            from("0", big("lease_until")),
            text("roles"),
        ],
    ),
    table(
        "environments",
        1,
        &[bytes("id"), text("name"), text("profile"), big("created_at"), big("version"), text("portal")],
    ),
    table(
        "keys",
        1,
        &[
            bytes("id"),
            bytes("environment"),
            bytes("hash"),
            text("role"),
            bytes("application"),
            text("feature_flags"),
            big("created_at"),
            big("expires_at"),
            big("revoked_at"),
            text("mode"),
            switch("read_only"),
        ],
    ),
    table(
        "event_types",
        2,
        &[
            bytes("environment"),
            text("name"),
            switch("archived"),
            text("feature_flag"),
            big("created_at"),
            big("updated_at"),
            text("document"),
        ],
    ),
    table("profiles", 1, &[bytes("hash"), text("text")]),
    table("answers", 1, &[bytes("key"), integer("status"), bytes("body"), big("expires_at")]),
    table("sessions", 1, &[bytes("hash"), bytes("key"), big("created_at"), big("expires_at")]),
    table("links", 1, &[bytes("hash"), bytes("key"), big("session_expires_at"), big("expires_at")]),
    table(
        "applications",
        1,
        &[
            bytes("id"),
            bytes("environment"),
            text("uid"),
            big("version"),
            big("endpoints"),
            big("created_at"),
            big("updated_at"),
            big("deleted_at"),
            text("document"),
        ],
    ),
    table(
        "endpoints",
        2,
        &[
            bytes("application"),
            bytes("id"),
            text("uid"),
            big("revision"),
            small("held"),
            big("created_at"),
            big("updated_at"),
            big("deleted_at"),
            text("document"),
            from("ifnull(json_extract(document, '$.mode'), 'live')", text("mode")),
            from("json_extract(document, '$.scope')", text("scope")),
            from("json_extract(document, '$.profile')", text("profile")),
        ],
    ),
    table("health", 2, &[bytes("application"), bytes("endpoint"), big("failing_since")]),
    table(
        "inboxes",
        2,
        &[
            bytes("application"),
            bytes("id"),
            text("token"),
            integer("answer"),
            big("wait"),
            big("created_at"),
            big("expires_at"),
            big("arrived"),
        ],
    ),
    table(
        "arrivals",
        3,
        &[
            bytes("application"),
            bytes("inbox"),
            big("number"),
            big("at"),
            text("method"),
            big("body_bytes"),
            text("verdict"),
            bytes("request"),
        ],
    ),
    table(
        "replays",
        2,
        &[
            bytes("application"),
            bytes("id"),
            bytes("environment"),
            bytes("endpoints"),
            text("event_types"),
            big("states"),
            big("since"),
            big("until"),
            switch("superseded"),
            switch("expired"),
            switch("missed"),
            big("rate"),
            small("status"),
            bytes("after_message"),
            bytes("after_endpoint"),
            big("counted"),
            big("sent"),
            big("skipped"),
            big("failed"),
            text("error"),
            big("created_at"),
            big("updated_at"),
        ],
    ),
    table("cursors", 1, &[text("name"), bytes("application"), bytes("message")]),
    table(
        "audit",
        1,
        &[
            bytes("id"),
            big("at"),
            bytes("environment"),
            bytes("application"),
            text("actor"),
            text("action"),
            text("target"),
            text("detail"),
        ],
    ),
    table("activity", 3, &[bytes("environment"), big("minute"), big("incarnation"), text("document")]),
    table(
        "dedupe",
        3,
        &[bytes("application"), small("kind"), bytes("key"), bytes("message"), big("expires_at")],
    ),
    table(
        "lanes",
        2,
        &[
            bytes("application"),
            bytes("endpoint"),
            big("next_due"),
            big("rest_until"),
            small("held"),
            // Of a process that has ended.
            from("NULL", big("home")),
        ],
    ),
    table("fanouts", 1, &[big("seq"), bytes("application"), bytes("message"), bytes("after")]),
    table(
        "messages",
        2,
        &[
            bytes("application"),
            bytes("id"),
            bytes("environment"),
            text("event_type"),
            text("event_id"),
            text("channels"),
            text("tags"),
            big("created_at"),
            big("deliver_at"),
            big("expires_at"),
            text("ordering_key"),
            bytes("only_endpoint"),
            bytes("profile"),
            small("payload"),
            big("payload_expires_day"),
            from("(SELECT p.bytes FROM payloads p WHERE p.place = payload_place)", bytes("bytes")),
            text("replace_key"),
            switch("supersedes"),
        ],
    ),
    table(
        "deliveries",
        3,
        &[
            bytes("application"),
            bytes("message"),
            bytes("endpoint"),
            small("state"),
            switch("blocked"),
            big("due"),
            big("owner"),
            big("seq"),
            text("ordering"),
            big("attempts"),
            big("retries_used"),
            small("trigger"),
            small("reason"),
            big("updated_at"),
            big("expires_at"),
            text("replace_key"),
            bytes("profile"),
        ],
    ),
    table(
        "attempts",
        3,
        &[
            bytes("application"),
            bytes("message"),
            bytes("id"),
            bytes("endpoint"),
            big("at"),
            big("duration"),
            small("trigger"),
            text("method"),
            text("url"),
            switch("success"),
            integer("status"),
            text("failure_kind"),
            text("failure"),
            big("key_number"),
            bytes("profile"),
            bytes("response"),
        ],
    ),
];
