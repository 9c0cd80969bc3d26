//! The one-hop ceiling: the same client code straight to the same receiver code, with no server in between.
//!
//! It says what this machine could do at best at this moment, so that figures from different machines, or
//! from a busy one, can be compared as ratios.

use std::{io, sync::Arc, time::Duration};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{
    gate::Gate,
    ledger::Ledger,
    load::{self, Aim, Pace},
    plan::{CEILING_MESSAGES, CEILING_TIME, Plan},
    report::{Latency, Span},
    template::Template,
};
use crate::receiver::Receiver;

/// What one hop gave before and after the measured phases: a machine's speed may drift in between.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ceiling {
    /// Requests answered per second, the mean of what was measured.
    pub(crate) per_second: f64,
    /// Before the server was started.
    pub(crate) before: Hop,
    /// After it was stopped, or fell idle; not measured in an interrupted run.
    pub(crate) after: Option<Hop>,
}

impl Ceiling {
    /// From the measurements.
    pub(crate) fn of(before: Hop, after: Option<Hop>) -> Self {
        let last = after.as_ref().unwrap_or(&before);
        Self { per_second: f64::midpoint(before.per_second, last.per_second), before, after }
    }
}

/// One measurement.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hop {
    /// Requests answered.
    pub(crate) requests: u64,
    /// Requests answered per second.
    pub(crate) per_second: f64,
    /// How long an exchange took.
    pub(crate) exchange: Latency,
}

/// Measures it with the clients, payload and receiver delay of `plan`.
pub(crate) async fn measure(plan: &Plan, run: &str, stop: &CancellationToken) -> io::Result<Hop> {
    let ledger = Arc::new(Ledger::new(CEILING_MESSAGES, 1));
    let gate = Gate {
        ledger: Arc::clone(&ledger),
        run: run.to_owned(),
        applications: 1,
        verifier: None,
        verified_below: usize::MAX,
        delay: Duration::from_millis(plan.receiver_delay_ms),
    };
    let receiver = Receiver::on_loopback(Arc::new(gate)).await?;
    let aim = straight_to(&receiver, run, plan);
    let pace = Pace { clients: plan.clients, rate: None, limit: CEILING_TIME };
    load::post(&aim, pace, &ledger, 0..CEILING_MESSAGES, stop).await;
    let span = Span::of(ledger.accept_times(0..CEILING_MESSAGES));
    Ok(Hop {
        requests: ledger.accepts(),
        per_second: span.per_second(),
        exchange: Latency::of(ledger.accept_times(0..CEILING_MESSAGES)),
    })
}

fn straight_to(receiver: &Receiver, run: &str, plan: &Plan) -> Aim {
    let mut headers =
        load::json_headers(&receiver.address().to_string(), "").expect("an address is a header value");
    headers.insert("webhook-id", http::HeaderValue::from_static("msg_ceiling"));
    Aim {
        server: receiver.address(),
        headers,
        uris: vec![http::Uri::from_static("/0/0")],
        template: Template::new(run, plan.payload_bytes),
        idempotency: None,
    }
}
