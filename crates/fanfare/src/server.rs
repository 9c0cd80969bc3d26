//! A whole server: the store, the transport, the engine and the HTTP server, wired, started and ended in order.

mod health;
mod http;
mod metrics;
mod open_files;
mod root;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use axum::Router;
use fanfare_api::ApiConfig;
use fanfare_console::{ConsoleConfig, Wire};
use fanfare_core::{
    endpoint::WebhookUrl,
    inbox::InboxUrls,
    node::Roles,
    ports::{Clock, Entropy, Transport},
    render::Request,
};
use fanfare_engine::{
    Engine, EngineConfig, Node,
    context::{Context, Ports},
    dispatch::Bounds,
};
use fanfare_outbound::{HttpTransport, Local, OutboundConfig};
use fanfare_store::sqlite::ServerLock;
use prometheus_client::registry::Registry;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::SystemClock,
    config::{Config, DeliveryConfig},
    entropy::OsEntropy,
    inbox::{self, Door, Inbox, InboxTransport},
    place::Place,
    profile_files, sources,
    welcome::{self, Welcome},
};

/// Threads that read the store beside the one that writes.
const STORE_READERS: usize = 4;

/// A running server. Dropping it is a crash; [`Server::stop`] is the orderly end.
pub(crate) struct Server {
    address: SocketAddr,
    welcome: Welcome,
    clock: Arc<dyn Clock>,
    grace: Duration,
    closing: CancellationToken,
    serving: JoinSet<()>,
    stopping: CancellationToken,
    node: JoinSet<()>,
    ending_sources: CancellationToken,
    sources: JoinSet<()>,
    engine: Engine,
    transport: Arc<HttpTransport>,
    // Also where no API is served: what goes to an inbox of ours is answered in place.
    _door: Option<Arc<Door>>,
    // Last, so that the next server finds everything closed.
    _lock: Option<ServerLock>,
}

/// What is there before the engine starts.
struct Foundation {
    context: Arc<Context>,
    transport: Arc<HttpTransport>,
    inbox: Arc<Inbox>,
    lock: Option<ServerLock>,
}

impl Server {
    /// Starts a server.
    pub(crate) async fn start(config: &Config) -> Result<Self> {
        // Before anything is made or shown: a taken port must not use up the key of the first start.
        let listen = config.server.listen;
        let listener = TcpListener::bind(listen).await.map_err(|error| cannot_listen(listen, &error))?;
        let address = listener.local_addr().context("cannot tell the address")?;
        let public_url = config.server.public_url(address);
        let inboxes = InboxUrls::below(&public_url);
        let planned = sources::Plan::of(&config.sources)?;
        let Foundation { context, transport, inbox, lock } = Foundation::lay(config, inboxes.clone()).await?;
        let clock = Arc::clone(&context.ports.clock);
        let mut registry = metrics::registry();
        let (engine, node) = start_engine(context, config, &mut registry).await?;
        let serves = config.node.roles.api;
        // Before the key of the first start is made: a start that fails here would not show it, nor any later one.
        let makes = serves && !engine.context().store().is_shared();
        planned.check(&engine, makes.then_some(welcome::ENVIRONMENT)).await?;
        let welcome = if serves { welcome::prepare(&engine, address).await? } else { Welcome::default() };
        let (closing, stopping) = (CancellationToken::new(), CancellationToken::new());
        let ending_sources = CancellationToken::new();
        let sources = planned.start(&engine, &mut registry, &ending_sources).await?;
        let mut router = health::routes(engine.clone(), closing.clone()).merge(metrics::routes(registry));
        if config.node.roles.api {
            router = router.merge(public_routes(&engine, public_url, inbox));
        }
        let door = inboxes.map(|inboxes| Arc::new(Door::new(engine.clone(), inboxes)));
        if let Some(door) = &door {
            let local: Arc<dyn Local> = Arc::clone(door) as _;
            transport.answer_locally(Arc::downgrade(&local));
            if config.node.roles.api {
                router = router.merge(Arc::clone(door).routes());
            }
        }
        let mut server = Self {
            address,
            welcome,
            clock: Arc::clone(&clock),
            grace: config.server.shutdown_grace(),
            closing: closing.clone(),
            serving: JoinSet::new(),
            stopping: stopping.clone(),
            node: JoinSet::new(),
            ending_sources,
            sources,
            engine,
            transport,
            _door: door,
            _lock: lock,
        };
        server.node.spawn(node.run(stopping));
        let connections = open_files::raise();
        server.serving.spawn(http::serve(listener, connections, router, clock, closing));
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a user wants to know at the start.
    pub(crate) fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Waits until a part ends that never should, and says which.
    pub(crate) async fn failed(&mut self) -> anyhow::Error {
        tokio::select! {
            biased;
            _ = self.node.join_next() => anyhow!("the engine ended by itself; its log says why"),
            _ = self.serving.join_next() => anyhow!("the HTTP server ended by itself; its log says why"),
            Some(_) = self.sources.join_next() => anyhow!("a source ended by itself; its log says why"),
        }
    }

    /// Ends in order: no new requests, those under way finish; no new attempts, those in flight finish or are
    /// released; the store is closed.
    pub(crate) async fn stop(mut self) {
        self.closing.cancel();
        self.ending_sources.cancel();
        self.engine.end_updates();
        tokio::select! {
            biased;
            _ = self.serving.join_next() => {}
            () = self.clock.sleep(self.grace) => {
                tracing::warn!("API requests that took too long were cut off");
            }
        }
        self.serving.shutdown().await;
        self.end_sources().await;
        self.stopping.cancel();
        while self.node.join_next().await.is_some() {}
        self.transport.close();
    }
}

impl Server {
    /// What they have under way finishes; what does not in time stays where it came from.
    async fn end_sources(&mut self) {
        let ended = async { while self.sources.join_next().await.is_some() {} };
        tokio::select! {
            biased;
            () = ended => {}
            () = self.clock.sleep(self.grace) => {
                tracing::warn!("sources that took too long were cut off; what they had comes again");
            }
        }
        self.sources.shutdown().await;
    }
}

impl Foundation {
    async fn lay(config: &Config, inboxes: Option<InboxUrls>) -> Result<Self> {
        let profiles = profile_files::load(config.profiles.directory.as_deref())?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let place = Place::made(config, &clock)?;
        if config.node.roles != Roles::ALL && matches!(place, Place::Directory(_)) {
            bail!(
                "the role `{}` alone is for one of several nodes on a database (--database-url): a data directory \
                 has one server, which does everything",
                config.node.roles
            );
        }
        let lock = place.lock()?;
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy::default());
        let opened = place.open_with_key(config, STORE_READERS, Arc::clone(&clock), &*entropy).await;
        let (store, master_key) = opened?;
        let network = HttpTransport::new(outbound_config(&config.delivery)?, Arc::clone(&clock));
        let network = Arc::new(network.context("cannot set up deliveries")?);
        let inbox = Arc::new(Inbox::default());
        let next: Arc<dyn Transport> = Arc::clone(&network) as _;
        let transport = InboxTransport { inbox: Arc::clone(&inbox), clock: Arc::clone(&clock), next };
        let ports = Ports { store, transport: Arc::new(transport), clock, entropy };
        let context = Context::serving(ports, master_key, profiles, inboxes);
        Ok(Self { context, transport: network, inbox, lock })
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> anyhow::Error {
    let what_to_do = match error.kind() {
        io::ErrorKind::AddrInUse => "stop what listens there, or choose another --listen address",
        io::ErrorKind::AddrNotAvailable => {
            "it is no address of this machine; choose another --listen address"
        }
        io::ErrorKind::PermissionDenied => "this user may not; choose another --listen port, from 1024 on",
        _ => "choose another --listen address",
    };
    anyhow!("cannot listen on {address} ({error}): {what_to_do}")
}

/// The server's URL as seen from this machine, also where it listens on all addresses.
pub(crate) fn local_url(address: SocketAddr) -> String {
    let here: IpAddr = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    format!("http://{}", SocketAddr::new(here, address.port()))
}

fn outbound_config(config: &DeliveryConfig) -> Result<OutboundConfig> {
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read the CA file {}", path.display()))
    };
    Ok(OutboundConfig {
        allow_networks: config.allow_network.iter().map(|network| network.0).collect(),
        extra_roots_pem: config.ca_file.as_ref().map(read).transpose()?,
        ..OutboundConfig::default()
    })
}

async fn start_engine(
    context: Arc<Context>,
    config: &Config,
    registry: &mut Registry,
) -> Result<(Engine, Node)> {
    let engine = EngineConfig {
        node: config.node.name(),
        roles: config.node.roles,
        lease: config.node.lease(),
        retention_days: config.retention.days,
        grace: config.server.shutdown_grace(),
        bounds: Bounds::default(),
    };
    Ok(Engine::start(context, engine, registry).await?)
}

/// What a node with the role `api` serves.
fn public_routes(engine: &Engine, public_url: String, inbox: Arc<Inbox>) -> Router {
    let console = ConsoleConfig {
        public_url: public_url.clone(),
        api: fanfare_api::description(),
        wire: Wire { head },
    };
    fanfare_api::router(engine.clone(), ApiConfig { public_url })
        .merge(fanfare_console::router(engine.clone(), &console))
        .merge(inbox::routes(inbox))
        .merge(root::routes())
}

/// The head of a request as the transport writes it, with plain line ends.
fn head(request: &Request, url: &WebhookUrl) -> Result<String, String> {
    let head = fanfare_outbound::head(request, url.as_url())?;
    Ok(String::from_utf8_lossy(&head).replace("\r\n", "\n").trim_end().to_owned())
}

#[cfg(test)]
mod tests;
