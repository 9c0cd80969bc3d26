//! Applications and endpoints that are refused.

use serde_json::{Value, json};

use crate::{api::Api, server::TestServer};

const PATH: &str = "/app/acme/endpoint";
const URL: &str = "https://example.com/hook";

async fn start() -> (TestServer, Api) {
    let server = TestServer::start().await;
    let api = server.api();
    api.create_application("acme").await;
    (server, api)
}

fn endpoint(field: &str, value: Value) -> Value {
    let mut body = json!({"url": URL});
    body[field] = value;
    body
}

async fn assert_no_endpoint(api: &Api) {
    let list = api.get(PATH).await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(0), "{list}");
}

#[tokio::test]
async fn a_url_must_be_http_and_complete() {
    let (_server, api) = start().await;
    let bad = [
        "",
        "example.com",
        "ftp://example.com/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://",
        "https://example.com/#top",
        "https://exa mple.com/",
        "http://[::1/",
    ];
    for url in bad {
        let answer = api.post(PATH, json!({"url": url})).await;
        assert_eq!(answer.status, 422, "`{url}`: {}", answer.text);
        answer.expect_invalid("body.url");
    }
    api.post(PATH, json!({})).await.expect_invalid("body.url");
    assert_no_endpoint(&api).await;
}

#[tokio::test]
async fn filters_must_name_what_exists() {
    let (_server, api) = start().await;
    api.post("/event-type", json!({"name": "known", "description": ""})).await.expect(201);
    for field in ["filterTypes", "eventTypes"] {
        api.post(PATH, endpoint(field, json!(["known", "unknown"]))).await.expect(422);
        api.post(PATH, endpoint(field, json!([]))).await.expect(422);
    }
    api.post(PATH, endpoint("channels", json!([]))).await.expect(422);
    api.post(PATH, endpoint("channels", json!(["no spaces"]))).await.expect(422);
    assert_no_endpoint(&api).await;
    api.post(PATH, endpoint("filterTypes", json!(["known"]))).await.expect(201);
}

#[tokio::test]
async fn headers_that_would_inject_or_are_the_servers_own_are_refused() {
    let (_server, api) = start().await;
    let bad = [
        ("X-Custom", "line\r\nX-Injected: yes"),
        ("X-Custom", "nul\u{0}byte"),
        ("X-Custom\r\nX-Injected", "yes"),
        ("no spaces", "value"),
        ("", "value"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Host", "inside.example.com"),
        ("User-Agent", "mine"),
        ("Webhook-Id", "mine"),
        ("svix-signature", "mine"),
        ("X-Amz-Security-Token", "mine"),
    ];
    for (name, value) in bad {
        let answer = api.post(PATH, endpoint("headers", json!({name: value}))).await;
        assert_eq!(answer.status, 422, "`{name}: {value}`: {}", answer.text);
    }
    assert_no_endpoint(&api).await;
    api.post(PATH, endpoint("uid", json!("main"))).await.expect(201);
    for (name, value) in bad {
        let body = json!({"headers": {name: value}});
        let answer = api.put(&format!("{PATH}/main/headers"), body).await;
        assert_eq!(answer.status, 422, "`{name}: {value}`: {}", answer.text);
    }
    let headers = api.get(&format!("{PATH}/main/headers")).await.expect(200);
    assert_eq!(headers["headers"], json!({}), "none was kept");
}

#[tokio::test]
async fn secrets_must_be_base64_of_a_sensible_length() {
    let (_server, api) = start().await;
    let bad = ["", "short", "whsec_", "whsec_not*base64*not*base64*not*base64*", "whsec_AAAA", "whpk_AAAA"];
    let too_long = format!("whsec_{}", "A".repeat(104));
    for secret in bad.into_iter().chain([too_long.as_str()]) {
        let answer = api.post(PATH, endpoint("secret", json!(secret))).await;
        assert_eq!(answer.status, 422, "`{secret}`: {}", answer.text);
    }
    assert_no_endpoint(&api).await;
    api.post(PATH, endpoint("uid", json!("main"))).await.expect(201);
    let rotate = format!("{PATH}/main/secret/rotate");
    assert_eq!(api.post(&rotate, json!({"key": "short"})).await.status, 422);
    assert_eq!(api.post(&rotate, json!({"gracePeriodSeconds": 604_801})).await.status, 422);
}

#[tokio::test]
async fn a_uid_is_taken_once_and_free_again_after_deletion() {
    let (_server, api) = start().await;
    api.post("/app", json!({"name": "Other", "uid": "acme"})).await.expect_error(409, "conflict");
    api.post(PATH, endpoint("uid", json!("main"))).await.expect(201);
    api.post(PATH, endpoint("uid", json!("main"))).await.expect_error(409, "conflict");
    api.delete(&format!("{PATH}/main")).await.expect(204);
    api.post(PATH, endpoint("uid", json!("main"))).await.expect(201);
    for uid in ["no spaces", "app_2srOrx2ZWZBpBUvZwXKQmoEYga2", "", "a/b"] {
        api.post("/app", json!({"name": "Other", "uid": uid})).await.expect_invalid("body.uid");
    }
}

#[tokio::test]
async fn wrong_types_and_bounds_are_refused() {
    let (_server, api) = start().await;
    let bad = [
        ("disabled", json!("yes")),
        ("rateLimit", json!(0)),
        ("throttleRate", json!(-1)),
        ("metadata", json!({"number": 1})),
        ("metadata", json!({"big": "x".repeat(20_000)})),
        ("description", json!(7)),
        ("retrySchedule", json!(["soon"])),
        ("maxConcurrency", json!(0)),
    ];
    for (field, value) in bad {
        let answer = api.post(PATH, endpoint(field, value)).await;
        assert_eq!(answer.status, 422, "{field}: {}", answer.text);
    }
    assert_no_endpoint(&api).await;
    api.post("/app", json!({"name": ""})).await.expect_invalid("body.name");
    api.post("/app", json!({"uid": "nameless"})).await.expect_invalid("body.name");
}
