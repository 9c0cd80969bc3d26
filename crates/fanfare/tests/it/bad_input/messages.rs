//! Messages that are refused.

use http::Method;
use serde_json::json;

use crate::{
    api::Api,
    receiver::{Receiver, Recorder, Script},
    server::TestServer,
};

const PATH: &str = "/app/acme/msg";
/// Largest body of a post, in bytes.
const BODY_LIMIT: usize = 6 * 1024 * 1024;

async fn start() -> (TestServer, Api) {
    let server = TestServer::start().await;
    let api = server.api();
    api.create_application("acme").await;
    (server, api)
}

async fn assert_nothing_stored(api: &Api) {
    let list = api.get(PATH).await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(0), "{list}");
}

#[tokio::test]
async fn what_is_no_valid_message_is_refused_with_its_place() {
    let (_server, api) = start().await;
    let invalid = [
        (r#"{"eventType":"a.b","payload":{}"#, "body"),
        ("", "body"),
        (r#""text""#, "body"),
        (r#"{"eventType":"a.b","payload":{}} trailing"#, "body"),
        (r#"{"payload":{}}"#, "body.eventType"),
        (r#"{"eventType":7,"payload":{}}"#, "body.eventType"),
        (r#"{"eventType":"no spaces","payload":{}}"#, "body.eventType"),
        (r#"{"eventType":"a.b"}"#, "body.payload"),
        (r#"{"eventType":"a.b","payload":[1,2]}"#, "body.payload"),
        (r#"{"eventType":"a.b","payload":"text"}"#, "body.payload"),
        (r#"{"eventType":"a.b","payload":null}"#, "body.payload"),
        (r#"{"eventType":"a.b","payload":{},"channels":[]}"#, "body.channels"),
        (r#"{"eventType":"a.b","payload":{},"channels":["no spaces"]}"#, "body.channels.0"),
        (r#"{"eventType":"a.b","payload":{},"eventId":"no spaces"}"#, "body.eventId"),
        (r#"{"eventType":"a.b","payload":{},"deliverAt":"tomorrow"}"#, "body.deliverAt"),
    ];
    for (body, place) in invalid {
        let answer = api.call(Method::POST, PATH, body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        answer.expect_invalid(place);
    }
    assert_nothing_stored(&api).await;
}

#[tokio::test]
async fn a_body_that_is_not_utf8_is_refused() {
    let (_server, api) = start().await;
    let body = [&br#"{"eventType":"a.b","payload":{"text":""#[..], &[0xc3, 0x28], br#""}}"#].concat();
    api.call(Method::POST, PATH, body).await.expect_invalid("body");
    assert_nothing_stored(&api).await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_with_413_that_the_client_can_read() {
    let (_server, api) = start().await;
    let body = json!({"eventType": "a.b", "payload": {"pad": "x".repeat(BODY_LIMIT)}}).to_string();
    // The whole body is sent before the answer is read, as simple clients do.
    api.call(Method::POST, PATH, body).await.expect_error(413, "payload_too_large");
    assert_nothing_stored(&api).await;
}

#[tokio::test]
async fn a_body_at_the_limit_is_delivered() {
    let (_server, api) = start().await;
    let recorder = Recorder::new(Script::default());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    api.create_endpoint("acme", &receiver, json!({})).await;
    let around = json!({"eventType": "a.b", "payload": {"pad": ""}}).to_string().len();
    let body = json!({"eventType": "a.b", "payload": {"pad": "x".repeat(BODY_LIMIT - around)}}).to_string();
    assert_eq!(body.len(), BODY_LIMIT);
    api.call(Method::POST, PATH, body).await.expect(202);
    let all = recorder.wait_until(crate::SOON, |all| all.len() == 1).await.expect("it is delivered");
    assert!(all[0].body.len() > BODY_LIMIT - 100);
}

#[tokio::test]
async fn an_event_id_is_taken_once() {
    let (_server, api) = start().await;
    let message = json!({"eventType": "a.b", "payload": {}, "eventId": "order-1"});
    api.post(PATH, message.clone()).await.expect(202);
    api.post(PATH, message).await.expect_error(409, "conflict");
    let list = api.get(PATH).await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_message_for_an_unknown_application_is_404() {
    let (_server, api) = start().await;
    let message = json!({"eventType": "a.b", "payload": {}});
    for unknown in ["nobody", "app_2srOrx2ZWZBpBUvZwXKQmoEYga2", "app_short"] {
        api.post(&format!("/app/{unknown}/msg"), message.clone()).await.expect_error(404, "not_found");
    }
}
