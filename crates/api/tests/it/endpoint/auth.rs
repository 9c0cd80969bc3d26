use serde_json::{Value, json};

use super::ENDPOINTS;
use crate::{TestApp, app::header};

async fn qualifio() -> TestApp {
    let app = TestApp::of("qualifio").await;
    app.application("acme").await;
    app
}

fn with(auth: &Value) -> Value {
    json!({"url": "https://customer.example/hook", "uid": "main", "auth": auth})
}

#[tokio::test(start_paused = true)]
async fn qua_7_basic_bearer_or_a_header_of_ones_own() {
    let app = qualifio().await;
    app.endpoint("acme", json!({"uid": "main"})).await;
    let path = format!("{ENDPOINTS}/main");
    let all = [
        (json!({"type": "none"}), json!({"type": "none"}), None),
        (
            json!({"type": "basic", "username": "user", "password": "pass"}),
            json!({"type": "basic"}),
            Some(("authorization", "Basic dXNlcjpwYXNz")),
        ),
        (
            json!({"type": "bearer", "token": "t0ken"}),
            json!({"type": "bearer"}),
            Some(("authorization", "Bearer t0ken")),
        ),
        (
            json!({"type": "header", "name": "x-test-authorization-header", "value": "123456ots"}),
            json!({"type": "header", "name": "x-test-authorization-header"}),
            Some(("x-test-authorization-header", "123456ots")),
        ),
    ];
    for (at, (given, shown, sent)) in all.into_iter().enumerate() {
        let changed = app.patch(&path, json!({"auth": given})).await;
        assert_eq!(changed.json(200)["auth"], shown);
        app.message("acme", "participation.completed").await;
        let requests = app.network.sent(at + 1).await;
        let names = ["authorization", "x-test-authorization-header"];
        let written: Vec<_> =
            names.iter().filter_map(|name| Some((*name, header(&requests[at], name)?))).collect();
        assert_eq!(written, sent.into_iter().collect::<Vec<_>>(), "{given}");
    }
}

#[tokio::test(start_paused = true)]
async fn jof_11_credentials_are_sealed_and_never_shown() {
    let app = qualifio().await;
    let secret = "a-secret-token";
    let made = app.post(ENDPOINTS, with(&json!({"type": "bearer", "token": secret}))).await;
    let path = format!("{ENDPOINTS}/main");
    let list = app.get(ENDPOINTS).await;
    for answer in [&made, &app.get(&path).await, &list] {
        assert!(!answer.text().contains(secret), "{}", answer.text());
    }
    use fanfare_core::ports::store::{ApplicationStore as _, EnvironmentStore as _, Named};
    let uid = Named::Uid("acme".parse().unwrap());
    let acme = app.store.application(app.environment, uid).await.unwrap().unwrap();
    let name = Named::Uid("main".parse().unwrap());
    let stored = app.store.endpoint(acme.id, name).await.unwrap().unwrap();
    let json = serde_json::to_string(&stored).unwrap();
    assert!(stored.auth_credentials.is_some() && !json.contains(secret), "{json}");
    assert!(app.store.environment_config(app.environment).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_read_can_be_sent_back_and_keeps_the_credentials() {
    let app = qualifio().await;
    let given = json!({"type": "header", "name": "x-api-token", "value": "one"});
    app.post(ENDPOINTS, with(&given)).await.json(201);
    let path = format!("{ENDPOINTS}/main");
    let shown = app.get(&path).await.json(200);
    app.put(&path, shown.0.clone()).await.json(200);
    app.patch(&path, json!({"auth": shown["auth"]})).await.json(200);
    app.message("acme", "participation.completed").await;
    assert_eq!(header(&app.network.sent(1).await[0], "x-api-token"), Some("one"));
    // Credentials do not follow to other settings: they would reach somebody they were not given for.
    let other = json!({"auth": {"type": "header", "name": "x-other"}});
    app.patch(&path, other).await.invalid(&["body", "auth"]);
    app.patch(&path, json!({"auth": {"type": "bearer"}})).await.invalid(&["body", "auth"]);
    app.post(ENDPOINTS, json!({"url": "https://a.example", "auth": {"type": "basic"}})).await.json(422);
}

#[tokio::test(start_paused = true)]
async fn null_and_a_put_without_it_remove_it() {
    let app = qualifio().await;
    let given = json!({"type": "bearer", "token": "one"});
    let path = format!("{ENDPOINTS}/main");
    app.post(ENDPOINTS, with(&given)).await.json(201);
    assert_eq!(app.patch(&path, json!({"description": "x"})).await.json(200)["auth"]["type"], "bearer");
    assert_eq!(app.patch(&path, json!({"auth": null})).await.json(200)["auth"]["type"], "none");
    app.put(&path, with(&given)).await.json(200);
    let put = app.put(&path, json!({"url": "https://a.example", "uid": "main"})).await;
    assert_eq!(put.json(200)["auth"]["type"], "none");
    app.message("acme", "participation.completed").await;
    assert_eq!(header(&app.network.sent(1).await[0], "authorization"), None);
}

#[tokio::test(start_paused = true)]
async fn bad_authentication_is_refused_with_its_place() {
    let app = qualifio().await;
    let long = "x".repeat(4097);
    for (auth, place) in [
        (json!({"type": "digest"}), &["type"][..]),
        (json!({"type": "basic", "username": "a:b", "password": "c"}), &["username"]),
        (json!({"type": "basic", "username": "", "password": "c"}), &["username"]),
        (json!({"type": "basic", "username": "a"}), &["password"]),
        (json!({"type": "basic", "username": "a", "password": "b\nc"}), &["password"]),
        (json!({"type": "bearer", "token": "two words"}), &["token"]),
        (json!({"type": "bearer", "token": long}), &["token"]),
        (json!({"type": "header", "name": "two words", "value": "x"}), &["name"]),
        (json!({"type": "header", "name": "Content-Type", "value": "x"}), &["name"]),
        (json!({"type": "header", "name": "x-qualifio-signature", "value": "x"}), &["name"]),
        (json!({"type": "header", "name": "Host", "value": "x"}), &["name"]),
        (json!({"type": "header", "name": "x-a", "value": "b\r\nx-c: d"}), &["value"]),
        (json!({"type": "header", "name": "x-a", "value": ""}), &["value"]),
        (
            json!({"type": "oauth2", "tokenUrl": "https://a.example", "clientId": "i", "clientSecret": "s"}),
            &["type"],
        ),
    ] {
        let reply = app.post(ENDPOINTS, with(&auth)).await;
        let place: Vec<_> = ["body", "auth"].iter().chain(place).collect();
        let loc = reply.json(422)["detail"][0]["loc"].clone();
        assert!(loc == json!(place) || loc == json!(["body", "auth"]), "{auth}: {}", reply.text());
        assert!(!reply.text().contains("two words\"") && !reply.text().contains("x-c"), "{}", reply.text());
    }
}

#[tokio::test(start_paused = true)]
async fn no_header_is_written_twice() {
    let app = qualifio().await;
    let bearer = json!({"type": "bearer", "token": "one"});
    let mut body = with(&bearer);
    body["url"] = json!("https://me:pass@customer.example/hook");
    app.post(ENDPOINTS, body).await.invalid(&["body", "auth"]);
    let mut body = with(&bearer);
    body["headers"] = json!({"Authorization": "Basic x"});
    app.post(ENDPOINTS, body).await.invalid(&["body", "auth"]);
    app.post(ENDPOINTS, with(&bearer)).await.json(201);
    let headers = json!({"headers": {"authorization": "Basic x"}});
    app.put(&format!("{ENDPOINTS}/main/headers"), headers.clone()).await.invalid(&["body", "headers"]);
    app.patch(&format!("{ENDPOINTS}/main/headers"), headers).await.invalid(&["body", "headers"]);
}

#[tokio::test(start_paused = true)]
async fn jof_9_client_credentials_are_kept_and_their_url_is_https() {
    let app = TestApp::of("jofi").await;
    app.application("acme").await;
    let auth = |url: &str| {
        json!({"type": "oauth2", "tokenUrl": url, "clientId": "id", "clientSecret": "s3cr3t", "scope": "hooks",
               "credentialsIn": "body"})
    };
    for bad in ["http://login.example/token", "login.example", "https://me:pass@login.example/", "ftp://a"] {
        app.post(ENDPOINTS, with(&auth(bad))).await.invalid(&["body", "auth", "tokenUrl"]);
    }
    let made = app.post(ENDPOINTS, with(&auth("https://login.example/token"))).await;
    assert!(!made.text().contains("s3cr3t"));
    let shown = json!({"type": "oauth2", "tokenUrl": "https://login.example/token", "scope": "hooks",
                       "audience": null, "credentialsIn": "body"});
    let made = made.json(201);
    assert_eq!(made["auth"], shown);
    let path = format!("{ENDPOINTS}/{}", made.id());
    app.patch(&path, json!({"auth": shown})).await.json(200);
    let mut elsewhere = shown;
    elsewhere["tokenUrl"] = json!("https://thief.example/token");
    app.patch(&path, json!({"auth": elsewhere})).await.invalid(&["body", "auth"]);
}

#[tokio::test(start_paused = true)]
async fn jof_7_a_profile_says_which_kinds_there_are() {
    let app = TestApp::of("jofi").await;
    app.application("acme").await;
    let refused = app.post(ENDPOINTS, with(&json!({"type": "bearer", "token": "x"}))).await;
    refused.invalid(&["body", "auth", "type"]);
    assert!(refused.text().contains("none, basic, oauth2"), "{}", refused.text());
    let basic = json!({"type": "basic", "username": "user", "password": ""});
    app.post(ENDPOINTS, with(&basic)).await.json(201);
    app.message("acme", "invitation.created").await;
    assert_eq!(header(&app.network.sent(1).await[0], "authorization"), Some("Basic dXNlcjo="));
}
