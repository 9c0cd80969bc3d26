//! The platform's clients: each posts its application's events and keeps what was acknowledged.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use fanfare_core::{
    id::{ApplicationId, EnvironmentId},
    message::Payload,
};
use fanfare_engine::{
    Engine,
    accept::{Audience, Post, PostError, Posted},
};
use parking_lot::Mutex;

use crate::{clock::World, plan::PostPlan, trace::Trace};

/// What was acknowledged, in order of acknowledgement.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledged {
    pub(crate) application: usize,
    pub(crate) message: String,
    pub(crate) kind: u8,
    pub(crate) ordering: Option<u8>,
    pub(crate) delayed: bool,
}

/// The running engine, if one runs. Clients look now and then: tokio's watch channel wakes its receivers in
/// a random order.
pub(crate) type Running = Arc<Mutex<Option<Engine>>>;

/// One application's client.
pub(crate) struct Client {
    pub(crate) world: World,
    pub(crate) trace: Arc<Trace>,
    pub(crate) number: usize,
    pub(crate) environment: EnvironmentId,
    pub(crate) application: ApplicationId,
    pub(crate) posts: Vec<PostPlan>,
    pub(crate) engine: Running,
    pub(crate) acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
}

const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// How an event type of the simulation is called.
pub(crate) fn kind_name(kind: u8) -> String {
    format!("event.{kind}")
}

impl Client {
    /// Posts everything, each event until it is acknowledged.
    pub(crate) async fn run(mut self) {
        for (number, plan) in std::mem::take(&mut self.posts).into_iter().enumerate() {
            self.world.sleep(plan.at.saturating_sub(self.world.age())).await;
            while !self.post(number, plan).await {
                self.world.sleep(LOOK_AGAIN).await;
            }
        }
    }

    async fn post(&self, number: usize, plan: PostPlan) -> bool {
        let Some(engine) = self.engine.lock().clone() else { return false };
        let post = self.event(&engine, number, plan);
        let answer = engine.post(post).await;
        let message = match answer {
            Ok(Posted::Stored(message) | Posted::Repeated(message)) => message.id.to_string(),
            Err(PostError::EventIdTaken) => return self.taken(&engine, number, plan).await,
            Err(_) => return false,
        };
        self.note(message, plan);
        true
    }

    /// An earlier try was stored though its answer was lost: it counts like an acknowledgement.
    async fn taken(&self, engine: &Engine, number: usize, plan: PostPlan) -> bool {
        let Ok(event_id) = event_id(number).parse() else { return false };
        match engine.context().store().message_of_event(self.application, event_id).await {
            Ok(Some(message)) => {
                self.note(message.to_string(), plan);
                true
            }
            _ => false,
        }
    }

    fn note(&self, message: String, plan: PostPlan) {
        self.trace.note(self.world.age(), format_args!("acknowledged {message}"));
        let PostPlan { kind, ordering, delay, .. } = plan;
        let delayed = delay.is_some();
        let acknowledged = Acknowledged { application: self.number, message, kind, ordering, delayed };
        self.acknowledged.lock().push(acknowledged);
    }

    fn event(&self, engine: &Engine, number: usize, plan: PostPlan) -> Post {
        Post {
            environment: self.environment,
            application: self.application,
            event_type: kind_name(plan.kind).parse().expect("a valid name"),
            event_id: Some(event_id(number).parse().expect("a valid name")),
            channels: Default::default(),
            tags: Default::default(),
            payload: Payload::Json(Bytes::from(format!(r#"{{"number":{number}}}"#))),
            payload_retention_days: 90,
            deliver_at: plan.delay.map(|delay| engine.now() + delay),
            expires_at: None,
            ordering_key: plan.ordering.map(|key| format!("key-{key}").parse().expect("a valid key")),
            idempotency: None,
            audience: Audience::Subscribers,
        }
    }
}

fn event_id(number: usize) -> String {
    format!("event-{number}")
}
