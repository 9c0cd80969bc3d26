//! Addresses that this very process answers: what goes there needs no connection, and so no exception from the
//! rules about which networks may be reached.

use async_trait::async_trait;
use bytes::Bytes;
use fanfare_core::ports::Response;
use url::Url;

/// Answers requests to some URLs in place.
#[async_trait]
pub trait Local: Send + Sync {
    /// Whether requests to this URL are answered here. It is asked for every connection that would be made, so it
    /// must be narrow: what it says yes to is checked no further.
    fn answers(&self, url: &Url) -> bool;

    /// The answer to a request. `head` is what would stand on the wire, up to and with the empty line.
    async fn answer(&self, url: &Url, head: &[u8], body: &Bytes) -> Response;
}
