//! Endpoints that hang: they accept every connection and never answer.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::receiver::pause;

/// A port where nobody answers; dropping it closes all its connections.
#[derive(Debug)]
pub(crate) struct HangingReceiver {
    address: SocketAddr,
    open: Arc<AtomicUsize>,
    _accepting: JoinSet<()>,
}

impl HangingReceiver {
    /// Listens on a free port of the given address.
    pub(crate) async fn start(mut on: SocketAddr) -> io::Result<Self> {
        on.set_port(0);
        let listener = TcpListener::bind(on).await?;
        let address = listener.local_addr()?;
        let open = Arc::new(AtomicUsize::new(0));
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&open)));
        Ok(Self { address, open, _accepting: accepting })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that it holds open now.
    pub(crate) fn connections(&self) -> usize {
        self.open.load(Relaxed)
    }
}

async fn accept(listener: TcpListener, open: Arc<AtomicUsize>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(hold(stream, Arc::clone(&open))); }
                Err(_) => pause(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Reads until the sender gives up, so that it never waits for room in a buffer either.
async fn hold(mut stream: TcpStream, open: Arc<AtomicUsize>) {
    open.fetch_add(1, Relaxed);
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer).await, Ok(1..)) {}
    open.fetch_sub(1, Relaxed);
}
