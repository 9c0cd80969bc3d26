//! Profiles through the API: what there is, and what each would send.

use fanfare_core::environment::Role;
use http::Method;
use serde_json::{Value, json};

use crate::TestApp;

const PROFILES: &str = "/api/v1/profile";

#[tokio::test(start_paused = true)]
async fn profiles_are_listed_and_shown() {
    let app = TestApp::start().await;
    let list = app.get(PROFILES).await.json(200);
    assert!(list.all("name").contains(&"trimoji".to_owned()), "{list:?}");
    assert_eq!((&list["done"], &list["iterator"]), (&json!(true), &Value::Null));
    let trimoji = app.get(&format!("{PROFILES}/trimoji")).await.json(200);
    assert!(trimoji["text"].as_str().unwrap().contains("name = \"trimoji\""));
    assert_eq!(trimoji["methods"], json!(["POST"]));
    assert_eq!(trimoji["hash"].as_str().unwrap().len(), 64);
    app.get(&format!("{PROFILES}/nonsense")).await.refused(404, "not_found");
    app.application("acme").await;
    let portal = app.portal("acme", &[]).await;
    app.call(Method::GET, PROFILES, &portal, None).await.refused(403, "insufficient_access");
    let viewer = app.key(Role::Viewer).await;
    app.call(Method::GET, PROFILES, &viewer, None).await.json(200);
}

#[tokio::test(start_paused = true)]
async fn tri_9_the_catalogue_has_ten_codes_in_four_groups() {
    let app = TestApp::start().await;
    let types = &app.get(&format!("{PROFILES}/trimoji")).await.json(200)["eventTypes"];
    let types = types.as_array().unwrap();
    assert_eq!(types.len(), 10);
    let groups: std::collections::BTreeSet<_> =
        types.iter().map(|kind| kind["groupName"].as_str().unwrap()).collect();
    assert_eq!(groups.len(), 4, "{groups:?}");
    assert!(types.iter().any(|kind| kind["name"] == "QUIZZ_COMPLETED"));
}

#[tokio::test(start_paused = true)]
async fn tal_2_every_event_of_the_catalogue_says_when_and_what_for() {
    let app = TestApp::start().await;
    let types = &app.get(&format!("{PROFILES}/talview")).await.json(200)["eventTypes"];
    for kind in types.as_array().unwrap() {
        let said = |field: &str| kind[field].as_str().is_some_and(|text| !text.is_empty());
        assert!(said("description") && said("useCase"), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_profile_shows_the_request_that_a_sample_makes() {
    let app = TestApp::start().await;
    let body = r#"{"eventType": "clocking", "payload": {"action": "created",  "n": 1.50},
                   "endpoint": {"url": "http://localhost:4567/hook"}}"#;
    let shown = app.post_bytes(&format!("{PROFILES}/trutac/render"), body).await.json(200);
    assert_eq!(shown["url"], "http://localhost:4567/hook");
    assert_eq!(shown["body"], r#"{"action": "created",  "n": 1.50}"#);
    assert_eq!(shown["sampleSecret"], "sample-secret");
    let names: Vec<_> =
        shown["headers"].as_array().unwrap().iter().map(|header| header["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"TT-Hook-Signature") && names.contains(&"TT-Hook-Event"), "{names:?}");
    let trimoji = app.post(&format!("{PROFILES}/trimoji/render"), json!({})).await.json(200);
    let body: Value = serde_json::from_str(trimoji["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["_token"], trimoji["sampleSecret"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_rendered_is_refused_with_its_place() {
    let app = TestApp::start().await;
    let path = format!("{PROFILES}/trimoji/render");
    let checks = [
        (json!({"payload": []}), vec!["body", "payload"]),
        (json!({"eventType": "no spaces"}), vec!["body", "eventType"]),
        (json!({"endpoint": {"url": "ftp://a.example"}}), vec!["body", "endpoint", "url"]),
        (json!({"endpoint": {"method": "PUT"}}), vec!["body", "endpoint", "method"]),
        (json!({"endpoint": {"method": "GET"}}), vec!["body", "endpoint", "method"]),
        (json!({"endpoint": {"secret": "x"}}), vec!["body", "endpoint", "secret"]),
        (json!({"surprise": 1}), vec!["body", "surprise"]),
    ];
    for (body, loc) in checks {
        app.post(&path, body).await.invalid(&loc);
    }
    app.post(&format!("{PROFILES}/none/render"), json!({})).await.refused(404, "not_found");
}
