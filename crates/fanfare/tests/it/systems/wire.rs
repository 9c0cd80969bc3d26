//! A receiver that reads the socket itself: every byte of a request as it came.

use std::{collections::VecDeque, net::SocketAddr, sync::Arc};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use crate::{SOON, receiver::within};

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Raw {
    /// The request line and the headers, without the empty line that ends them.
    pub(crate) head: String,
    /// The body's bytes.
    pub(crate) body: Vec<u8>,
}

/// A receiver of raw requests.
pub(crate) struct Wire {
    address: SocketAddr,
    seen: Arc<Seen>,
    _connections: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Raw>>,
    statuses: Mutex<VecDeque<u16>>,
    count: watch::Sender<usize>,
}

impl Raw {
    /// The value of the one header of exactly this name, letter case included.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        found.find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("bodies are UTF-8")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("bodies are JSON")
    }
}

impl Wire {
    /// A receiver that answers 200.
    pub(crate) async fn open() -> Self {
        Self::answering([]).await
    }

    /// A receiver that answers with these, then with 200.
    pub(crate) async fn answering(statuses: impl IntoIterator<Item = u16>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen { statuses: Mutex::new(statuses.into_iter().collect()), ..Seen::default() });
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, Arc::clone(&seen)));
        Self { address, seen, _connections: connections }
    }

    /// Its URL.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Host and port, as the `Host` header names them.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// All requests, as soon as there are `count`.
    pub(crate) async fn requests(&self, count: usize) -> Vec<Raw> {
        let mut seen = self.seen.count.subscribe();
        let enough = within(SOON, seen.wait_for(|seen| *seen >= count)).await;
        assert!(enough.is_some(), "only {:?} of {count} arrived", self.so_far());
        self.so_far()
    }

    /// The first request.
    pub(crate) async fn first(&self) -> Raw {
        self.requests(1).await.remove(0)
    }

    /// The first request that is one of those.
    pub(crate) async fn request(&self, is_one: impl Fn(&Raw) -> bool) -> Raw {
        let mut seen = self.seen.count.subscribe();
        let come = seen.wait_for(|_| self.seen.requests.lock().iter().any(&is_one));
        assert!(within(SOON, come).await.is_some(), "not among {:?}", self.so_far());
        self.so_far().into_iter().find(&is_one).unwrap()
    }

    /// The requests until now.
    pub(crate) fn so_far(&self) -> Vec<Raw> {
        self.seen.requests.lock().clone()
    }
}

async fn accept(listener: TcpListener, seen: Arc<Seen>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&seen)));
    }
}

/// Serves one connection until its other side ends it.
async fn serve(mut stream: TcpStream, seen: Arc<Seen>) {
    while let Some(raw) = read(&mut stream).await {
        let status = seen.statuses.lock().pop_front().unwrap_or(200);
        seen.requests.lock().push(raw);
        seen.count.send_modify(|count| *count += 1);
        let answer = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Raw> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().trim_end().replace("\r\n", "\n");
    let length = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
    };
    let mut body = vec![0; head.lines().find_map(length).unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(Raw { head, body })
}
