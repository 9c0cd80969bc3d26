//! Lists asked for in ways that make no sense.

use serde_json::json;

use crate::server::TestServer;

#[tokio::test]
async fn bad_iterators_limits_and_filters_are_422() {
    let server = TestServer::start().await;
    let api = server.api();
    api.create_application("acme").await;
    api.post("/app/acme/endpoint", json!({"url": "https://example.com/", "uid": "main"})).await.expect(201);
    let message = api.post_message("acme", json!({})).await;
    let lists = [
        "/app".to_owned(),
        "/app/acme/endpoint".to_owned(),
        "/app/acme/msg".to_owned(),
        "/app/acme/attempt/endpoint/main".to_owned(),
        format!("/app/acme/attempt/msg/{message}"),
        "/event-type".to_owned(),
    ];
    let bad = ["iterator=not%20an%20iterator", "limit=251", "limit=-1", "limit=ten"];
    for list in &lists {
        for query in bad {
            let answer = api.get(&format!("{list}?{query}")).await;
            assert_eq!(answer.status, 422, "{list}?{query}: {}", answer.text);
        }
        api.get(&format!("{list}?limit=250")).await.expect(200);
    }
    let timed = ["before=yesterday", "after=2026-13-01T00:00:00Z", "status=9", "status_code_class=250"];
    for query in timed {
        let answer = api.get(&format!("/app/acme/attempt/endpoint/main?{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text);
    }
    let other_kind = api.get(&format!("/app?iterator={message}")).await;
    assert_eq!(other_kind.status, 422, "an iterator of another list: {}", other_kind.text);
}

#[tokio::test]
async fn iterators_lead_through_a_list_in_both_directions() {
    let server = TestServer::start().await;
    let api = server.api();
    for number in 0..5 {
        api.create_application(&format!("app-{number}")).await;
    }
    let uids = |page: &serde_json::Value| -> Vec<String> {
        let items = page["data"].as_array().unwrap().iter();
        items.map(|item| item["uid"].as_str().unwrap().to_owned()).collect()
    };
    let first = api.get("/app?limit=2").await.expect(200);
    assert_eq!(uids(&first), ["app-0", "app-1"]);
    assert_eq!(first["done"], false);
    let next = first["iterator"].as_str().unwrap();
    let second = api.get(&format!("/app?limit=2&iterator={next}")).await.expect(200);
    assert_eq!(uids(&second), ["app-2", "app-3"]);
    let back = second["prevIterator"].as_str().unwrap();
    let again = api.get(&format!("/app?limit=2&iterator={back}")).await.expect(200);
    assert_eq!(uids(&again), ["app-0", "app-1"]);
    let last = second["iterator"].as_str().unwrap();
    let third = api.get(&format!("/app?limit=2&iterator={last}")).await.expect(200);
    assert_eq!((uids(&third), &third["done"]), (vec!["app-4".to_owned()], &json!(true)));
}

#[tokio::test]
async fn a_trailing_slash_is_optional() {
    let server = TestServer::start().await;
    let api = server.api();
    api.post("/app/", json!({"name": "Acme", "uid": "acme"})).await.expect(201);
    api.post("/app/acme/endpoint/", json!({"url": "https://example.com/", "uid": "main"})).await.expect(201);
    api.post("/app/acme/msg/", json!({"eventType": "a.b", "payload": {}})).await.expect(202);
    for path in
        ["/app", "/app/acme", "/app/acme/endpoint/main", "/app/acme/endpoint/main/secret", "/event-type"]
    {
        let plain = api.get(path).await.expect(200);
        assert_eq!(api.get(&format!("{path}/")).await.expect(200), plain, "{path}/");
    }
    api.delete("/app/acme/endpoint/main/").await.expect(204);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_404_and_405() {
    let server = TestServer::start().await;
    let api = server.api();
    assert_eq!(api.get("/no-such-thing").await.status, 404);
    assert_eq!(api.get("/app/a/b/c/d").await.status, 404);
    assert_eq!(api.patch("/app", json!({})).await.status, 405);
}
