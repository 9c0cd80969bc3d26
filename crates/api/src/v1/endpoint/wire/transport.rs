//! What carries requests to an endpoint.

use serde::Deserialize;

/// What carries requests: HTTP is the only one there is, so nothing is kept of it (systems.md, B3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Transport {
    /// HTTP and HTTPS, as the URL says.
    #[default]
    Http,
}

impl TryFrom<String> for Transport {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "http" => Ok(Self::Http),
            _ => Err("the only transport is `http`: requests go to the URL".to_owned()),
        }
    }
}
