//! From a post to an item of a batch: look up, match, reserve, submit; match again where it was stale.

use std::{sync::Arc, time::Duration};

use fanfare_core::{
    application::Application,
    delivery::{DeliveryState, Incarnation, ordering_of},
    id::{ApplicationId, MessageId},
    limits::{DELAY_MOST, FANOUT_INLINE, FILTER_WORK, MATCH_SLICES},
    matching::{self, Subject},
    message::{Message, ProfileHash},
    ports::store::{Accept, Accepted, NewDelivery, StoreError, Targets},
    time::Timestamp,
};

use super::{
    Audience, Post, PostError, Posted,
    batch::{Item, Left},
};
use crate::{
    configuration::{ApplicationView, EndpointView, EnvironmentView},
    dispatch::{LaneSettings, Reservation, needs_home, weight},
    engine::Parts,
};

/// Matches before giving up on an application that changes faster than it can be read.
pub(super) const MATCHES_MOST: usize = 20;

/// An event id is remembered as long as the payload is kept.
const DAY: Duration = Duration::from_secs(86_400);

/// Accepts one message: it is on disk when this returns.
pub(crate) async fn post(parts: &Arc<Parts>, post: Post) -> Result<Posted, PostError> {
    for _ in 0..MATCHES_MOST {
        let (environment, application) = configuration(parts, &post).await?;
        let id = application.application.id;
        let message = Arc::new(new_message(parts, &post, &application.application, &environment)?);
        let item = prepare(parts, &post, &message, &environment, &application).await;
        match parts.accepts.submit(item).await? {
            Accepted::Stored => return Ok(Posted::Stored(message)),
            Accepted::Repeated(earlier_id) => return earlier(parts, id, earlier_id).await,
            Accepted::EventIdTaken(_) => return Err(PostError::EventIdTaken),
            // Its uid may belong to another application by now: then the next look-up finds that one.
            Accepted::ApplicationGone | Accepted::Stale => {
                parts.configurations.forget(id);
                parts.configurations.forget_environment(post.environment);
            }
        }
    }
    Err(PostError::Overloaded)
}

/// The message that was stored under the same idempotency key before.
pub(super) async fn earlier(
    parts: &Parts,
    application: ApplicationId,
    id: MessageId,
) -> Result<Posted, PostError> {
    let earlier = parts.context.store().message(application, id, true).await?;
    earlier.map(|earlier| Posted::Repeated(Arc::new(earlier))).ok_or(PostError::ApplicationGone)
}

pub(super) async fn configuration(
    parts: &Parts,
    post: &Post,
) -> Result<(Arc<EnvironmentView>, Arc<ApplicationView>), PostError> {
    let configurations = &parts.configurations;
    let environment =
        configurations.environment(post.environment).await?.ok_or(PostError::ApplicationGone)?;
    check_type(post, &environment)?;
    let application = configurations
        .application(post.environment, &post.application)
        .await?
        .ok_or(PostError::ApplicationGone)?;
    Ok((environment, application))
}

/// Whether a message of this type, and with this payload, is taken. Examples sent by hand may be of any.
pub(super) fn check_type(post: &Post, environment: &EnvironmentView) -> Result<(), PostError> {
    let name = environment.canonical(&post.event_type);
    let by_hand = post.audience != Audience::Subscribers;
    match environment.event_types.get(&*name) {
        Some(kind) if kind.archived => return Err(PostError::EventTypeArchived),
        None if environment.profile()?.events.strict && !by_hand => return Err(PostError::EventTypeUnknown),
        _ => {}
    }
    if by_hand {
        return Ok(());
    }
    match environment.schemas.mistakes(&name, &post.payload)? {
        none if none.is_empty() => Ok(()),
        mistakes => Err(PostError::PayloadInvalid(mistakes)),
    }
}

/// The message of a post. Where it says nothing itself of when it is delivered and what it supersedes, the
/// profile's rules do; they are for what subscribers get, not for what is sent by hand.
pub(super) fn new_message(
    parts: &Parts,
    post: &Post,
    application: &Application,
    environment: &EnvironmentView,
) -> Result<Message, PostError> {
    let now = parts.context.now();
    let event_type = environment.canonical(&post.event_type).into_owned();
    let profile = environment.profile.as_ref();
    let rules = profile.filter(|_| post.audience == Audience::Subscribers);
    let payload = post.payload.bytes().map(|bytes| &bytes[..]).unwrap_or_default();
    let deliver_at = post.deliver_at.or_else(|| rules?.deliver_at(&event_type, payload, now));
    let deliver_at = deliver_at.map(|at| at.min(now + DELAY_MOST));
    // A payload that is kept for less long than its message is delayed would be gone before it could be sent.
    let kept_from = deliver_at.unwrap_or(now).max(now);
    if post.expires_at.is_some_and(|end| end <= kept_from) {
        return Err(PostError::ExpiresBeforeDelivery);
    }
    Ok(Message {
        id: parts.context.mint(),
        environment: post.environment,
        application: application.id,
        // What goes nowhere takes the place of nothing.
        supersedes: application.webhooks_enabled
            && rules.is_none_or(|profile| profile.supersedes(&event_type)),
        event_type,
        event_id: post.event_id.clone(),
        channels: post.channels.clone(),
        tags: post.tags.clone(),
        created_at: now,
        deliver_at,
        expires_at: post.expires_at,
        ordering_key: post.ordering_key.clone(),
        replace_key: post.replace_key.clone().or_else(|| rules?.replace_key(payload)),
        only: match post.audience {
            Audience::Subscribers => None,
            Audience::Only(endpoint) => Some(endpoint),
        },
        profile: profile.map_or(ProfileHash([0; 32]), |profile| profile.hash),
        payload_expires_day: kept_from.day() + i64::from(post.payload_retention_days) + 1,
        payload: post.payload.clone(),
    })
}

pub(super) async fn prepare(
    parts: &Arc<Parts>,
    post: &Post,
    message: &Arc<Message>,
    environment: &EnvironmentView,
    application: &ApplicationView,
) -> Item {
    let wanting = found(parts, application, message).await;
    let mut item = Item {
        accept: Accept {
            message: Arc::clone(message),
            application_version: application.version,
            environment_version: environment.version,
            targets: Targets::Fanout,
            idempotency: post.idempotency,
            event_id_expires_at: message.created_at + DAY * post.payload_retention_days,
        },
        owner: parts.owner(),
        reservations: Vec::new(),
        left: Vec::new(),
        wake_at: None,
    };
    if let Some(wanting) = wanting.filter(|wanting| wanting.len() <= FANOUT_INLINE) {
        let share = weight(message, wanting.len());
        let deliveries = wanting.into_iter().map(|view| deliver(parts, &mut item, application, view, share));
        item.accept.targets = Targets::Deliveries(deliveries.collect());
    }
    item
}

/// The endpoints that want a message. None where their filters cost more than [`MATCH_SLICES`]: the fan-out
/// finds them after the answer then. For an ordered endpoint it would come too late, after messages that were
/// accepted later.
async fn found<'a>(
    parts: &Parts,
    application: &'a ApplicationView,
    message: &Message,
) -> Option<Vec<&'a Arc<EndpointView>>> {
    let all = candidates(application, message);
    let work = all.iter().map(|view| view.candidate().work(message)).fold(0, usize::saturating_add);
    if work > MATCH_SLICES * FILTER_WORK && !all.iter().any(|view| view.endpoint.ordered) {
        return None;
    }
    Some(among_all(parts, message, all).await)
}

/// Those of `endpoints` that want a message, found slice by slice, so that dear filters hold up no other
/// application.
pub(super) async fn among_all<'a>(
    parts: &Parts,
    message: &Message,
    endpoints: &'a [Arc<EndpointView>],
) -> Vec<&'a Arc<EndpointView>> {
    let (now, mut left) = slice(endpoints, message, usize::MAX);
    let mut wanting = among(parts, message, now);
    while !left.is_empty() {
        tokio::task::yield_now().await;
        let (now, later) = slice(left, message, usize::MAX);
        wanting.extend(among(parts, message, now));
        left = later;
    }
    wanting
}

/// The endpoints that may get a message; none while the application's webhooks are off (JOFI).
pub(super) fn candidates<'a>(application: &'a ApplicationView, message: &Message) -> &'a [Arc<EndpointView>] {
    if application.application.matches(message) { &application.endpoints } else { &[] }
}

/// The first of these, as many as their filters can be evaluated of in one go, `most` at most; and the rest.
pub(crate) fn slice<'a>(
    endpoints: &'a [Arc<EndpointView>],
    message: &Message,
    most: usize,
) -> (&'a [Arc<EndpointView>], &'a [Arc<EndpointView>]) {
    let mut work = 0_usize;
    let affordable = endpoints.iter().take_while(|view| {
        let is_first = work == 0;
        work = work.saturating_add(view.candidate().work(message));
        is_first || work <= FILTER_WORK
    });
    endpoints.split_at(affordable.take(most).count())
}

/// Those of `endpoints` that want a message.
pub(crate) fn among<'a>(
    parts: &Parts,
    message: &Message,
    endpoints: impl IntoIterator<Item = &'a Arc<EndpointView>>,
) -> Vec<&'a Arc<EndpointView>> {
    let subject = Subject::new(message);
    let wants = |view: &&Arc<EndpointView>| matching::wants(view.candidate(), &subject);
    let wanting = endpoints.into_iter().filter(wants).collect();
    parts.metrics.filter_failures.inc_by(subject.failures());
    wanting
}

fn deliver(
    parts: &Arc<Parts>,
    item: &mut Item,
    application: &ApplicationView,
    view: &Arc<EndpointView>,
    share: usize,
) -> NewDelivery {
    let message = &item.accept.message;
    let (delivery, reservation) = new_delivery(parts, message, application, view, share, item.owner);
    match reservation {
        Some(reservation) => item.reservations.push(reservation),
        None if delivery.state == DeliveryState::Scheduled => {
            item.wake_at = Some(item.wake_at.map_or(delivery.due, |at: Timestamp| at.min(delivery.due)));
        }
        None => item.left.push(Left::new(application, view)),
    }
    delivery
}

/// A delivery of `message` to the endpoint, with its place in memory if it gets one. Ordered and held
/// endpoints, with other nodes those that need a home, messages for later and those that can be superseded are claimed from the store instead. `owner`
/// is the one under whose name the place will be taken, which may meanwhile no longer be the node's.
pub(crate) fn new_delivery(
    parts: &Arc<Parts>,
    message: &Message,
    application: &ApplicationView,
    view: &EndpointView,
    share: usize,
    owner: Incarnation,
) -> (NewDelivery, Option<Reservation>) {
    let endpoint = &view.endpoint;
    let later = message.deliver_at.filter(|at| *at > message.created_at);
    let elsewhere = parts.lease.is_shared() && needs_home(endpoint);
    let direct = later.is_none()
        && message.replace_key.is_none()
        && !endpoint.ordered
        && !endpoint.paused
        && !elsewhere
        && parts.may_own();
    let settings = LaneSettings::of(endpoint, application.application.rate_limit);
    let profile = view.own_profile();
    let reservation =
        if direct { parts.dispatcher.reserve(endpoint, profile, settings, share) } else { None };
    let delivery = NewDelivery {
        endpoint: endpoint.id,
        state: if later.is_some() { DeliveryState::Scheduled } else { DeliveryState::Pending },
        due: later.unwrap_or(message.created_at),
        owner: reservation.is_some().then_some(owner),
        ordering: endpoint.ordered.then(|| ordering_of(message.ordering_key.as_ref())),
        profile,
    };
    (delivery, reservation)
}

impl From<super::batch::Refused> for PostError {
    fn from(refused: super::batch::Refused) -> Self {
        match refused {
            super::batch::Refused::Full => Self::Overloaded,
            super::batch::Refused::Store(error) => Self::Store(error),
            super::batch::Refused::Stopped => Self::Store(StoreError::Unavailable {
                reason: "the server is shutting down".to_owned(),
                ambiguous: false,
            }),
        }
    }
}
