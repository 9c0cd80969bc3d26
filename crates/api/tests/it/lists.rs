//! Pages of every list: orders, iterators in both directions, exact ends.

use serde_json::{Value, json};

use crate::TestApp;

/// Walks a list forwards and back, two at a time, and returns what the pages held.
async fn walk(app: &TestApp, path: &str, member: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let sep = if path.contains('?') { '&' } else { '?' };
    let (mut forwards, mut query) = (Vec::new(), String::new());
    let last = loop {
        let page = app.get(&format!("{path}{sep}limit=2{query}")).await.json(200);
        forwards.push(page.all(member));
        if page["done"] == true {
            break page;
        }
        query = format!("&iterator={}", page["iterator"].as_str().unwrap());
    };
    let (mut back, mut page) = (Vec::new(), last);
    while page["prevIterator"].is_string() {
        let query = format!("&iterator={}", page["prevIterator"].as_str().unwrap());
        page = app.get(&format!("{path}{sep}limit=2{query}")).await.json(200);
        let items = page.all(member);
        if items.is_empty() {
            assert_eq!(page["done"], true);
            break;
        }
        back.push(items);
    }
    (forwards, back)
}

async fn check(app: &TestApp, path: &str, member: &str, expected: &[&str]) {
    let whole = app.get(path).await.json(200);
    assert_eq!(whole.all(member), expected, "{path}");
    assert_eq!(whole["done"], true);
    let (forwards, back) = walk(app, path, member).await;
    let pages = |items: &[&str]| -> Vec<Vec<String>> {
        items.chunks(2).map(|page| page.iter().map(|item| (*item).to_owned()).collect()).collect()
    };
    assert_eq!(forwards, pages(expected), "{path} forwards");
    // Going back, pages end just before the last one's first item, in normal order.
    let last_page = expected.len() - expected.chunks(2).last().map_or(0, <[_]>::len);
    let mut expected_back: Vec<_> = expected[..last_page].rchunks(2).collect();
    let expected_back: Vec<Vec<String>> =
        expected_back.drain(..).map(|page| page.iter().map(|item| (*item).to_owned()).collect()).collect();
    assert_eq!(back, expected_back, "{path} back");
}

#[tokio::test(start_paused = true)]
async fn applications_and_endpoints_and_types_are_ordered_and_paged() {
    let app = TestApp::start().await;
    for uid in ["e", "d", "c", "b", "a"] {
        app.application(uid).await;
        app.event_type(uid).await;
        let endpoint = json!({"uid": uid, "url": "https://a.example"});
        app.put(&format!("/api/v1/app/e/endpoint/{uid}"), endpoint).await.json(201);
    }
    check(&app, "/api/v1/app", "uid", &["e", "d", "c", "b", "a"]).await;
    check(&app, "/api/v1/app?order=descending", "uid", &["a", "b", "c", "d", "e"]).await;
    check(&app, "/api/v1/app/e/endpoint", "uid", &["a", "b", "c", "d", "e"]).await;
    check(&app, "/api/v1/app/e/endpoint?order=ascending", "uid", &["e", "d", "c", "b", "a"]).await;
    check(&app, "/api/v1/event-type", "name", &["a", "b", "c", "d", "e"]).await;
    check(&app, "/api/v1/event-type?order=descending", "name", &["e", "d", "c", "b", "a"]).await;
    app.get("/api/v1/app?order=sideways").await.invalid(&["query", "order"]);
    app.get("/api/v1/app?limit=251").await.invalid(&["query", "limit"]);
    app.get("/api/v1/app?iterator=nonsense").await.invalid(&["query", "iterator"]);
    app.get("/api/v1/app?iterator=-ep_1srOrx2ZWZBpBUvZwXKQmoEYga2").await.invalid(&["query", "iterator"]);
}

#[tokio::test(start_paused = true)]
async fn messages_attempts_and_destinations_are_ordered_and_paged() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let mut endpoints = Vec::new();
    for _ in 0..5 {
        endpoints.push(app.endpoint("acme", json!({})).await);
    }
    let mut messages = Vec::new();
    for _ in 0..5 {
        messages.push(app.message("acme", "a.b").await);
    }
    let all_done = |list: &Value| {
        let items = list["data"].as_array().unwrap();
        items.len() == 25 && items.iter().all(|item| item["status"] == 0)
    };
    app.until("/api/v1/app/acme/delivery", all_done).await;
    let ascending: Vec<&str> = endpoints.iter().map(String::as_str).collect();
    let newest_first: Vec<&str> = messages.iter().rev().map(String::as_str).collect();
    check(&app, "/api/v1/app/acme/msg", "id", &newest_first).await;
    check(&app, &format!("/api/v1/app/acme/msg/{}/endpoint", messages[0]), "id", &ascending).await;
    let by_endpoint = format!("/api/v1/app/acme/endpoint/{}/msg", endpoints[0]);
    check(&app, &by_endpoint, "id", &newest_first).await;
    let by_message = format!("/api/v1/app/acme/attempt/msg/{}", messages[0]);
    let ids = app.get(&by_message).await.json(200).all("id");
    let mut sorted = ids.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    assert_eq!(ids, sorted, "newest attempts first");
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    check(&app, &by_message, "id", &ids).await;
    let path = format!("/api/v1/app/acme/attempt/endpoint/{}", endpoints[0]);
    let ids = app.get(&path).await.json(200).all("id");
    check(&app, &path, "id", &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_is_exact_and_iterators_are_there_whenever_there_is_data() {
    let app = TestApp::start().await;
    let empty = app.get("/api/v1/app").await.json(200);
    assert_eq!(empty.0, json!({"data": [], "iterator": null, "prevIterator": null, "done": true}));
    let mut ids = Vec::new();
    for n in 0..10 {
        ids.push(app.application(&format!("a{n}")).await);
    }
    let page = app.get("/api/v1/app?limit=10").await.json(200);
    assert_eq!((&page["done"], &page["iterator"]), (&json!(true), &json!(ids[9])));
    assert_eq!(page["prevIterator"], format!("-{}", ids[0]));
    assert_eq!(app.get("/api/v1/app?limit=9").await.json(200)["done"], false);
    let after = app.get(&format!("/api/v1/app?iterator={}", ids[7])).await.json(200);
    assert_eq!(after.all("id"), ids[8..]);
    let before = app.get(&format!("/api/v1/app?limit=2&iterator=-{}", ids[7])).await.json(200);
    assert_eq!((before.all("id"), &before["done"]), (ids[5..7].to_vec(), &json!(false)));
}

#[tokio::test(start_paused = true)]
async fn messages_are_narrowed_by_time_channel_tag_and_type() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let post = async |settings: Value| {
        let mut body = json!({"eventType": "a.b", "payload": {}});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        app.post("/api/v1/app/acme/msg", body).await.json(202).id()
    };
    let first = post(json!({"channels": ["eu"], "tags": ["t"]})).await;
    app.clock.advance(std::time::Duration::from_secs(10)).await;
    let second = post(json!({"eventType": "c.d"})).await;
    let (first, second) = (first.as_str(), second.as_str());
    let checks: [(&str, &[&str]); 9] = [
        ("channel=eu", &[first]),
        ("tag=t", &[first]),
        ("event_types=c.d", &[second]),
        ("event_types=a.b,c.d", &[second, first]),
        ("event_types[]=a.b&event_types[]=c.d", &[second, first]),
        ("before=2026-11-21T05:00:10Z", &[first]),
        ("after=2026-11-21T05:00:10Z", &[second]),
        ("after=2026-11-21T05:00:00Z&before=2026-11-21T05:00:10Z", &[first]),
        ("before=2026-11-21%2005:00:10.000000000%20UTC", &[first]),
    ];
    for (query, expected) in checks {
        let list = app.get(&format!("/api/v1/app/acme/msg?{query}")).await.json(200);
        assert_eq!(list.all("id"), expected, "{query}");
    }
}
