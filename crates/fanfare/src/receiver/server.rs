//! The listening side: hyper on a loopback port, one task per connection, all ended when it is dropped.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{monotonic_nanos, pause};

/// One webhook as it arrived.
#[derive(Debug)]
pub(crate) struct Webhook<'a> {
    /// The path of the request.
    pub(crate) path: &'a str,
    /// Its headers.
    pub(crate) headers: &'a HeaderMap,
    /// Its body.
    pub(crate) body: &'a Bytes,
    /// When its last byte was read, in [`monotonic_nanos`].
    pub(crate) at: u64,
}

/// How a webhook is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// At once.
    Now(StatusCode),
    /// After a while.
    After(Duration, StatusCode),
    /// Not at all; the connection stays open.
    Never,
}

/// Who looks at the webhooks and decides about the answers.
pub(crate) trait Inbox: Send + Sync + 'static {
    /// Takes one webhook. Called on the connection's task: it must be quick.
    fn receive(&self, webhook: &Webhook<'_>) -> Answer;
}

/// A running receiver; dropping it closes the port and all connections.
#[derive(Debug)]
pub(crate) struct Receiver {
    address: SocketAddr,
    _accepting: JoinSet<()>,
}

impl Receiver {
    /// Listens on `address` (port 0 takes a free one) and hands every webhook to `inbox`.
    pub(crate) async fn start(address: SocketAddr, inbox: Arc<dyn Inbox>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, inbox));
        Ok(Self { address, _accepting: accepting })
    }

    /// Listens on a free port of 127.0.0.1.
    pub(crate) async fn on_loopback(inbox: Arc<dyn Inbox>) -> io::Result<Self> {
        Self::start(SocketAddr::from(([127, 0, 0, 1], 0)), inbox).await
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

async fn accept(listener: TcpListener, inbox: Arc<dyn Inbox>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(serve(stream, Arc::clone(&inbox))); }
                // Out of file descriptors: those in use must come free first.
                Err(_) => pause(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, inbox: Arc<dyn Inbox>) {
    // Without it the answer may wait for an acknowledgement; where it is refused the figures tell.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(request, &*inbox));
    // A sender that breaks off in the middle ends its connection; what arrived whole has been counted.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, inbox: &dyn Inbox) -> hyper::Result<Response<Empty<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let webhook =
        Webhook { path: head.uri.path(), headers: &head.headers, body: &body, at: monotonic_nanos() };
    let status = match inbox.receive(&webhook) {
        Answer::Now(status) => status,
        Answer::After(delay, status) => {
            pause(delay).await;
            status
        }
        Answer::Never => std::future::pending().await,
    };
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}

#[cfg(test)]
mod tests;
