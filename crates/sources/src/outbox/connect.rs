//! A session in the platform's database.

use async_trait::async_trait;
use fanfare_core::{limits::SOURCE_WAIT, ports::Clock};
use futures::future::BoxFuture;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::{source::SourceError, within::within};

/// What every session begins with. Deletes need not reach the disk before they count: a row that comes back is
/// known. A reader that vanished without a word, or that cannot work (it is frozen, its store is away), must not keep
/// its lock from others: where the server can (from version 14 on), it ends a session that asks for nothing.
const SETTINGS: &str = "SET application_name = 'fanfare outbox'; SET statement_timeout = '30s';
    SET synchronous_commit = off; SET client_encoding = 'UTF8';
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
    SELECT set_config(name, '15s', false) FROM pg_settings WHERE name = 'idle_session_timeout'";

/// How to reach the platform's database; who calls knows its URL and how it is encrypted.
#[async_trait]
pub trait Connect: Send + Sync {
    /// A new session and what must be polled for it to work, or why there is none, without any password.
    async fn connect(&self) -> Result<Driven, String>;
}

/// A session and what must be polled for it to work.
pub type Driven = (Client, BoxFuture<'static, ()>);

/// A session with its driver, which ends with it.
pub struct Connected {
    /// The session.
    pub client: Client,
    _driver: JoinSet<()>,
}

/// Opens a session.
pub(crate) async fn open(connect: &dyn Connect, clock: &dyn Clock) -> Result<Connected, SourceError> {
    let what = "cannot reach the outbox's database";
    let (client, driver) = within(clock, SOURCE_WAIT, what, connect.connect()).await?;
    let mut driving = JoinSet::new();
    driving.spawn(driver);
    within(clock, SOURCE_WAIT, what, client.batch_execute(SETTINGS)).await?;
    Ok(Connected { client, _driver: driving })
}
