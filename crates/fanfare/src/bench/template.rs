//! Request bodies that differ only in their number, so that making one costs a copy and ten digits.

use bytes::Bytes;

/// Digits of a message's number in its payload.
const DIGITS: usize = 10;
/// What stands before the number, in the payload as posted and as received.
const MARK: &[u8] = b"\"seq\":\"";
/// The event type of every message of a run.
pub(crate) const EVENT_TYPE: &str = "bench.posted";

/// A body to post, without its number.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    number_at: usize,
}

impl Template {
    /// A message of the run `run` whose payload has `payload_bytes`, or as few more as it needs.
    pub(crate) fn new(run: &str, payload_bytes: usize) -> Self {
        let unpadded = payload(run, "").len();
        let payload = payload(run, &"x".repeat(payload_bytes.saturating_sub(unpadded)));
        let bytes = format!(r#"{{"eventType":"{EVENT_TYPE}","payload":{payload}}}"#).into_bytes();
        let number_at = after_mark(&bytes).expect("every payload has its mark");
        Self { bytes, number_at }
    }

    /// The body of message `number`.
    pub(crate) fn body(&self, number: usize) -> Bytes {
        let mut bytes = self.bytes.clone();
        let mut rest = number;
        for digit in bytes[self.number_at..self.number_at + DIGITS].iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).expect("a digit fits");
            rest /= 10;
        }
        Bytes::from(bytes)
    }
}

/// Which run and message a received body belongs to.
pub(crate) fn read_number(run: &str, body: &[u8]) -> Option<usize> {
    let at = after_mark(body)?;
    let digits = std::str::from_utf8(body.get(at..at + DIGITS)?).ok()?;
    let ran = body.get(..at)?.windows(run.len()).any(|window| window == run.as_bytes());
    if ran { digits.parse().ok() } else { None }
}

fn payload(run: &str, padding: &str) -> String {
    format!(r#"{{"run":"{run}","seq":"{:0DIGITS$}","pad":"{padding}"}}"#, 0)
}

fn after_mark(bytes: &[u8]) -> Option<usize> {
    bytes.windows(MARK.len()).position(|window| window == MARK).map(|at| at + MARK.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_carries_its_number_and_size() {
        let template = Template::new("r1", 600);
        let body = template.body(4_200_000_017);
        let posted: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let payload = serde_json::to_vec(&posted["payload"]).unwrap();
        assert_eq!(payload.len(), 600);
        assert_eq!(posted["payload"]["seq"], "4200000017");
        assert_eq!(read_number("r1", &payload), Some(4_200_000_017));
        assert_eq!(read_number("r1", &body), Some(4_200_000_017));
    }

    #[test]
    fn another_runs_body_has_no_number_here() {
        assert_eq!(read_number("r2", &Template::new("r1", 0).body(1)), None);
        assert_eq!(read_number("r1", b"{}"), None);
    }
}
