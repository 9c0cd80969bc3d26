//! The stream of the live page, as server-sent events: each is a row.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::Query,
    response::{IntoResponse as _, Response, Sse, sse::Event},
};
use fanfare_core::{limits::STREAM_HEARTBEAT, ports::Monotonic};
use fanfare_engine::updates::{Follower, Told};
use futures::{Stream, stream};
use http::{HeaderMap, HeaderValue};

use super::{
    Narrowed,
    row::{Names, Row},
};
use crate::{
    cookie,
    desk::Desk,
    listing::{Parameters, given},
    refusal::{Refusal, sentence},
};

/// How often it is looked whether the session still holds: one that has ended ends its streams within this
/// time.
const LOOK: Duration = Duration::from_secs(1);
/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);
const LAST_EVENT_ID: &str = "last-event-id";

/// `GET …/live/stream`: an event `row` for each change, `reset` where some may be missing.
pub(crate) async fn stream(
    desk: Desk,
    headers: HeaderMap,
    Query(parameters): Parameters,
) -> Result<Response, Refusal> {
    let narrowed = Narrowed::of(&desk, &parameters).await?;
    // A browser that connects again says what it has seen; at first, the page says where it stands.
    let seen = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default());
    let seen = seen.or(given(&parameters, "after"));
    let follower = desk.console.engine.follow(narrowed.wanted(&desk), seen);
    let follower = follower.map_err(|error| Refusal::Full(sentence(&error.to_string())))?;
    let names = Names::of(&desk).await?;
    let now = desk.console.engine.context().ports.clock.monotonic();
    let mut response =
        Sse::new(events(Feed { desk, headers, follower, names, said: now, looked: now })).into_response();
    // Proxies that gather answers before they pass them on would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct Feed {
    desk: Desk,
    headers: HeaderMap,
    follower: Follower,
    names: Names,
    /// When something was said last.
    said: Monotonic,
    /// When it was looked last whether the session still holds.
    looked: Monotonic,
}

fn events(feed: Feed) -> impl Stream<Item = Result<Event, Infallible>> {
    let begin = Event::default().id(feed.follower.position().to_string()).retry(RETRY).comment("connected");
    let rest = stream::unfold(feed, async |mut feed| Some((Ok(feed.next().await?), feed)));
    stream::StreamExt::chain(stream::iter([Ok(begin)]), rest)
}

impl Feed {
    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Event> {
        let clock = Arc::clone(&self.desk.console.engine.context().ports.clock);
        loop {
            let told = tokio::select! {
                biased;
                told = self.follower.next() => Some(told),
                () = clock.sleep(LOOK) => None,
            };
            let now = clock.monotonic();
            if now.since(self.looked) >= LOOK {
                self.looked = now;
                if !self.is_still_allowed().await {
                    return None;
                }
            }
            let event = match told {
                Some(Told::End) => return None,
                Some(Told::Update(update)) => {
                    let row = Row::told(&update.change);
                    self.learn(&update.change.key.endpoint).await?;
                    let row = row.render(&self.desk, &self.names).into_string();
                    Event::default().event("row").id(update.id.to_string()).data(row)
                }
                Some(Told::Reset(gap, at)) => {
                    Event::default().event("reset").id(at.to_string()).data(gap.as_str())
                }
                None if now.since(self.said) < STREAM_HEARTBEAT => continue,
                None => Event::default().comment("still here"),
            };
            self.said = now;
            return Some(event);
        }
    }

    /// Endpoints are made while the stream goes on.
    async fn learn(&mut self, endpoint: &fanfare_core::id::EndpointId) -> Option<()> {
        if !self.names.knows(*endpoint) {
            self.names = Names::of(&self.desk).await.ok()?;
        }
        Some(())
    }

    /// Whether the session still holds and the application is still there.
    async fn is_still_allowed(&self) -> bool {
        let (console, face) = (&self.desk.console, self.desk.visit.chrome.face);
        let Some(token) = cookie::get(&self.headers, face.cookie(), console.is_secure) else { return false };
        let session_holds = matches!(console.sessions.visitor(token).await, Ok(Some(_)));
        session_holds
            && matches!(console.engine.configurations().by_id(self.desk.application.id).await, Ok(Some(_)))
    }
}
