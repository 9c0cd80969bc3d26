//! A URL that leads to a private address is refused at delivery, and the attempt shows it.

use serde_json::json;

use crate::{
    receiver::{Receiver, Recorder, Script},
    server::TestServer,
};

#[tokio::test]
async fn a_private_address_is_refused_at_delivery_and_seen_in_the_attempt() {
    let server = TestServer::start_with(&[]).await;
    let recorder = Recorder::new(Script::default());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    let api = server.api();
    api.create_application("acme").await;
    let port = receiver.address().port();
    let urls = [
        receiver.url("/"),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://2130706433:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://10.0.0.1/".to_owned(),
    ];
    for url in &urls {
        let body = json!({"url": url, "retrySchedule": []});
        api.post("/app/acme/endpoint", body).await.expect(201);
    }
    let message = api.post_message("acme", json!({"secret": "inside"})).await;

    let attempts = api.attempts("acme", &message, |attempts| attempts.len() == urls.len()).await;
    for attempt in attempts {
        assert_eq!(attempt["responseStatusCode"], 0, "{attempt}");
        assert_eq!(attempt["status"], 2, "{attempt}");
        assert!(
            attempt["response"].as_str().unwrap().contains("may not be reached"),
            "it says why: {attempt}"
        );
    }
    assert_eq!(recorder.all().len(), 0, "nothing reached the private address");
}

#[tokio::test]
async fn a_redirect_is_shown_and_not_followed() {
    let server = TestServer::start().await;
    let inside = Recorder::new(Script::default());
    let target = Receiver::on_loopback(inside.clone()).await.unwrap();
    let redirecting = redirect_to(target.url("/"));
    let api = server.api();
    api.create_application("acme").await;
    let body = json!({"url": redirecting.url, "retrySchedule": []});
    api.post("/app/acme/endpoint", body).await.expect(201);
    let message = api.post_message("acme", json!({})).await;

    let attempts = api.attempts("acme", &message, |attempts| attempts.len() == 1).await;
    assert_eq!(attempts[0]["responseStatusCode"], 302);
    assert_eq!(attempts[0]["status"], 2);
    assert_eq!(inside.all().len(), 0);
}

struct Redirecting {
    url: String,
    _thread: std::thread::JoinHandle<()>,
}

/// Answers one request with a redirect.
fn redirect_to(target: String) -> Redirecting {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        assert!(stream.read(&mut buffer).unwrap() > 0);
        let answer = format!("HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
    });
    Redirecting { url, _thread: thread }
}
