//! Scripted answers: `500x3,429+Retry-After=5,200:2s` fails three times, asks for a pause, then succeeds late.

use std::{
    str::FromStr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// What happens to a request that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It is answered.
    Answer {
        /// The status code.
        status: u16,
        /// How long the answer waits.
        wait: Duration,
        /// Headers of the answer.
        headers: Vec<(String, String)>,
    },
    /// It is never answered; the connection stays open.
    Hang,
    /// The connection is closed without an answer.
    Close,
}

/// Replies in turn; the last one is for all further requests.
#[derive(Debug)]
pub(crate) struct Answers {
    replies: Vec<Reply>,
    given: AtomicUsize,
}

/// Replies of a script.
const REPLIES: usize = 10_000;
/// Longest wait before an answer.
const WAIT_MOST: Duration = Duration::from_secs(3_600);

impl Reply {
    /// An answer at once.
    pub(crate) fn status(status: u16) -> Self {
        Self::Answer { status, wait: Duration::ZERO, headers: Vec::new() }
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self::of(vec![Reply::status(200)])
    }
}

impl Clone for Answers {
    /// The same script from its start.
    fn clone(&self) -> Self {
        Self::of(self.replies.clone())
    }
}

impl Answers {
    /// These replies in turn; 200 if there are none.
    pub(crate) fn of(replies: Vec<Reply>) -> Self {
        let replies = if replies.is_empty() { vec![Reply::status(200)] } else { replies };
        Self { replies, given: AtomicUsize::new(0) }
    }

    /// The reply to the request that has just arrived.
    pub(crate) fn next(&self) -> Reply {
        let at = self.given.fetch_add(1, Ordering::Relaxed).min(self.replies.len() - 1);
        self.replies[at].clone()
    }
}

impl FromStr for Answers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut replies = Vec::new();
        for step in text.split(',').map(str::trim) {
            let (reply, times) = self::step(step).map_err(|why| format!("`{step}`: {why}"))?;
            if replies.len() + times > REPLIES {
                return Err(format!("a script has at most {REPLIES} answers"));
            }
            replies.extend(std::iter::repeat_n(reply, times));
        }
        Ok(Self::of(replies))
    }
}

/// `STATUS[xTIMES][:WAIT][+NAME=VALUE…]`, `hang` or `close`.
fn step(text: &str) -> Result<(Reply, usize), String> {
    match text {
        "hang" => return Ok((Reply::Hang, 1)),
        "close" => return Ok((Reply::Close, 1)),
        _ => {}
    }
    let mut parts = text.split('+');
    let first = parts.next().unwrap_or_default();
    let headers = parts.map(header).collect::<Result<_, _>>()?;
    let (status, wait) = first.split_once(':').map_or((first, None), |(status, wait)| (status, Some(wait)));
    let (status, times) =
        status.split_once('x').map_or((status, None), |(status, times)| (status, Some(times)));
    let status = status.parse().ok().filter(|status| (200..=599).contains(status));
    let status = status.ok_or("write a status from 200 to 599, such as `500`, or `hang`, or `close`")?;
    let times = times.map_or(Ok(1), |times| {
        times
            .parse()
            .ok()
            .filter(|times| (1..=REPLIES).contains(times))
            .ok_or("the number after `x` is no number")
    })?;
    let wait = wait.map_or(Ok(Duration::ZERO), duration)?;
    Ok((Reply::Answer { status, wait, headers }, times))
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no wait: write `500ms`, `2s` or `1m`, at most an hour");
    let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let millis: u64 = match &text[unit..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..unit].parse().map_err(|_| wrong())?;
    let wait = Duration::from_millis(count.saturating_mul(millis));
    if wait > WAIT_MOST { Err(wrong()) } else { Ok(wait) }
}

/// A comma in a value is written `%2C`: a date in `Retry-After` has one.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("`+{text}` is no header: write `+NAME=VALUE`"))?;
    let name = http::HeaderName::from_str(name).map(|_| name.to_owned());
    let name = name.map_err(|_| format!("`+{text}` does not begin with the name of a header"))?;
    let value = value.replace("%2C", ",").replace("%2c", ",");
    match http::HeaderValue::from_str(&value) {
        Ok(_) if is_computed(&name) => Err(format!("`{name}` is set by the receiver itself")),
        Ok(_) => Ok((name, value)),
        Err(_) => Err(format!("`+{text}` does not end with the value of a header")),
    }
}

fn is_computed(name: &str) -> bool {
    ["content-length", "transfer-encoding", "connection"].iter().any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
