//! Matching: which endpoints of an application want a message. In memory, no IO.

use std::cell::{Cell, RefCell};

use crate::{
    endpoint::{Endpoint, EndpointMode, EventFilter},
    filter::{Filter, Variables, Verdict},
    message::{Message, ProfileHash},
    name::Scope,
    payload::PayloadPath,
    profile::Profile,
};

/// An endpoint that may want a message, with what its profile and filter make of it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// Its filter, compiled; none where it has none, or one that does not compile (any more).
    pub filter: Option<&'a Filter>,
    /// Its profile: where a message says of which scope it is, and what of its payload filters can see.
    pub profile: &'a Profile,
}

impl Candidate<'_> {
    /// What its filter costs at most, in the measure of [`crate::limits::FILTER_WORK`].
    pub fn work(&self, message: &Message) -> usize {
        match self.filter {
            Some(filter) if message.only.is_none() && attributes_agree(self.endpoint, message) => {
                filter.work(message.payload.len())
            }
            _ => 0,
        }
    }
}

/// A message that may be wanted. What is dear to find out is found out once, and only if somebody asks.
pub struct Subject<'a> {
    message: &'a Message,
    /// By what profiles show of payloads; none is for all that show everything.
    variables: RefCell<Vec<(Option<ProfileHash>, Variables)>>,
    scopes: RefCell<Vec<(PayloadPath, Option<String>)>>,
    failures: Cell<u64>,
}

impl<'a> Subject<'a> {
    /// A message that is to be matched.
    pub fn new(message: &'a Message) -> Self {
        let (variables, scopes) = Default::default();
        Self { message, variables, scopes, failures: Cell::new(0) }
    }

    /// How many filters could not be evaluated so far.
    pub fn failures(&self) -> u64 {
        self.failures.get()
    }

    fn passes(&self, filter: Option<&Filter>, profile: &Profile) -> bool {
        let verdict = filter.map_or(Verdict::Failed, |filter| self.verdict(filter, profile));
        if verdict == Verdict::Failed {
            self.failures.set(self.failures.get() + 1);
        }
        verdict == Verdict::Match
    }

    fn verdict(&self, filter: &Filter, profile: &Profile) -> Verdict {
        let view = (!profile.shows_everything()).then_some(profile.hash);
        let mut known = self.variables.borrow_mut();
        let at = known.iter().position(|(of, _)| *of == view).unwrap_or_else(|| {
            known.push((view, Variables::of(self.message, profile)));
            known.len() - 1
        });
        known.get(at).map_or(Verdict::Failed, |(_, variables)| filter.verdict(variables))
    }

    fn is_of(&self, scope: &Scope, from: &PayloadPath) -> bool {
        let mut scopes = self.scopes.borrow_mut();
        let at = scopes.iter().position(|(path, _)| path == from).unwrap_or_else(|| {
            let said = self.message.payload.bytes().and_then(|payload| from.text_in(payload));
            scopes.push((from.clone(), said));
            scopes.len() - 1
        });
        scopes.get(at).is_some_and(|(_, said)| said.as_deref() == Some(scope.as_str()))
    }
}

/// Whether an endpoint gets a message now: it is enabled, and its filters agree.
pub fn wants(candidate: Candidate<'_>, subject: &Subject<'_>) -> bool {
    candidate.endpoint.disabled.is_none() && filters_agree(candidate, subject)
}

/// Whether mode and filters agree, be the endpoint enabled or not: what a recovery goes by.
pub fn filters_agree(candidate: Candidate<'_>, subject: &Subject<'_>) -> bool {
    let Candidate { endpoint, filter, profile } = candidate;
    let message = subject.message;
    match message.only {
        Some(only) => only == endpoint.id,
        None => {
            attributes_agree(endpoint, message)
                && wants_scope(endpoint, profile.endpoints.scope_from.as_ref(), subject)
                && (endpoint.filter.is_none() || subject.passes(filter, profile))
        }
    }
}

/// Whether it wants what is known of a message without its payload.
fn attributes_agree(endpoint: &Endpoint, message: &Message) -> bool {
    endpoint.mode == EndpointMode::Live
        && wants_type(&endpoint.event_filter, message)
        && wants_channels(endpoint, message)
}

/// Whether matching looks into the payload of messages for this endpoint.
pub fn reads_payload(endpoint: &Endpoint) -> bool {
    endpoint.filter.is_some() || endpoint.scope.is_some()
}

fn wants_type(filter: &EventFilter, message: &Message) -> bool {
    match filter {
        EventFilter::Unfiltered | EventFilter::Wildcard => true,
        EventFilter::Types(types) => types.contains(&message.event_type),
    }
}

/// A message without channels does not go to an endpoint with channels.
fn wants_channels(endpoint: &Endpoint, message: &Message) -> bool {
    endpoint.channels.as_ref().is_none_or(|wanted| !wanted.is_disjoint(&message.channels))
}

/// An endpoint without a scope is for all of them; a message that says none does not go to one with a scope.
fn wants_scope(endpoint: &Endpoint, from: Option<&PayloadPath>, subject: &Subject<'_>) -> bool {
    match (&endpoint.scope, from) {
        (None, _) => true,
        (Some(scope), Some(from)) => subject.is_of(scope, from),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests;
