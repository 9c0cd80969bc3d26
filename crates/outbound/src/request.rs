//! The head of a request as it stands on the wire: the rendered headers in their order and letter case,
//! between the two that HTTP itself needs, `Host` (RFC 9112 §3.2) and `Content-Length` (§6.2).

use fanfare_core::render::{Header, Request};
use url::{Position, Url};

pub(crate) struct RequestHead {
    pub(crate) bytes: Vec<u8>,
    /// Whether the request leaves the connection open for another one.
    pub(crate) keep_alive: bool,
}

/// Headers that say where a request ends or whom it is for: a second voice in that is request smuggling.
const OURS: [&str; 4] = ["host", "content-length", "transfer-encoding", "upgrade"];

/// The head as it goes over the wire, empty line included, or why the request cannot be sent.
pub fn head(request: &Request, url: &Url) -> Result<Vec<u8>, String> {
    write_head(request, url).map(|head| head.bytes)
}

/// Writes the head, or says why the request cannot be sent. Values may be secret and are never told.
pub(crate) fn write_head(request: &Request, url: &Url) -> Result<RequestHead, String> {
    let mut bytes = Vec::with_capacity(1024);
    let mut keep_alive = true;
    push(&mut bytes, [request.method.as_str(), " ", &url[Position::BeforePath..Position::AfterQuery]]);
    push(&mut bytes, [" HTTP/1.1\r\nHost: ", &url[Position::BeforeHost..Position::AfterPort], "\r\n"]);
    for header in &request.headers {
        check(header)?;
        let value = header.value.reveal();
        push(&mut bytes, [&header.name, ": ", value]);
        bytes.extend_from_slice(b"\r\n");
        keep_alive &= !(header.name.eq_ignore_ascii_case("connection") && lists(value, "close"));
    }
    push(&mut bytes, ["Content-Length: ", &request.body.len().to_string(), "\r\n\r\n"]);
    Ok(RequestHead { bytes, keep_alive })
}

fn push<const N: usize>(bytes: &mut Vec<u8>, parts: [&str; N]) {
    for part in parts {
        bytes.extend_from_slice(part.as_bytes());
    }
}

fn check(header: &Header) -> Result<(), String> {
    let name = &header.name;
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(format!("the header name {name:?} has characters that a header name cannot have"));
    }
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        return Err(format!("the header {name} cannot be set: HTTP itself sets it"));
    }
    if header.value.reveal().bytes().any(|byte| byte != b'\t' && byte.is_ascii_control()) {
        return Err(format!("the value of the header {name} has control characters"));
    }
    Ok(())
}

/// Whether a comma-separated header value names `token`.
pub(crate) fn lists(value: &str, token: &str) -> bool {
    value.split(',').any(|item| item.trim().eq_ignore_ascii_case(token))
}

/// `tchar` of RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests;
