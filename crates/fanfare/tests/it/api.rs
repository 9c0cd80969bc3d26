//! Calls of the public API from a test, one line each.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::{
    SOON,
    client::{Client, Reply},
    receiver::{Receiver, pause, within},
};

/// The API of a server with one key.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    server: SocketAddr,
    key: String,
    extra: Option<(&'static str, &'static str)>,
}

/// A status and a body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    request: String,
}

impl Api {
    pub(crate) fn new(server: SocketAddr, key: &str) -> Self {
        Self { server, key: key.to_owned(), extra: None }
    }

    /// The same with one more header on each request.
    pub(crate) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.extra = Some((name, value));
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, String::new()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, String::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, body.to_string()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, body.to_string()).await
    }

    /// Any call below `/api/v1` with any body.
    pub(crate) async fn call(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Answer {
        let request = format!("{method} {path}");
        let head = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("host", self.server.to_string())
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        let head = self.extra.iter().fold(head, |head, (name, value)| head.header(*name, *value));
        let sent = head.body(Full::new(body.into())).unwrap();
        let mut client = Client::new(self.server);
        let reply = within(SOON, client.send(sent)).await.unwrap_or_else(|| panic!("{request}: no answer"));
        let Reply { status, body } = reply.unwrap_or_else(|error| panic!("{request}: {error}"));
        Answer { status: status.as_u16(), text: String::from_utf8(body.into()).unwrap(), request }
    }

    /// Makes the application `uid`.
    pub(crate) async fn create_application(&self, uid: &str) {
        self.post("/app", json!({"name": uid, "uid": uid})).await.expect(201);
    }

    /// Makes an endpoint of the application `uid` at a receiver; its id and its secret.
    pub(crate) async fn create_endpoint(
        &self,
        uid: &str,
        receiver: &Receiver,
        extra: Value,
    ) -> (String, String) {
        let mut body = json!({"url": receiver.url("/")});
        let fields = extra.as_object().cloned().unwrap_or_default();
        body.as_object_mut().unwrap().extend(fields);
        let made = self.post(&format!("/app/{uid}/endpoint"), body).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let secret = self.get(&format!("/app/{uid}/endpoint/{id}/secret")).await.expect(200);
        (id, secret["key"].as_str().unwrap().to_owned())
    }

    /// Posts a message to the application `uid`; its id.
    pub(crate) async fn post_message(&self, uid: &str, payload: Value) -> String {
        let body = json!({"eventType": "test.happened", "payload": payload});
        let answer = self.post(&format!("/app/{uid}/msg"), body).await.expect(202);
        answer["id"].as_str().unwrap().to_owned()
    }

    /// The attempts of a message, newest first, as soon as `enough` holds for them.
    pub(crate) async fn attempts(
        &self,
        uid: &str,
        message: &str,
        enough: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        self.list_until(&format!("/app/{uid}/attempt/msg/{message}"), enough).await
    }

    /// The items of a list's first page, as soon as `enough` holds for them.
    pub(crate) async fn list_until(&self, path: &str, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let mut seen = Vec::new();
        let listed = within(SOON, async {
            loop {
                let list = self.get(path).await.expect(200);
                seen = list["data"].as_array().unwrap().clone();
                if enough(&seen) {
                    return;
                }
                pause(Duration::from_millis(20)).await;
            }
        });
        let listed = listed.await;
        assert!(listed.is_some(), "{path} did not become what was expected: {seen:?}");
        seen
    }
}

impl Answer {
    /// The body as JSON, if the status is the expected one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{} was answered with {}: {}", self.request, self.status, self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// Asserts an error of the form `{"code", "detail"}`.
    #[track_caller]
    pub(crate) fn expect_error(self, status: u16, code: &str) {
        let request = self.request.clone();
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{request}: {body}");
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{request}: {body}");
    }

    /// Asserts a 422 whose first item is about the place `loc`, for instance `body.url`.
    #[track_caller]
    pub(crate) fn expect_invalid(self, loc: &str) {
        let request = self.request.clone();
        let body = self.expect(422);
        let item = &body["detail"][0];
        let parts: Vec<_> =
            item["loc"].as_array().into_iter().flatten().map(|part| part.as_str().unwrap_or("?")).collect();
        assert_eq!(parts.join("."), loc, "{request}: {body}");
        assert!(item["msg"].as_str().is_some_and(|msg| !msg.is_empty()), "{request}: {body}");
        assert!(item["type"].is_string(), "{request}: {body}");
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{}: no JSON: {}", self.request, self.text))
    }
}
