//! One attempt: render, send, decide, hand the outcome to the recorder.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use fanfare_core::{
    auth::Auth,
    decide::{Attempted, Decision, Pace, decide},
    delivery::{Attempt, DeliveryEvent, EndReason, Trigger},
    endpoint::{Credentials, EndpointKind, EndpointMode},
    limits::RESPONSE_STORED_BYTES,
    message::Message,
    ports::{
        Failure, FailureKind, Monotonic, Outcome, SendOptions, TokenSource, jitter,
        store::{Record, StoreError, StoreResult},
    },
    profile::Profile,
    render::{RenderError, Rendering, Request, Target, render},
    rules::DeliveryRules,
    time::Timestamp,
};
use futures::FutureExt;

use crate::{
    configuration::EndpointView,
    dispatch::{Ended, Job},
    engine::Parts,
    metrics::AttemptLabels,
};

/// Longer than it takes to record that an endpoint is disabled.
const DISABLING: Duration = Duration::from_secs(2);

/// Attempts `job`, then whatever else may go, until nothing may.
pub(crate) async fn run(parts: Arc<Parts>, job: Job) {
    let mut next = Some(job);
    while let Some(job) = next {
        let ended = AssertUnwindSafe(attempt(&parts, &job)).catch_unwind().await;
        let ended = ended.unwrap_or_else(|_| panicked(&parts, &job));
        leave(&parts, &job, ended);
        next = if parts.is_stopping() { None } else { parts.dispatcher.next_and_tell() };
    }
}

/// A fault of ours outside of rendering and sending: the delivery waits by the default schedule, so that it is
/// neither lost nor attempted in a circle, and no other suffers.
fn panicked(parts: &Parts, job: &Job) -> Ended {
    tracing::error!(delivery = ?job.key, "an attempt panicked; its delivery is tried again later");
    let decision = decide(&Attempted {
        outcome: &unsent(internal_error()),
        rules: &DeliveryRules::default(),
        is_lifecycle: false,
        retries_used: job.retries_used,
        failing_since: None,
        now: parts.context.now(),
        jitter: 1.0,
    });
    let record = Record { due: decision.due, ..record(parts, job, decision.event) };
    parts.records.outcome(record, job);
    Ended::UNATTEMPTED
}

fn internal_error() -> Failure {
    Failure::new(FailureKind::Request, "an internal error: the server's log tells more")
}

fn unsent(failure: Failure) -> Outcome {
    Outcome { result: Err(failure), remote: None }
}

/// Tells the lane, and passes on what it asks for.
fn leave(parts: &Arc<Parts>, job: &Job, ended: Ended) {
    let aftermath = parts.dispatcher.ended(job, ended);
    for given_back in aftermath.give_back {
        parts.records.give_back(given_back.owner, [given_back.key]);
    }
    if let Some(until) = aftermath.rest_until {
        parts.rests.push(job.key.application, job.key.endpoint, until);
    }
    if let Some(claim) = aftermath.hungry {
        parts.claims.want(claim.application, claim.endpoint);
    }
    if aftermath.room {
        parts.claims.look_at(Timestamp::EPOCH);
    }
}

/// What becomes of a job before anything is sent.
enum Fate {
    /// It is sent, as this.
    Send(Box<Ready>),
    /// Back to the store: its lane is held, or the configuration cannot be read.
    GiveBack,
    /// It ends without an attempt.
    End(DeliveryEvent, EndReason),
}

struct Ready {
    view: Arc<EndpointView>,
    /// Those of the profile that the delivery was accepted under, where the endpoint has another by now.
    other_rules: Option<DeliveryRules>,
    request: Result<Request, Failure>,
    is_lifecycle: bool,
    at: Timestamp,
    begun: Monotonic,
}

async fn attempt(parts: &Arc<Parts>, job: &Job) -> Ended {
    match fate(parts, job).await {
        Ok(Fate::Send(ready)) => send(parts, job, *ready).await,
        Ok(Fate::End(event, reason)) => {
            let record = Record { reason: Some(reason), ..record(parts, job, event) };
            parts.records.outcome(record, job);
            Ended::UNATTEMPTED
        }
        Ok(Fate::GiveBack) => {
            parts.records.give_back(job.owner, [job.key]);
            Ended::UNATTEMPTED
        }
        Err(error) => {
            tracing::warn!(%error, delivery = ?job.key, "no configuration to attempt a delivery with");
            parts.records.give_back(job.owner, [job.key]);
            Ended {
                pace: Pace::RestUntil(parts.context.now() + Duration::from_secs(1)),
                ..Ended::UNATTEMPTED
            }
        }
    }
}

async fn fate(parts: &Parts, job: &Job) -> StoreResult<Fate> {
    let cancel = |reason| Ok(Fate::End(DeliveryEvent::Cancel, reason));
    let application = parts.configurations.by_id(job.key.application).await?;
    let view = application.as_ref().and_then(|application| application.endpoint(job.key.endpoint));
    let Some(view) = view else { return cancel(EndReason::EndpointDeleted) };
    if view.endpoint.paused || view.endpoint.disabled.is_some() {
        return Ok(Fate::GiveBack);
    }
    if view.endpoint.mode == EndpointMode::Test && !is_sent_by_hand(job) {
        return cancel(EndReason::TestEndpoint);
    }
    let profile = match parts.configurations.profile(job.profile, view).await {
        Ok(profile) => Ok(profile),
        // A wire format that cannot be read is the fault of this message and must hold up no other.
        Err(StoreError::Broken(reason)) => Err(RenderError::Invalid(reason)),
        Err(error) => return Err(error),
    };
    // The last await before the request goes out: what is superseded from here on is in flight.
    if job.replaceable && parts.context.store().is_superseded(job.key).await? {
        return cancel(EndReason::Superseded);
    }
    if job.owner != parts.owner() || !parts.lease.is_sure() {
        // Another node may have it by now, or soon.
        return Ok(Fate::GiveBack);
    }
    let at = parts.context.now();
    if job.expires_at.is_some_and(|end| end <= at) {
        return cancel(EndReason::Expired);
    }
    let is_lifecycle = profile.as_ref().is_ok_and(|profile| is_lifecycle(profile, job));
    let other = profile.as_deref().ok().filter(|profile| profile.hash != view.profile.hash);
    let other_rules = other.map(|profile| profile.rules.for_endpoint(&view.endpoint));
    let request = profile.and_then(|profile| request(&profile, view, job, at));
    let request = match request {
        Ok(request) => Ok(request),
        Err(RenderError::PayloadGone) => return cancel(EndReason::PayloadGone),
        Err(RenderError::TooLarge { .. }) => {
            return Ok(Fate::End(DeliveryEvent::Skip, EndReason::TooLarge));
        }
        Err(error @ RenderError::Invalid(_)) => Err(Failure::new(FailureKind::Request, error.to_string())),
    };
    let begun = parts.context.ports.clock.monotonic();
    Ok(Fate::Send(Box::new(Ready { view: Arc::clone(view), other_rules, request, is_lifecycle, at, begun })))
}

fn request(
    profile: &Profile,
    view: &EndpointView,
    job: &Job,
    now: Timestamp,
) -> Result<Request, RenderError> {
    let credentials: &Credentials =
        view.credentials.as_ref().map_err(|error| RenderError::Invalid(error.clone()))?;
    let rendering = Rendering { profile, endpoint: &view.endpoint, credentials, message: &job.message, now };
    catch_unwind(AssertUnwindSafe(|| render(&rendering))).unwrap_or_else(|_| {
        tracing::error!(delivery = ?job.key, "rendering panicked; the attempt counts as failed");
        Err(RenderError::Invalid(internal_error().message))
    })
}

async fn send(parts: &Arc<Parts>, job: &Job, ready: Ready) -> Ended {
    let Ready { view, other_rules, request, is_lifecycle, at, begun } = ready;
    let rules = other_rules.as_ref().unwrap_or(&view.rules);
    if job.retries_used == 0 && job.trigger == Trigger::Scheduled {
        parts.metrics.first_attempt.observe(at.since(wanted_at(&job.message)).as_secs_f64());
    }
    let mut attempt = Attempt {
        id: parts.context.mint(),
        delivery: job.key,
        at,
        duration: Duration::ZERO,
        trigger: job.trigger,
        method: request.as_ref().map_or_else(|_| Default::default(), |request| request.method),
        url: view.endpoint.url.to_string(),
        success: false,
        status: 0,
        failure: None,
        response: None,
        key_number: request.as_ref().ok().and_then(|request| request.key_number),
        profile: job.profile,
    };
    let outcome = match request {
        Ok(request) => transport(parts, job, &view, rules.timeout, request).await,
        Err(failure) => unsent(failure),
    };
    attempt.duration = parts.context.ports.clock.monotonic().since(begun);
    let decision = decide(&Attempted {
        outcome: &outcome,
        rules,
        is_lifecycle,
        retries_used: job.retries_used,
        failing_since: failing_since(parts, job, &view, rules).await,
        now: parts.context.now(),
        jitter: jitter(&*parts.context.ports.entropy, rules.jitter),
    });
    describe(&mut attempt, &outcome, &decision);
    count(parts, job, &attempt, &outcome);
    conclude(parts, job, &view, attempt, &decision)
}

/// Since when the endpoint has done nothing but fail. Where other nodes send to it too, the store is asked before
/// it is disabled for that: they note there what succeeds.
async fn failing_since(
    parts: &Parts,
    job: &Job,
    view: &EndpointView,
    rules: &DeliveryRules,
) -> Option<Timestamp> {
    let since = view.failing_since()?;
    let is_worn_out = rules.disable_after.is_some_and(|span| parts.context.now().since(since) >= span);
    if !is_worn_out || !parts.lease.is_shared() {
        return Some(since);
    }
    match parts.context.store().health(job.key.application).await {
        Ok(all) => {
            let health = all.into_iter().find(|health| health.endpoint == job.key.endpoint);
            let known = health.and_then(|health| health.failing_since);
            view.set_failing_since(known);
            known
        }
        Err(error) => {
            tracing::warn!(%error, endpoint = %job.key.endpoint, "cannot ask whether an endpoint only fails");
            Some(since)
        }
    }
}

/// Whether somebody sends this to its endpoint: a message for it alone, or one sent again.
fn is_sent_by_hand(job: &Job) -> bool {
    job.message.only.is_some() || job.trigger == Trigger::Manual
}

/// Whether the message tells its endpoint about itself, by the profile that it was accepted under.
fn is_lifecycle(profile: &Profile, job: &Job) -> bool {
    let lifecycle = profile.lifecycle.as_ref();
    job.message.only == Some(job.key.endpoint)
        && lifecycle.is_some_and(|lifecycle| lifecycle.event_type == job.message.event_type)
}

/// From when on a message could be delivered.
fn wanted_at(message: &Message) -> Timestamp {
    message.deliver_at.map_or(message.created_at, |later| later.max(message.created_at))
}

async fn transport(
    parts: &Parts,
    job: &Job,
    view: &EndpointView,
    timeout: Duration,
    request: Request,
) -> Outcome {
    let options = SendOptions {
        application: job.key.application,
        timeout,
        verify_tls: view.endpoint.verify_tls,
        token: token_source(view),
    };
    debug_assert_eq!(
        matches!(request.target, Target::Inbox(_)),
        view.endpoint.kind == EndpointKind::Inbox,
        "only inbox endpoints stay inside the process"
    );
    let sending = parts.context.ports.transport.send(request, &options);
    AssertUnwindSafe(sending).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(delivery = ?job.key, "sending panicked; the attempt counts as failed");
        unsent(internal_error())
    })
}

fn token_source(view: &EndpointView) -> Option<TokenSource> {
    let Ok(Credentials { auth: Auth::OAuth2(client), .. }) = &view.credentials else { return None };
    let cached = view.profile.auth.cached_tokens;
    Some(TokenSource { endpoint: view.endpoint.id, client: Arc::clone(client), cached })
}

fn describe(attempt: &mut Attempt, outcome: &Outcome, decision: &Decision) {
    attempt.success = decision.event == DeliveryEvent::Succeed;
    match &outcome.result {
        Ok(response) => {
            attempt.status = response.status;
            let stored = response.body.len().min(RESPONSE_STORED_BYTES);
            attempt.response = Some(response.body.slice(..stored));
        }
        Err(failure) => {
            attempt.failure = Some((failure.kind.as_str().to_owned(), failure.message.clone()));
            attempt.response = Some(bytes::Bytes::new());
        }
    }
}

fn conclude(
    parts: &Arc<Parts>,
    job: &Job,
    view: &EndpointView,
    attempt: Attempt,
    decision: &Decision,
) -> Ended {
    let before = view.set_failing_since(decision.failing_since);
    let now = parts.context.ports.clock.monotonic();
    let is_news = before != decision.failing_since
        || (decision.failing_since.is_none() && parts.lease.is_shared() && view.is_success_news(now));
    let rest_until = match decision.pace {
        Pace::RestUntil(until) => Some(until),
        _ => None,
    };
    let record = Record {
        due: decision.due,
        failing_since: is_news.then_some(decision.failing_since),
        disable: decision.disable,
        rest_until,
        attempt: Some(attempt),
        ..record(parts, job, decision.event)
    };
    parts.records.outcome(record, job);
    // Disabled: what waits in memory goes back at once, before the configuration says so.
    let pace = match decision.pace {
        Pace::RestUntil(until) => Pace::RestUntil(until),
        _ if decision.disable.is_some() => Pace::RestUntil(parts.context.now() + DISABLING),
        pace => pace,
    };
    Ended { pace, success: Some(decision.event == DeliveryEvent::Succeed), breaker: view.rules.breaker }
}

fn record(parts: &Parts, job: &Job, event: DeliveryEvent) -> Record {
    Record {
        key: job.key,
        environment: job.message.environment,
        owner: job.owner,
        attempt: None,
        event,
        due: None,
        reason: None,
        failing_since: None,
        disable: None,
        rest_until: None,
        at: parts.context.now(),
    }
}

fn count(parts: &Parts, job: &Job, attempt: &Attempt, outcome: &Outcome) {
    let outcome = match &outcome.result {
        _ if attempt.success => "success",
        Err(failure) => failure.kind.as_str(),
        Ok(response) => match response.status / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        },
    };
    parts.metrics.attempts.get_or_create(&AttemptLabels { outcome }).inc();
    let end = attempt.at + attempt.duration;
    let took = end.since(wanted_at(&job.message));
    if attempt.success {
        parts.metrics.end_to_end.observe(took.as_secs_f64());
    }
    parts.activities.note(job.message.environment, end, |activity| match attempt.success {
        true => {
            activity.succeeded += 1;
            activity.latencies.count(took);
        }
        false => activity.failed += 1,
    });
}
