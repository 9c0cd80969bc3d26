//! The platform's clients: each posts its application's events through the real router, and keeps what was
//! acknowledged.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use fanfare_core::{id::ApplicationId, ports::Clock as _, time::Timestamp};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    clock::{NodeClock, World},
    plan::{MEEK, MEEK_WAITS, PostPlan},
    trace::Trace,
};

/// What was acknowledged, in order of acknowledgement.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledged {
    pub(crate) application: usize,
    pub(crate) message: String,
    pub(crate) kind: u8,
    pub(crate) ordering: Option<u8>,
    pub(crate) replace: Option<u8>,
    pub(crate) delayed: bool,
    pub(crate) expires_at: Option<Timestamp>,
    /// When its client learned of it.
    pub(crate) at: Duration,
}

/// The API of a running node.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) node: usize,
    pub(crate) router: Router,
    pub(crate) clock: NodeClock,
}

/// The doors of the nodes that run. Clients look now and then: tokio's watch channel wakes its receivers in a
/// random order.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Mutex<Vec<Door>>>);

impl Running {
    pub(crate) fn open(&self, door: Door) {
        self.0.lock().push(door);
    }

    pub(crate) fn close(&self, node: usize) {
        self.0.lock().retain(|door| door.node != node);
    }

    /// One of the open doors, another for another `turn`.
    pub(crate) fn any(&self, turn: usize) -> Option<Door> {
        let doors = self.0.lock();
        (!doors.is_empty()).then(|| doors[turn % doors.len()].clone())
    }
}

/// One application's client.
pub(crate) struct Client {
    pub(crate) world: World,
    pub(crate) trace: Arc<Trace>,
    pub(crate) number: usize,
    pub(crate) application: ApplicationId,
    pub(crate) key: String,
    pub(crate) posts: Vec<PostPlan>,
    pub(crate) api: Running,
    pub(crate) acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
}

/// How long somebody who got no answer waits.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How an event type of the simulation is called.
pub(crate) fn kind_name(kind: u8) -> String {
    format!("event.{kind}")
}

impl Client {
    /// Posts everything, each event until it is acknowledged.
    pub(crate) async fn run(mut self) {
        for (number, plan) in std::mem::take(&mut self.posts).into_iter().enumerate() {
            self.world.sleep(plan.at.saturating_sub(self.world.age())).await;
            let mut turn = number + self.number;
            while !self.post(number, plan, turn).await {
                self.world.sleep(LOOK_AGAIN).await;
                turn += 1;
            }
        }
    }

    async fn post(&self, number: usize, plan: PostPlan, turn: usize) -> bool {
        let Some(door) = self.api.any(turn) else { return false };
        let api = door.router.clone();
        let path = format!("/api/v1/app/{}/msg", self.application);
        self.trace.note(self.world.age(), format_args!("post {number} of application {}", self.number));
        let event = event(number, plan, &door.clock);
        let answer = self.patiently(call(api.clone(), &self.key, "POST", &path, &event)).await;
        let message = match answer {
            Some((StatusCode::ACCEPTED, message)) => message,
            // An earlier try was stored though its answer was lost: it counts like an acknowledgement.
            Some((StatusCode::CONFLICT, _)) => {
                let path = format!("{path}/{}", event_id(number));
                match self.patiently(call(api, &self.key, "GET", &path, &Value::Null)).await {
                    Some((StatusCode::OK, message)) => message,
                    _ => return false,
                }
            }
            _ => return false,
        };
        let expires_at = message["expiresAt"].as_str().map(|at| Timestamp::parse(at).expect("a time"));
        let delayed = !message["deliverAt"].is_null();
        let message = message["id"].as_str().expect("a message has an id").to_owned();
        let at = self.world.age();
        self.trace.note(at, format_args!("acknowledged {message}"));
        let PostPlan { kind, ordering, replace, .. } = plan;
        let application = self.number;
        let acknowledged =
            Acknowledged { application, message, kind, ordering, replace, delayed, expires_at, at };
        self.acknowledged.lock().push(acknowledged);
        true
    }

    /// An answer, if it comes in time: the node may be frozen.
    async fn patiently<T>(&self, answer: impl Future<Output = Option<T>>) -> Option<T> {
        tokio::select! {
            biased;
            answer = answer => answer,
            () = self.world.sleep(PATIENCE) => None,
        }
    }
}

fn event(number: usize, plan: PostPlan, clock: &NodeClock) -> Value {
    let mut event = json!({
        "eventType": kind_name(plan.kind),
        "eventId": event_id(number),
        "payload": {"number": number},
    });
    // By the node's clock and its profile: it refuses an expiry that comes before the delivery.
    let waits = if plan.kind == MEEK { MEEK_WAITS } else { Duration::ZERO };
    let due = clock.now() + plan.delay.unwrap_or(waits);
    if plan.delay.is_some() {
        event["deliverAt"] = json!(due.to_string());
    }
    if let Some(expiry) = plan.expiry {
        event["expiresAt"] = json!((due + expiry).to_string());
    }
    if let Some(key) = plan.ordering {
        event["orderingKey"] = json!(format!("key-{key}"));
    }
    match plan.replace {
        // Some say it themselves, for the others the profile finds it in the payload.
        Some(key) if number.is_multiple_of(2) => event["replaceKey"] = json!(key.to_string()),
        Some(key) => event["payload"]["thing"] = json!(key),
        None => {}
    }
    event
}

/// One request; none where the node went away before its answer.
pub(crate) async fn call(
    api: Router,
    key: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> Option<(StatusCode, Value)> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .expect("a valid request");
    let response = api.oneshot(request).await.expect("the router always answers");
    let status = response.status();
    let body = response.into_body().collect().await.ok()?.to_bytes();
    Some((status, serde_json::from_slice(&body).unwrap_or_default()))
}

fn event_id(number: usize) -> String {
    format!("event-{number}")
}
