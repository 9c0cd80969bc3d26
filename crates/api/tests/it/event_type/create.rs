use serde_json::{Value, json};

use crate::TestApp;

const TYPES: &str = "/api/v1/event-type";

#[tokio::test(start_paused = true)]
async fn an_event_type_shows_all_it_was_given() {
    let app = TestApp::start().await;
    let schemas = json!({"1": {"type": "object", "properties": {"a": {"type": "string"}}}});
    let body = json!({"name": "a.b", "description": "d", "schemas": schemas, "featureFlag": "beta"});
    let made = app.post(TYPES, body).await.json(201);
    let expected = json!({
        "name": "a.b", "description": "d", "schemas": schemas, "featureFlag": "beta", "archived": false,
        "deprecated": false, "groupName": null, "useCase": null, "aliases": [], "validate": false, "createdAt": "2026-11-21T05:00:00.000Z", "updatedAt": "2026-11-21T05:00:00.000Z",
    });
    assert_eq!(made.0, expected);
    assert_eq!(app.get(&format!("{TYPES}/a.b")).await.json(200).0, expected);
    assert_eq!(app.get(TYPES).await.json(200)["data"][0]["schemas"], Value::Null);
    let with = app.get(&format!("{TYPES}?with_content=true")).await.json(200);
    assert_eq!(with["data"][0]["schemas"], schemas);
    app.post(TYPES, json!({"name": "a.b", "description": ""})).await.refused(409, "conflict");
}

#[tokio::test(start_paused = true)]
async fn bad_event_types_are_refused_with_their_place() {
    let app = TestApp::start().await;
    let checks = [
        (json!({"description": ""}), vec!["body", "name"]),
        (json!({"name": "a"}), vec!["body", "description"]),
        (json!({"name": "no spaces", "description": ""}), vec!["body", "name"]),
        (json!({"name": "a", "description": "", "archived": "yes"}), vec!["body", "archived"]),
        (json!({"name": "a", "description": "", "schemas": []}), vec!["body", "schemas"]),
        (json!({"name": "a", "description": "", "validate": true}), vec!["body", "validate"]),
        (json!({"name": "a", "description": "", "validate": true, "schemas": {}}), vec!["body", "validate"]),
        (json!({"name": "a", "description": "", "groupName": "x".repeat(5_000)}), vec!["body", "groupName"]),
        (json!({"name": "a", "description": "", "useCase": "x".repeat(5_000)}), vec!["body", "useCase"]),
        (json!({"name": "a", "description": "", "aliases": ["a"]}), vec!["body", "aliases"]),
        (json!({"name": "a", "description": "", "aliases": ["b", "b"]}), vec!["body", "aliases"]),
        (json!({"name": "a", "description": "", "aliases": ["no spaces"]}), vec!["body", "aliases", "0"]),
        (
            json!({"name": "a", "description": "", "aliases": (0..21).map(|n| format!("a{n}")).collect::<Vec<_>>()}),
            vec!["body", "aliases"],
        ),
        (json!({"name": "a", "description": "", "schemas": {"1": 5}}), vec!["body", "schemas", "1"]),
        (
            json!({"name": "a", "description": "", "schemas": {"1": {"type": "nonsense"}}}),
            vec!["body", "schemas", "1"],
        ),
        (
            json!({"name": "a", "description": "", "schemas": {"1": {"$ref": "https://elsewhere.example/x"}}}),
            vec!["body", "schemas", "1"],
        ),
        (
            json!({"name": "a", "description": "", "schemas": {"1": {"description": "x".repeat(300_000)}}}),
            vec!["body", "schemas"],
        ),
    ];
    for (body, loc) in checks {
        app.post(TYPES, body).await.invalid(&loc);
    }
}
