//! One keep-alive connection to a server, driven on the task that uses it.
//!
//! hyper's usual form, a spawned task per connection, costs a hand-over between threads per request; polled
//! in place, the load generator leaves more of the machine to the server that it measures.

use std::{net::SocketAddr, pin::pin};

use bytes::Bytes;
use futures::future::{Either, select};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// No connection could be made.
    #[error("cannot connect: {0}")]
    Connect(#[from] std::io::Error),
    /// The connection broke off before the answer was complete.
    #[error("connection broke off: {0}")]
    Broken(#[from] hyper::Error),
}

/// A complete answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its body.
    pub(crate) body: Bytes,
}

/// A client of one server with one connection, remade when it broke.
pub(crate) struct Client {
    server: SocketAddr,
    open: Option<Open>,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: Connection<TokioIo<TcpStream>, Full<Bytes>>,
}

impl Client {
    /// A client that connects on its first request.
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self { server, open: None }
    }

    /// Sends `request` and waits for the whole answer. After an error the next request connects anew.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Reply, ClientError> {
        let open = match self.open.take() {
            Some(open) => open,
            None => Open::connect(self.server).await?,
        };
        let (reply, open) = open.exchange(request).await?;
        self.open = open;
        Ok(reply)
    }
}

impl Open {
    async fn connect(server: SocketAddr) -> Result<Self, ClientError> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, driver })
    }

    /// The answer, and the connection if it can be used again.
    async fn exchange(self, request: Request<Full<Bytes>>) -> Result<(Reply, Option<Self>), ClientError> {
        let Self { mut sender, driver } = self;
        let mut answer = pin!(async move {
            let response = sender.send_request(request).await?;
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            Ok((Reply { status, body }, sender))
        });
        match select(answer.as_mut(), driver).await {
            Either::Left((answered, driver)) => {
                answered.map(|(reply, sender)| (reply, Some(Self { sender, driver })))
            }
            // The connection ended, perhaps after a complete answer. Its driver is gone by now: a request
            // that it never took up from the sender would otherwise wait in it for ever.
            Either::Right((_, _)) => answer.await.map(|(reply, _)| (reply, None)),
        }
    }
}
