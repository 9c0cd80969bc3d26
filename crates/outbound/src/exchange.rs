//! One request and its answer over one connection, in place: no task, no channel.
//!
//! What the other side sends is bounded before it is believed: the head, with interim ones, by
//! [`RESPONSE_HEAD_BYTES`], the rest by [`RESPONSE_READ_BYTES`] as it comes off the wire.

use std::io;

use bytes::{Buf, Bytes};
use fanfare_core::{
    limits::{RESPONSE_HEAD_BYTES, RESPONSE_READ_BYTES},
    ports::{FailureKind, Response},
};

use crate::{
    chunked::Chunked,
    connection::{Connection, Sent},
    progress::{Progress, Step},
    request::RequestHead,
    response::{Framing, Malformed, ResponseHead, holds_final_head, parse_head},
};

pub(crate) struct Answer {
    pub(crate) response: Response,
    /// Whether the connection may carry another request.
    pub(crate) reusable: bool,
}

/// Why there was no whole answer.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) kind: FailureKind,
    /// What the host did; reads on from its name.
    pub(crate) what: String,
    /// The connection ended before the first byte of an answer.
    pub(crate) unanswered: bool,
}

/// Sends the request and reads the answer.
pub(crate) async fn exchange(
    connection: &mut Connection,
    request: &RequestHead,
    body: &[u8],
    progress: &mut Progress,
) -> Result<Answer, Broken> {
    progress.step = Step::Sending;
    let sent = connection.send(&request.bytes, body, holds_final_head).await;
    progress.step = Step::Waiting;
    let whole = matches!(sent, Sent::Whole);
    let head = read_final_head(connection).await.map_err(|broken| blame(broken, sent))?;
    progress.step = Step::Reading;
    let (body, complete) = read_body(connection, &head).await?;
    let reusable =
        whole && request.keep_alive && head.keep_alive && complete && connection.received.is_empty();
    let response = Response { status: head.status, retry_after: head.retry_after, body };
    Ok(Answer { response, reusable })
}

/// The error that cut sending short is the better explanation of an answer that never came.
fn blame(broken: Broken, sent: Sent) -> Broken {
    match sent {
        Sent::Cut(Some(error)) if broken.unanswered => unanswered(&error),
        Sent::Whole | Sent::Cut(_) => broken,
    }
}

async fn read_final_head(connection: &mut Connection) -> Result<ResponseHead, Broken> {
    let mut left = RESPONSE_HEAD_BYTES;
    loop {
        let (head, length) = read_head(connection, left).await?;
        if !head.is_interim() {
            return Ok(head);
        }
        left -= length;
    }
}

async fn read_head(connection: &mut Connection, most: usize) -> Result<(ResponseHead, usize), Broken> {
    let mut tries = Tries::default();
    loop {
        let received = &connection.received[..connection.received.len().min(most)];
        if tries.worthwhile(received)
            && let Some((head, length)) = parse_head(received)?
        {
            connection.received.advance(length);
            return Ok((head, length));
        }
        if connection.received.len() >= most {
            return Err(protocol(format!("answered with a head of more than {RESPONSE_HEAD_BYTES} bytes")));
        }
        let started = !connection.received.is_empty() || most < RESPONSE_HEAD_BYTES;
        match connection.receive().await {
            Ok(0) if started => return Err(cut_head(&connection.received)),
            Ok(0) => return Err(closed_unanswered()),
            Ok(_) => {}
            Err(error) if started => return Err(Broken { unanswered: false, ..unanswered(&error) }),
            Err(error) => return Err(unanswered(&error)),
        }
    }
}

/// When to parse an incomplete head again: not after each byte of a drip, which would cost its square.
#[derive(Default)]
struct Tries {
    searched: usize,
    next: usize,
}

impl Tries {
    fn worthwhile(&mut self, received: &[u8]) -> bool {
        let fresh = &received[self.searched.saturating_sub(2)..];
        self.searched = received.len();
        let worthwhile = !received.is_empty() && (received.len() >= self.next || has_blank_line(fresh));
        if worthwhile {
            self.next = received.len() * 2;
        }
        worthwhile
    }
}

fn has_blank_line(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|window| window == b"\n\n") || bytes.windows(3).any(|window| window == b"\n\r\n")
}

/// The body, and whether it was read to its end.
async fn read_body(connection: &mut Connection, head: &ResponseHead) -> Result<(Bytes, bool), Broken> {
    let mut reader = BodyReader::new(head.framing);
    let mut body = Vec::new();
    let mut read = connection.received.len();
    let complete = loop {
        if reader.take(connection, &mut body)? {
            break true;
        }
        if read >= RESPONSE_READ_BYTES {
            break false;
        }
        match connection.receive().await {
            Ok(0) if head.framing == Framing::UntilClose => break true,
            Ok(0) => return Err(cut_body("closed the connection", head, body.len())),
            Ok(count) => read += count,
            Err(error) => return Err(cut_body(&deed(&error), head, body.len())),
        }
    };
    body.truncate(RESPONSE_READ_BYTES);
    Ok((Bytes::from(body), complete))
}

enum BodyReader {
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

impl BodyReader {
    fn new(framing: Framing) -> Self {
        match framing {
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::default()),
            Framing::UntilClose => Self::UntilClose,
        }
    }

    /// Moves what was received into `body`; true at the end of the body.
    fn take(&mut self, connection: &mut Connection, body: &mut Vec<u8>) -> Result<bool, Malformed> {
        let received = &mut connection.received;
        let wanted = match self {
            Self::Chunked(chunked) => return chunked.take(received, body),
            Self::Length(left) => usize::try_from(*left).unwrap_or(usize::MAX),
            Self::UntilClose => usize::MAX,
        };
        let count = received.len().min(wanted);
        body.extend_from_slice(&received[..count]);
        received.advance(count);
        if let Self::Length(left) = self {
            *left -= count as u64;
        }
        Ok(matches!(self, Self::Length(0)))
    }
}

impl From<Malformed> for Broken {
    fn from(Malformed(what): Malformed) -> Self {
        protocol(format!("answered with {what}"))
    }
}

fn protocol(what: String) -> Broken {
    Broken { kind: FailureKind::Protocol, what, unanswered: false }
}

fn closed_unanswered() -> Broken {
    let what = "closed the connection without an answer".to_owned();
    Broken { kind: FailureKind::Broken, what, unanswered: true }
}

fn unanswered(error: &io::Error) -> Broken {
    let tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
    let kind = if tls { FailureKind::Tls } else { FailureKind::Broken };
    Broken { kind, what: format!("{} before it had answered", deed(error)), unanswered: true }
}

fn cut_head(received: &[u8]) -> Broken {
    if let Err(malformed) = parse_head(received) {
        return malformed.into();
    }
    let what = "closed the connection within the head of its answer".to_owned();
    Broken { kind: FailureKind::Broken, what, unanswered: false }
}

fn cut_body(deed: &str, head: &ResponseHead, read: usize) -> Broken {
    let of = match head.framing {
        Framing::Length(length) => format!(" of {length}"),
        Framing::Chunked | Framing::UntilClose => String::new(),
    };
    let what =
        format!("{deed} within the body of its answer (status {}, {read}{of} bytes read)", head.status);
    Broken { kind: FailureKind::Broken, what, unanswered: false }
}

/// What the other side did to the connection.
fn deed(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionReset => "reset the connection".to_owned(),
        io::ErrorKind::BrokenPipe => "closed the connection".to_owned(),
        _ => format!("broke the connection ({error})"),
    }
}
