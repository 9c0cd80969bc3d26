//! How far an attempt has come. It lives outside of the attempt's future, so that it is still there to be
//! told when the deadline drops that future.

use std::{net::IpAddr, time::Duration};

use fanfare_core::ports::{Failure, FailureKind};

#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) step: Step,
    pub(crate) remote: Option<IpAddr>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Step {
    #[default]
    Resolving,
    Connecting,
    Securing,
    Sending,
    Waiting,
    Reading,
}

impl Progress {
    /// What the attempt failed with when its time ran out here.
    pub(crate) fn timed_out(&self, host: &str, timeout: Duration) -> Failure {
        let doing = match self.step {
            Step::Resolving => "its name was being resolved",
            Step::Connecting => "it had not accepted the connection",
            Step::Securing => "the TLS handshake was not finished",
            Step::Sending => "it had not taken the whole request",
            Step::Waiting => "it had not answered",
            Step::Reading => "its answer had begun and not ended",
        };
        let message = format!("{host} took longer than {} s: {doing}", timeout.as_secs_f64());
        Failure::new(FailureKind::Timeout, message)
    }
}
