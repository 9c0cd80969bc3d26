//! Fairness: round-robin over applications, then over the lanes of each.

use std::collections::{HashMap, VecDeque};

use fanfare_core::id::{ApplicationId, EndpointId};

/// Lanes that are ready, each at most once: the caller keeps track.
#[derive(Debug, Default)]
pub(super) struct Ring {
    turn: VecDeque<ApplicationId>,
    lanes: HashMap<ApplicationId, VecDeque<EndpointId>>,
}

impl Ring {
    pub(super) fn push(&mut self, application: ApplicationId, endpoint: EndpointId) {
        let lanes = self.lanes.entry(application).or_default();
        if lanes.is_empty() {
            self.turn.push_back(application);
        }
        lanes.push_back(endpoint);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.turn.is_empty()
    }

    pub(super) fn pop(&mut self) -> Option<EndpointId> {
        let application = self.turn.pop_front()?;
        let lanes = self.lanes.get_mut(&application)?;
        let endpoint = lanes.pop_front()?;
        if lanes.is_empty() {
            self.lanes.remove(&application);
        } else {
            self.turn.push_back(application);
        }
        Some(endpoint)
    }
}

#[cfg(test)]
mod tests;
