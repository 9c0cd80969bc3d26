//! The head of an answer: parsed by `httparse`, then judged for where its body ends (RFC 9112 §6.3) and
//! whether the connection outlives it (§9.3).

use std::mem::MaybeUninit;

use httparse::{ParserConfig, Status};

use crate::request::lists;

/// Header lines of an answer at most.
const HEADERS: usize = 256;
/// Longest `Retry-After` that can mean anything, in bytes.
const RETRY_AFTER_BYTES: usize = 128;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) framing: Framing,
    /// Whether the connection may carry another request once the body has been read.
    pub(crate) keep_alive: bool,
}

/// Where the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// Why the bytes are no head of an answer; reads on from "the host answered with".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl ResponseHead {
    /// An interim answer; the final one follows (RFC 9110 §15.2).
    pub(crate) fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }
}

/// Parses the head at the start of `received`, with its length; none while it is not complete.
pub(crate) fn parse_head(received: &[u8]) -> Result<Option<(ResponseHead, usize)>, Malformed> {
    let mut lines = [const { MaybeUninit::uninit() }; HEADERS];
    let mut parsed = httparse::Response::new(&mut []);
    let config = ParserConfig::default();
    match config.parse_response_with_uninit_headers(&mut parsed, received, &mut lines) {
        Ok(Status::Partial) => Ok(None),
        Ok(Status::Complete(length)) => Ok(Some((judge(&parsed)?, length))),
        Err(httparse::Error::TooManyHeaders) => Err(Malformed(format!("more than {HEADERS} headers"))),
        Err(error) => {
            Err(Malformed(format!("something that is not HTTP/1 ({error}): {}", start_of(received))))
        }
    }
}

/// Whether a final head, or what can never become one, stands in `received`.
pub(crate) fn holds_final_head(mut received: &[u8]) -> bool {
    loop {
        match parse_head(received) {
            Ok(Some((head, length))) if head.is_interim() => received = &received[length..],
            Ok(None) => return false,
            Ok(Some(_)) | Err(_) => return true,
        }
    }
}

fn judge(parsed: &httparse::Response<'_, '_>) -> Result<ResponseHead, Malformed> {
    let status = parsed.code.unwrap_or_default();
    if !(100..=999).contains(&status) || status == 101 {
        return Err(Malformed(format!("the status {status:03}, which nothing asked for")));
    }
    let fields = Fields::collect(parsed.headers)?;
    let latest = parsed.version == Some(1);
    let (framing, sound) = fields.framing(status);
    let persists = if latest { !fields.close } else { fields.keep_alive && !fields.close };
    let keep_alive =
        persists && sound && framing != Framing::UntilClose && (latest || framing != Framing::Chunked);
    Ok(ResponseHead { status, retry_after: fields.retry_after, framing, keep_alive })
}

/// The header fields that matter here.
#[derive(Default)]
struct Fields {
    length: Option<u64>,
    transfer_encoding: Option<String>,
    close: bool,
    keep_alive: bool,
    retry_after: Option<String>,
}

impl Fields {
    fn collect(headers: &[httparse::Header<'_>]) -> Result<Self, Malformed> {
        let mut fields = Self::default();
        for header in headers {
            fields.add(header)?;
        }
        Ok(fields)
    }

    fn add(&mut self, header: &httparse::Header<'_>) -> Result<(), Malformed> {
        let value = String::from_utf8_lossy(header.value);
        match header.name.len() {
            14 if header.name.eq_ignore_ascii_case("content-length") => self.add_length(&value)?,
            17 if header.name.eq_ignore_ascii_case("transfer-encoding") => self.add_coding(&value),
            10 if header.name.eq_ignore_ascii_case("connection") => {
                self.close |= lists(&value, "close");
                self.keep_alive |= lists(&value, "keep-alive");
            }
            11 if header.name.eq_ignore_ascii_case("retry-after") && value.len() <= RETRY_AFTER_BYTES => {
                self.retry_after.get_or_insert_with(|| value.trim().to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    /// Several lengths must be one and the same (RFC 9112 §6.3 case 5).
    fn add_length(&mut self, value: &str) -> Result<(), Malformed> {
        for item in value.split(',').map(str::trim) {
            let digits = !item.is_empty() && item.bytes().all(|byte| byte.is_ascii_digit());
            let length = item.parse().ok().filter(|_| digits);
            let length = length.ok_or_else(|| Malformed("a Content-Length that is no number".to_owned()))?;
            if self.length.replace(length).is_some_and(|earlier| earlier != length) {
                return Err(Malformed("two different Content-Lengths".to_owned()));
            }
        }
        Ok(())
    }

    fn add_coding(&mut self, value: &str) {
        let codings = self.transfer_encoding.get_or_insert_default();
        if !codings.is_empty() {
            codings.push(',');
        }
        codings.push_str(value);
    }

    /// Where the body ends, and whether only one reading of that is possible.
    fn framing(&self, status: u16) -> (Framing, bool) {
        if status < 200 || status == 204 || status == 304 {
            return (Framing::Length(0), true);
        }
        match (&self.transfer_encoding, self.length) {
            (Some(codings), length) if codings.trim().eq_ignore_ascii_case("chunked") => {
                (Framing::Chunked, length.is_none())
            }
            (Some(_), _) | (None, None) => (Framing::UntilClose, false),
            (None, Some(length)) => (Framing::Length(length), true),
        }
    }
}

fn start_of(received: &[u8]) -> String {
    let start = &received[..received.len().min(32)];
    format!("it begins with \"{}\"", start.escape_ascii())
}

#[cfg(test)]
mod tests;
