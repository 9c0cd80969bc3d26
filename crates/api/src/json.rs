//! JSON in and out: bodies are read whole, bounded in size, time and all together, and mistakes are told with
//! their place.

use std::sync::Arc;

use axum::{
    body::{Body as AxumBody, HttpBody as _},
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use fanfare_core::limits::{
    API_BODIES_BYTES, API_BODY_BYTES, API_BODY_TIME, API_DRAIN_BYTES, API_SMALL_BODY_BYTES,
};
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_path_to_error::Segment;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Api, error::ApiError};

/// An answer of 200 with a JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        response(StatusCode::OK, &self.0)
    }
}

/// An answer with a compact JSON body.
pub(crate) fn response(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => raw_response(status, bytes.into()),
        Err(error) => ApiError::internal(format!("an answer is no JSON: {error}")).into_response(),
    }
}

/// An answer whose body is JSON text already.
pub(crate) fn raw_response(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(AxumBody::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The JSON body of any request but the posting of a message.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<Api>> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, ApiError> {
        let received = read(request.into_body(), API_BODY_BYTES, api).await?;
        parse(&received.bytes).map(Self)
    }
}

/// A whole body, and its share of what all bodies together may hold, for as long as it is worked on.
pub(crate) struct Received<'a> {
    pub(crate) bytes: Bytes,
    _place: Option<SemaphorePermit<'a>>,
}

/// Room for the bodies that arrive or are worked on at the same time.
pub(crate) struct Places(Semaphore);

impl Default for Places {
    fn default() -> Self {
        Self(Semaphore::new(API_BODIES_BYTES))
    }
}

impl Places {
    /// Waits for room for a body of up to so many bytes; a small one needs none.
    async fn place(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        let permits = u32::try_from(bytes).ok().filter(|_| bytes > API_SMALL_BODY_BYTES)?;
        Some(self.0.acquire_many(permits).await.expect("nobody closes this semaphore"))
    }
}

/// Reads a whole body. One over `limit` is drained before it is refused, so that clients read the answer.
pub(crate) async fn read(body: AxumBody, limit: usize, api: &Api) -> Result<Received<'_>, ApiError> {
    let announced = body.size_hint();
    let clock = &api.engine.context().ports.clock;
    // Of a body that is too large by its own word nothing is kept.
    let kept = if announced.lower() > limit as u64 { 0 } else { limit };
    let most =
        announced.upper().and_then(|most| usize::try_from(most).ok()).map_or(kept, |most| most.min(kept));
    let place = tokio::select! {
        biased;
        place = api.bodies.place(most) => place,
        () = clock.sleep(API_BODY_TIME) => {
            return Err(ApiError::overloaded("Too many large requests arrive at once"));
        }
    };
    tokio::select! {
        biased;
        read = read_all(body, limit, most) => Ok(Received { bytes: read?, _place: place }),
        () = clock.sleep(API_BODY_TIME) => Err(ApiError::body_timeout()),
    }
}

/// Reads a body to its end, and keeps it unless it turns out to have more than `most` bytes.
async fn read_all(mut body: AxumBody, limit: usize, most: usize) -> Result<Bytes, ApiError> {
    let announced = usize::try_from(body.size_hint().lower()).map_or(most, |least| least.min(most));
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::invalid(&["body"], "the body ended too early"))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > most {
            (first, whole) = (Bytes::new(), BytesMut::new());
            if length > API_DRAIN_BYTES {
                break;
            }
        } else if first.is_empty() {
            first = data;
        } else {
            if whole.is_empty() {
                whole.reserve(announced);
                whole.extend_from_slice(&first);
            }
            whole.extend_from_slice(&data);
        }
    }
    match (length > most, whole.is_empty()) {
        (true, _) => Err(ApiError::too_large(limit)),
        (false, true) => Ok(first),
        (false, false) => Ok(whole.freeze()),
    }
}

/// Parses a body. Only one that is invalid is parsed a second time, to find the place.
pub(crate) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let msg = format!("the body is not UTF-8: the byte at {} is invalid", error.valid_up_to());
        ApiError::validation(vec!["body".to_owned()], msg, "value_error.jsondecode")
    })?;
    serde_json::from_str(text).or_else(|_| explain(text))
}

fn explain<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let parsed = serde_path_to_error::deserialize(&mut reader);
    let value = parsed.map_err(|error| invalid(&error))?;
    reader.end().map_err(|error| {
        ApiError::validation(vec!["body".to_owned()], error.to_string(), "value_error.jsondecode")
    })?;
    Ok(value)
}

fn invalid(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let msg = error.inner().to_string();
    let mut loc = vec!["body".to_owned()];
    if !error.inner().is_data() {
        return ApiError::validation(loc, format!("malformed JSON: {msg}"), "value_error.jsondecode");
    }
    loc.extend(error.path().iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    }));
    let missing = msg.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    if let Some((field, _)) = missing {
        loc.push(field.to_owned());
        return ApiError::validation(loc, "is required".to_owned(), "value_error.missing");
    }
    let kind = if msg.starts_with("invalid type") { "type_error" } else { "value_error" };
    let msg = msg.rsplit_once(" at line ").map_or(msg.as_str(), |(msg, _)| msg).to_owned();
    ApiError::validation(loc, msg, kind)
}

#[cfg(test)]
mod tests;
