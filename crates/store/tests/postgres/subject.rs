//! PostgreSQL stores in databases of their own, as subjects of the suite.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use fanfare_core::{ports::Store, time::Timestamp};
use fanfare_servers::{PgBouncer, Postgres, until};
use fanfare_store::{
    conformance::Subject,
    postgres::{OpenOptions, PostgresStore},
};

use crate::StandingClock;

/// When the cases begin: their messages lie in partitions, not beside them.
const START: Timestamp = Timestamp(1_767_225_600_000_000);

/// A server, and a store in it that has its tables and nothing else.
pub(crate) struct Subjects {
    server: Arc<Postgres>,
    template: String,
    /// Where the stores are reached through one.
    pooler: Option<PgBouncer>,
}

impl Subjects {
    pub(crate) async fn start() -> Self {
        let server = Arc::new(Postgres::start());
        let url = server.create_database();
        drop(open(&url).await);
        let template = name(&url);
        let users = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{template}'");
        until("nobody uses the template", Duration::from_secs(20), || server.sql("postgres", &users) == "0");
        Self { server, template, pooler: None }
    }

    /// The same, with a PgBouncer in transaction mode before the server.
    pub(crate) async fn start_pooled() -> Self {
        let direct = Self::start().await;
        let pooler = Some(PgBouncer::start(&direct.server));
        Self { pooler, ..direct }
    }

    /// An empty store.
    pub(crate) async fn subject(&self) -> PostgresSubject {
        let direct = self.server.clone_database(&self.template);
        let database = name(&direct);
        let url = match &self.pooler {
            None => direct,
            Some(pooler) => format!("{}?pgbouncer=true", pooler.url(&database)),
        };
        let store = Arc::new(open(&url).await);
        PostgresSubject { store, server: Arc::clone(&self.server), database }
    }
}

async fn open(url: &str) -> PostgresStore {
    open_at(url, START).await
}

/// Opens a store at some time.
pub(crate) async fn open_at(url: &str, now: Timestamp) -> PostgresStore {
    let options = OpenOptions::new(url.parse().unwrap(), Arc::new(StandingClock(now)));
    PostgresStore::open(options).await.unwrap()
}

/// The name of the database of a URL.
pub(crate) fn name(url: &str) -> String {
    url.rsplit('/').next().unwrap().to_owned()
}

pub(crate) struct PostgresSubject {
    store: Arc<PostgresStore>,
    pub(crate) server: Arc<Postgres>,
    pub(crate) database: String,
}

#[async_trait]
impl Subject for PostgresSubject {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    /// The database's clock cannot be set; leases can be made to have begun earlier.
    async fn pass(&self, time: Duration) {
        let micros = time.as_micros();
        let sql = format!("UPDATE nodes SET lease_until = lease_until - {micros}");
        self.server.sql(&self.database, &sql);
    }

    async fn audit_rows(&self) -> Vec<(String, String, String)> {
        let rows = self.server.sql(&self.database, "SELECT actor, action, target FROM audit ORDER BY id");
        let fields = |line: &str| {
            let mut fields = line.split('|').map(str::to_owned);
            let mut next = || fields.next().unwrap();
            (next(), next(), next())
        };
        rows.lines().map(fields).collect()
    }

    async fn damage(&self) -> Vec<String> {
        self.store.integrity_check().await.unwrap()
    }
}
