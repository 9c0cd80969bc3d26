//! From an origin to a connection: resolve, check every address, connect to a checked one, TLS.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use fanfare_core::ports::{Clock, Failure, FailureKind};
use futures::stream::{FuturesUnordered, StreamExt};
use ipnet::IpNet;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use url::Host;

use crate::{
    connection::{Connection, Stream},
    guard::{Guard, Refused},
    pool::{Origin, PoolKey},
    progress::{Progress, Step},
    resolve::Resolve,
    tls::{TlsClients, in_words},
};

/// Addresses of one host that are tried at most.
const CANDIDATES: usize = 8;

pub(crate) struct Connector {
    pub(crate) guard: Guard,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) tls: TlsClients,
    pub(crate) stagger: Duration,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Connector {
    /// Opens a connection that fits `key`.
    pub(crate) async fn open(&self, key: &PoolKey, progress: &mut Progress) -> Result<Connection, Failure> {
        let origin = &key.origin;
        progress.step = Step::Resolving;
        let found = self.resolve(&origin.host).await?;
        let candidates = self.checked(&origin.host, found)?;
        progress.step = Step::Connecting;
        let (stream, remote) = self.connect(origin, candidates).await?;
        progress.remote = Some(remote);
        let stream = if origin.tls {
            progress.step = Step::Securing;
            self.secure(stream, key).await?
        } else {
            Stream::Plain(stream)
        };
        Ok(Connection::new(stream, remote))
    }

    async fn resolve(&self, host: &Host) -> Result<Vec<IpAddr>, Failure> {
        let name = match host {
            Host::Ipv4(address) => return Ok(vec![(*address).into()]),
            Host::Ipv6(address) => return Ok(vec![(*address).into()]),
            Host::Domain(name) => name,
        };
        let found = self.resolver.resolve(name).await;
        let found = found
            .map_err(|error| failure(FailureKind::Dns, host, format!("could not be resolved: {error}")))?;
        if found.is_empty() {
            return Err(failure(FailureKind::Dns, host, "has no address"));
        }
        Ok(found)
    }

    /// The addresses that may be reached, the families in turn (RFC 8305 §4). One that may not be reached
    /// does not spoil the others, since only these are ever connected to.
    fn checked(&self, host: &Host, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, Failure> {
        let mut refused = None;
        let mut allowed = Vec::with_capacity(found.len());
        for address in found {
            match self.guard.check(address) {
                Ok(()) => allowed.push(address),
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        match refused {
            Some(why) if allowed.is_empty() => Err(refusal(host, &why)),
            _ => Ok(interleave(allowed)),
        }
    }

    /// Tries the candidates in order, the next one as soon as the last has failed or has taken its time
    /// (RFC 8305 §5); the first that connects wins and the others are dropped.
    async fn connect(
        &self,
        origin: &Origin,
        candidates: Vec<IpAddr>,
    ) -> Result<(TcpStream, IpAddr), Failure> {
        let mut waiting = candidates.into_iter();
        let mut trying = FuturesUnordered::new();
        let mut last = None;
        loop {
            match waiting.next() {
                Some(address) => trying.push(dial(SocketAddr::new(address, origin.port))),
                None if trying.is_empty() => return Err(unreachable(origin, last)),
                None => {}
            }
            tokio::select! {
                biased;
                Some((address, tried)) = trying.next() => match tried {
                    Ok(stream) => return Ok((stream, address.ip())),
                    Err(error) => last = Some((address, error)),
                },
                () = self.clock.sleep(self.stagger), if waiting.len() > 0 => {}
            }
        }
    }

    async fn secure(&self, stream: TcpStream, key: &PoolKey) -> Result<Stream, Failure> {
        let host = &key.origin.host;
        let name = server_name(host)?;
        match self.tls.connector(key.verify_tls).connect(name, stream).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(error) => Err(failure(FailureKind::Tls, host, in_words(&error))),
        }
    }
}

async fn dial(address: SocketAddr) -> (SocketAddr, io::Result<TcpStream>) {
    let stream = TcpStream::connect(address).await;
    // A request is one write; waiting for more of it would only delay it.
    let stream = stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
    (address, stream)
}

fn interleave(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let Some(first) = addresses.first().copied() else { return addresses };
    let (mut these, mut others): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first.is_ipv4());
    these.truncate(CANDIDATES);
    others.truncate(CANDIDATES);
    let mut mixed = Vec::with_capacity(these.len() + others.len());
    let mut others = others.into_iter();
    for address in these {
        mixed.push(address);
        mixed.extend(others.next());
    }
    mixed.extend(others);
    mixed.truncate(CANDIDATES);
    mixed
}

/// A trailing dot belongs to DNS; certificates and SNI have none (RFC 6066 §3).
fn server_name(host: &Host) -> Result<ServerName<'static>, Failure> {
    match host {
        Host::Ipv4(address) => Ok(ServerName::IpAddress(IpAddr::V4(*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress(IpAddr::V6(*address).into())),
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
            .map_err(|_| failure(FailureKind::Tls, host, "is not a name that a certificate can have")),
    }
}

fn refusal(host: &Host, why: &Refused) -> Failure {
    let hint = IpNet::from(why.address);
    let what = format!("may not be reached: {why}; the server's `--allow-network {hint}` would allow it");
    failure(FailureKind::AddressRefused, host, what)
}

fn unreachable(origin: &Origin, last: Option<(SocketAddr, io::Error)>) -> Failure {
    let host = &origin.host;
    let Some((address, error)) = last else {
        return failure(FailureKind::Connect, host, "has no address to connect to");
    };
    let message = match host {
        Host::Domain(name) => format!("no connection to {name} at {address}: {error}"),
        Host::Ipv4(_) | Host::Ipv6(_) => format!("no connection to {address}: {error}"),
    };
    Failure::new(FailureKind::Connect, message)
}

fn failure(kind: FailureKind, host: &Host, what: impl AsRef<str>) -> Failure {
    Failure::new(kind, format!("{host} {}", what.as_ref()))
}

#[cfg(test)]
mod tests;
