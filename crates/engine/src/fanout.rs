//! Fanning out: a message to many endpoints is expanded in slices, behind a cursor that survives a crash.

use std::{sync::Arc, time::Duration};

use fanfare_core::{
    delivery::DeliveryKey,
    id::{EndpointId, ID_BYTES},
    limits::FANOUT_SLICE,
    matching,
    ports::store::{Fanout, StoreError, StoreResult},
};

use crate::{
    accept::new_delivery,
    dispatch::{LaneSettings, Reservation, weight},
    engine::Parts,
};

/// Fan-outs looked at in one round.
const AT_ONCE: usize = 8;
/// How often to look without being told: other processes may have left some.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A pause after the store failed.
const PAUSE: Duration = Duration::from_millis(250);

/// Expands fan-outs, for ever.
pub(crate) async fn run(parts: Arc<Parts>) {
    loop {
        let nap = match round(&parts).await {
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

/// One slice of each open fan-out; answers whether there was any. One that fails keeps no other from going on.
async fn round(parts: &Arc<Parts>) -> StoreResult<bool> {
    let open = parts.context.store().fanouts(AT_ONCE).await?;
    let (mut went_on, mut failed) = (false, None);
    for fanout in &open {
        match expand(parts, fanout).await {
            Ok(more) => went_on |= more,
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if !went_on => Err(error),
        _ => Ok(went_on),
    }
}

/// Writes one slice; answers whether the fan-out is further than before.
async fn expand(parts: &Arc<Parts>, fanout: &Fanout) -> StoreResult<bool> {
    let Fanout { message, after } = fanout;
    // An application that was deleted takes its fan-outs with it when it is erased.
    let Some(application) = parts.configurations.by_id(message.application).await? else { return Ok(false) };
    let beyond = |id| after.is_none_or(|after| id > after);
    let slice: Vec<_> =
        application.endpoints.iter().filter(|view| beyond(view.endpoint.id)).take(FANOUT_SLICE).collect();
    let done = slice.len() < FANOUT_SLICE;
    let last = slice.last().map(|view| view.endpoint.id).or(*after).unwrap_or(EndpointId([0; ID_BYTES]));
    let share = weight(message, slice.len());
    let owner = parts.owner();
    let mut deliveries = Vec::with_capacity(slice.len());
    let mut reservations = Vec::new();
    let mut left = Vec::new();
    for view in slice {
        // Endpoints that came after the message are none of its business.
        if view.endpoint.created_at > message.created_at || !matching::wants(&view.endpoint, message) {
            continue;
        }
        let (delivery, reservation) = new_delivery(parts, message, &application, view, share, owner);
        match reservation {
            Some(reservation) => reservations.push(reservation),
            None => left.push((Arc::clone(view), delivery.due)),
        }
        deliveries.push(delivery);
    }
    let key = (message.application, message.id);
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
