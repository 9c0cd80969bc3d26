//! What is copied, held against both schemas: a table or column that a migration adds must not be forgotten.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use fanfare_core::{
    ports::{Clock, Monotonic},
    time::Timestamp,
};
use fanfare_servers::Postgres;

use super::{Kind, TABLES};
use crate::{
    postgres::{OpenOptions, PostgresStore},
    sqlite::SqliteStore,
};

struct StandingClock;

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_767_225_600)
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic::default()
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

fn copied(with: impl Fn(&super::Column) -> String) -> BTreeSet<String> {
    let columns = TABLES.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    columns.map(|(table, column)| format!("{} {}", table.name, with(column))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_column_of_postgres_is_copied() {
    let server = Postgres::start();
    let url = server.create_database();
    drop(PostgresStore::open(OpenOptions::new(url.parse().unwrap(), Arc::new(StandingClock))).await.unwrap());
    let sql = "SELECT c.relname || ' ' || a.attname || ' ' || a.atttypid::regtype
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                   AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                   AND c.relname NOT IN ('books', 'versions', 'fanfare_migrations')";
    let there: BTreeSet<String> =
        server.sql(url.rsplit('/').next().unwrap(), sql).lines().map(str::to_owned).collect();
    let kind = |kind| match kind {
        Kind::Bytes => "bytea",
        Kind::Text => "text",
        Kind::Big => "bigint",
        Kind::Integer => "integer",
        Kind::Small => "smallint",
        Kind::Switch => "boolean",
    };
    assert_eq!(copied(|column| format!("{} {}", column.name, kind(column.kind))), there);
}

#[test]
fn every_column_of_sqlite_is_copied() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    drop(SqliteStore::open_inline(&path, Arc::new(StandingClock)).unwrap());
    let conn = rusqlite::Connection::open(path).unwrap();
    // Generated columns are hidden ones.
    let sql = "SELECT t.name || ' ' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT IN ('books', 'payloads')";
    let mut there = conn.prepare(sql).unwrap();
    let there =
        there.query_map([], |row| row.get(0)).unwrap().collect::<Result<BTreeSet<String>, _>>().unwrap();
    let mut copied = copied(|column| column.name.to_owned());
    // Of the payload, SQLite keeps the place and PostgreSQL the bytes; what an index of PostgreSQL needs stands
    // in columns of its own.
    for apart in ["messages bytes", "endpoints mode", "endpoints scope", "endpoints profile"] {
        assert!(copied.remove(apart));
    }
    assert!(copied.insert("messages payload_place".to_owned()));
    assert_eq!(copied, there);
}
