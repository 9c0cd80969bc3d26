//! Stands before every page: security headers on each answer, and refusals as pages.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use http::{HeaderName, HeaderValue, header};

use crate::{
    Console, look, page,
    refusal::Refusal,
    visit::{Chrome, Face},
};

const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // With `no-referrer`, browsers would not say where our own forms come from.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// Browsers come back by https for this long.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The middleware around all routes.
pub(crate) async fn guard(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut chrome = Chrome::new(&parts.headers, &parts.uri, "", console.is_secure);
    chrome.look = look::of(&mut parts, &console).await;
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        response = refused(&chrome, &refusal);
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, look::policy(&chrome.look));
    if !chrome.look.may_be_framed() {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    if console.is_secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refused(chrome: &Chrome, refusal: &Refusal) -> Response {
    if let (Face::Console, Refusal::LoggedOut { to }) = (chrome.face, refusal) {
        return Redirect::to(&format!("/console/login?to={}", page::encode(to))).into_response();
    }
    (refusal.status(), page::refusal(chrome, refusal)).into_response()
}
