//! Makes the applications and endpoints of a run through the public API, and deletes them afterwards.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::Full;
use serde_json::json;
use tokio::{net::lookup_host, task::JoinSet};
use url::Url;

use super::{
    client::{Client, Reply},
    load::json_headers,
    plan::SETUP_CLIENTS,
};

/// The API of the server that is measured.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    /// Its address.
    pub(crate) server: SocketAddr,
    /// Headers of every request.
    pub(crate) headers: HeaderMap,
    prefix: String,
}

/// One call to it.
#[derive(Debug)]
pub(crate) struct Call {
    method: Method,
    path: String,
    body: String,
}

impl Api {
    /// Of the server at `url`, with an admin key.
    pub(crate) async fn at(url: &str, key: &str) -> anyhow::Result<Self> {
        let url = Url::parse(url).with_context(|| format!("`{url}` is not a URL"))?;
        ensure!(url.scheme() == "http", "bench speaks plain http, not {}", url.scheme());
        let host = url.host_str().context("the URL has no host")?;
        let port = url.port_or_known_default().context("the URL has no port")?;
        let mut addresses = lookup_host((host.trim_matches(['[', ']']), port)).await?;
        Ok(Self {
            server: addresses.next().with_context(|| format!("{host} has no address"))?,
            headers: json_headers(&format!("{host}:{port}"), key).context("the key is no header value")?,
            prefix: url.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Where the messages of the application `uid` are posted.
    pub(crate) fn message_uri(&self, uid: &str) -> anyhow::Result<Uri> {
        Ok(format!("{}/api/v1/app/{uid}/msg", self.prefix).parse()?)
    }

    /// Makes all `calls`, several at a time; the first one that fails ends it.
    pub(crate) async fn make(&self, calls: Vec<Call>) -> anyhow::Result<()> {
        let calls = Arc::new(calls);
        let next = Arc::new(AtomicUsize::new(0));
        let mut clients = JoinSet::new();
        for _ in 0..SETUP_CLIENTS.min(calls.len()) {
            clients.spawn(self.clone().make_in_turn(Arc::clone(&calls), Arc::clone(&next)));
        }
        while let Some(done) = clients.join_next().await {
            done??;
        }
        Ok(())
    }

    /// Makes one call. Any answer but a success is an error that says what was answered.
    pub(crate) async fn call(&self, client: &mut Client, call: &Call) -> anyhow::Result<Reply> {
        let reply = client.send(self.request(call)?).await?;
        refuse_failure(call, &reply)?;
        Ok(reply)
    }

    /// A client of this server.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.server)
    }

    async fn make_in_turn(self, calls: Arc<Vec<Call>>, next: Arc<AtomicUsize>) -> anyhow::Result<()> {
        let mut client = self.client();
        while let Some(call) = calls.get(next.fetch_add(1, Relaxed)) {
            self.call(&mut client, call).await?;
        }
        Ok(())
    }

    fn request(&self, call: &Call) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut request = Request::new(Full::new(Bytes::from(call.body.clone())));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = format!("{}{}", self.prefix, call.path).parse()?;
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}

impl Call {
    /// Asks for `path`.
    pub(crate) fn get(path: String) -> Self {
        Self { method: Method::GET, path, body: String::new() }
    }

    /// Posts `body` to `path`.
    pub(crate) fn post(path: String, body: &serde_json::Value) -> Self {
        Self { method: Method::POST, path, body: body.to_string() }
    }

    /// Posts a body that is JSON already to `path`, byte by byte.
    pub(crate) fn post_json(path: String, body: String) -> Self {
        Self { method: Method::POST, path, body }
    }

    /// Makes the application `uid`.
    pub(crate) fn create_application(uid: &str) -> Self {
        Self::post("/api/v1/app".into(), &json!({"name": uid, "uid": uid}))
    }

    /// Makes an endpoint of the application `uid`.
    pub(crate) fn create_endpoint(uid: &str, url: &str, secret: &str) -> Self {
        Self::post(format!("/api/v1/app/{uid}/endpoint"), &json!({"url": url, "secret": secret}))
    }

    /// Makes an endpoint of the application `uid` with a profile of its own, which wants `event_type`.
    pub(crate) fn create_profiled_endpoint(uid: &str, url: &str, profile: &str, event_type: &str) -> Self {
        let body = json!({"url": url, "profile": profile, "eventTypes": [event_type]});
        Self::post(format!("/api/v1/app/{uid}/endpoint"), &body)
    }

    /// Adds an event type to the catalogue.
    pub(crate) fn create_event_type(name: &str) -> Self {
        Self::post("/api/v1/event-type".into(), &json!({"name": name, "description": "of `fanfare bench`"}))
    }

    /// Removes an event type for good.
    pub(crate) fn delete_event_type(name: &str) -> Self {
        Self {
            method: Method::DELETE,
            path: format!("/api/v1/event-type/{name}?expunge=true"),
            body: String::new(),
        }
    }

    /// Deletes the application `uid`.
    pub(crate) fn delete_application(uid: &str) -> Self {
        Self { method: Method::DELETE, path: format!("/api/v1/app/{uid}"), body: String::new() }
    }
}

fn refuse_failure(call: &Call, reply: &Reply) -> anyhow::Result<()> {
    if reply.status.is_success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&reply.body);
    bail!("{} {} was answered with {}: {said}", call.method, call.path, reply.status)
}
