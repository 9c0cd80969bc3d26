//! Rests: the store is told that a lane rests, so that no node claims for it before.

use std::{collections::BTreeMap, sync::Arc};

use fanfare_core::{
    id::{ApplicationId, EndpointId},
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
}

/// Writes rests, for ever.
pub(crate) async fn run(parts: Arc<Parts>) {
    loop {
        parts.rests.changed.notified().await;
        let waiting = std::mem::take(&mut *parts.rests.waiting.lock());
        for (endpoint, (application, until)) in waiting {
            // In memory the lane rests anyway; unwritten, the store would only offer its work too early.
            if let Err(error) = parts.context.store().rest(application, endpoint, until).await {
                tracing::warn!(%error, ?endpoint, "could not note that a lane rests");
            }
        }
    }
}
