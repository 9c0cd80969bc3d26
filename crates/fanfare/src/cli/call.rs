//! One call to a server's API, over the same transport that deliveries use: plain or TLS, one deadline.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use fanfare_core::{
    delivery::Method,
    id::ApplicationId,
    ports::{FailureKind, SendOptions, Transport as _},
    render::{Header, Request, Target},
    secret::Secret,
};
use fanfare_outbound::{HttpTransport, OutboundConfig};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::clock::SystemClock;

/// How a server is called.
pub(super) struct Call<'a> {
    server: &'a Url,
    key: &'a Secret,
    idempotency_key: Option<&'a str>,
    timeout: Duration,
    transport: HttpTransport,
}

impl<'a> Call<'a> {
    /// Calls in the name of `key`, trusting the certificates of `ca_file` beside the public ones.
    pub(super) fn new(
        server: &'a Url,
        key: &'a Secret,
        ca_file: Option<&Path>,
        timeout: Duration,
    ) -> Result<Self> {
        Ok(Self { server, key, idempotency_key: None, timeout, transport: transport(ca_file)? })
    }

    /// The same under an idempotency key.
    pub(super) fn once(self, idempotency_key: Option<&'a str>) -> Self {
        Self { idempotency_key, ..self }
    }

    /// Posts `body`; the server's answer, unless it refuses.
    pub(super) async fn post(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        body: &impl Serialize,
    ) -> Result<Value> {
        self.call(Method::Post, self.url(path, query)?, serde_json::to_vec(body)?).await
    }

    /// The server's answer to a question, unless it refuses.
    pub(super) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value> {
        self.call(Method::Get, self.url(path, query)?, Vec::new()).await
    }

    async fn call(&self, method: Method, url: Url, body: Vec<u8>) -> Result<Value> {
        let request = Request {
            method,
            target: Target::Http(url),
            headers: self.headers(),
            body: body.into(),
            key_number: None,
        };
        let options = SendOptions {
            application: ApplicationId([0; 20]),
            timeout: self.timeout,
            verify_tls: true,
            token: None,
        };
        let answer = self.transport.send(request, &options).await.result.map_err(|failure| {
            let hint = match failure.kind {
                FailureKind::Connect => "; is a server running there? `fanfare` starts one",
                _ => "",
            };
            anyhow!("{}: {failure}{hint}", self.server)
        })?;
        understand(answer.status, &answer.body)
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url> {
        let mut url = self.server.clone();
        ensure!(matches!(url.scheme(), "http" | "https"), "--url begins with http:// or https://");
        let no_path = |()| anyhow!("--url has no place for a path");
        url.path_segments_mut().map_err(no_path)?.pop_if_empty().extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().clear().extend_pairs(query);
        }
        Ok(url)
    }

    fn headers(&self) -> Vec<Header> {
        let header = |name: &str, value: &str, sensitive| Header {
            name: name.to_owned(),
            value: Secret::new(value),
            sensitive,
        };
        let mut headers = vec![
            header("authorization", &format!("Bearer {}", self.key.reveal()), true),
            header("content-type", "application/json", false),
            header("user-agent", concat!("fanfare/", env!("CARGO_PKG_VERSION")), false),
        ];
        headers.extend(self.idempotency_key.map(|key| header("idempotency-key", key, false)));
        headers
    }
}

/// A person named the server, so no address is refused.
fn transport(ca_file: Option<&Path>) -> Result<HttpTransport> {
    let roots = ca_file
        .map(|path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display())));
    let config = OutboundConfig {
        allow_networks: vec!["0.0.0.0/0".parse()?, "::/0".parse()?],
        extra_roots_pem: roots.transpose()?,
        ..OutboundConfig::default()
    };
    Ok(HttpTransport::new(config, Arc::new(SystemClock::new()))?)
}

/// The answer of a server; an error says the reasons that it gives.
fn understand(status: u16, body: &[u8]) -> Result<Value> {
    let answer = serde_json::from_slice::<Value>(body);
    match (status, answer) {
        (200..=299, Ok(answer)) => Ok(answer),
        (200..=299, Err(_)) => {
            bail!("what answered with {status} is no Fanfare server: the answer is not JSON")
        }
        (_, Ok(answer)) => bail!("refused with {status}: {}", reasons(&answer)),
        (_, Err(_)) => bail!("refused with {status}, without a reason; is this a Fanfare server?"),
    }
}

/// `{"detail": "…"}`, or `{"detail": [{"loc": […], "msg": "…"}]}`.
fn reasons(answer: &Value) -> String {
    let one = |item: &Value| {
        let place: Vec<_> = item["loc"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        format!("{}: {}", place.join("."), item["msg"].as_str().unwrap_or_default())
    };
    match &answer["detail"] {
        Value::String(detail) => detail.clone(),
        Value::Array(items) => items.iter().map(one).collect::<Vec<_>>().join("; "),
        _ => answer.to_string(),
    }
}

#[cfg(test)]
mod tests;
