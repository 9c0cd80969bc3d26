//! What a receiver does with the webhooks that reach it: answer, fail at first, dawdle, hang.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use http::StatusCode;

use super::server::Answer;

/// A scripted behaviour. The default answers 200 at once.
#[derive(Debug, Default)]
pub(crate) struct Script {
    failures_left: AtomicU32,
    status: StatusCode,
    delay: Duration,
    hang: bool,
}

impl Script {
    /// Answers 500 to the first `count` webhooks, 200 from then on.
    pub(crate) fn failing_first(count: u32) -> Self {
        Self { failures_left: AtomicU32::new(count), ..Self::default() }
    }

    /// Answers everything with `status`.
    pub(crate) fn answering(status: StatusCode) -> Self {
        Self { status, ..Self::default() }
    }

    /// Waits for `delay` before each answer.
    pub(crate) fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Reads each webhook and never answers.
    pub(crate) fn hanging() -> Self {
        Self { hang: true, ..Self::default() }
    }

    /// How the webhook that has just arrived is answered.
    pub(crate) fn next(&self) -> Answer {
        if self.hang {
            return Answer::Never;
        }
        let status = if self.take_failure() { StatusCode::INTERNAL_SERVER_ERROR } else { self.status };
        if self.delay.is_zero() { Answer::Now(status) } else { Answer::After(self.delay, status) }
    }

    fn take_failure(&self) -> bool {
        self.failures_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_ok()
    }
}
