use std::net::SocketAddr;

use async_trait::async_trait;
use axum::{
    body::Bytes,
    http::StatusCode,
    routing::{get, post},
};
use fanfare_core::{limits::API_WRITE_WAIT, ports::Monotonic, time::Timestamp};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::Notify,
};

use super::*;
use crate::clock::SystemClock;

struct Running {
    address: SocketAddr,
    closing: CancellationToken,
    tasks: JoinSet<()>,
}

async fn start(router: Router) -> Running {
    start_with(router, 8, Arc::new(SystemClock::new())).await
}

async fn start_with(router: Router, connections: usize, clock: Arc<dyn Clock>) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, closing, mut tasks) =
        (listener.local_addr().unwrap(), CancellationToken::new(), JoinSet::new());
    tasks.spawn(serve(listener, connections, router, clock, closing.clone()));
    Running { address, closing, tasks }
}

async fn exchange(address: SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // What the server no longer wants may fail to go out; what it said must still be readable.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn answers_and_keeps_the_connection() {
    let server = start(Router::new().route("/", get(|| async { "hello" }))).await;
    let two = "GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answer = exchange(server.address, two, b"").await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
}

#[tokio::test]
async fn a_head_of_five_megabytes_is_refused_readably() {
    let server = start(Router::new()).await;
    let huge = vec![b'x'; 5 * 1024 * 1024];
    let answer = exchange(server.address, "GET / HTTP/1.1\r\nhost: a\r\nx-huge: ", &huge).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn an_answer_before_the_body_is_readable() {
    let refuse = post(|| async { StatusCode::PAYLOAD_TOO_LARGE });
    let server = start(Router::new().route("/", refuse)).await;
    let head = format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", 20 * 1024 * 1024);
    let answer = exchange(server.address, &head, &vec![b'x'; 20 * 1024 * 1024]).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn what_is_no_http_gets_400_and_an_end() {
    let server = start(Router::new()).await;
    let answer = exchange(server.address, "\x16\x03\x01 hello\r\n\r\n", b"").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn closing_lets_the_request_under_way_finish_and_accepts_no_more() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, go) = (Arc::clone(&entered), Arc::clone(&leave));
    let slow = post(move |body: Bytes| async move {
        inside.notify_one();
        go.notified().await;
        body
    });
    let mut server = start(Router::new().route("/", slow)).await;
    let address = server.address;
    let head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nok";
    let mut client = JoinSet::new();
    client.spawn(async move { exchange(address, head, b"").await });
    entered.notified().await;
    server.closing.cancel();
    // An idle connection ends at once; the busy one is waited for.
    leave.notify_one();
    let answer = client.join_next().await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("ok"), "{answer}");
    server.tasks.join_next().await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

/// A clock on which waiting for a client to take its answer is over at once, and no other wait ever is.
struct Impatient(SystemClock);

#[async_trait]
impl Clock for Impatient {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn monotonic(&self) -> Monotonic {
        self.0.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        if duration != API_WRITE_WAIT {
            std::future::pending::<()>().await;
        }
    }
}

#[tokio::test]
async fn a_client_that_never_reads_loses_its_connection_to_the_next() {
    let large = get(|| async { vec![b'x'; 64 * 1024 * 1024] });
    let router = Router::new().route("/large", large).route("/", get(|| async { "hello" }));
    let server = start_with(router, 1, Arc::new(Impatient(SystemClock::new()))).await;
    let mut never_reads = TcpStream::connect(server.address).await.unwrap();
    never_reads.write_all(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    // There is room for one connection: this one is served only when the first one is gone.
    let answer =
        exchange(server.address, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", b"").await;
    assert!(answer.ends_with("hello"), "{answer}");
    let mut rest = Vec::new();
    never_reads.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() < 64 * 1024 * 1024, "the answer was cut short");
}
