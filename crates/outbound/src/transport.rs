//! The transport itself: one attempt under one deadline, over a pooled connection or a fresh one.

mod authorized;

use std::{
    borrow::Cow,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use fanfare_core::{
    limits::TOKENS_KEPT,
    ports::{Clock, Failure, FailureKind, Outcome, Response, SendOptions, Transport},
    render::{Request, Target},
    secret::{REDACTED, credential, hidden},
};
use tokio::task::JoinSet;
use url::Url;

use crate::{
    config::{OutboundConfig, SetupError},
    connect::Connector,
    connection::Connection,
    exchange::{Answer, Broken, exchange},
    guard::Guard,
    local::Local,
    pool::{Origin, Pool, PoolBounds, PoolKey},
    progress::{Progress, Step},
    request::write_head,
    resolve::{Resolve, SystemResolver},
    tls::TlsClients,
    tokens::Tokens,
};

/// Sends requests over the network. Dropping it, or [`close`](Self::close), ends its idle connections; a
/// connection in use belongs to the future of its attempt and ends with it.
pub struct HttpTransport {
    connector: Connector,
    pool: Arc<Pool<Connection>>,
    tokens: Arc<Tokens>,
    clock: Arc<dyn Clock>,
    closed: AtomicBool,
    /// Weak, since whoever answers may in turn send through this transport.
    local: OnceLock<Weak<dyn Local>>,
    /// Ends with the transport.
    _sweeper: JoinSet<()>,
}

impl HttpTransport {
    /// A transport that resolves names as the system does. Needs to be made inside a tokio runtime, where it
    /// keeps one task that closes old idle connections.
    pub fn new(config: OutboundConfig, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        Self::with_resolver(config, clock, Arc::new(SystemResolver::new()?))
    }

    /// The same with another way to resolve names.
    pub fn with_resolver(
        config: OutboundConfig,
        clock: Arc<dyn Clock>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, SetupError> {
        let tls = TlsClients::new(config.extra_roots_pem.as_deref())?;
        let pool = Arc::new(Pool::new(PoolBounds {
            total: config.idle_connections,
            per_key: config.idle_connections_per_origin,
            age: config.idle_timeout,
        }));
        let tokens = Arc::new(Tokens::new(TOKENS_KEPT));
        let mut sweeper = JoinSet::new();
        let swept = (Arc::clone(&pool), Arc::clone(&tokens));
        sweeper.spawn(sweep(swept, Arc::clone(&clock), config.idle_timeout));
        let connector = Connector {
            guard: Guard::new(config.allow_networks),
            resolver,
            tls,
            stagger: config.connect_stagger,
            clock: Arc::clone(&clock),
        };
        let (closed, local) = (AtomicBool::new(false), OnceLock::new());
        Ok(Self { connector, pool, tokens, clock, closed, local, _sweeper: sweeper })
    }

    /// From now on requests to what `local` answers go to it, as long as it is there; the first one counts.
    pub fn answer_locally(&self, local: Weak<dyn Local>) {
        if self.local.set(local).is_err() {
            tracing::error!("a second set of local addresses is left out");
        }
    }

    /// Closes all idle connections and sends nothing from now on. What is in flight is left to end, and its
    /// connections are closed then.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.pool.close();
    }

    /// One attempt in the time that is `left` of its timeout.
    async fn timed(
        &self,
        left: Duration,
        url: &Url,
        request: &Request,
        options: &SendOptions,
        progress: &mut Progress,
    ) -> Result<Response, Failure> {
        tokio::select! {
            biased;
            result = self.attempt(url, request, options, progress) => result,
            () = self.clock.sleep(left) => {
                Err(progress.timed_out(url.host_str().unwrap_or_default(), options.timeout))
            }
        }
    }

    async fn attempt(
        &self,
        url: &Url,
        request: &Request,
        options: &SendOptions,
        progress: &mut Progress,
    ) -> Result<Response, Failure> {
        let head = write_head(request, url).map_err(|why| Failure::new(FailureKind::Request, why))?;
        let local = self.local.get().and_then(Weak::upgrade).filter(|local| local.answers(url));
        if let Some(local) = local {
            progress.step = Step::Waiting;
            return Ok(local.answer(url, &head.bytes, &request.body).await);
        }
        let key = pool_key(url, options)?;
        if let Some(mut connection) = self.take_quiet(&key) {
            progress.remote = Some(connection.remote);
            match exchange(&mut connection, &head, &request.body, progress).await {
                Ok(answer) => return Ok(without_credentials(self.finish(key, connection, answer), request)),
                Err(broken) if broken.unanswered => tracing::debug!(
                    host = %key.origin.host, what = broken.what, "replacing an idle connection that died"
                ),
                Err(broken) => return Err(failure(&key, &broken)),
            }
        }
        // Boxed, since connecting is rare and its state would make every attempt's future large.
        let mut connection = Box::pin(self.connector.open(&key, progress)).await?;
        match exchange(&mut connection, &head, &request.body, progress).await {
            Ok(answer) => Ok(without_credentials(self.finish(key, connection, answer), request)),
            Err(broken) => Err(failure(&key, &broken)),
        }
    }

    fn take_quiet(&self, key: &PoolKey) -> Option<Connection> {
        std::iter::from_fn(|| self.pool.take(key))
            .find_map(|mut connection| connection.is_quiet().then_some(connection))
    }

    fn finish(&self, key: PoolKey, connection: Connection, answer: Answer) -> Response {
        if answer.reusable {
            self.pool.put(key, connection, self.clock.monotonic());
        }
        answer.response
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request, options: &SendOptions) -> Outcome {
        let mut progress = Progress::default();
        let result = match &request.target {
            Target::Inbox(_) => Err(refused("an inbox is not reached over the network")),
            Target::Http(_) if self.closed.load(Ordering::Acquire) => {
                Err(refused("the server is shutting down"))
            }
            Target::Http(url) => match &options.token {
                None => self.timed(options.timeout, url, &request, options, &mut progress).await,
                // Boxed, as few requests carry a token.
                Some(source) => {
                    Box::pin(self.send_authorized(url, &request, options, source, &mut progress)).await
                }
            },
        };
        Outcome { result, remote: progress.remote }
    }
}

impl Drop for HttpTransport {
    fn drop(&mut self) {
        self.close();
    }
}

/// Closes idle connections in time, to within a quarter of their age, and forgets tokens that expired.
async fn sweep((pool, tokens): (Arc<Pool<Connection>>, Arc<Tokens>), clock: Arc<dyn Clock>, age: Duration) {
    loop {
        clock.sleep(age / 4).await;
        pool.sweep(clock.monotonic());
        tokens.sweep(clock.monotonic());
    }
}

fn pool_key(url: &Url, options: &SendOptions) -> Result<PoolKey, Failure> {
    let tls = match url.scheme() {
        "https" => true,
        "http" => false,
        other => return Err(refused(&format!("requests cannot be sent to {other}: URLs"))),
    };
    let host = url.host().ok_or_else(|| refused("the URL has no host"))?.to_owned();
    let port = url.port_or_known_default().ok_or_else(|| refused("the URL has no port"))?;
    let origin = Origin { host, port, tls };
    Ok(PoolKey { application: options.application, origin, verify_tls: options.verify_tls })
}

/// An answer that repeats credentials of the request is kept without them: it is stored and shown.
fn without_credentials(response: Response, request: &Request) -> Response {
    let mut sensitive = request.headers.iter().filter(|header| header.sensitive).peekable();
    if response.body.is_empty() || sensitive.peek().is_none() {
        return response;
    }
    let text = String::from_utf8_lossy(&response.body);
    let secrets = sensitive.map(|header| credential(header.value.reveal()).1);
    let text = match secrets.fold(text, hidden) {
        Cow::Owned(text) if text.contains(REDACTED) => Bytes::from(text),
        _ => return response,
    };
    Response { body: text, ..response }
}

fn refused(why: &str) -> Failure {
    Failure::new(FailureKind::Request, why)
}

fn failure(key: &PoolKey, broken: &Broken) -> Failure {
    Failure::new(broken.kind, format!("{} {}", key.origin.host, broken.what))
}
