//! Why a page is not shown. [`crate::guard`] turns it into a page of its own.

use axum::response::{IntoResponse, Response};
use fanfare_core::ports::store::StoreError;
use fanfare_engine::configure::ConfigureError;
use http::StatusCode;

/// Why a page is not shown.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    /// What was asked for is not there, or somebody else's: the same answer.
    NotFound(&'static str),
    /// The visitor may not do this; says why.
    Forbidden(String),
    /// There is no session (any more).
    LoggedOut {
        /// Where the visitor wanted to go.
        to: String,
    },
    /// A form that no page of ours sends.
    BadForm(String),
    /// What was asked cannot be done now; says why.
    Conflict(String),
    /// Too many failed logins.
    TooMany,
    /// So much is open or under way already; says what.
    Full(String),
    /// A link that was used, has expired, or never was.
    DeadLink,
    /// The store cannot answer now.
    Unavailable,
    /// Something of ours is wrong; it is in the log.
    Broken,
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::LoggedOut { .. } => StatusCode::UNAUTHORIZED,
            Self::BadForm(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooMany | Self::Full(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::DeadLink => StatusCode::GONE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A heading, and what the visitor can do.
    pub(crate) fn words(&self) -> (&'static str, String) {
        match self {
            Self::NotFound(what) => (
                "Not found",
                format!(
                    "Here is no page for {what}: it may have been deleted, or the address is incomplete."
                ),
            ),
            Self::Forbidden(why) => ("Not allowed", why.clone()),
            Self::LoggedOut { .. } => (
                "Your session has ended",
                "Open this page again from your account with your provider.".to_owned(),
            ),
            Self::BadForm(why) => (
                "This form could not be read",
                format!("Reason: {why}. Go back, reload the page, and send it again."),
            ),
            Self::Conflict(why) => ("This cannot be done now", why.clone()),
            Self::Full(why) => ("Too much at once", why.clone()),
            Self::TooMany => (
                "Too many attempts",
                "Too many logins have failed from your address. Wait a minute, then try again.".to_owned(),
            ),
            Self::DeadLink => (
                "This link has been used or has expired",
                "Each link opens one session, once. Ask for a new one where you found this one.".to_owned(),
            ),
            Self::Unavailable => {
                ("Not available for a moment", "The store cannot answer now. Try again shortly.".to_owned())
            }
            Self::Broken => ("Something went wrong", "This is our mistake. It has been logged.".to_owned()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => {
                tracing::warn!(%error, "a page could not be shown");
                Self::Unavailable
            }
            StoreError::Broken(_) | StoreError::ProfileUnknown { .. } => {
                tracing::error!(%error, "a page could not be shown");
                Self::Broken
            }
        }
    }
}

/// For changes whose form has no field to show the mistake beside.
impl From<ConfigureError> for Refusal {
    fn from(error: ConfigureError) -> Self {
        match error {
            ConfigureError::NotFound(what) => Self::NotFound(what),
            ConfigureError::Forbidden(why) => Self::Forbidden(why),
            ConfigureError::Store(error) => error.into(),
            other => Self::Conflict(sentence(&other.to_string())),
        }
    }
}

/// A message as a sentence of its own.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    first.chain(chars).chain(stop.chars()).collect()
}
