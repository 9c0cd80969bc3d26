//! Requests that truly overlap: no change is lost, duplicates are one.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::json;

use crate::TestApp;

#[tokio::test]
async fn no_change_of_an_endpoint_is_lost() {
    let app = TestApp::start_threaded().await;
    app.application("acme").await;
    let id = app.endpoint("acme", json!({})).await;
    let path = format!("/api/v1/app/acme/endpoint/{id}/headers");
    let patches = (0..5).map(|n| {
        let name = format!("x-{n}");
        app.patch(&path, json!({"headers": {name: "v"}}))
    });
    for reply in join_all(patches).await {
        reply.empty(204);
    }
    assert_eq!(app.get(&path).await.json(200)["headers"].as_object().unwrap().len(), 5);
}

#[tokio::test]
async fn duplicates_under_one_key_are_done_once() {
    let app = TestApp::start_threaded().await;
    app.application("acme").await;
    let many = (0..16).map(|n| app.post_once("/api/v1/app", "key", json!({"name": format!("{n}")})));
    let ids: BTreeSet<_> = join_all(many).await.iter().map(|reply| reply.json(201).id()).collect();
    assert_eq!(ids.len(), 1);
    let body = json!({"eventType": "a.b", "payload": {}});
    let many = (0..16).map(|_| app.post_once("/api/v1/app/acme/msg", "key", body.clone()));
    let ids: BTreeSet<_> = join_all(many).await.iter().map(|reply| reply.json(202).id()).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_client_that_goes_away_finds_its_answer_under_its_key() {
    let app = TestApp::start_threaded().await;
    for patience in 0..40 {
        let (key, uid) = (format!("key-{patience}"), format!("uid-{patience}"));
        let post = || app.post_once("/api/v1/app", &key, json!({"name": uid, "uid": uid}));
        // Whatever it has come to after so many steps, the client is gone.
        let mut lost = Box::pin(post());
        for _ in 0..patience {
            if futures::poll!(&mut lost).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(lost);
        assert_eq!(post().await.json(201)["uid"], uid);
    }
}

#[tokio::test]
async fn an_application_that_comes_along_with_many_messages_is_made_once() {
    let app = TestApp::start_threaded().await;
    let body = json!({"eventType": "a.b", "payload": {}, "application": {"name": "Fresh"}});
    let many = (0..16).map(|_| app.post("/api/v1/app/fresh/msg", body.clone()));
    for reply in join_all(many).await {
        reply.json(202);
    }
    assert_eq!(app.get("/api/v1/app").await.json(200).all("uid"), ["fresh"]);
    assert_eq!(app.get("/api/v1/app/fresh/msg").await.json(200).all("id").len(), 16);
}
