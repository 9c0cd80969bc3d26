//! The way into inboxes with an address of their own: over HTTP from anywhere, and in place for what this very
//! server sends there.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    response::{IntoResponse as _, Response},
    routing::any,
};
use bytes::Bytes;
use fanfare_core::{
    inbox::{InboxAnswer, InboxUrls},
    limits::{INBOX_READ_BYTES, INBOX_READ_TIME, INBOX_READS},
    ports::{self, Clock},
};
use fanfare_engine::{
    Engine,
    inbox::{Arriving, Inboxes, NotTaken},
};
use fanfare_outbound::Local;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::sync::Semaphore;
use url::Url;

/// What is answered to what was kept.
const KEPT: &str = "kept in the inbox\n";

/// Where requests come in.
pub(crate) struct Door {
    inboxes: Inboxes,
    urls: InboxUrls,
    clock: Arc<dyn Clock>,
    reading: Semaphore,
}

/// Why a request that came over HTTP is not kept.
enum Refused {
    NotTaken(NotTaken),
    TooLarge,
    TooSlow,
    Cut,
    Busy,
}

impl Door {
    /// To the inboxes of this engine.
    pub(crate) fn new(engine: Engine, urls: InboxUrls) -> Self {
        let clock = Arc::clone(&engine.context().ports.clock);
        Self { inboxes: Inboxes::new(engine), urls, clock, reading: Semaphore::new(INBOX_READS) }
    }

    /// Its route.
    pub(crate) fn routes(self: Arc<Self>) -> Router {
        Router::new().route("/in/{token}", any(receive)).with_state(self)
    }

    async fn over_http(&self, token: &str, request: Request) -> Result<InboxAnswer, Refused> {
        let token = token.parse().map_err(|_| NotTaken::NoInbox)?;
        let inbox = self.inboxes.open(&token).await?;
        let _place = self.reading.try_acquire().map_err(|_| Refused::Busy)?;
        let (parts, body) = request.into_parts();
        let body = self.read(body).await?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let headers = lines(&parts.headers);
        let arriving = Arriving { method: parts.method.as_str(), target, headers: &headers, body: &body };
        Ok(self.inboxes.take(&inbox, arriving).await?)
    }

    async fn read(&self, body: Body) -> Result<Bytes, Refused> {
        let read = tokio::select! {
            biased;
            read = Limited::new(body, INBOX_READ_BYTES).collect() => read,
            () = self.clock.sleep(INBOX_READ_TIME) => return Err(Refused::TooSlow),
        };
        match read {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(Refused::TooLarge),
            Err(_) => Err(Refused::Cut),
        }
    }

    async fn in_place(&self, url: &Url, head: &[u8], body: &[u8]) -> Result<InboxAnswer, NotTaken> {
        let token = self.urls.token_of(url).ok_or(NotTaken::NoInbox)?;
        let inbox = self.inboxes.open(&token).await?;
        let head = String::from_utf8_lossy(head);
        let (first, rest) = head.split_once("\r\n").unwrap_or((&head, ""));
        let mut words = first.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let pairs = rest.lines().filter_map(|line| line.split_once(": "));
        let headers: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.inboxes.take(&inbox, Arriving { method, target, headers: &headers, body }).await
    }
}

async fn receive(State(door): State<Arc<Door>>, Path(token): Path<String>, request: Request) -> Response {
    match door.over_http(&token, request).await {
        Ok(answer) => {
            door.clock.sleep(answer.after).await;
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
            (status, KEPT).into_response()
        }
        Err(refused) => refused.into_response(),
    }
}

#[async_trait]
impl Local for Door {
    fn answers(&self, url: &Url) -> bool {
        self.urls.token_of(url).is_some()
    }

    async fn answer(&self, url: &Url, head: &[u8], body: &Bytes) -> ports::Response {
        let (status, text) = match self.in_place(url, head, body).await {
            Ok(answer) => {
                self.clock.sleep(answer.after).await;
                (answer.status, KEPT.to_owned())
            }
            Err(why) => (status_of(&why).as_u16(), format!("{why}\n")),
        };
        ports::Response { status, retry_after: None, body: text.into() }
    }
}

fn status_of(why: &NotTaken) -> StatusCode {
    match why {
        NotTaken::NoInbox => StatusCode::NOT_FOUND,
        NotTaken::TooMany => StatusCode::TOO_MANY_REQUESTS,
        NotTaken::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl Refused {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NotTaken(NotTaken::Store(error)) => {
                tracing::warn!(%error, "a request to an inbox could not be kept");
                (StatusCode::SERVICE_UNAVAILABLE, "the store cannot keep it now".to_owned())
            }
            Self::NotTaken(why) => (status_of(&why), why.to_string()),
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {INBOX_READ_BYTES} bytes"))
            }
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive".to_owned()),
            Self::Cut => (StatusCode::BAD_REQUEST, "the body did not arrive completely".to_owned()),
            Self::Busy => {
                (StatusCode::SERVICE_UNAVAILABLE, "too many requests arrive at once: try again".to_owned())
            }
        };
        (status, format!("{text}\n")).into_response()
    }
}

impl From<NotTaken> for Refused {
    fn from(why: NotTaken) -> Self {
        Self::NotTaken(why)
    }
}

fn lines(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
