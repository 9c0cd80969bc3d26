//! Fanning out: a message to many endpoints is expanded in slices, behind a cursor that survives a crash.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use fanfare_core::{
    delivery::DeliveryKey,
    id::{EndpointId, ID_BYTES},
    limits::FANOUT_SLICE,
    message::Message,
    ports::{
        Monotonic,
        store::{Fanout, StoreError, StoreResult},
    },
};

use crate::{
    accept,
    configuration::EndpointView,
    dispatch::{LaneSettings, Reservation, weight},
    engine::Parts,
    updates,
};

/// Applications whose fan-outs go on in turn.
const AT_ONCE: usize = 8;
/// Fan-outs read together.
const LOOK_AT: usize = 64;
/// How often to look without being told: other processes may have left some.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A pause after the store failed.
const PAUSE: Duration = Duration::from_millis(250);
/// How long one that is damaged rests before it is tried again: somebody may have mended it.
const REST: Duration = Duration::from_secs(60);

/// Expands fan-outs, for ever.
pub(crate) async fn run(parts: Arc<Parts>) {
    let mut resting = Resting::new();
    loop {
        let nap = match round(&parts, &mut resting).await {
            Ok(true) => continue,
            Ok(false) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(%error, "could not expand a fan-out");
                PAUSE
            }
        };
        tokio::select! {
            biased;
            () = parts.fanouts.notified() => {}
            () = parts.context.ports.clock.sleep(nap) => {}
        }
    }
}

/// Damaged fan-outs by their numbers, and until when they are left alone.
type Resting = BTreeMap<u64, Monotonic>;

/// One slice of the oldest fan-out that can go on of each of [`AT_ONCE`] applications; answers whether there was
/// any. However many an application has, and however many cannot go on, they keep those of others from nothing.
async fn round(parts: &Arc<Parts>, resting: &mut Resting) -> StoreResult<bool> {
    let now = parts.context.ports.clock.monotonic();
    resting.retain(|_, until| *until > now);
    let (mut after, mut served, mut failed) = (None, BTreeSet::new(), None);
    loop {
        let open = parts.context.store().fanouts(after, LOOK_AT).await?;
        for fanout in &open {
            if served.len() == AT_ONCE
                || resting.contains_key(&fanout.seq)
                || served.contains(&fanout.application)
            {
                continue;
            }
            match expand(parts, fanout).await {
                Ok(false) => {}
                Ok(true) => drop(served.insert(fanout.application)),
                Err(StoreError::Broken(error)) => {
                    tracing::error!(message = %fanout.message, error, "a fan-out cannot go on; others do");
                    resting.insert(fanout.seq, now + REST);
                }
                Err(error) => failed = Some(error),
            }
        }
        match open.last() {
            Some(last) if served.len() < AT_ONCE && open.len() == LOOK_AT => after = Some(last.seq),
            _ => break,
        }
    }
    match failed {
        Some(error) if served.is_empty() => Err(error),
        _ => Ok(!served.is_empty()),
    }
}

/// Writes one slice; answers whether the fan-out is further than before.
async fn expand(parts: &Arc<Parts>, fanout: &Fanout) -> StoreResult<bool> {
    // An application that was deleted takes its fan-outs with it when it is erased.
    let Some(application) = parts.configurations.by_id(fanout.application).await? else { return Ok(false) };
    let (message, after) = (&message(parts, fanout).await?, &fanout.after);
    let behind = |view: &Arc<EndpointView>| after.is_some_and(|after| view.endpoint.id <= after);
    let left = &application.endpoints[application.endpoints.partition_point(behind)..];
    let (slice, rest) = accept::slice(left, message, FANOUT_SLICE);
    let done = rest.is_empty();
    let last = slice.last().map(|view| view.endpoint.id).or(*after).unwrap_or(EndpointId([0; ID_BYTES]));
    let share = weight(message, slice.len());
    let owner = parts.owner();
    let mut deliveries = Vec::with_capacity(slice.len());
    let mut reservations = Vec::new();
    let mut left = Vec::new();
    // Endpoints that came after the message are none of its business.
    let there = slice.iter().filter(|view| view.endpoint.created_at <= message.created_at);
    for view in accept::among(parts, message, there) {
        let (delivery, reservation) = accept::new_delivery(parts, message, &application, view, share, owner);
        match reservation {
            Some(reservation) => reservations.push(reservation),
            None => left.push((Arc::clone(view), delivery.due)),
        }
        deliveries.push(delivery);
    }
    let key = (message.application, message.id);
    let told = if parts.updates.are_followed() { deliveries.clone() } else { Vec::new() };
    let written = parts.context.store().expand(key, *after, deliveries, last, done).await;
    if let Err(StoreError::Unavailable { ambiguous: true, .. }) = written {
        // It may be written all the same, in our name.
        let key = |reservation: &Reservation| DeliveryKey {
            application: message.application,
            message: message.id,
            endpoint: reservation.endpoint(),
        };
        parts.records.give_back(owner, reservations.iter().map(key));
    }
    if written? {
        updates::accepted(parts, message, &told, parts.context.now());
        for reservation in reservations {
            reservation.redeem(message, owner);
        }
        for (view, due) in left {
            let settings = LaneSettings::of(&view.endpoint, application.application.rate_limit);
            parts.claims.left_behind(parts, &view.endpoint, settings);
            parts.claims.look_at(due);
        }
    }
    // Where the cursor had moved, somebody else has gone on.
    Ok(true)
}

async fn message(parts: &Parts, fanout: &Fanout) -> StoreResult<Arc<Message>> {
    let found = parts.context.store().message(fanout.application, fanout.message, true).await?;
    found.map(Arc::new).ok_or_else(|| StoreError::Broken("a fan-out is there without its message".to_owned()))
}
