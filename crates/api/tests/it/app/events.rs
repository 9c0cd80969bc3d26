//! Server-sent events, read as they come.

use axum::{body::Body, response::Response};
use http_body_util::BodyExt as _;
use serde_json::Value;

/// A stream that is open.
pub(crate) struct Events {
    pub(crate) response: http::response::Parts,
    body: Body,
    text: String,
}

/// One event: what was said of it, by field.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) data: Value,
    pub(crate) comment: String,
    pub(crate) retry: String,
}

impl Events {
    pub(crate) fn of(response: Response) -> Self {
        let (response, body) = response.into_parts();
        assert_eq!(response.status, 200);
        assert_eq!(response.headers["content-type"], "text/event-stream");
        Self { response, body, text: String::new() }
    }

    /// The next block; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = Event::parse(block);
                self.text = rest.to_owned();
                return Some(event);
            }
            let frame = self.body.frame().await?.unwrap().into_data().unwrap();
            self.text += std::str::from_utf8(&frame).unwrap();
        }
    }

    /// The next event that is no mere comment.
    pub(crate) async fn event(&mut self) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if !event.kind.is_empty() {
                return event;
            }
        }
    }
}

impl Event {
    fn parse(block: &str) -> Self {
        let mut event = Self::default();
        for line in block.lines() {
            let (field, value) = line.split_once(':').unwrap_or_else(|| panic!("{line}"));
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            match field {
                "id" => event.id = value,
                "event" => event.kind = value,
                "data" => event.data = serde_json::from_str(&value).unwrap(),
                "retry" => event.retry = value,
                "" => event.comment = value,
                other => panic!("{other}"),
            }
        }
        event
    }
}
