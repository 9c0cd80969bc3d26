//! The chunked transfer coding (RFC 9112 §7.1), taken apart as it comes in. Extensions and trailers are
//! skipped; every line is bounded.

use bytes::{Buf, BytesMut};
use httparse::Status;

use crate::response::Malformed;

/// Longest chunk-size or trailer line, in bytes.
const LINE_BYTES: usize = 1024;

/// What comes next.
#[derive(Debug, Default)]
pub(crate) enum Chunked {
    #[default]
    Size,
    Data(u64),
    DataEnd,
    Trailer,
    Done,
}

impl Chunked {
    /// Moves body bytes from `received` to `body`; true once the last chunk and its trailers are through.
    pub(crate) fn take(&mut self, received: &mut BytesMut, body: &mut Vec<u8>) -> Result<bool, Malformed> {
        while !matches!(self, Self::Done) {
            let next = match self {
                Self::Size => take_size(received)?,
                Self::Data(left) => take_data(*left, received, body),
                Self::DataEnd => take_data_end(received)?,
                Self::Trailer => take_trailer(received)?,
                Self::Done => None,
            };
            let Some(next) = next else { return Ok(false) };
            *self = next;
        }
        Ok(true)
    }
}

fn take_size(received: &mut BytesMut) -> Result<Option<Chunked>, Malformed> {
    // httparse takes a missing size for zero.
    if received.first().is_some_and(|byte| !byte.is_ascii_hexdigit()) {
        return Err(malformed());
    }
    match httparse::parse_chunk_size(received) {
        Ok(Status::Complete((length, size))) => {
            received.advance(length);
            Ok(Some(if size == 0 { Chunked::Trailer } else { Chunked::Data(size) }))
        }
        Ok(Status::Partial) if received.len() <= LINE_BYTES => Ok(None),
        Ok(Status::Partial) | Err(_) => Err(malformed()),
    }
}

fn take_data(left: u64, received: &mut BytesMut, body: &mut Vec<u8>) -> Option<Chunked> {
    if received.is_empty() {
        return None;
    }
    let count = received.len().min(usize::try_from(left).unwrap_or(usize::MAX));
    body.extend_from_slice(&received[..count]);
    received.advance(count);
    let left = left - count as u64;
    Some(if left == 0 { Chunked::DataEnd } else { Chunked::Data(left) })
}

fn take_data_end(received: &mut BytesMut) -> Result<Option<Chunked>, Malformed> {
    if !b"\r\n".starts_with(&received[..received.len().min(2)]) {
        return Err(malformed());
    }
    if received.len() < 2 {
        return Ok(None);
    }
    received.advance(2);
    Ok(Some(Chunked::Size))
}

fn take_trailer(received: &mut BytesMut) -> Result<Option<Chunked>, Malformed> {
    let window = &received[..received.len().min(LINE_BYTES)];
    let Some(end) = window.iter().position(|byte| *byte == b'\n') else {
        return if window.len() == LINE_BYTES { Err(malformed()) } else { Ok(None) };
    };
    let blank = matches!(&received[..end], b"" | b"\r");
    received.advance(end + 1);
    Ok(Some(if blank { Chunked::Done } else { Chunked::Trailer }))
}

fn malformed() -> Malformed {
    Malformed("a chunked body that is damaged".to_owned())
}

#[cfg(test)]
mod tests;
