//! Bodies that are too large, and what is left of them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::body::Body;
use bytes::Bytes;
use fanfare_core::limits::{API_BODIES_BYTES, API_BODY_BYTES, API_SMALL_BODY_BYTES, MESSAGE_BODY_BYTES};
use futures::{StreamExt as _, stream};
use serde_json::json;

use crate::TestApp;

const CHUNK: usize = 64 * 1024;

/// A body of that many chunks, counting those that were read.
fn counted(chunks: usize) -> (Body, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    let chunks = stream::iter(0..chunks).map(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>(Bytes::from(vec![b' '; CHUNK]))
    });
    (Body::from_stream(chunks), read)
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_limit_is_drained_before_413() {
    let app = TestApp::start().await;
    app.application("acme").await;
    for (path, limit) in [("/api/v1/app/acme/msg", MESSAGE_BODY_BYTES), ("/api/v1/app", API_BODY_BYTES)] {
        let chunks = limit / CHUNK + 10;
        let (body, read) = counted(chunks);
        app.post_bytes(path, body).await.refused(413, "payload_too_large");
        assert_eq!(read.load(Ordering::Relaxed), chunks, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn draining_has_an_end() {
    let app = TestApp::start().await;
    let (body, read) = counted(100_000);
    app.post_bytes("/api/v1/app", body).await.refused(413, "payload_too_large");
    assert!(read.load(Ordering::Relaxed) < 1_100);
}

#[tokio::test(start_paused = true)]
async fn a_large_message_is_fine_up_to_the_limit() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let head = r#"{"eventType":"a.b","payload":{"x":""#;
    let tail = r#""}}"#;
    let body = format!("{head}{}{tail}", "x".repeat(MESSAGE_BODY_BYTES - head.len() - tail.len()));
    assert_eq!(body.len(), MESSAGE_BODY_BYTES);
    app.post_bytes("/api/v1/app/acme/msg", body.clone()).await.json(202);
    app.post_bytes("/api/v1/app/acme/msg", format!("{body} ")).await.refused(413, "payload_too_large");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let app = TestApp::start().await;
    let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    app.post_bytes("/api/v1/app", body).await.refused(408, "request_timeout");
}

#[tokio::test(start_paused = true)]
async fn large_bodies_wait_for_room_and_small_ones_do_not() {
    let app = TestApp::start().await;
    let never = || {
        app.post_bytes("/api/v1/app", Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>()))
    };
    // What has no length may come to the limit.
    let many = API_BODIES_BYTES / API_BODY_BYTES;
    let mut held: Vec<_> = (0..many).map(|_| Box::pin(never())).collect();
    for one in &mut held {
        assert!(futures::poll!(one).is_pending());
    }
    let large = json!({"name": "x".repeat(API_SMALL_BODY_BYTES)});
    app.post("/api/v1/app", large.clone()).await.refused(503, "overloaded");
    app.post("/api/v1/app", json!({"name": "small"})).await.json(201);
    drop(held);
    app.post("/api/v1/app", large).await.invalid(&["body", "name"]);
}

#[tokio::test(start_paused = true)]
async fn a_deeply_nested_body_is_no_danger() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let deep = |text: &str, n: usize| text.repeat(n);
    let payload = format!("{}1{}", deep(r#"{"a":"#, 100_000), deep("}", 100_000));
    let body = format!(r#"{{"eventType":"a","payload":{payload}}}"#);
    assert_eq!(app.post_bytes("/api/v1/app/acme/msg", body).await.status, 202);
    let schema = format!("{}1{}", deep(r#"{"a":"#, 10_000), deep("}", 10_000));
    let body = format!(r#"{{"name":"a","description":"","schemas":{{"1":{schema}}}}}"#);
    assert_eq!(app.post_bytes("/api/v1/event-type", body).await.status, 422);
    app.post("/api/v1/app", json!({"name": "still here"})).await.json(201);
}
