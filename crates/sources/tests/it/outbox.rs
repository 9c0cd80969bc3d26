//! The outbox in a real PostgreSQL.

mod crash;
mod install;
mod order;
mod poison;
mod stand_by;

use std::sync::Arc;

use async_trait::async_trait;
use fanfare_servers::Postgres;
use fanfare_sources::outbox::{Connect, Driven, Outbox, Roles, install};
use fanfare_store::postgres::DatabaseUrl;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::node::TestNode;

/// A platform's database with an outbox.
pub(crate) struct Platform {
    pub(crate) postgres: Postgres,
    pub(crate) url: String,
    pub(crate) database: String,
}

/// How the outbox is reached.
pub(crate) struct Database(pub(crate) String);

#[async_trait]
impl Connect for Database {
    async fn connect(&self) -> Result<Driven, String> {
        self.0.parse::<DatabaseUrl>().map_err(|error| error.to_string())?.connect().await
    }
}

/// A session of the platform.
pub(crate) struct Session {
    pub(crate) client: Client,
    _driver: JoinSet<()>,
}

impl Platform {
    /// A database with the outbox in it.
    pub(crate) async fn start(node: &TestNode) -> Self {
        let postgres = Postgres::start();
        let url = postgres.create_database();
        let database = url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        let platform = Self { postgres, url, database };
        install(&Database(platform.url.clone()), &*node.clock, &Roles::default()).await.unwrap();
        platform
    }

    /// A reader of its outbox.
    pub(crate) fn outbox(&self, node: &TestNode) -> Outbox {
        Outbox::new(Arc::new(Database(self.url.clone())), Arc::clone(&node.clock))
    }

    /// A session of its own.
    pub(crate) async fn session(&self) -> Session {
        let (client, driver) = Database(self.url.clone()).connect().await.unwrap();
        let mut driving = JoinSet::new();
        driving.spawn(driver);
        Session { client, _driver: driving }
    }

    /// What a statement gives, as text.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.postgres.sql(&self.database, sql).trim().to_owned()
    }

    /// Rows that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.sql("SELECT count(*) FROM fanfare.outbox").parse().unwrap()
    }
}

impl Session {
    pub(crate) async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    /// Publishes into `shop`.
    pub(crate) async fn publish(&self, payload: &str, ordering_key: Option<&str>) -> i64 {
        let sql = "SELECT fanfare.publish('shop', 'order.paid', $1, ordering_key => $2)";
        self.client.query_one(sql, &[&payload, &ordering_key]).await.unwrap().get(0)
    }
}

/// A payload with a number in it.
pub(crate) fn numbered(n: usize) -> String {
    format!("{{\"n\":{n}}}")
}
