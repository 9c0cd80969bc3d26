//! States as words with a sign: never by colour alone.

use fanfare_core::{
    delivery::{Attempt, Delivery, DeliveryState as S, EndReason},
    endpoint::{DisableReason, Endpoint, EndpointMode},
    replay::ReplayStatus,
};
use maud::{Markup, html};

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// On its way.
    Waiting,
    /// Needs a look.
    Warning,
    /// Went wrong.
    Bad,
    /// Neither good nor bad.
    Neutral,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Neutral => "neutral",
        }
    }

    /// A filled circle, a ring, a triangle, a cross, a dash.
    fn sign(self) -> &'static str {
        match self {
            Self::Good => "M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1zM5.2 8.6 9 4.8l-.9-.9-2.9 2.9-1.3-1.3-.9.9z",
            Self::Waiting => {
                "M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1zm0 1.4a3.6 3.6 0 1 0 0 7.2 3.6 3.6 0 0 0 0-7.2z"
            }
            Self::Warning => "M6 1l5.5 10H.5zM5.4 4.6v3h1.2v-3zm0 3.8v1.2h1.2V8.4z",
            Self::Bad => {
                "M2.6 1.4 6 4.8l3.4-3.4 1.2 1.2L7.2 6l3.4 3.4-1.2 1.2L6 7.2l-3.4 3.4-1.2-1.2L4.8 6 1.4 2.6z"
            }
            Self::Neutral => "M2 5h8v2H2z",
        }
    }
}

/// A word with the sign of its tone.
pub(crate) fn badge(tone: Tone, word: &str) -> Markup {
    html! {
        span.badge.(tone.class()) {
            svg viewBox="0 0 12 12" aria-hidden="true" { path fill-rule="evenodd" d=(tone.sign()) {} }
            (word)
        }
    }
}

/// How a delivery stands.
pub(crate) fn state(delivery: &Delivery) -> Markup {
    standing(delivery.state, delivery.reason)
}

/// How a delivery stands that is in this state, for this reason.
pub(crate) fn standing(state: S, reason: Option<EndReason>) -> Markup {
    let (tone, word) = match (state, reason) {
        (S::Succeeded, _) => (Tone::Good, "Delivered"),
        (S::Scheduled, _) => (Tone::Waiting, "Scheduled"),
        (S::Pending, _) => (Tone::Waiting, "Pending"),
        (S::Retrying, _) => (Tone::Warning, "Retrying"),
        (S::Failed, _) => (Tone::Bad, "Failed"),
        (S::Blocked, _) => (Tone::Bad, "Blocked"),
        (S::Cancelled, Some(EndReason::Superseded)) => (Tone::Neutral, "Superseded"),
        (S::Cancelled, Some(EndReason::Expired)) => (Tone::Neutral, "Expired"),
        (S::Cancelled, _) => (Tone::Neutral, "Cancelled"),
        (S::Skipped, _) => (Tone::Warning, "Skipped"),
    };
    badge(tone, word)
}

/// What came of an attempt.
pub(crate) fn outcome(attempt: &Attempt) -> Markup {
    answer(attempt.success, attempt.status, attempt.failure.as_ref().map(|(kind, _)| kind.as_str()))
}

/// An answer's status code, or the kind of failure where none came.
pub(crate) fn answer(success: bool, status: u16, failure: Option<&str>) -> Markup {
    let tone = if success { Tone::Good } else { Tone::Bad };
    match (status, failure) {
        (0, Some(kind)) => badge(tone, failure_word(kind)),
        (0, None) => badge(tone, "No answer"),
        (status, _) => badge(tone, &status.to_string()),
    }
}

/// Where a replay stands.
pub(crate) fn replay_status(status: ReplayStatus) -> Markup {
    let (tone, word) = match status {
        ReplayStatus::Counting => (Tone::Waiting, "Counting"),
        ReplayStatus::Running => (Tone::Waiting, "Running"),
        ReplayStatus::Done => (Tone::Good, "Done"),
        ReplayStatus::Cancelled => (Tone::Neutral, "Cancelled"),
        ReplayStatus::Failed => (Tone::Bad, "Failed"),
    };
    badge(tone, word)
}

fn failure_word(kind: &str) -> &'static str {
    match kind {
        "dns" => "Name not found",
        "address_refused" => "Address refused",
        "connect" => "No connection",
        "tls" => "TLS failed",
        "timeout" => "Timed out",
        "broken" => "Connection broke",
        "protocol" => "Not HTTP",
        "token" => "No access token",
        "request" => "Not sent",
        _ => "No answer",
    }
}

/// How an endpoint stands: what stops it first, then what its last attempts say.
pub(crate) fn endpoint_status(endpoint: &Endpoint, newest: Option<&Attempt>) -> Markup {
    let (tone, word) = match (&endpoint.disabled, endpoint.paused, endpoint.mode, newest) {
        (Some(disabled), ..) => match disabled.reason {
            DisableReason::ByHand => (Tone::Neutral, "Disabled"),
            DisableReason::Gone => (Tone::Bad, "Disabled: answered 410 Gone"),
            DisableReason::Failing => (Tone::Bad, "Disabled: failed for days"),
            DisableReason::Exhausted => (Tone::Bad, "Disabled: retries used up"),
        },
        (_, true, ..) => (Tone::Neutral, "Paused"),
        (.., EndpointMode::Test, _) => (Tone::Neutral, "Test only"),
        (.., Some(attempt)) if !attempt.success => (Tone::Warning, "Failing"),
        (.., Some(_)) => (Tone::Good, "Healthy"),
        (.., None) => (Tone::Waiting, "Nothing sent yet"),
    };
    badge(tone, word)
}
