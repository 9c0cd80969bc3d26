//! Hints between nodes: `NOTIFY`, and a connection of its own that listens.
//!
//! A hint is for the impatient only, so that nothing here is ever an error to anybody: where nobody listens,
//! polling finds the same. A pooler that lends connections out by the transaction cannot listen: then there is
//! none, unless a direct address is given.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::atomic::{AtomicI32, Ordering},
    time::Duration,
};

use fanfare_core::ports::{
    Clock,
    store::{Hint, StoreResult},
};
use futures::{
    Stream, StreamExt as _,
    future::{Either, select},
    stream,
};
use tokio::sync::Mutex;
use tokio_postgres::{AsyncMessage, Client, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    PostgresStore,
    connection::transaction,
    fault::{Done, Fault},
    query::{run, values},
};

/// How long after a listening connection was lost another is tried.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
const CHANNEL: &str = "fanfare_hints";

/// What listens, and what is told.
pub(super) struct Hints {
    /// Where to listen directly; nothing where that cannot be.
    listen: Option<(tokio_postgres::Config, MakeRustlsConnect)>,
    listener: Mutex<Option<Listener>>,
    /// What tells our own hints from others': the number of the connection that listens.
    own: AtomicI32,
}

struct Listener {
    /// Dropped, it ends the connection.
    _client: Client,
    messages: Messages,
}

type Messages = Pin<Box<dyn Stream<Item = Result<AsyncMessage, Error>> + Send>>;

impl Hints {
    pub(super) fn new(listen: Option<(tokio_postgres::Config, MakeRustlsConnect)>) -> Self {
        Self { listen, listener: Mutex::new(None), own: AtomicI32::new(0) }
    }

    /// Tells the other nodes.
    pub(super) async fn tell(&self, store: &PostgresStore, hint: Hint) -> StoreResult<()> {
        let text = format!("{} {}", word(hint), self.own.load(Ordering::Relaxed));
        transaction!(store.writing(), |tx| {
            run(tx, "SELECT pg_notify($1, $2)", values![CHANNEL, text.as_str()]).await.map(drop)
        })
    }

    /// The next hint of another node. Cancel-safe: the connection stays.
    pub(super) async fn next(&self, clock: &dyn Clock) -> Hint {
        let Some((config, tls)) = &self.listen else { return std::future::pending().await };
        let mut listener = self.listener.lock().await;
        loop {
            if listener.is_none() {
                match self.begin(config, tls).await {
                    Ok(begun) => *listener = Some(begun),
                    Err(fault) => {
                        tracing::debug!(%fault, "nobody listens for hints of other nodes");
                        clock.sleep(AGAIN_AFTER).await;
                        continue;
                    }
                }
            }
            let Some(listening) = listener.as_mut() else { continue };
            match listening.messages.next().await {
                Some(Ok(AsyncMessage::Notification(told))) => {
                    if let Some(hint) = self.of_another(told.payload()) {
                        return hint;
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => *listener = None,
            }
        }
    }

    async fn begin(&self, config: &tokio_postgres::Config, tls: &MakeRustlsConnect) -> Done<Listener> {
        let (client, mut connection) = config.connect(tls.clone()).await?;
        let mut messages: Messages = Box::pin(stream::poll_fn(move |cx| connection.poll_message(cx)));
        let own = {
            let listen = async {
                client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
                client.query_one("SELECT pg_backend_pid()", &[]).await?.try_get::<_, i32>(0)
            };
            // The connection works while we wait; what it tells by then may get lost.
            let drive = poll_fn(|cx| {
                loop {
                    match std::task::ready!(messages.poll_next_unpin(cx)) {
                        Some(Ok(_)) => {}
                        Some(Err(_)) | None => return std::task::Poll::Ready(()),
                    }
                }
            });
            match select(std::pin::pin!(listen), drive).await {
                Either::Left((own, _)) => own?,
                Either::Right(_) => return Err(Fault::NoConnection("the connection was lost".to_owned())),
            }
        };
        self.own.store(own, Ordering::Relaxed);
        Ok(Listener { _client: client, messages })
    }

    fn of_another(&self, payload: &str) -> Option<Hint> {
        let (told, by) = payload.split_once(' ')?;
        let own = by.parse() == Ok(self.own.load(Ordering::Relaxed));
        [Hint::Configuration, Hint::Lanes].into_iter().find(|hint| word(*hint) == told).filter(|_| !own)
    }
}

fn word(hint: Hint) -> &'static str {
    match hint {
        Hint::Configuration => "configuration",
        Hint::Lanes => "lanes",
    }
}
