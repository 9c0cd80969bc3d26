//! A receiver that keeps every request exactly as it came over the wire.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::{Buf as _, BytesMut};
use http::StatusCode;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer},
};

use super::{
    answers::Reply,
    pause,
    wire::{Bounds, Progress, WireError, WireRequest, parse},
};

/// Connections at once; further ones wait in the kernel's queue.
const CONNECTIONS: usize = 256;

/// Who looks at the requests and decides about the answers.
#[async_trait]
pub(crate) trait WireInbox: Send + Sync + 'static {
    /// Takes one request.
    async fn receive(&self, request: WireRequest, from: SocketAddr) -> Reply;

    /// Is told of something that could not be read.
    async fn refuse(&self, why: WireError, from: SocketAddr);
}

/// A certificate for 127.0.0.1 that nobody else has signed, made for one run.
pub(crate) struct Certificate {
    acceptor: TlsAcceptor,
    pem: String,
}

impl Certificate {
    /// Makes one.
    pub(crate) fn issue() -> Result<Self, CertificateError> {
        let issued = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
        let key = PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![issued.cert.der().clone()], key.into())?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), pem: issued.cert.pem() })
    }

    /// What a sender has to trust.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    /// It could not be made.
    #[error("cannot make a certificate: {0}")]
    Made(#[from] rcgen::Error),
    /// It cannot be used.
    #[error("cannot use the certificate: {0}")]
    Used(#[from] tokio_rustls::rustls::Error),
}

/// A running receiver; dropping it closes the port and all connections.
#[derive(Debug)]
pub(crate) struct WireReceiver {
    address: SocketAddr,
    scheme: &'static str,
    answering: Answering,
    _accepting: JoinSet<()>,
}

impl WireReceiver {
    /// Listens on `address` (port 0 takes a free one) and hands every request to `inbox`.
    pub(crate) async fn start(
        address: SocketAddr,
        bounds: Bounds,
        inbox: Arc<dyn WireInbox>,
    ) -> io::Result<Self> {
        Self::start_with(address, bounds, inbox, None).await
    }

    /// The same over TLS, on a free port of 127.0.0.1.
    pub(crate) async fn start_secured(
        certificate: &Certificate,
        bounds: Bounds,
        inbox: Arc<dyn WireInbox>,
    ) -> io::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_with(address, bounds, inbox, Some(certificate.acceptor.clone())).await
    }

    async fn start_with(
        address: SocketAddr,
        bounds: Bounds,
        inbox: Arc<dyn WireInbox>,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let mut accepting = JoinSet::new();
        let (answering, scheme) = (Answering::default(), if tls.is_some() { "https" } else { "http" });
        accepting.spawn(accept(listener, Door { bounds, inbox, answering: answering.clone(), tls }));
        Ok(Self { address, scheme, answering, _accepting: accepting })
    }

    /// Waits until whatever was received so far has been answered, but for what never is.
    pub(crate) async fn answered(&self) {
        // The receiver itself holds the other end.
        let _ = self.answering.0.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path` here.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }
}

/// How many requests are being answered.
#[derive(Debug, Clone, Default)]
struct Answering(Arc<watch::Sender<usize>>);

impl Answering {
    /// One more, until the guard is dropped.
    fn begin(&self) -> AnsweringOne {
        self.0.send_modify(|count| *count += 1);
        AnsweringOne(self.clone())
    }
}

struct AnsweringOne(Answering);

impl Drop for AnsweringOne {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

/// What every connection comes through.
#[derive(Clone)]
struct Door {
    bounds: Bounds,
    inbox: Arc<dyn WireInbox>,
    answering: Answering,
    tls: Option<TlsAcceptor>,
}

async fn accept(listener: TcpListener, door: Door) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, from)) => { connections.spawn(welcome(stream, from, door.clone())); }
                // Out of file descriptors: those in use must come free first.
                Err(_) => pause(Duration::from_millis(10)).await,
            },
        }
    }
}

async fn welcome(stream: TcpStream, from: SocketAddr, door: Door) {
    let bounds = door.bounds;
    match &door.tls {
        None => serve(Connection::new(stream, bounds), from, &door).await,
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => serve(Connection::new(stream, bounds), from, &door).await,
            Err(why) => {
                let why = WireError::Malformed(format!("no TLS session: {why}"));
                door.inbox.refuse(why, from).await;
            }
        },
    }
}

/// Serves one connection. A sender that breaks off ends it; what arrived whole has been handed over.
async fn serve<S: Stream>(mut connection: Connection<S>, from: SocketAddr, door: &Door) {
    let Door { inbox, answering, .. } = door;
    loop {
        let again = match connection.next().await {
            Ok(Some(request)) => {
                let one = answering.begin();
                let keeps_alive = request.keeps_alive();
                let reply = inbox.receive(request, from).await;
                connection
                    .reply(&reply, keeps_alive, one)
                    .await
                    .map(|()| keeps_alive && reply != Reply::Close)
            }
            Ok(None) | Err(Broken::Io) => return,
            Err(Broken::Wire(why)) => {
                let status = connection.refuse(&why).await;
                inbox.refuse(why, from).await;
                status.map(|()| false)
            }
        };
        if !matches!(again, Ok(true)) {
            return;
        }
    }
}

/// Why a connection is of no more use.
enum Broken {
    Io,
    Wire(WireError),
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Io
    }
}

/// What a connection runs over.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

struct Connection<S> {
    stream: S,
    bounds: Bounds,
    buffer: BytesMut,
}

impl<S: Stream> Connection<S> {
    fn new(stream: S, bounds: Bounds) -> Self {
        Self { stream, bounds, buffer: BytesMut::new() }
    }

    /// The next request; none if the sender has ended the connection between two.
    async fn next(&mut self) -> Result<Option<WireRequest>, Broken> {
        let mut told_to_go_on = false;
        loop {
            match parse(&self.buffer, self.bounds).map_err(Broken::Wire)? {
                Progress::Whole(request, length) => {
                    self.buffer.advance(length);
                    return Ok(Some(*request));
                }
                Progress::InBody { waits: true, .. } if !told_to_go_on => {
                    told_to_go_on = true;
                    self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
                    self.stream.flush().await?;
                }
                Progress::InHead | Progress::InBody { .. } => {
                    if self.stream.read_buf(&mut self.buffer).await? == 0 {
                        return self.ended();
                    }
                }
            }
        }
    }

    fn ended(&self) -> Result<Option<WireRequest>, Broken> {
        if self.buffer.is_empty() {
            return Ok(None);
        }
        Err(Broken::Wire(WireError::Malformed("the connection ended in the middle".into())))
    }

    async fn reply(&mut self, reply: &Reply, keeps_alive: bool, one: AnsweringOne) -> io::Result<()> {
        let (status, wait, headers) = match reply {
            Reply::Close => return Ok(()),
            Reply::Hang => {
                drop(one);
                return self.hang().await;
            }
            Reply::Answer { status, wait, headers } => (*status, *wait, headers),
        };
        pause(wait).await;
        self.write(status, headers, keeps_alive).await
    }

    /// Says nothing until the sender gives up.
    async fn hang(&mut self) -> io::Result<()> {
        let mut unread = [0; 1024];
        while self.stream.read(&mut unread).await? > 0 {}
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    async fn refuse(&mut self, why: &WireError) -> io::Result<()> {
        let status = match why {
            WireError::Malformed(_) => 400,
            WireError::HeadTooLarge(_) => 431,
            WireError::BodyTooLarge(_) => 413,
        };
        self.write(status, &[], false).await
    }

    async fn write(
        &mut self,
        status: u16,
        headers: &[(String, String)],
        keeps_alive: bool,
    ) -> io::Result<()> {
        let known = StatusCode::from_u16(status).ok();
        let reason = known.and_then(|status| status.canonical_reason()).unwrap_or("Unnamed");
        let mut head = format!("HTTP/1.1 {status} {reason}\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        // RFC 9110 §8.6: a 204 says nothing of a length, and a 304 not this one.
        if !matches!(status, 204 | 304) {
            head += "Content-Length: 0\r\n";
        }
        head += if keeps_alive { "\r\n" } else { "Connection: close\r\n\r\n" };
        self.stream.write_all(head.as_bytes()).await?;
        self.stream.flush().await
    }
}

#[cfg(test)]
mod tests;
