//! What an attempt sent, as a log may show it: no copy is kept, so it is rendered again and redacted (TRI-13).

use std::panic::{AssertUnwindSafe, catch_unwind};

use fanfare_core::{
    delivery::Attempt,
    endpoint::{Credentials, Key},
    message::Message,
    ports::store::StoreResult,
    render::{RenderError, Rendering, Request, render_redacted},
    time::Timestamp,
};

use crate::{configuration::EndpointView, engine::Parts};

/// What an attempt sent.
#[derive(Debug)]
pub struct Sent {
    /// The request without credentials, or why it cannot be shown any more.
    pub request: Result<Request, Unshown>,
    /// Whether the endpoint has changed since, so that the request may have been another one.
    pub changed: bool,
}

/// Why a request cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unshown {
    /// The payload was erased.
    PayloadErased,
    /// The endpoint was deleted, and its credentials with it.
    EndpointDeleted,
    /// It cannot be rendered, and maybe never could: this is why.
    NotRendered(String),
}

/// Renders the request of an attempt again.
pub(crate) async fn sent(parts: &Parts, attempt: &Attempt, message: &Message) -> StoreResult<Sent> {
    let application = parts.configurations.by_id(attempt.delivery.application).await?;
    let view = application.as_ref().and_then(|application| application.endpoint(attempt.delivery.endpoint));
    let Some(view) = view else { return Ok(Sent { request: Err(Unshown::EndpointDeleted), changed: true }) };
    let profile = parts.configurations.profile(attempt.profile, view).await?;
    let credentials = match &view.credentials {
        Ok(credentials) => as_of(credentials, attempt.at),
        Err(error) => {
            return Ok(Sent { request: Err(Unshown::NotRendered(error.clone())), changed: true });
        }
    };
    let endpoint = &view.endpoint;
    let rendering =
        Rendering { profile: &profile, endpoint, credentials: &credentials, message, now: attempt.at };
    let rendered = catch_unwind(AssertUnwindSafe(|| render_redacted(&rendering))).unwrap_or_else(|_| {
        tracing::error!(attempt = %attempt.id, "rendering an attempt again panicked");
        Err(RenderError::Invalid("an internal error: the server's log tells more".to_owned()))
    });
    let changed = has_changed(view, attempt, rendered.as_ref().ok());
    let request = rendered.map_err(|error| match error {
        RenderError::PayloadGone => Unshown::PayloadErased,
        other => Unshown::NotRendered(other.to_string()),
    });
    Ok(Sent { request, changed })
}

/// The credentials without the keys that came later.
fn as_of(credentials: &Credentials, at: Timestamp) -> Credentials {
    let then = |key: &&Key| key.created_at <= at;
    Credentials { keys: credentials.keys.iter().filter(then).cloned().collect(), ..credentials.clone() }
}

fn has_changed(view: &EndpointView, attempt: &Attempt, request: Option<&Request>) -> bool {
    let endpoint = &view.endpoint;
    let differs =
        |request: &Request| request.method != attempt.method || request.key_number != attempt.key_number;
    endpoint.updated_at > attempt.at || endpoint.url.as_str() != attempt.url || request.is_some_and(differs)
}
