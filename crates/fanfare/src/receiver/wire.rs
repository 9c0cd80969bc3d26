//! Requests exactly as they stand on the wire: names of headers in their letter case and order, values and
//! body as they came. HTTP/1.1 (RFC 9112), read by `httparse`.

use bytes::Bytes;

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WireRequest {
    /// The method.
    pub(crate) method: String,
    /// The target, as the request line has it.
    pub(crate) target: String,
    /// `1` for HTTP/1.1.
    pub(crate) minor_version: u8,
    /// Names and values, in order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body; chunks are put together.
    pub(crate) body: Bytes,
    /// All of it, byte by byte.
    pub(crate) raw: Bytes,
}

/// How much of a request is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Bytes of the head.
    pub(crate) head: usize,
    /// Bytes of the body.
    pub(crate) body: usize,
}

/// Why something is no request, or none that is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    /// Not HTTP/1.1.
    #[error("not an HTTP/1.1 request: {0}")]
    Malformed(String),
    /// The head is over its bound.
    #[error("the head is larger than {0} bytes")]
    HeadTooLarge(usize),
    /// The body is over its bound.
    #[error("the body is larger than {0} bytes")]
    BodyTooLarge(usize),
}

/// What the bytes so far are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// A part of a head.
    InHead,
    /// A head, and a part of the body of which this much is missing at least.
    InBody {
        /// Bytes that are there.
        there: usize,
        /// Bytes that there will be, if the head says so.
        of: Option<usize>,
        /// Whether the sender waits to be told to go on (RFC 9110 §10.1.1).
        waits: bool,
    },
    /// A whole request, and how many bytes it has.
    Whole(Box<WireRequest>, usize),
}

/// Headers that a request can have.
const HEADERS: usize = 200;

enum Framing {
    Length(usize),
    Chunked,
}

/// Reads the request that `bytes` begin with.
pub(crate) fn parse(bytes: &[u8], bounds: Bounds) -> Result<Progress, WireError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let malformed = |why: httparse::Error| WireError::Malformed(why.to_string());
    let length = match head.parse(bytes).map_err(malformed)? {
        httparse::Status::Complete(length) if length <= bounds.head => length,
        httparse::Status::Partial if bytes.len() <= bounds.head => return Ok(Progress::InHead),
        _ => return Err(WireError::HeadTooLarge(bounds.head)),
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers: Vec<_> =
        head.headers.iter().map(|header| (header.name.to_owned(), text(header.value))).collect();
    let body = match framing(&headers)? {
        Framing::Length(of) => plain(&bytes[length..], of, bounds)?,
        Framing::Chunked => chunked(&bytes[length..], bounds)?,
    };
    Ok(match body {
        Body::Part { there, of } => Progress::InBody { there, of, waits: expects_continue(&headers) },
        Body::Whole { body, taken } => {
            let raw = Bytes::copy_from_slice(&bytes[..length + taken]);
            let request = WireRequest {
                method: head.method.unwrap_or_default().to_owned(),
                target: head.path.unwrap_or_default().to_owned(),
                minor_version: head.version.unwrap_or(1),
                headers,
                body,
                raw,
            };
            Progress::Whole(Box::new(request), length + taken)
        }
    })
}

enum Body {
    Part { there: usize, of: Option<usize> },
    Whole { body: Bytes, taken: usize },
}

fn plain(bytes: &[u8], of: usize, bounds: Bounds) -> Result<Body, WireError> {
    if of > bounds.body {
        return Err(WireError::BodyTooLarge(bounds.body));
    }
    Ok(match bytes.get(..of) {
        Some(body) => Body::Whole { body: Bytes::copy_from_slice(body), taken: of },
        None => Body::Part { there: bytes.len(), of: Some(of) },
    })
}

fn chunked(bytes: &[u8], bounds: Bounds) -> Result<Body, WireError> {
    let malformed = || WireError::Malformed("a chunk of the body is not as it should be".into());
    let mut pieces: Vec<&[u8]> = Vec::new();
    let (mut size, mut at) = (0_usize, 0);
    loop {
        let part = Body::Part { there: size, of: None };
        let (line, length) = match httparse::parse_chunk_size(&bytes[at..]).map_err(|_| malformed())? {
            httparse::Status::Complete(found) => found,
            httparse::Status::Partial => return Ok(part),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        size = size.saturating_add(length);
        if size > bounds.body {
            return Err(WireError::BodyTooLarge(bounds.body));
        }
        at += line;
        if length == 0 {
            return Ok(match trailers(&bytes[at..])? {
                Some(end) => Body::Whole { body: pieces.concat().into(), taken: at + end },
                None => part,
            });
        }
        let Some(piece) = bytes.get(at..at + length) else { return Ok(part) };
        match bytes.get(at + length..at + length + 2) {
            Some(b"\r\n") => pieces.push(piece),
            Some(_) => return Err(malformed()),
            None => return Ok(part),
        }
        at += length + 2;
    }
}

/// Where what follows the last chunk ends.
fn trailers(bytes: &[u8]) -> Result<Option<usize>, WireError> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS];
    match httparse::parse_headers(bytes, &mut fields) {
        Ok(httparse::Status::Complete((end, _))) => Ok(Some(end)),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(why) => Err(WireError::Malformed(why.to_string())),
    }
}

/// Where the body ends (RFC 9112 §6.3). What could be read in two ways is refused.
fn framing(headers: &[(String, String)]) -> Result<Framing, WireError> {
    let values = |name: &str| -> Vec<&str> {
        let found = headers.iter().filter(|(theirs, _)| theirs.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim()).collect()
    };
    match (values("transfer-encoding").as_slice(), values("content-length").as_slice()) {
        ([], []) => Ok(Framing::Length(0)),
        ([], [length]) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
            let length =
                length.parse().map_err(|_| WireError::Malformed("content-length is no number".into()))?;
            Ok(Framing::Length(length))
        }
        ([coding], []) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        _ => {
            Err(WireError::Malformed("content-length and transfer-encoding do not say where it ends".into()))
        }
    }
}

fn expects_continue(headers: &[(String, String)]) -> bool {
    headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("expect") && value.eq_ignore_ascii_case("100-continue")
    })
}

impl WireRequest {
    /// The value of the first header of this name, compared without case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(theirs, _)| theirs.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.as_str())
    }

    /// The request line, as it came.
    pub(crate) fn request_line(&self) -> String {
        format!("{} {} HTTP/1.{}", self.method, self.target, self.minor_version)
    }

    /// Whether the sender wants to use the connection again (RFC 9112 §9.3).
    pub(crate) fn keeps_alive(&self) -> bool {
        let asked = |word: &str| {
            self.header("connection")
                .is_some_and(|value| value.split(',').any(|option| option.trim().eq_ignore_ascii_case(word)))
        };
        if self.minor_version == 0 { asked("keep-alive") } else { !asked("close") }
    }
}

#[cfg(test)]
mod tests;
