//! Keys that do not open, and ids of another environment.

use serde_json::json;

use crate::{api::Api, server::TestServer};

#[tokio::test]
async fn a_wrong_key_is_401_whatever_is_wrong_with_it() {
    let server = TestServer::start().await;
    let right = server.key().to_owned();
    let other = TestServer::start().await;
    let wrong = ["", "nonsense", "sk_live_", &right[..right.len() - 1], &right.to_uppercase(), other.key()];
    for key in wrong {
        server.api_as(key).get("/app").await.expect_error(401, "authentication_failed");
    }
    server.api().get("/app").await.expect(200);
}

#[tokio::test]
async fn a_revoked_key_ends() {
    let server = TestServer::start().await;
    let created = server.run(&["key", "create", "--env", "test"]);
    assert_eq!(created.code, Some(0), "{created:?}");
    let api = server.api_as(created.stdout.trim());
    api.get("/app").await.expect(200);
    let listed = server.run(&["key", "list", "--env", "test"]);
    let newest = newest_key(&listed.stdout);
    let revoked = server.run(&["key", "revoke", newest, "--env", "test"]);
    assert_eq!(revoked.code, Some(0), "{revoked:?}");
    let ended = crate::receiver::within(crate::SOON, async {
        while api.get("/app").await.status == 200 {
            crate::receiver::pause(std::time::Duration::from_millis(20)).await;
        }
    });
    assert!(ended.await.is_some(), "a revoked key still opens");
    api.get("/app").await.expect_error(401, "authentication_failed");
    server.api().get("/app").await.expect(200);
}

#[tokio::test]
async fn jof_4_a_test_key_is_made_at_the_command_line_and_writes_nothing() {
    let server = TestServer::start().await;
    server.api().create_application("acme").await;
    let created = server.run(&["key", "create", "--env", "test", "--mode", "test", "--role", "publisher"]);
    assert_eq!(created.code, Some(0), "{created:?}");
    assert!(created.stdout.starts_with("sk_test_"), "{created:?}");
    let listed = server.run(&["key", "list", "--env", "test"]);
    assert!(listed.stdout.lines().any(|line| line.contains("publisher  test")), "{listed:?}");
    let api = server.api_as(created.stdout.trim());
    let message = json!({"eventType": "a.b", "payload": {}});
    let shown = api.post("/app/acme/msg", message).await.expect(200);
    assert_eq!(shown["requests"], json!([]));
    api.post("/app", json!({"name": "x"})).await.expect_error(403, "insufficient_access");
    let stored = server.api().get("/app/acme/msg").await.expect(200);
    assert_eq!(stored["data"], json!([]));
}

/// Ids rise with time.
fn newest_key(listing: &str) -> &str {
    let ids = listing.split_whitespace().filter(|word| word.starts_with("key_"));
    ids.max().unwrap_or_else(|| panic!("no key in: {listing}"))
}

#[tokio::test]
async fn a_logged_out_portal_token_ends() {
    let server = TestServer::start().await;
    let api = server.api();
    api.create_application("acme").await;
    api.create_application("other").await;
    let access = api.post("/auth/app-portal-access/acme", json!({})).await.expect(200);
    let portal = server.api_as(access["token"].as_str().unwrap());
    portal.get("/app/acme").await.expect(200);
    portal.get("/app/other").await.expect_error(404, "not_found");
    portal.get("/app").await.expect_error(403, "insufficient_access");
    portal.post("/auth/logout", json!({})).await.expect(204);
    portal.get("/app/acme").await.expect_error(401, "authentication_failed");
}

#[tokio::test]
async fn ids_of_another_environment_do_not_exist() {
    let server = TestServer::start().await;
    let ours = server.api();
    let theirs = server.api_as(&server.create_environment("theirs"));
    let application = ours.post("/app", json!({"name": "Acme", "uid": "acme"})).await.expect(201);
    let application = application["id"].as_str().unwrap();
    let endpoint = ours.post("/app/acme/endpoint", json!({"url": "https://example.com/"})).await.expect(201);
    let endpoint = endpoint["id"].as_str().unwrap();
    let message = ours.post_message("acme", json!({})).await;
    theirs.create_application("theirs").await;

    for app in [application, "acme", "theirs"] {
        assert_hidden(&theirs, app, endpoint, &message).await;
    }
    theirs.get("/app/acme").await.expect_error(404, "not_found");
    let list = theirs.get("/app").await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "{list}");
    theirs.create_application("acme").await;
    ours.get(&format!("/app/acme/endpoint/{endpoint}")).await.expect(200);
}

async fn assert_hidden(api: &Api, app: &str, endpoint: &str, message: &str) {
    api.get(&format!("/app/{app}/endpoint/{endpoint}")).await.expect_error(404, "not_found");
    api.get(&format!("/app/{app}/endpoint/{endpoint}/secret")).await.expect_error(404, "not_found");
    api.delete(&format!("/app/{app}/endpoint/{endpoint}")).await.expect_error(404, "not_found");
    api.get(&format!("/app/{app}/msg/{message}")).await.expect_error(404, "not_found");
    api.get(&format!("/app/{app}/attempt/msg/{message}")).await.expect_error(404, "not_found");
    let resend = format!("/app/{app}/msg/{message}/endpoint/{endpoint}/resend");
    api.post(&resend, json!({})).await.expect_error(404, "not_found");
}
