//! Requests that are no good HTTP, or too much of it.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{SOON, receiver::within, server::TestServer};

/// Sends bytes, reads what comes until the server closes or its answer is complete.
async fn exchange(server: &TestServer, bytes: &[u8]) -> String {
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let mut answer = Vec::new();
    let talk = async {
        // The server may close while we still write; what it said before counts.
        let written = writing.write_all(bytes);
        let read = async {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reading.read(&mut buffer).await {
                answer.extend_from_slice(&buffer[..length]);
                if is_complete(&answer) {
                    break;
                }
            }
        };
        let _ = tokio::join!(written, read);
    };
    assert!(within(SOON, talk).await.is_some(), "the server neither answers nor closes");
    String::from_utf8_lossy(&answer).into_owned()
}

fn is_complete(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.trim().parse().unwrap())
}

fn post(server: &TestServer, extra: &str, body: &str) -> String {
    let (key, length) = (server.key(), body.len());
    format!(
        "POST /api/v1/app HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{extra}\r\n{body}"
    )
}

async fn assert_alive(server: &TestServer) {
    server.api().get("/app").await.expect(200);
}

#[tokio::test]
async fn a_head_of_five_megabytes_is_431() {
    let server = TestServer::start().await;
    let header = format!("x-big: {}\r\n", "x".repeat(5 * 1024 * 1024));
    let answer = exchange(&server, post(&server, &header, "{}").as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_alive(&server).await;
}

#[tokio::test]
async fn headers_that_are_not_utf8_do_no_harm() {
    let server = TestServer::start().await;
    let mut request =
        b"GET /api/v1/app HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \xff\xfe\r\n\r\n".to_vec();
    let answer = exchange(&server, &request).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    request = b"GET /api/v1/app/%ff%fe HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ".to_vec();
    request.extend_from_slice(server.key().as_bytes());
    request.extend_from_slice(b"\r\n\r\n");
    let answer = exchange(&server, &request).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_alive(&server).await;
}

#[tokio::test]
async fn garbage_is_400_or_closed() {
    let server = TestServer::start().await;
    for garbage in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"hello\r\n\r\n", b"\0\0\0\0\r\n\r\n"]
    {
        let answer = exchange(&server, garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    let both = post(&server, "transfer-encoding: chunked\r\n", "0\r\n\r\n");
    let answer = exchange(&server, both.as_bytes()).await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "two lengths in one request: {answer}");
    assert_alive(&server).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_stores_nothing() {
    let server = TestServer::start().await;
    let whole = post(&server, "", r#"{"name": "Broken", "uid": "broken"}"#);
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(&whole.as_bytes()[..whole.len() - 5]).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    // A reset is as good an answer as a 4xx.
    let _ = within(Duration::from_secs(60), stream.read_to_end(&mut answer)).await.expect("it ends");
    assert!(!answer.starts_with(b"HTTP/1.1 2"));
    server.api().get("/app/broken").await.expect_error(404, "not_found");
}
