//! The engine of one node as the rest of the process sees it.

use std::sync::Arc;

use fanfare_core::{
    delivery::DeliveryKey,
    ports::store::{ChangeError, StoreResult},
    time::Timestamp,
};

use crate::{
    accept::{Post, PostError, Posted},
    configuration::Configurations,
    context::Context,
};

/// A handle on the running engine.
#[derive(Clone)]
pub struct Engine {
    parts: Arc<Parts>,
}

struct Parts {
    context: Arc<Context>,
    configurations: Configurations,
}

impl Engine {
    /// What everything stands on.
    pub fn context(&self) -> &Arc<Context> {
        &self.parts.context
    }

    /// The configuration in memory.
    pub fn configurations(&self) -> &Configurations {
        &self.parts.configurations
    }

    /// Accepts a message: it is on disk when this returns.
    pub async fn post(&self, _post: Post) -> Result<Posted, PostError> {
        unimplemented!()
    }

    /// Call after any change of configuration through the store: this node goes by it from now on.
    pub async fn configuration_changed(&self) -> StoreResult<()> {
        self.parts.configurations.refresh().await
    }

    /// Sends a message to an endpoint again (or for the first time), by hand.
    pub async fn resend(&self, _key: DeliveryKey) -> StoreResult<Result<(), ChangeError>> {
        unimplemented!()
    }

    /// Something in the store became due: resumed, recovered, freed.
    pub fn wake(&self) {}

    /// Now, by this node's wall clock.
    pub fn now(&self) -> Timestamp {
        self.parts.context.now()
    }
}
