use serde_json::json;

use crate::{TestApp, app::header, endpoint::ENDPOINTS};

const TYPES: &str = "/api/v1/event-type";

/// The event type in a header, so that a receiver sees which spelling was sent.
const SHOWN: &str = r#"
name = "shown"
methods = ["POST"]

[headers]
x-type = "{event.type}"

[events]
catalogue = "strict"
"#;

#[tokio::test(start_paused = true)]
async fn tal_2_group_use_case_and_aliases_are_kept() {
    let app = TestApp::start().await;
    let body = json!({
        "name": "can_candidate_created", "description": "A candidate was made.", "groupName": "Candidate",
        "useCase": "Sync candidates", "aliases": ["can.candidate.created"],
    });
    let made = app.post(TYPES, body.clone()).await.json(201);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(made[field], *value, "{field}");
    }
    let path = format!("{TYPES}/can_candidate_created");
    let patched = app.patch(&path, json!({"useCase": null, "groupName": "Other"})).await.json(200);
    assert_eq!((&patched["useCase"], &patched["groupName"]), (&json!(null), &json!("Other")));
    assert_eq!(patched["aliases"], json!(["can.candidate.created"]));
    let put = app.put(&path, json!({"description": "d"})).await.json(200);
    assert_eq!((&put["groupName"], &put["aliases"]), (&json!(null), &json!([])));
}

#[tokio::test(start_paused = true)]
async fn tal_2_every_spelling_stands_for_the_type() {
    let app = TestApp::under(SHOWN).await;
    app.application("acme").await;
    let body = json!({"name": "sch_meeting_created", "description": "", "aliases": ["sch.meeting.created"]});
    app.post(TYPES, body).await.json(201);
    assert_eq!(
        app.get(&format!("{TYPES}/sch.meeting.created")).await.json(200)["name"],
        "sch_meeting_created"
    );
    let endpoint = json!({"url": "https://a.example", "filterTypes": ["sch.meeting.created"]});
    let endpoint = app.post(ENDPOINTS, endpoint).await.json(201);
    assert_eq!(endpoint["filterTypes"], json!(["sch_meeting_created"]));
    for spelling in ["sch.meeting.created", "sch_meeting_created"] {
        let body = json!({"eventType": spelling, "payload": {}});
        let message = app.post("/api/v1/app/acme/msg", body).await.json(202);
        assert_eq!(message["eventType"], "sch_meeting_created");
    }
    for request in app.network.sent(2).await {
        assert_eq!(header(&request, "x-type"), Some("sch_meeting_created"));
    }
    let put = json!({"filterTypes": ["sch_meeting_created", "sch.meeting.created"]});
    let path = format!("{ENDPOINTS}/{}", endpoint.id());
    assert_eq!(app.patch(&path, put).await.json(200)["eventTypes"], json!(["sch_meeting_created"]));
}

#[tokio::test(start_paused = true)]
async fn tal_2_dots_are_underscores_where_the_profile_says_so() {
    let app = TestApp::under(&SHOWN.replace("catalogue =", "dots_are_underscores = true\ncatalogue =")).await;
    app.application("acme").await;
    app.event_type("can_candidate_created").await;
    app.endpoint("acme", json!({"filterTypes": ["can.candidate.created"]})).await;
    app.message("acme", "can.candidate_created").await;
    assert_eq!(header(&app.network.sent(1).await[0], "x-type"), Some("can_candidate_created"));
    let unknown = json!({"eventType": "can.candidate.deleted", "payload": {}});
    app.post("/api/v1/app/acme/msg", unknown).await.invalid(&["body", "eventType"]);
}

#[tokio::test(start_paused = true)]
async fn a_spelling_stands_for_one_type_only() {
    let app = TestApp::start().await;
    let with = |name: &str, alias: &str| json!({"name": name, "description": "", "aliases": [alias]});
    app.post(TYPES, with("a.b", "a_b")).await.json(201);
    app.post(TYPES, with("c.d", "a_b")).await.invalid(&["body", "aliases"]);
    app.post(TYPES, with("c.d", "a.b")).await.invalid(&["body", "aliases"]);
    app.post(TYPES, with("a_b", "x")).await.invalid(&["body", "name"]);
    app.put(&format!("{TYPES}/a_b"), json!({"description": ""})).await.invalid(&["body", "name"]);
    app.event_type("c.d").await;
    app.patch(&format!("{TYPES}/c.d"), json!({"aliases": ["a_b"]})).await.invalid(&["body", "aliases"]);
    app.patch(&format!("{TYPES}/a_b"), json!({"aliases": ["a_b", "a-b"]})).await.json(200);
}
