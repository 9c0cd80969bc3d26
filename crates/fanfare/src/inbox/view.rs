//! `GET /inbox/{endpoint}`: what arrived, newest first, as JSON or as a page.
//!
//! It asks for no key: the endpoint's id, 120 random bits, is what opens it, so that a URL can be pasted.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use fanfare_core::id::EndpointId;
use http::{HeaderMap, StatusCode, header};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Inbox, Received, page};

/// The inbox's routes.
pub(crate) fn routes(inbox: Arc<Inbox>) -> Router {
    Router::new().route("/inbox/{endpoint}", get(show)).with_state(inbox)
}

async fn show(State(inbox): State<Arc<Inbox>>, Path(endpoint): Path<String>, headers: HeaderMap) -> Response {
    let Ok(endpoint) = endpoint.parse::<EndpointId>() else {
        return (StatusCode::NOT_FOUND, "no such inbox: its path is /inbox/ep_…\n").into_response();
    };
    let received = inbox.received(endpoint);
    if is_browser(&headers) {
        return page::render(endpoint, &received);
    }
    let json = serde_json::to_string_pretty(&InboxView::new(endpoint, &received));
    let json = json.expect("strings and numbers are always JSON") + "\n";
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response()
}

fn is_browser(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

#[derive(Serialize)]
struct InboxView<'a> {
    endpoint: EndpointId,
    requests: Vec<RequestView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestView<'a> {
    number: u64,
    received_at: String,
    method: &'static str,
    #[serde(serialize_with = "as_object")]
    headers: Vec<(&'a str, String)>,
    body: BodyView<'a>,
}

/// A body: JSON exactly as it came, else text, else base64.
#[derive(Serialize)]
#[serde(untagged)]
enum BodyView<'a> {
    Json(&'a RawValue),
    Text(&'a str),
    Bytes { base64: String },
}

impl<'a> InboxView<'a> {
    fn new(endpoint: EndpointId, received: &'a [Received]) -> Self {
        Self { endpoint, requests: received.iter().map(RequestView::new).collect() }
    }
}

impl<'a> RequestView<'a> {
    fn new(received: &'a Received) -> Self {
        Self {
            number: received.number,
            received_at: received.at.to_rfc3339_millis(),
            method: received.method,
            headers: combined(&received.headers),
            body: BodyView::new(&received.body),
        }
    }
}

impl<'a> BodyView<'a> {
    fn new(body: &'a [u8]) -> Self {
        match std::str::from_utf8(body) {
            Ok(text) => serde_json::from_str(text).map_or(Self::Text(text), Self::Json),
            Err(_) => Self::Bytes { base64: STANDARD.encode(body) },
        }
    }
}

/// The headers in their order, those of one name as one line (RFC 9110 §5.3).
fn combined(headers: &[(String, String)]) -> Vec<(&str, String)> {
    let mut lines: Vec<(&str, String)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        match lines.iter_mut().find(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
            Some((_, line)) => *line = format!("{line}, {value}"),
            None => lines.push((name, value.clone())),
        }
    }
    lines
}

fn as_object<S: Serializer>(headers: &[(&str, String)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(headers.iter().map(|(name, value)| (name, value)))
}

/// A body for people: text, or what there is of it.
pub(super) fn readable(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body)
}
