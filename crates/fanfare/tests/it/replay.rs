//! Replays and the stream of deliveries, from outside.

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::{
    SOON,
    api::Api,
    binary::{self, Outcome},
    receiver::{Receiver, Recorder, Script, within},
    server::TestServer,
};

/// A server with an endpoint that refuses the first `failing` of `count` messages for good.
async fn stage(failing: u32, count: usize) -> (TestServer, Api, std::sync::Arc<Recorder>, Receiver) {
    let server = TestServer::start().await;
    let api = server.api();
    api.create_application("acme").await;
    let recorder = Recorder::new(Script::failing_first(failing));
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    let (_, secret) =
        api.create_endpoint("acme", &receiver, json!({"uid": "main", "retrySchedule": []})).await;
    assert!(recorder.use_secret(&secret));
    for number in 0..count {
        api.post_message("acme", json!({"number": number})).await;
        arrivals(&recorder, number + 1).await;
    }
    (server, api, recorder, receiver)
}

async fn arrivals(recorder: &Recorder, count: usize) {
    let all = recorder.wait_until(SOON, |all| all.len() >= count).await;
    assert!(all.is_some(), "only {} of {count} arrived", recorder.all().len());
}

fn replay(server: &TestServer, words: &[&str]) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    let url = server.url();
    let first = ["replay", words[0]];
    let rest = ["--url", &url, "--key", server.key(), "--app", "acme"];
    binary::run(directory.path(), &[&first[..], &words[1..], &rest].concat())
}

fn lines(outcome: &Outcome) -> Vec<Value> {
    outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const SINCE: [&str; 2] = ["--since", "2020-01-01T00:00:00Z"];

#[tokio::test]
async fn the_command_counts_sends_and_tells() {
    let (server, _, recorder, _receiver) = stage(3, 5).await;
    let counted = replay(&server, &["start", SINCE[0], SINCE[1], "--dry-run", "--json"]);
    assert_eq!((counted.code, lines(&counted)), (Some(0), vec![json!({"count": 3, "skipped": 0})]));
    assert_eq!(recorder.all().len(), 5);
    let done = replay(&server, &["start", SINCE[0], SINCE[1], "--json"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let last = lines(&done).pop().unwrap();
    assert_eq!((&last["status"], &last["counted"], &last["sent"]), (&json!("done"), &json!(3), &json!(3)));
    arrivals(&recorder, 8).await;
    let id = last["id"].as_str().unwrap();
    let shown = replay(&server, &["show", id]);
    assert_eq!(shown.stdout, format!("{id} done: 3 of 3 sent again, 0 skipped, 0 gone\n"));
    let listed = replay(&server, &["list"]);
    assert!(listed.stdout.lines().nth(1).unwrap().starts_with(id), "{listed:?}");
}

#[tokio::test]
async fn a_job_goes_on_after_the_server_was_killed_and_can_be_called_off() {
    let (mut server, api, recorder, _receiver) = stage(6, 6).await;
    let begun = replay(&server, &["start", SINCE[0], SINCE[1], "--rate", "2", "--no-wait"]);
    let id = begun.stdout.trim().to_owned();
    arrivals(&recorder, 8).await;
    server.kill();
    server.launch().await;
    let done = replay(&server, &["show", &id, "--watch"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    arrivals(&recorder, 12).await;
    let job = api.get(&format!("/app/acme/replay/{id}")).await.expect(200);
    assert_eq!((&job["counted"], &job["sent"]), (&json!(6), &json!(6)));
    let again = ["start", SINCE[0], SINCE[1], "--rate", "1", "--state", "succeeded", "--no-wait"];
    let id = replay(&server, &again).stdout.trim().to_owned();
    let off = replay(&server, &["cancel", &id]);
    assert!(off.stdout.starts_with(&format!("{id} cancelled: ")), "{off:?}");
    let over = replay(&server, &["show", &id, "--watch"]);
    assert_eq!(over.code, Some(1), "{over:?}");
    assert!(over.stderr.contains("cancelled"), "{over:?}");
    let twice = replay(&server, &["cancel", &id]);
    assert!(twice.stderr.contains("refused with 409"), "{twice:?}");
}

#[tokio::test]
async fn wrong_options_are_told_with_their_place() {
    let (server, _, _, _receiver) = stage(0, 0).await;
    for (words, told) in [
        (&["start", "--since", "yesterday"][..], "body.since"),
        (&["start", SINCE[0], SINCE[1], "--state", "lost"], "body.states"),
        (&["start", SINCE[0], SINCE[1], "--rate", "0"], "body.rate"),
        (&["start", SINCE[0], SINCE[1], "--endpoint", "nobody"], "The endpoint does not exist"),
        (&["show", "job_nonsense"], "The replay does not exist"),
    ] {
        let outcome = replay(&server, words);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{words:?}");
        assert!(outcome.stderr.contains(told), "{words:?}: {}", outcome.stderr);
    }
}

#[tokio::test]
async fn a_stream_shows_deliveries_and_a_shutdown_ends_it_at_once() {
    let (mut server, api, recorder, _receiver) = stage(0, 0).await;
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (mut sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let request = Request::get("/api/v1/app/acme/delivery/stream?state=succeeded")
        .header(header::HOST, "localhost")
        .header(header::AUTHORIZATION, format!("Bearer {}", server.key()))
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let told = async {
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut body = response.into_body();
        let message = api.post_message("acme", json!({"number": 1})).await;
        arrivals(&recorder, 1).await;
        let mut text = String::new();
        while !text.contains(&message) {
            let frame = body.frame().await.unwrap().unwrap();
            text += std::str::from_utf8(&frame.into_data().unwrap()).unwrap();
        }
        assert!(text.contains("event: delivery\n"), "{text}");
        let begun = crate::receiver::monotonic_nanos();
        let (stopped, ended) = tokio::join!(server.stop(), async { body.frame().await.is_none() });
        assert!(stopped.success() && ended);
        let took = crate::receiver::monotonic_nanos() - begun;
        assert!(took < 5_000_000_000, "a stream held the shutdown up for {took} ns");
    };
    let told = std::pin::pin!(told);
    let both = futures::future::join(told, async { drop(driver.await) });
    assert!(within(SOON, both).await.is_some());
}
