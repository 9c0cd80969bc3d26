//! A receiver that keeps every request exactly as it came over the wire.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::{Buf as _, BytesMut};
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
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

/// A running receiver; dropping it closes the port and all connections.
#[derive(Debug)]
pub(crate) struct WireReceiver {
    address: SocketAddr,
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
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let mut accepting = JoinSet::new();
        let answering = Answering::default();
        accepting.spawn(accept(listener, bounds, inbox, answering.clone()));
        Ok(Self { address, answering, _accepting: accepting })
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
        format!("http://{}{path}", self.address)
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

async fn accept(listener: TcpListener, bounds: Bounds, inbox: Arc<dyn WireInbox>, answering: Answering) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, from)) => {
                    let connection = Connection::new(stream, bounds);
                    connections.spawn(serve(connection, from, Arc::clone(&inbox), answering.clone()));
                }
                // Out of file descriptors: those in use must come free first.
                Err(_) => pause(Duration::from_millis(10)).await,
            },
        }
    }
}

/// Serves one connection. A sender that breaks off ends it; what arrived whole has been handed over.
async fn serve(
    mut connection: Connection,
    from: SocketAddr,
    inbox: Arc<dyn WireInbox>,
    answering: Answering,
) {
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

struct Connection {
    stream: TcpStream,
    bounds: Bounds,
    buffer: BytesMut,
}

impl Connection {
    fn new(stream: TcpStream, bounds: Bounds) -> Self {
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
        self.stream.write_all(head.as_bytes()).await
    }
}

#[cfg(test)]
mod tests;
