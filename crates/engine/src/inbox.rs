//! Taking what arrives at an inbox: checked as the endpoint's receiver would check it, sealed, kept.

mod rates;

use std::sync::Arc;

use fanfare_core::{
    endpoint::Credentials,
    id::{ApplicationId, EnvironmentId},
    inbox::{ArrivalSummary, ArrivedRequest, Checked, Inbox, InboxAnswer, InboxToken, NewArrival},
    limits::{INBOX_ARRIVALS, INBOX_BODY_BYTES, INBOX_CHECKS, INBOX_HEADER_BYTES},
    ports::store::{StoreError, StoreResult},
    secret::Secret,
    time::Timestamp,
    verify::{Captured, Verdict, Verifier},
};

use self::rates::Rates;
use crate::{Engine, configuration::EndpointView, context::field};

/// A request on its way into an inbox.
#[derive(Debug, Clone, Copy)]
pub struct Arriving<'a> {
    /// The method.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Names and values of the headers, in the order they came in.
    pub headers: &'a [(String, String)],
    /// The whole body.
    pub body: &'a [u8],
}

/// Why a request is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// There is no inbox with that token (any more).
    #[error("there is no such inbox")]
    NoInbox,
    /// More come in a second than may.
    #[error("too many requests in a second")]
    TooMany,
    /// The store did not keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All inboxes of a node.
pub struct Inboxes {
    engine: Engine,
    rates: Rates,
}

impl Inboxes {
    /// The inboxes of this engine's applications.
    pub fn new(engine: Engine) -> Self {
        Self { engine, rates: Rates::default() }
    }

    /// The inbox with that token, if it may take a request now. Ask before reading a body.
    pub async fn open(&self, token: &InboxToken) -> Result<Inbox, NotTaken> {
        let now = self.engine.now();
        let inbox = self.engine.context().store().inbox_at(token.clone(), now).await?;
        let inbox = inbox.ok_or(NotTaken::NoInbox)?;
        if self.rates.take(inbox.id, now) { Ok(inbox) } else { Err(NotTaken::TooMany) }
    }

    /// Keeps a request; tells what to answer, and after how long.
    pub async fn take(&self, inbox: &Inbox, arriving: Arriving<'_>) -> Result<InboxAnswer, NotTaken> {
        let now = self.engine.now();
        let Some(view) = self.engine.configurations().by_id(inbox.application).await? else {
            return Err(NotTaken::NoInbox);
        };
        let sends_here = |view: &&Arc<EndpointView>| self.is_for(inbox, view);
        let endpoints = view.endpoints.iter().filter(sends_here).take(INBOX_CHECKS);
        let checked = best(endpoints.filter_map(|endpoint| check(endpoint, arriving, now)));
        let verdict = checked.as_ref().map(|checked| Verdict::of(&checked.checks));
        let request = ArrivedRequest {
            method: arriving.method.to_owned(),
            target: arriving.target.to_owned(),
            headers: first_that_fit(arriving.headers),
            headers_in_all: arriving.headers.len(),
            body: arriving.body[..arriving.body.len().min(INBOX_BODY_BYTES)].to_vec(),
            checked,
        };
        let arrival = NewArrival {
            at: now,
            method: arriving.method.to_owned(),
            body_bytes: arriving.body.len() as u64,
            verdict,
            request: self.seal(view.application.environment, inbox, &request)?,
        };
        let store = self.engine.context().store();
        match store.keep_arrival(inbox.application, inbox.id, arrival, INBOX_ARRIVALS).await? {
            true => Ok(inbox.answer),
            false => Err(NotTaken::NoInbox),
        }
    }

    fn is_for(&self, inbox: &Inbox, view: &EndpointView) -> bool {
        let urls = self.engine.context().inboxes.as_ref();
        urls.and_then(|urls| urls.token_of(view.endpoint.url.as_url())).as_ref() == Some(&inbox.token)
    }

    fn seal(
        &self,
        environment: EnvironmentId,
        inbox: &Inbox,
        request: &ArrivedRequest,
    ) -> StoreResult<fanfare_core::secret::Sealed> {
        let text = serde_json::to_string(request).map_err(|error| StoreError::Broken(error.to_string()))?;
        Ok(self.engine.context().seal(&Secret::new(text), environment, inbox.id.0, field::ARRIVAL))
    }
}

impl Engine {
    /// What arrived at an inbox, newest first.
    pub async fn arrivals(&self, inbox: &Inbox) -> StoreResult<Vec<ArrivalSummary>> {
        self.context().store().arrivals(inbox.application, inbox.id).await
    }

    /// One request of an inbox, by its number; none where it is not kept (any more).
    pub async fn arrival(
        &self,
        environment: EnvironmentId,
        inbox: &Inbox,
        number: u64,
    ) -> StoreResult<Option<ArrivedRequest>> {
        let (context, application): (_, ApplicationId) = (self.context(), inbox.application);
        let Some(sealed) = context.store().arrival(application, inbox.id, number).await? else {
            return Ok(None);
        };
        let opened = context.open(&sealed, environment, inbox.id.0, field::ARRIVAL);
        let opened = opened
            .map_err(|error| StoreError::Broken(format!("request {number} of {}: {error}", inbox.id)))?;
        serde_json::from_str(opened.reveal()).map(Some).map_err(|error| StoreError::Broken(error.to_string()))
    }
}

/// What the endpoint's receiver would find; none where that cannot be told.
fn check(view: &EndpointView, arriving: Arriving<'_>, now: Timestamp) -> Option<Checked> {
    let endpoint = &view.endpoint;
    let Credentials { keys, auth, .. } = view.credentials.as_ref().ok()?;
    let valid = keys.iter().filter(|key| key.expires_at.is_none_or(|end| now < end));
    let secrets: Vec<_> = valid.map(|key| key.secret.clone()).collect();
    let verifier = Verifier::new(&view.profile, &secrets).ok()?.with_auth(auth.clone());
    let verifier = verifier.with_value("endpoint.url", endpoint.url.as_str()).ok()?;
    let Arriving { method, headers, body, .. } = arriving;
    let checks = verifier.check(&Captured { method, headers, body }, now);
    Some(Checked { endpoint: endpoint.id, checks })
}

/// Where several endpoints send to one inbox, the request is of that one by which it is best.
fn best(all: impl Iterator<Item = Checked>) -> Option<Checked> {
    all.min_by_key(|checked| Verdict::of(&checked.checks))
}

fn first_that_fit(headers: &[(String, String)]) -> Vec<(String, String)> {
    let mut left = INBOX_HEADER_BYTES;
    let mut fits = |(name, value): &&(String, String)| {
        let rest = left.checked_sub(name.len() + value.len());
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    headers.iter().take_while(|header| fits(header)).cloned().collect()
}

#[cfg(test)]
mod tests;
