//! Streams what becomes of deliveries, as server-sent events.

use std::{collections::BTreeSet, convert::Infallible, sync::Arc};

use axum::{
    extract::State,
    response::{IntoResponse as _, Response, Sse, sse::Event},
};
use fanfare_core::{
    application::Application,
    id::{ApplicationId, EndpointId},
    limits::STREAM_RETRY,
    name::EventTypeName,
};
use fanfare_engine::updates::{Feed, FollowError, Said, Wanted};
use futures::{Stream, stream};
use http::{HeaderMap, HeaderValue};

use super::wire::{UpdateOut, states};
use crate::{
    Api,
    access::Access,
    auth::{Caller, authenticate},
    error::{ApiError, ErrorOut, Problems},
    paths,
    query::{Query, invalid},
    segments::Segments,
};

const LAST_EVENT_ID: &str = "last-event-id";

/// Follow an application's deliveries as server-sent events.
///
/// An event `delivery` each time a delivery was accepted, attempted, sent again or cancelled by hand, once that
/// is stored; its data is a `DeliveryUpdate`. An event `reset` (`{"reason": "unknown"}` or `"forgotten"`) says
/// that events may be missing: read the list, then go on. Comments keep the connection alive. A client that
/// connects again with `Last-Event-ID` gets what it missed.
#[utoipa::path(
    get, path = paths::DELIVERY_STREAM, operation_id = "v1.delivery.stream", tag = "Delivery",
    params(
        ("app_id" = String, Path, description = "The application's id or uid"),
        ("endpoint_id" = Option<Vec<String>>, Query, description = "Only to these endpoints (ids or uids)"),
        ("event_types" = Option<Vec<String>>, Query, description = "Only of messages of these types"),
        ("state" = Option<Vec<String>>, Query, description = "Only when in one of these states then"),
        ("status" = Option<u8>, Query, description = "Only with this status: 0 success, 1 pending, 2 fail, 3 sending"),
        ("last-event-id" = Option<String>, Header, description = "The id of the last event that was seen"),
    ),
    responses((status = 200, body = UpdateOut, content_type = "text/event-stream", description = "Events, for as long as the connection lasts"), (status = 429, body = ErrorOut, description = "So many are open already"), Problems)
)]
pub(crate) async fn of_application(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, ApiError> {
    let application = api.application(&caller, Access::Read, &name).await?;
    let mut endpoints = BTreeSet::new();
    for name in query.list::<String>("endpoint_id")?.unwrap_or_default() {
        endpoints.insert(api.endpoint(&application, &name).await?.id);
    }
    let endpoints = (!endpoints.is_empty()).then_some(endpoints);
    let wanted = wanted(&caller, Some(&application), endpoints, &query)?;
    begin(api, caller, headers, wanted)
}

/// Follow the deliveries of the whole environment as server-sent events, like those of an application.
#[utoipa::path(
    get, path = paths::ENVIRONMENT_STREAM, operation_id = "v1.delivery.stream-environment", tag = "Delivery",
    params(
        ("endpoint_id" = Option<Vec<String>>, Query, description = "Only to these endpoints (ids)"),
        ("event_types" = Option<Vec<String>>, Query, description = "Only of messages of these types"),
        ("state" = Option<Vec<String>>, Query, description = "Only when in one of these states then"),
        ("status" = Option<u8>, Query, description = "Only with this status: 0 success, 1 pending, 2 fail, 3 sending"),
        ("last-event-id" = Option<String>, Header, description = "The id of the last event that was seen"),
    ),
    responses((status = 200, body = UpdateOut, content_type = "text/event-stream", description = "Events, for as long as the connection lasts"), (status = 429, body = ErrorOut, description = "So many are open already"), Problems)
)]
pub(crate) async fn of_environment(
    State(api): State<Arc<Api>>,
    caller: Caller,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, ApiError> {
    caller.require(Access::ReadEnvironment)?;
    let endpoints = query.list::<EndpointId>("endpoint_id")?.map(|ids| ids.into_iter().collect());
    let wanted = wanted(&caller, None, endpoints, &query)?;
    begin(api, caller, headers, wanted)
}

fn wanted(
    caller: &Caller,
    application: Option<&Application>,
    endpoints: Option<BTreeSet<EndpointId>>,
    query: &Query,
) -> Result<Wanted, ApiError> {
    let event_types = query.list::<EventTypeName>("event_types")?.map(|names| names.into_iter().collect());
    let states = states(query)?;
    if states.as_ref().is_some_and(Vec::is_empty) {
        return Err(invalid("state", "no state has this status: nothing would ever come"));
    }
    Ok(Wanted {
        environment: caller.environment(),
        application: application.map(|application| application.id),
        endpoints,
        event_types,
        states,
    })
}

fn begin(api: Arc<Api>, caller: Caller, headers: HeaderMap, wanted: Wanted) -> Result<Response, ApiError> {
    // What is no text is no id of ours either.
    let last_seen = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default());
    let application = wanted.application;
    let follower = api.engine.follow(wanted, last_seen).map_err(refused)?;
    let feed = Feed::new(follower, Arc::clone(&api.engine.context().ports.clock));
    let reader = Reader { api, caller, application, headers };
    let mut response = Sse::new(events(feed, reader)).into_response();
    // Proxies that gather answers before they pass them on would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn refused(error: FollowError) -> ApiError {
    match error {
        FollowError::SubjectFull => ApiError::too_many(error.to_string()),
        FollowError::Full => ApiError::overloaded("Too many streams are open on this server"),
        FollowError::Ended => ApiError::overloaded("The server shuts down"),
    }
}

fn events(feed: Feed, reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    // Tells a client where it stands, without an event: it can connect again from there.
    let begin = Event::default().id(feed.position().to_string()).comment("connected").retry(STREAM_RETRY);
    let rest = stream::unfold((feed, reader), async |(mut feed, reader)| {
        let said = feed.next(|| reader.is_still_allowed()).await?;
        let event = event(&said).inspect_err(|error| tracing::error!(%error, "an update is no JSON")).ok()?;
        Some((Ok(event), (feed, reader)))
    });
    stream::StreamExt::chain(stream::iter([Ok(begin)]), rest)
}

fn event(said: &Said) -> Result<Event, axum::Error> {
    match said {
        Said::Update(update) => {
            let id = update.id.to_string();
            Event::default().event("delivery").id(id).json_data(UpdateOut::of(&update.change))
        }
        Said::Reset(gap, at) => {
            let reason = serde_json::json!({"reason": gap.as_str()});
            Event::default().event("reset").id(at.to_string()).json_data(reason)
        }
        Said::StillHere => Ok(Event::default().comment("still here")),
    }
}

/// Who reads a stream.
struct Reader {
    api: Arc<Api>,
    caller: Caller,
    application: Option<ApplicationId>,
    headers: HeaderMap,
}

impl Reader {
    /// Whether the key is still valid and the application still there.
    async fn is_still_allowed(&self) -> bool {
        let key_holds = authenticate(&self.headers, &self.api).await;
        let Ok(caller) = key_holds else { return false };
        let Some(application) = self.application else { return caller.key.id == self.caller.key.id };
        matches!(self.api.engine.configurations().by_id(application).await, Ok(Some(_)))
    }
}
