use serde_json::{Value, json};

use super::ENDPOINTS;
use crate::TestApp;

async fn start(profile: &str) -> TestApp {
    let app = TestApp::of(profile).await;
    app.application("acme").await;
    app
}

async fn types(app: &TestApp, types: Value) -> crate::app::Reply {
    app.post(ENDPOINTS, json!({"url": "https://a.example", "eventTypes": types})).await
}

#[tokio::test(start_paused = true)]
async fn tru_5_adding_the_wildcard_replaces_the_list() {
    let app = start("trutac").await;
    let id = types(&app, json!(["clocking"])).await.json(201).id();
    let path = format!("{ENDPOINTS}/{id}");
    for list in [json!(["clocking", "*"]), json!(["*", "clocking"])] {
        let patched = app.patch(&path, json!({"eventTypes": list})).await.json(200);
        assert_eq!((&patched["eventTypes"], &patched["filterTypes"]), (&json!(["*"]), &json!(["*"])));
    }
    let put = json!({"url": "https://a.example", "eventTypes": ["checksheet", "*"]});
    assert_eq!(app.put(&path, put).await.json(200)["eventTypes"], json!(["*"]));
}

#[tokio::test(start_paused = true)]
async fn tru_4_the_wildcard_matches_types_that_come_later() {
    let app = start("trutac").await;
    app.endpoint("acme", json!({"eventTypes": ["*"]})).await;
    app.event_type("tachograph").await;
    let message = app.message("acme", "tachograph").await;
    let list = app.get(&format!("/api/v1/app/acme/msg/{message}/endpoint")).await.json(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn tru_3_a_list_or_the_wildcard_but_never_nothing() {
    let app = start("trutac").await;
    types(&app, json!(null)).await.invalid(&["body", "eventTypes"]);
    let id = types(&app, json!(["clocking"])).await.json(201).id();
    let path = format!("{ENDPOINTS}/{id}");
    app.patch(&path, json!({"eventTypes": null})).await.invalid(&["body", "eventTypes"]);
    app.patch(&path, json!({"eventTypes": ["ping"]})).await.invalid(&["body", "eventTypes"]);
    app.patch(&path, json!({"eventTypes": ["checksheet", "clocking"]})).await.json(200);
}

#[tokio::test(start_paused = true)]
async fn tri_10_a_list_without_a_wildcard() {
    let app = start("trimoji").await;
    for wrong in [json!(null), json!(["*"])] {
        types(&app, wrong).await.invalid(&["body", "eventTypes"]);
    }
    types(&app, json!(["QUIZZ_SENT", "QUIZZ_COMPLETED"])).await.json(201);
    app.message("acme", "PROFILE_UPDATED").await;
    app.message("acme", "QUIZZ_SENT").await;
    assert_eq!(app.network.sent(1).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn tal_one_type_per_endpoint_in_either_spelling() {
    let app = start("talview").await;
    let two = json!(["ae_test_instance_created", "pay_transaction_created"]);
    for wrong in [json!(null), json!(["*"]), two] {
        types(&app, wrong).await.invalid(&["body", "eventTypes"]);
    }
    let made = types(&app, json!(["ae.test.instance.created"])).await.json(201);
    assert_eq!(made["eventTypes"], json!(["ae_test_instance_created"]));
    let both = json!(["sch.meeting.created", "sch_meeting_created"]);
    assert_eq!(types(&app, both).await.json(201)["eventTypes"], json!(["sch_meeting_created"]));
}

#[tokio::test(start_paused = true)]
async fn jof_2_all_types_and_nothing_to_choose() {
    let app = start("jofi").await;
    types(&app, json!(["invitation.created"])).await.invalid(&["body", "eventTypes"]);
    types(&app, json!(null)).await.json(201);
    for kind in ["invitation.created", "career_navigation_profile.created"] {
        app.message("acme", kind).await;
    }
    assert_eq!(app.network.sent(2).await.len(), 2);
}
