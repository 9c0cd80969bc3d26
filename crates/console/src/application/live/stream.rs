//! The stream of the live page, as server-sent events: each is a row.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::Query,
    response::{IntoResponse as _, Response, Sse, sse::Event},
};
use fanfare_core::limits::STREAM_RETRY;
use fanfare_engine::updates::{Feed, Said};
use futures::{Stream, stream};
use http::{HeaderMap, HeaderValue};

use super::{Narrowed, application, row::Row};
use crate::{
    cookie,
    desk::Desk,
    listing::{Parameters, given},
    refusal::{Refusal, sentence},
};

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
    let feed = Feed::new(follower, Arc::clone(&desk.console.engine.context().ports.clock));
    let mut response = Sse::new(events(feed, Reader { desk, headers })).into_response();
    // Proxies that gather answers before they pass them on would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn events(feed: Feed, reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    let begin = Event::default().id(feed.position().to_string()).retry(STREAM_RETRY).comment("connected");
    let rest = stream::unfold((feed, reader), async |(mut feed, reader)| {
        let said = feed.next(|| reader.is_still_allowed()).await?;
        Some((Ok(reader.event(&said).await?), (feed, reader)))
    });
    stream::StreamExt::chain(stream::iter([Ok(begin)]), rest)
}

/// Who reads a stream.
struct Reader {
    desk: Desk,
    headers: HeaderMap,
}

impl Reader {
    /// What the page is sent; nothing where the configuration cannot be read: the page connects again.
    async fn event(&self, said: &Said) -> Option<Event> {
        Some(match said {
            Said::Update(update) => {
                let application = application(&self.desk).await.ok()?;
                let row = Row::told(&update.change).render(&self.desk, application.as_deref());
                Event::default().event("row").id(update.id.to_string()).data(row.into_string())
            }
            Said::Reset(gap, at) => Event::default().event("reset").id(at.to_string()).data(gap.as_str()),
            Said::StillHere => Event::default().comment("still here"),
        })
    }

    /// Whether the session still holds and the application is still there.
    async fn is_still_allowed(&self) -> bool {
        let (console, face) = (&self.desk.console, self.desk.visit.chrome.face);
        let Some(token) = cookie::get(&self.headers, face.cookie(), console.is_secure) else { return false };
        let session_holds = matches!(console.sessions.visitor(token).await, Ok(Some(_)));
        session_holds && matches!(application(&self.desk).await, Ok(Some(_)))
    }
}
