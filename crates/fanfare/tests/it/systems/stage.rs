//! A server with an environment of one profile, an application, and what tests do with them.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::wire::Wire;
use crate::{api::Api, server::TestServer};

/// A server with an environment of one profile and the application `acme`.
pub(crate) struct Stage {
    pub(crate) server: TestServer,
    pub(crate) api: Api,
    _profiles: Option<TempDir>,
}

impl Stage {
    pub(crate) async fn of(profile: &str) -> Self {
        let server = TestServer::start().await;
        let key = server.create_environment_with(profile, profile);
        let api = server.api_as(&key);
        api.create_application("acme").await;
        Self { server, api, _profiles: None }
    }

    /// The same with a profile of this text in the place of a built-in one.
    pub(crate) async fn of_text(profile: &str, text: &str) -> Self {
        let profiles = tempfile::tempdir().unwrap();
        std::fs::write(profiles.path().join("profile.toml"), text).unwrap();
        let directory = profiles.path().to_str().unwrap();
        let server =
            TestServer::start_with(&["--allow-network", "127.0.0.0/8", "--profiles", directory]).await;
        let outcome = server.run(&["env", "create", profile, "--profile", profile, "--profiles", directory]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let api = server.api_as(outcome.stdout.trim_end());
        api.create_application("acme").await;
        Self { server, api, _profiles: Some(profiles) }
    }

    /// Makes an endpoint at a receiver, of id `uid`; what the API answered.
    pub(crate) async fn endpoint(&self, wire: &Wire, uid: &str, fields: Value) -> Value {
        self.try_endpoint(&wire.url("/hook"), uid, fields).await.expect(201)
    }

    /// The answer to making an endpoint at a URL.
    pub(crate) async fn try_endpoint(&self, url: &str, uid: &str, fields: Value) -> crate::api::Answer {
        let mut body = json!({"url": url, "uid": uid});
        body.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap_or_default());
        self.api.post("/app/acme/endpoint", body).await
    }

    /// The secret of an endpoint, as the customer reads it.
    pub(crate) async fn secret(&self, uid: &str) -> String {
        let answer = self.api.get(&format!("/app/acme/endpoint/{uid}/secret")).await.expect(200);
        answer["key"].as_str().unwrap().to_owned()
    }

    /// Posts an event whose payload is this text, byte for byte; the message as the API shows it.
    pub(crate) async fn post(&self, event_type: &str, payload: &str) -> Value {
        let body = format!(r#"{{"eventType":"{event_type}","payload":{payload}}}"#);
        self.api.call(http::Method::POST, "/app/acme/msg", body).await.expect(202)
    }

    /// The names of the catalogue, sorted.
    pub(crate) async fn catalogue(&self) -> Vec<Value> {
        let list = self.api.get("/event-type?limit=250&with_content=true").await.expect(200);
        let mut types = list["data"].as_array().unwrap().clone();
        types.sort_by_key(|kind| kind["name"].as_str().unwrap().to_owned());
        types
    }

    /// The attempts of a message at the application's endpoints, newest first, once there are `count`.
    pub(crate) async fn attempts(&self, message: &Value, count: usize) -> Vec<Value> {
        let id = message["id"].as_str().unwrap();
        self.api.attempts("acme", id, |attempts| attempts.len() >= count).await
    }

    /// The deliveries of a message, once `enough` holds for them.
    pub(crate) async fn deliveries(&self, message: &Value, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let path = format!("/app/acme/delivery?msg_id={}", message["id"].as_str().unwrap());
        self.api.list_until(&path, enough).await
    }

    /// The deliveries of a message once all of them have ended: state by endpoint.
    pub(crate) async fn ends(&self, message: &Value) -> Vec<String> {
        let waiting =
            |delivery: &Value| ["scheduled", "pending", "retrying", "held"].contains(&state(delivery));
        let ended = self.deliveries(message, |all| !all.iter().any(waiting)).await;
        ended.iter().map(|delivery| state(delivery).to_owned()).collect()
    }
}

fn state(delivery: &Value) -> &str {
    delivery["state"].as_str().unwrap()
}

/// The names of a list of event types.
pub(crate) fn names(types: &[Value]) -> Vec<&str> {
    types.iter().map(|kind| kind["name"].as_str().unwrap()).collect()
}
