//! Telling an endpoint about itself: the lifecycle events of its profile (TRU-10).
//!
//! Such an event is a message like any other, for this endpoint alone, whatever it has subscribed to. It is
//! accepted after the change it tells of: a crash between the two loses it, and nothing else.

use std::collections::BTreeSet;

use fanfare_core::{
    endpoint::Endpoint,
    id::EnvironmentId,
    limits::RETENTION_DAYS,
    message::Payload,
    ports::store::Named,
    profile::{Moment, Profile},
};

use crate::{
    accept::{Audience, Post, PostError, Posted},
    engine::Engine,
};

impl Engine {
    /// Tells an endpoint what happened to it, where its profile does so and it can be sent something now.
    pub async fn tell_endpoint(
        &self,
        environment: EnvironmentId,
        endpoint: &Endpoint,
        profile: &Profile,
        moment: Moment,
    ) -> Result<Option<Posted>, PostError> {
        let tells = profile.lifecycle.as_ref().is_some_and(|lifecycle| lifecycle.tells(moment));
        if !tells || endpoint.paused || endpoint.disabled.is_some() {
            return Ok(None);
        }
        self.ping_endpoint(environment, endpoint, profile, moment).await
    }

    /// Sends an endpoint its profile's lifecycle event; none where the profile has no such event.
    pub async fn ping_endpoint(
        &self,
        environment: EnvironmentId,
        endpoint: &Endpoint,
        profile: &Profile,
        moment: Moment,
    ) -> Result<Option<Posted>, PostError> {
        let Some(lifecycle) = &profile.lifecycle else { return Ok(None) };
        let post = Post {
            environment,
            application: Named::Id(endpoint.application),
            event_type: lifecycle.event_type.clone(),
            event_id: None,
            channels: BTreeSet::new(),
            tags: BTreeSet::new(),
            payload: Payload::Json(lifecycle.payload(moment, endpoint)),
            payload_retention_days: RETENTION_DAYS,
            deliver_at: None,
            expires_at: None,
            ordering_key: None,
            replace_key: None,
            idempotency: None,
            audience: Audience::Only(endpoint.id),
        };
        self.post(post).await.map(Some)
    }
}
