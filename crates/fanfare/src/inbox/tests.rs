use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::body::Body;
use fanfare_core::{
    delivery::Method,
    id::ApplicationId,
    ports::{Clock as _, Failure, FailureKind, Outcome, SendOptions, Transport},
    render::{Header, Target},
    secret::Secret,
};
use http::{StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;
use crate::clock::SystemClock;

fn endpoint(number: u8) -> EndpointId {
    EndpointId([number; 20])
}

fn request(target: Target, body: &[u8]) -> Request {
    let header = |name: &str, value: &str, sensitive| Header {
        name: name.to_owned(),
        value: Secret::new(value),
        sensitive,
    };
    Request {
        method: Method::Post,
        target,
        headers: vec![
            header("X-Note", "<b>\"hi\"</b>", false),
            header("Authorization", "Bearer 123", true),
            header("x-note", "again", false),
        ],
        body: Bytes::copy_from_slice(body),
        key_number: None,
    }
}

fn receive(inbox: &Inbox, number: u8, body: &[u8]) {
    inbox.receive(endpoint(number), request(Target::Inbox(endpoint(number)), body), Timestamp::EPOCH);
}

async fn get(inbox: Inbox, path: &str, accept: &str) -> (http::response::Parts, String) {
    let request = http::Request::get(path).header(header::ACCEPT, accept).body(Body::empty()).unwrap();
    let response = routes(Arc::new(inbox)).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts, String::from_utf8(body.to_vec()).unwrap())
}

#[test]
fn keeps_the_newest_of_each_endpoint_newest_first() {
    let inbox = Inbox::default();
    receive(&inbox, 2, b"other");
    for number in 0..=INBOX_REQUESTS {
        receive(&inbox, 1, number.to_string().as_bytes());
    }
    let received = inbox.received(endpoint(1));
    assert_eq!(received.len(), INBOX_REQUESTS);
    assert_eq!(received[0].body, INBOX_REQUESTS.to_string());
    assert_eq!(received.last().unwrap().body, "1");
    assert_eq!(inbox.received(endpoint(2)).len(), 1);
}

#[test]
fn the_oldest_of_all_make_room_and_the_books_of_bytes_balance() {
    let inbox = Inbox::default();
    receive(&inbox, 1, b"old");
    let large = vec![b'x'; INBOX_BYTES / 4];
    for _ in 0..6 {
        receive(&inbox, 2, &large);
    }
    assert_eq!(inbox.received(endpoint(1)), []);
    assert_eq!(inbox.received(endpoint(2)).len(), 3);
    let shelves = inbox.shelves.lock();
    let kept: usize = shelves.by_endpoint.values().flatten().map(Received::bytes).sum();
    assert_eq!(shelves.bytes, kept);
    assert_eq!(shelves.by_endpoint.len(), 1);
}

#[tokio::test]
async fn json_shows_bodies_as_they_came_and_no_credentials() {
    let inbox = Inbox::default();
    receive(&inbox, 1, br#"{"big": 12345678901234567890.10}"#);
    receive(&inbox, 1, b"plain");
    receive(&inbox, 1, b"\xff\xfe");
    let (parts, body) = get(inbox, &format!("/inbox/{}", endpoint(1)), "*/*").await;
    assert_eq!(parts.status, StatusCode::OK);
    insta::assert_snapshot!(body);
}

#[tokio::test]
async fn the_page_is_escaped_and_may_load_nothing() {
    let inbox = Inbox::default();
    receive(&inbox, 1, br#"{"a":"<script>alert(1)</script>"}"#);
    let (parts, body) = get(inbox, &format!("/inbox/{}", endpoint(1)), "text/html,*/*").await;
    let policy = parts.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!body.contains("<script") && !body.contains("<b>") && !body.contains("Bearer 123"), "{body}");
    assert!(body.contains("&lt;script&gt;"), "{body}");
}

#[tokio::test]
async fn an_empty_inbox_is_shown_and_a_wrong_path_is_not() {
    let (parts, body) = get(Inbox::default(), &format!("/inbox/{}", endpoint(1)), "*/*").await;
    assert_eq!(parts.status, StatusCode::OK);
    assert!(body.contains("\"requests\": []"), "{body}");
    let (parts, _) = get(Inbox::default(), "/inbox/1", "*/*").await;
    assert_eq!(parts.status, StatusCode::NOT_FOUND);
}

struct Unreachable;

#[async_trait]
impl Transport for Unreachable {
    async fn send(&self, _: Request, _: &SendOptions) -> Outcome {
        Outcome { result: Err(Failure::new(FailureKind::Connect, "unreachable")), remote: None }
    }
}

#[tokio::test]
async fn the_transport_takes_only_what_is_for_the_inbox() {
    let (inbox, clock) = (Arc::new(Inbox::default()), Arc::new(SystemClock::new()));
    let now = clock.now();
    let transport = InboxTransport { inbox: Arc::clone(&inbox), clock, next: Arc::new(Unreachable) };
    let options = SendOptions {
        token: None,
        application: ApplicationId([0; 20]),
        timeout: Duration::from_secs(1),
        verify_tls: true,
    };
    let outcome = transport.send(request(Target::Inbox(endpoint(1)), b"{}"), &options).await;
    assert_eq!(outcome.result.unwrap().status, 200);
    assert!(inbox.received(endpoint(1))[0].at >= now);
    let url = Target::Http("http://example.com/".parse().unwrap());
    let outcome = transport.send(request(url, b"{}"), &options).await;
    assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Connect);
}
