//! Rests: the store is told that a lane rests, so that no node claims for it before.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use fanfare_core::{
    id::{ApplicationId, EndpointId},
    ports::store::StoreError,
    time::Timestamp,
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::engine::Parts;

/// Lanes whose rest is still to be written; a later rest of a lane replaces an earlier one.
#[derive(Default)]
pub(crate) struct Rests {
    waiting: Mutex<BTreeMap<EndpointId, (ApplicationId, Timestamp)>>,
    changed: Notify,
}

impl Rests {
    pub(crate) fn push(&self, application: ApplicationId, endpoint: EndpointId, until: Timestamp) {
        self.waiting.lock().insert(endpoint, (application, until));
        self.changed.notify_one();
    }

    /// One that could not be written; what is known by now is later.
    fn again(&self, application: ApplicationId, endpoint: EndpointId, until: Timestamp) {
        self.waiting.lock().entry(endpoint).or_insert((application, until));
        self.changed.notify_one();
    }
}

/// A pause after the store failed.
const PAUSE: Duration = Duration::from_millis(250);

/// Writes rests, for ever.
pub(crate) async fn run(parts: Arc<Parts>) {
    loop {
        parts.rests.changed.notified().await;
        let waiting = std::mem::take(&mut *parts.rests.waiting.lock());
        for (endpoint, (application, until)) in waiting {
            write(&parts, application, endpoint, until).await;
        }
    }
}

/// In memory the lane rests anyway; unwritten, the store offers its work too early, to other nodes as well.
async fn write(parts: &Parts, application: ApplicationId, endpoint: EndpointId, until: Timestamp) {
    let Err(error) = parts.context.store().rest(application, endpoint, until).await else { return };
    tracing::warn!(%error, ?endpoint, "could not note that a lane rests");
    if matches!(error, StoreError::Unavailable { .. }) && until > parts.context.now() {
        parts.rests.again(application, endpoint, until);
        parts.context.ports.clock.sleep(PAUSE).await;
    }
}
