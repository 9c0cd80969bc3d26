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
    pub(super) server: &'a Url,
    pub(super) key: &'a Secret,
    pub(super) idempotency_key: Option<&'a str>,
    pub(super) ca_file: Option<&'a Path>,
    pub(super) timeout: Duration,
}

impl Call<'_> {
    /// Posts `body`; the server's answer, unless it refuses.
    pub(super) async fn post(&self, path: &[&str], body: &impl Serialize) -> Result<Value> {
        let request = Request {
            method: Method::Post,
            target: Target::Http(self.url(path)?),
            headers: self.headers(),
            body: serde_json::to_vec(body)?.into(),
            key_number: None,
        };
        let options = SendOptions {
            application: ApplicationId([0; 20]),
            timeout: self.timeout,
            verify_tls: true,
            token: None,
        };
        let answer = self.transport()?.send(request, &options).await.result.map_err(|failure| {
            let hint = match failure.kind {
                FailureKind::Connect => "; is a server running there? `fanfare` starts one",
                _ => "",
            };
            anyhow!("{}: {failure}{hint}", self.server)
        })?;
        understand(answer.status, &answer.body)
    }

    fn url(&self, path: &[&str]) -> Result<Url> {
        let mut url = self.server.clone();
        ensure!(matches!(url.scheme(), "http" | "https"), "--url begins with http:// or https://");
        let no_path = |()| anyhow!("--url has no place for a path");
        url.path_segments_mut().map_err(no_path)?.pop_if_empty().extend(path);
        url.set_query(Some("with_content=false"));
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
            header("user-agent", concat!("fanfare-send/", env!("CARGO_PKG_VERSION")), false),
        ];
        headers.extend(self.idempotency_key.map(|key| header("idempotency-key", key, false)));
        headers
    }

    /// A person named the server, so no address is refused.
    fn transport(&self) -> Result<HttpTransport> {
        let roots = self.ca_file.map(|path| {
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
        });
        let config = OutboundConfig {
            allow_networks: vec!["0.0.0.0/0".parse()?, "::/0".parse()?],
            extra_roots_pem: roots.transpose()?,
            ..OutboundConfig::default()
        };
        Ok(HttpTransport::new(config, Arc::new(SystemClock::new()))?)
    }
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
