//! The one error type of the API: `{"code", "detail"}`, or a list of what was invalid and where.
//!
//! What goes wrong inside is logged here, once, under a number that the answer names; the answer says no more.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::response::{IntoResponse, Response};
use fanfare_core::ports::store::{ChangeError, StoreError};
use fanfare_engine::{
    accept::{InvalidDraft, PostError},
    configure::ConfigureError,
    schema::Mistake,
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::json;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Plain(ErrorOut),
    Validation(ValidationErrorOut),
    /// For the log only.
    Internal(String),
}

/// An error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorOut {
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

/// What was invalid.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValidationErrorOut {
    /// Each invalid thing.
    pub detail: Vec<ValidationErrorItem>,
}

/// One thing that was invalid.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValidationErrorItem {
    /// Where: `body`, `query`, `header` or `path`, then the way to the field.
    pub loc: Vec<String>,
    /// What is wrong, for people.
    pub msg: String,
    /// The kind of mistake, for programs.
    pub r#type: &'static str,
}

/// The answers that any operation can give when it is not done.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes answers in the OpenAPI document")]
pub(crate) enum Problems {
    /// The key is missing, unknown, expired or revoked.
    #[response(status = 401)]
    Unauthorized(ErrorOut),
    /// The key may not do this.
    #[response(status = 403)]
    Forbidden(ErrorOut),
    /// It does not exist in this environment.
    #[response(status = 404)]
    NotFound(ErrorOut),
    /// It exists already, or is being changed by others.
    #[response(status = 409)]
    Conflict(ErrorOut),
    /// The body is too large.
    #[response(status = 413)]
    TooLarge(ErrorOut),
    /// Something in the request is invalid.
    #[response(status = 422)]
    Invalid(ValidationErrorOut),
    /// An error of the server; its log says more.
    #[response(status = 500)]
    Internal(ErrorOut),
    /// The store cannot take it now, or too much waits: try again in a moment.
    #[response(status = 503)]
    Unavailable(ErrorOut),
}

impl ApiError {
    fn plain(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, body: Body::Plain(ErrorOut { code, detail: detail.into() }) }
    }

    /// 401: the same for every way in which a key can be wrong.
    pub(crate) fn unauthorized() -> Self {
        Self::plain(StatusCode::UNAUTHORIZED, "authentication_failed", "Invalid token")
    }

    /// 403: `detail` says who may.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::plain(StatusCode::FORBIDDEN, "insufficient_access", detail)
    }

    /// 404: `what` does not exist, with its article.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::plain(StatusCode::NOT_FOUND, "not_found", format!("{} does not exist", capital(what)))
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        let detail = "This path does not take this method";
        Self::plain(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    /// 408: the body did not arrive in time.
    pub(crate) fn body_timeout() -> Self {
        let detail = "The body of the request did not arrive in time";
        Self::plain(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
    }

    /// 409.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::plain(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 413: `limit` in bytes.
    pub(crate) fn too_large(limit: usize) -> Self {
        let detail = format!("The body of the request is larger than {limit} bytes");
        Self::plain(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
    }

    /// 422 about one place.
    pub(crate) fn invalid(loc: &[&str], msg: impl Into<String>) -> Self {
        Self::validation(loc.iter().map(|part| (*part).to_owned()).collect(), msg.into(), "value_error")
    }

    /// 422 about one place, of a certain kind.
    pub(crate) fn validation(loc: Vec<String>, msg: String, kind: &'static str) -> Self {
        Self::validations(vec![ValidationErrorItem { loc, msg, r#type: kind }])
    }

    /// 422 about all that does not fit in the payload of a message.
    fn payload(mistakes: Vec<Mistake>) -> Self {
        let item = |Mistake { path, message }| {
            let loc = ["body", "payload"].map(str::to_owned).into_iter().chain(path).collect();
            ValidationErrorItem { loc, msg: message, r#type: "value_error.schema" }
        };
        Self::validations(mistakes.into_iter().map(item).collect())
    }

    fn validations(detail: Vec<ValidationErrorItem>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            body: Body::Validation(ValidationErrorOut { detail }),
        }
    }

    /// 429: so many of something are open already.
    pub(crate) fn too_many(detail: impl Into<String>) -> Self {
        Self::plain(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
    }

    /// 500: `detail` goes to the log only.
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, body: Body::Internal(detail.into()) }
    }

    /// 503 because too much of something is going on.
    pub(crate) fn overloaded(what: &str) -> Self {
        let detail = format!("{what}: try again in a moment");
        Self::plain(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail)
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { reason, ambiguous } => {
                // The engine says at a higher level that its store refuses; here it may be thousands a second.
                tracing::debug!(%reason, ambiguous, "answered 503");
                let detail = if ambiguous {
                    "The connection to the store broke: it may or may not have been done; try again under the same idempotency-key"
                } else {
                    "The store cannot write now: nothing was changed; try again in a moment"
                };
                Self::plain(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", detail)
            }
            StoreError::Broken(detail) => Self::internal(detail),
            error @ StoreError::ProfileUnknown { .. } => {
                Self::plain(StatusCode::SERVICE_UNAVAILABLE, "profile_unknown", capital(&error.to_string()))
            }
        }
    }
}

impl From<ConfigureError> for ApiError {
    fn from(error: ConfigureError) -> Self {
        match error {
            ConfigureError::NotFound(what) => Self::not_found(what),
            ConfigureError::Taken(what) => Self::conflict(format!("{} is taken", capital(what))),
            ConfigureError::Invalid { field, message } => {
                let loc = std::iter::once("body").chain(field.split('.')).map(str::to_owned).collect();
                Self::validation(loc, message, "value_error")
            }
            ConfigureError::InvalidIn { path, message } => {
                let loc = std::iter::once("body".to_owned()).chain(path).collect();
                Self::validation(loc, message, "value_error")
            }
            ConfigureError::Forbidden(message) => Self::forbidden(message),
            ConfigureError::Limit(message) => {
                Self::validation(vec!["body".to_owned()], message, "limit_reached")
            }
            ConfigureError::Contended => Self::conflict("It is being changed by others: try again"),
            ConfigureError::Store(error) => error.into(),
        }
    }
}

impl From<InvalidDraft> for ApiError {
    fn from(InvalidDraft { field, message }: InvalidDraft) -> Self {
        let kind = if field == "payload" { "type_error" } else { "value_error" };
        Self::validation(vec!["body".to_owned(), field.to_owned()], message, kind)
    }
}

impl From<PostError> for ApiError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::EventIdTaken => Self::conflict("A message with this eventId exists already"),
            PostError::ApplicationGone => Self::not_found("the application"),
            PostError::EventTypeArchived => Self::invalid(
                &["body", "eventType"],
                "this event type is archived: no new messages may use it",
            ),
            PostError::EventTypeUnknown => Self::invalid(
                &["body", "eventType"],
                "this event type does not exist: add it to the catalogue first",
            ),
            PostError::ExpiresBeforeDelivery => Self::invalid(
                &["body", "expiresAt"],
                "must be later than now and than the time of delivery, which the profile may put off",
            ),
            PostError::PayloadInvalid(mistakes) => Self::payload(mistakes),
            PostError::Overloaded => Self::overloaded("Too many messages wait for the store"),
            PostError::Store(error) => error.into(),
        }
    }
}

/// For changes of what the path names: anything but "not there" is a conflict.
pub(crate) fn of_change(error: &ChangeError, what: &str) -> ApiError {
    match error {
        ChangeError::NotFound => ApiError::not_found(what),
        other => ApiError::conflict(capital(&other.to_string())),
    }
}

/// Counts failures of this process, so that an answer and its log line can be brought together.
static FAILURES: AtomicU64 = AtomicU64::new(1);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Body::Plain(body) => json::response(self.status, &body),
            Body::Validation(body) => json::response(self.status, &body),
            Body::Internal(error) => {
                let number = FAILURES.fetch_add(1, Ordering::Relaxed);
                tracing::error!(failure = number, error, "a request failed");
                let detail = format!("An error of the server; its log says more under failure {number}");
                json::response(self.status, &ErrorOut { code: "server_error", detail })
            }
        };
        let headers = response.headers_mut();
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}
