//! The other side of the wire, played by hand: a listener whose connections a test reads and writes.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
};

pub(crate) struct Receiver {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Receiver {
    pub(crate) async fn bind() -> Self {
        Self::bind_to("127.0.0.1:0").await
    }

    pub(crate) async fn bind_to(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn accept(&self) -> Peer<TcpStream> {
        Peer::new(self.listener.accept().await.unwrap().0)
    }

    /// Takes a connection and its first request, and answers with `answer`.
    pub(crate) async fn answer(&self, answer: &str) -> Peer<TcpStream> {
        let mut peer = self.accept().await;
        peer.read_request().await;
        peer.write(answer).await;
        peer
    }

    /// Panics if somebody has connected and was not accepted.
    pub(crate) async fn expect_nobody(&self) {
        reactor_turn().await;
        tokio::select! {
            biased;
            _ = self.listener.accept() => panic!("somebody connected"),
            () = std::future::ready(()) => {}
        }
    }
}

/// One connection, seen from the receiver.
pub(crate) struct Peer<S> {
    pub(crate) stream: S,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream }
    }

    /// One request, exactly as it came.
    pub(crate) async fn read_request(&mut self) -> String {
        let mut bytes = self.read_head().await.into_bytes();
        let head = String::from_utf8(bytes.clone()).unwrap();
        let length = head.split("Content-Length: ").nth(1).unwrap().split("\r\n").next().unwrap();
        let from = bytes.len();
        bytes.resize(from + length.parse::<usize>().unwrap(), 0);
        self.stream.read_exact(&mut bytes[from..]).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// The head of a request and not a byte more.
    pub(crate) async fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    pub(crate) async fn write(&mut self, text: &str) {
        self.write_bytes(text.as_bytes()).await;
    }

    pub(crate) async fn write_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Waits until the sender ends the connection, and answers with what still came before that.
    pub(crate) async fn ended(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A reset is as good an end as any.
        let _ = bounded(self.stream.read_to_end(&mut bytes)).await;
        bytes
    }
}

impl Peer<TcpStream> {
    /// Ends the connection with RST instead of FIN.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }
}

/// Lets the runtime see all that has already happened on its sockets.
pub(crate) async fn reactor_turn() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for _ in 0..2 {
        socket.send_to(b"x", socket.local_addr().unwrap()).await.unwrap();
        socket.recv(&mut [0; 1]).await.unwrap();
    }
}

/// Plays both sides at once.
pub(crate) async fn both<A, B>(sender: impl Future<Output = A>, receiver: impl Future<Output = B>) -> (A, B) {
    bounded(async { tokio::join!(sender, receiver) }).await
}

/// A story that hangs fails instead.
#[expect(clippy::disallowed_methods, reason = "a guard against a hanging test, not a wait")]
async fn bounded<T>(story: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), story).await.expect("the story ends")
}
