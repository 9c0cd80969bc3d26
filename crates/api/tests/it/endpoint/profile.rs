use serde_json::{Value, json};

use super::ENDPOINTS;
use crate::{TestApp, app::header};

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_under_its_own_profile() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.event_type("a.b").await;
    // The one without a scope is the first: the limits of a profile count all endpoints of an application.
    let own = json!({"url": "https://b.example", "profile": "qualifio", "secret": "plain text"});
    assert_eq!(app.post(ENDPOINTS, own.clone()).await.json(201)["profile"], "qualifio");
    let id = app.endpoint("acme", json!({"url": "https://a.example"})).await;
    assert_eq!(app.post(ENDPOINTS, own).await.json(422)["detail"][0]["type"], "limit_reached");
    app.message("acme", "a.b").await;
    let sent = app.network.sent(2).await;
    let of = |host: &str| {
        let is = |sent: &&fanfare_core::render::Request| format!("{:?}", sent.target).contains(host);
        sent.iter().find(is).unwrap()
    };
    assert!(header(of("a.example"), "webhook-signature").is_some());
    assert!(header(of("a.example"), "x-qualifio-signature").is_none());
    assert!(header(of("b.example"), "x-qualifio-signature").unwrap().starts_with("sha256="));
    assert!(header(of("b.example"), "webhook-id").is_none(), "no header that qualifio does not name");
    assert_eq!(app.get(&format!("{ENDPOINTS}/{id}")).await.json(200)["profile"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn all_checks_are_those_of_the_endpoints_profile() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.event_type("a.b").await;
    for (settings, place) in [
        (json!({"profile": "no-such"}), &["profile"][..]),
        (json!({"profile": "no spaces"}), &["profile"]),
        (json!({"profile": "jofi", "url": "http://a.example"}), &["url"]),
        (json!({"profile": "trimoji", "method": "PATCH"}), &["method"]),
        (json!({"profile": "trimoji", "secret": "mine", "eventTypes": ["a.b"]}), &["secret"]),
        (
            json!({"profile": "trutac", "eventTypes": ["*"], "auth": {"type": "bearer", "token": "x"}}),
            &["auth", "type"],
        ),
        (json!({"profile": "trutac"}), &["eventTypes"]),
        (json!({"profile": "talview", "tls": {"verify": false}}), &["tls", "verify"]),
        (json!({"profile": "trutac", "headers": {"TT-Hook-Event": "x"}, "eventTypes": ["*"]}), &["headers"]),
    ] {
        let mut body = json!({"url": "https://a.example"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let place: Vec<_> = ["body"].iter().chain(place).copied().collect();
        app.post(ENDPOINTS, body).await.invalid(&place);
    }
    let jofi = json!({"profile": "jofi", "uid": "jofi"});
    app.endpoint("acme", jofi).await;
    let reply = app.post(ENDPOINTS, json!({"url": "https://a.example", "profile": "jofi"})).await;
    assert_eq!(reply.json(422)["detail"][0]["type"], "limit_reached");
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_not_taken_that_the_endpoint_does_not_fit() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let settings = json!({"uid": "main", "url": "http://a.example", "headers": {"TT-Hook-Event": "x"}});
    app.endpoint("acme", settings).await;
    let main = format!("{ENDPOINTS}/main");
    app.patch(&main, json!({"profile": "jofi"})).await.invalid(&["body", "url"]);
    let patch = json!({"profile": "trutac", "eventTypes": ["*"]});
    app.patch(&main, patch.clone()).await.invalid(&["body", "headers"]);
    app.put(&format!("{main}/headers"), json!({"headers": {}})).await.empty(204);
    app.patch(&main, patch).await.json(200);
    app.network.sent(1).await;
    // A text that no standard secret could be.
    let rotate = format!("{main}/secret/rotate");
    app.post(&rotate, json!({"key": "plain text", "gracePeriodSeconds": 0})).await.empty(204);
    let refused = app.patch(&main, json!({"profile": null})).await;
    refused.invalid(&["body", "profile"]);
    assert!(
        refused.text().contains("does not fit profile standard") && !refused.text().contains("plain text")
    );
    let fits = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    app.post(&rotate, json!({"key": fits, "gracePeriodSeconds": 0})).await.empty(204);
    app.patch(&main, json!({"profile": null})).await.json(200);
    assert_eq!(app.get(&format!("{main}/secret")).await.json(200)["key"], fits);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_gets_the_secret_that_its_new_profile_wants() {
    let app = TestApp::of("talview").await;
    app.application("acme").await;
    app.event_type("QUIZZ_SENT").await;
    let id = app.endpoint("acme", json!({"eventTypes": ["QUIZZ_SENT"]})).await;
    app.get(&format!("{ENDPOINTS}/{id}/secret")).await.refused(404, "not_found");
    app.patch(&format!("{ENDPOINTS}/{id}"), json!({"profile": "trimoji"})).await.json(200);
    let token = app.get(&format!("{ENDPOINTS}/{id}/secret")).await.json(200);
    app.message("acme", "QUIZZ_SENT").await;
    let sent = app.network.sent(1).await;
    assert_eq!(header(&sent[0], "authorization"), token["key"].as_str());
}

#[tokio::test(start_paused = true)]
async fn tal_5_the_method_is_the_endpoints_else_the_applications_else_the_profiles() {
    let app = TestApp::of("talview").await;
    app.post("/api/v1/app", json!({"name": "acme", "uid": "acme", "method": "PUT"})).await.json(201);
    app.post("/api/v1/app", json!({"name": "other", "uid": "other"})).await.json(201);
    let settings = json!({"eventTypes": ["sch_meeting_created"]});
    app.endpoint("acme", settings.clone()).await;
    app.endpoint("other", settings.clone()).await;
    let mut own = settings;
    own["method"] = json!("PATCH");
    own["url"] = json!("https://own.example/");
    app.endpoint("other", own).await;
    for application in ["acme", "other"] {
        app.message(application, "sch_meeting_created").await;
    }
    let sent = app.network.sent(3).await;
    let mut methods: Vec<_> = sent.iter().map(|sent| sent.method.as_str()).collect();
    methods.sort_unstable();
    assert_eq!(methods, ["PATCH", "POST", "PUT"]);
}

#[tokio::test(start_paused = true)]
async fn http_is_warned_of_where_https_is_advised() {
    let app = TestApp::of("talview").await;
    app.application("acme").await;
    let body = |url: &str| json!({"url": url, "eventTypes": ["sch_meeting_created"], "uid": "main"});
    let made = app.post(ENDPOINTS, body("http://a.example")).await.json(201);
    assert!(made["warnings"][0].as_str().unwrap().contains("advises https://"), "{made:?}");
    let main = format!("{ENDPOINTS}/main");
    assert_eq!(app.get(&main).await.json(200)["warnings"], Value::Null, "only changes warn");
    assert!(app.patch(&main, json!({"description": "x"})).await.json(200)["warnings"].is_array());
    assert_eq!(app.put(&main, body("https://a.example")).await.json(200)["warnings"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn tru_12_plain_http_on_any_port_is_fine() {
    let app = TestApp::of("trutac").await;
    app.application("acme").await;
    let body = json!({"url": "http://customer.example:4567/payload", "eventTypes": ["*"]});
    let made = app.post(ENDPOINTS, body).await.json(201);
    assert_eq!(
        (&made["url"], &made["warnings"]),
        (&json!("http://customer.example:4567/payload"), &Value::Null)
    );
}

#[tokio::test(start_paused = true)]
async fn tru_certificates_may_be_left_unverified_where_the_profile_says_so() {
    let app = TestApp::of("trutac").await;
    app.application("acme").await;
    let body =
        json!({"url": "https://a.example", "eventTypes": ["*"], "tls": {"verify": false}, "uid": "main"});
    let made = app.post(ENDPOINTS, body).await.json(201);
    assert_eq!(made["tls"], json!({"verify": false}));
    assert!(made["warnings"][0].as_str().unwrap().starts_with("tls: "));
    app.network.sent(1).await;
    let main = format!("{ENDPOINTS}/main");
    assert_eq!(app.patch(&main, json!({"tls": null})).await.json(200)["tls"], json!({"verify": true}));
    app.network.sent(2).await;
    assert_eq!(app.network.verified(), [false, true]);
    app.patch(&main, json!({"tls": {"verify": "no"}})).await.invalid(&["body", "tls", "verify"]);
    app.patch(&main, json!({"tls": {"verfy": false}})).await.json(422);
}

#[tokio::test(start_paused = true)]
async fn tri_3_the_sender_makes_the_token_and_shows_it() {
    let app = TestApp::of("trimoji").await;
    app.application("acme").await;
    let body = json!({"url": "https://a.example", "eventTypes": ["QUIZZ_SENT"], "uid": "main"});
    let made = app.post(ENDPOINTS, body).await.json(201);
    assert_eq!(made["secret"], Value::Null, "it can be read, so no answer needs to show it");
    let secret = format!("{ENDPOINTS}/main/secret");
    assert!(app.get(&secret).await.json(200)["key"].is_string());
    app.post(&format!("{secret}/rotate"), json!({"key": "mine"})).await.invalid(&["body", "key"]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_read_again_is_shown_once_if_we_made_it() {
    let app = TestApp::of("qualifio").await;
    app.application("acme").await;
    let made =
        app.post(ENDPOINTS, json!({"url": "https://a.example", "secret": "mine", "uid": "main"})).await;
    assert!(!made.text().contains("mine\""), "{}", made.text());
    made.json(201);
    let secret = format!("{ENDPOINTS}/main/secret");
    app.get(&secret).await.refused(403, "insufficient_access");
    app.post(&format!("{secret}/rotate"), json!({"key": "another of mine"})).await.empty(204);
    let shown = app.post(&format!("{secret}/rotate"), json!({})).await.json(200);
    assert!(shown["key"].is_string());
    app.get(&secret).await.refused(403, "insufficient_access");
}

/// The previous secret is used on for 30 minutes, unless asked otherwise.
#[tokio::test(start_paused = true)]
async fn qua_8_the_overlap_of_a_rotation_is_the_profiles() {
    let app = TestApp::of("qualifio").await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "main", "secret": "one"})).await;
    let rotate = format!("{ENDPOINTS}/main/secret/rotate");
    app.post(&rotate, json!({"key": "two"})).await.empty(204);
    use fanfare_core::ports::store::{ApplicationStore as _, Named};
    let uid = Named::Uid("acme".parse().unwrap());
    let acme = app.store.application(app.environment, uid).await.unwrap().unwrap();
    let name = Named::Uid("main".parse().unwrap());
    let keys = app.store.endpoint(acme.id, name).await.unwrap().unwrap().keys;
    let overlap = keys[0].expires_at.unwrap().since(keys[1].created_at);
    assert_eq!(overlap, std::time::Duration::from_secs(30 * 60));
}

/// As where the platform has put a stricter edition of its profile in place.
#[tokio::test(start_paused = true)]
async fn what_a_profile_would_refuse_by_now_may_stay_and_can_be_disabled() {
    use fanfare_core::{
        auth::AuthSettings,
        endpoint::{Endpoint, EventFilter},
        ports::store::{ApplicationStore as _, Named},
    };
    let app = TestApp::of("trimoji").await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "main", "eventTypes": ["QUIZZ_SENT"]})).await;
    let uid = Named::Uid("acme".parse().unwrap());
    let acme = app.store.application(app.environment, uid).await.unwrap().unwrap();
    let name = Named::Uid("main".parse().unwrap());
    let stored = app.store.endpoint(acme.id, name.clone()).await.unwrap().unwrap();
    let odd = Endpoint {
        event_filter: EventFilter::Unfiltered,
        scope: Some("1".parse().unwrap()),
        filter: Some("payload +".to_owned()),
        verify_tls: false,
        auth: AuthSettings::Bearer,
        revision: 2,
        ..stored
    };
    let audit = app.cli().audit(app.environment, Some(acme.id), "endpoint.update", &odd.id);
    app.store.update_endpoint(odd, None, audit).await.unwrap().unwrap();
    let main = format!("{ENDPOINTS}/main");
    app.patch(&main, json!({"disabled": true})).await.json(200);
    for (field, value, place) in [
        ("eventTypes", json!(["*"]), &["eventTypes"][..]),
        ("scope", json!("2"), &["scope"]),
        ("filter", json!("payload ++"), &["filter"]),
        ("auth", json!({"type": "bearer", "token": "x y"}), &["auth", "token"]),
    ] {
        let place: Vec<_> = ["body"].iter().chain(place).copied().collect();
        let mut patch = json!({});
        patch[field] = value;
        app.patch(&main, patch).await.invalid(&place);
    }
}
