//! The HTTP/1.1 server: hyper over a listener, bounded in connections, in the size of heads, in the time they
//! take, and in the time that answers wait to be taken. Bodies are the API's own concern.

mod linger;
mod write_wait;

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use fanfare_core::{
    limits::{API_HEAD_BYTES, API_HEAD_WAIT},
    ports::Clock,
};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use self::write_wait::WriteWait;

/// How long accepting rests after a failure that is the machine's own, such as too many open files.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Serves `router` until `closing` is cancelled, then lets the requests under way finish. At most
/// `connections` are open at once; further ones wait in the kernel's queue.
pub(crate) async fn serve(
    listener: TcpListener,
    connections: usize,
    router: Router,
    clock: Arc<dyn Clock>,
    closing: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(connections));
    let mut connections = JoinSet::new();
    let handler = Handler { router, clock, closing: closing.clone() };
    loop {
        tokio::select! {
            biased;
            () = closing.cancelled() => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, permit) = handler.accept(&listener, &room) => {
                // A token of its own: all connections would share the lock of one.
                let handler = Handler { closing: closing.child_token(), ..handler.clone() };
                connections.spawn(async move {
                    handler.connection(stream, peer).await;
                    drop(permit);
                });
            }
        }
    }
    // Closed before the last requests are: whoever connects now is better refused than left waiting.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

#[derive(Clone)]
struct Handler {
    router: Router,
    clock: Arc<dyn Clock>,
    closing: CancellationToken,
}

impl Handler {
    async fn accept(
        &self,
        listener: &TcpListener,
        room: &Arc<Semaphore>,
    ) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        let permit = Arc::clone(room).acquire_owned().await.expect("nobody closes this semaphore");
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, permit),
                // The client gave up before it was its turn.
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections for a moment");
                    self.clock.sleep(ACCEPT_REST).await;
                }
            }
        }
    }

    async fn connection(&self, stream: TcpStream, peer: SocketAddr) {
        // An answer is one small write that the client waits for.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot switch off Nagle's algorithm");
        }
        let stream = WriteWait::new(stream, Arc::clone(&self.clock));
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            self.router.clone().call(request)
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(API_HEAD_WAIT)
            .max_header_size(API_HEAD_BYTES)
            .max_buf_size(API_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let served = tokio::select! {
            biased;
            served = &mut connection => served,
            () = self.closing.cancelled() => {
                std::pin::Pin::new(&mut connection).graceful_shutdown();
                (&mut connection).await
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, "a connection to the API ended early");
        }
        let stream = connection.into_parts().io.into_inner();
        if stream.has_run_out() {
            // Whoever took nothing until now will not read why it ends.
            return;
        }
        let lingering = pin!(linger::until_read(stream.into_inner(), &*self.clock));
        tokio::select! {
            biased;
            () = self.closing.cancelled() => {}
            () = lingering => {}
        }
    }
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::ConnectionAborted | K::ConnectionReset | K::ConnectionRefused | K::Interrupted)
}

#[cfg(test)]
mod tests;
