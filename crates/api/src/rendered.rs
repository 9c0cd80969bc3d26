//! A rendered request as answers show it.

use fanfare_core::render::{Request, Target};
use serde::Serialize;
use utoipa::ToSchema;

/// A request; real credentials are replaced by `[redacted]`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestOut {
    /// The method.
    #[schema(value_type = String)]
    method: &'static str,
    /// Where it goes, without a user name and password.
    #[schema(format = "uri")]
    url: String,
    /// The headers in their order and letter case, but for those of HTTP itself (`host`, `content-length`).
    headers: Vec<HeaderOut>,
    /// The body.
    body: String,
}

/// A header.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeaderOut {
    /// Its name, in the letter case it is sent in.
    name: String,
    /// Its value; `[redacted]` where it is a credential.
    value: String,
}

impl RequestOut {
    /// Its headers and its body.
    pub(crate) fn into_parts(self) -> (Vec<HeaderOut>, String) {
        (self.headers, self.body)
    }

    /// A request that [`fanfare_core::render::render_redacted`] made, or a sample's; `url` is the endpoint's.
    pub(crate) fn of(request: Request, url: &str) -> Self {
        let header = |header: fanfare_core::render::Header| HeaderOut {
            name: header.name,
            value: header.value.reveal().to_owned(),
        };
        Self {
            method: request.method.as_str(),
            url: match request.target {
                Target::Http(url) => url.to_string(),
                Target::Inbox(_) => url.to_owned(),
            },
            headers: request.headers.into_iter().map(header).collect(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        }
    }
}
