//! Query strings: lists come as `a,b`, as `x[]=a` and as `x[0]=a`; times in both formats; mistakes are 422.

use std::{convert::Infallible, str::FromStr};

use axum::extract::FromRequestParts;
use fanfare_core::{
    limits::QUERY_NAMES,
    name::{Channel, EventTypeName, Tag},
    ports::store::MessageFilter,
    time::Timestamp,
};
use http::request::Parts;
use utoipa::IntoParams;

use crate::error::ApiError;

/// The query string of a request, decoded.
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    pub(crate) fn of(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The last value of that name; an empty one counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let named = self.0.iter().rev().find(|(key, _)| key == name);
        named.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A value that must parse.
    pub(crate) fn parsed<T: FromStr<Err: std::fmt::Display>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, ApiError> {
        let parse = |text: &str| text.parse().map_err(|error: T::Err| invalid(name, error.to_string()));
        self.text(name).map(parse).transpose()
    }

    /// A yes or no.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, ApiError> {
        match self.text(name) {
            None => Ok(default),
            Some("true" | "True" | "1") => Ok(true),
            Some("false" | "False" | "0") => Ok(false),
            Some(_) => Err(invalid(name, "must be true or false")),
        }
    }

    /// A time.
    pub(crate) fn time(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        let parse = |text: &str| {
            // An unescaped `+` of an offset arrives as a space.
            let offset = text.len() > 6 && text.as_bytes()[text.len() - 6] == b' ' && !text.ends_with("UTC");
            let mended = offset.then(|| [&text[..text.len() - 6], "+", &text[text.len() - 5..]].concat());
            Timestamp::parse(mended.as_deref().unwrap_or(text)).map_err(|e| invalid(name, e.to_string()))
        };
        self.text(name).map(parse).transpose()
    }

    /// A list in any of its spellings; none if it is not given at all.
    pub(crate) fn list<T: FromStr<Err: std::fmt::Display>>(
        &self,
        name: &str,
    ) -> Result<Option<Vec<T>>, ApiError> {
        let values = self.0.iter().filter(|(key, _)| is_item_of(key, name));
        let items = values.flat_map(|(_, value)| value.split(',')).filter(|item| !item.is_empty());
        let items: Vec<T> = items
            .map(|item| item.parse().map_err(|error: T::Err| invalid(name, error.to_string())))
            .collect::<Result<_, _>>()?;
        if items.len() > QUERY_NAMES {
            return Err(invalid(name, format!("must name at most {QUERY_NAMES}")));
        }
        Ok((!items.is_empty()).then_some(items))
    }

    /// What narrows a list by attributes of messages.
    pub(crate) fn message_filter(&self) -> Result<MessageFilter, ApiError> {
        Ok(MessageFilter {
            channel: self.parsed::<Channel>("channel")?,
            tag: self.parsed::<Tag>("tag")?,
            event_types: self.list::<EventTypeName>("event_types")?,
            text: None,
            before: self.time("before")?,
            after: self.time("after")?,
            oldest: None,
        })
    }
}

/// Whether `key` is `name`, `name[]` or `name[3]`.
fn is_item_of(key: &str, name: &str) -> bool {
    let Some(rest) = key.strip_prefix(name) else { return false };
    let index = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    rest.is_empty() || index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
}

/// 422 about a query parameter.
pub(crate) fn invalid(name: &str, msg: impl Into<String>) -> ApiError {
    ApiError::invalid(&["query", name], msg)
}

/// What narrows a list by attributes of messages.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in the OpenAPI document; read by Query::message_filter")]
pub(crate) struct MessageFilterParams {
    /// Only messages with this channel.
    channel: Option<String>,
    /// Only messages with this tag.
    tag: Option<String>,
    /// Only these event types: `a,b`, `event_types[]=a` or `event_types[0]=a`.
    event_types: Option<Vec<String>>,
    /// Only items before this time (exclusive). RFC 3339, or `2026-11-21 05:00:00 UTC`.
    #[param(format = DateTime)]
    before: Option<String>,
    /// Only items from this time on (inclusive).
    #[param(format = DateTime)]
    after: Option<String>,
}

/// Whether payloads or responses are wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in the OpenAPI document")]
pub(crate) struct WithContent {
    /// Whether the content (payload, response or schemas) is included.
    with_content: Option<bool>,
}

#[cfg(test)]
mod tests;
