//! What a message would send: all of accepting but the storing (JOF-4).

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use fanfare_core::{
    endpoint::{Credentials, Key},
    id::EndpointId,
    limits::{PREVIEW_BYTES, PREVIEW_REQUESTS},
    message::Message,
    profile::Profile,
    render::{RenderError, Rendering, Request, render_redacted},
};

use super::{
    Post, PostError,
    service::{among_all, candidates, configuration, new_message},
};
use crate::{configuration::EndpointView, engine::Parts};

/// What a message would send.
#[derive(Debug)]
pub struct Preview {
    /// How many endpoints would get it.
    pub endpoints: usize,
    /// The first requests, as logs may show them; within [`PREVIEW_REQUESTS`] and [`PREVIEW_BYTES`].
    pub requests: Vec<Previewed>,
}

/// What one endpoint would be sent.
#[derive(Debug)]
pub struct Previewed {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Its URL, also where the request would stay inside the process.
    pub url: String,
    /// The request without credentials, or why there would be none.
    pub request: Result<Request, RenderError>,
}

/// Checks a message and renders what it would send now; stores and sends nothing.
pub(crate) async fn preview(parts: &Parts, post: &Post) -> Result<Preview, PostError> {
    let (environment, application) = configuration(parts, post).await?;
    let message = new_message(parts, post, &application.application, &environment)?;
    let wanting = among_all(parts, &message, candidates(&application, &message)).await;
    let (mut requests, mut bytes) = (Vec::new(), 0);
    for view in wanting.iter().take(PREVIEW_REQUESTS) {
        let previewed = previewed(parts, view, &message);
        bytes += previewed.request.as_ref().map_or(0, |request| request.body.len());
        if bytes > PREVIEW_BYTES && !requests.is_empty() {
            break;
        }
        requests.push(previewed);
    }
    Ok(Preview { endpoints: wanting.len(), requests })
}

/// These credentials with keys of this moment: who holds a test key shall not get signatures that a receiver
/// would believe.
fn with_made_up_keys(parts: &Parts, profile: &Profile, credentials: &Credentials) -> Credentials {
    let made_up = |key: &Key| {
        let secret = profile.generate_secret(&*parts.context.ports.entropy);
        Key { secret, ..key.clone() }
    };
    Credentials { keys: credentials.keys.iter().map(made_up).collect(), ..credentials.clone() }
}

fn previewed(parts: &Parts, view: &Arc<EndpointView>, message: &Message) -> Previewed {
    let rendered = || {
        let credentials = view.credentials.as_ref().map_err(|error| RenderError::Invalid(error.clone()))?;
        let credentials = &with_made_up_keys(parts, &view.profile, credentials);
        let (profile, endpoint) = (&view.profile, &view.endpoint);
        render_redacted(&Rendering { profile, endpoint, credentials, message, now: parts.context.now() })
    };
    let request = catch_unwind(AssertUnwindSafe(rendered)).unwrap_or_else(|_| {
        tracing::error!(endpoint = %view.endpoint.id, "rendering a preview panicked");
        Err(RenderError::Invalid("an internal error: the server's log tells more".to_owned()))
    });
    Previewed { endpoint: view.endpoint.id, url: view.endpoint.url.to_string(), request }
}
