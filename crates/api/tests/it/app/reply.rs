//! An answer of the API, with the checks that tests make.

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Bytes,
}

/// A JSON body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Json(pub(crate) Value);

impl Reply {
    pub(crate) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Json {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        Json(serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text())))
    }

    /// Nothing but the status.
    #[track_caller]
    pub(crate) fn empty(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert!(self.body.is_empty(), "{}", self.text());
    }

    /// An error with this code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!(self.json(status)["code"], code);
    }

    /// A 422 about this place.
    #[track_caller]
    pub(crate) fn invalid(&self, loc: &[&str]) {
        let body = self.json(422);
        assert_eq!(body["detail"][0]["loc"], serde_json::json!(loc), "{}", self.text());
    }
}

impl std::ops::Deref for Json {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl Json {
    /// Its `id`.
    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self["id"].as_str().unwrap().to_owned()
    }

    /// A member of each item of a page.
    #[track_caller]
    pub(crate) fn all(&self, member: &str) -> Vec<String> {
        let items = self["data"].as_array().unwrap();
        items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
    }
}
