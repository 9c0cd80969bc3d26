//! Reading an endpoint's form. Rules are the engine's; here is only what a text must be to be a value at all.

use std::collections::BTreeSet;

use fanfare_core::{
    auth::AuthSettings,
    delivery::Method,
    endpoint::{Endpoint, EndpointMode, EventFilter, WebhookUrl},
    name::Scope,
    profile::{Profile, Subscription},
    secret::Secret,
};
use fanfare_engine::configure::endpoint::{AuthDraft, EndpointDraft, Userinfo};

use super::{MASK, auth};
use crate::form::Form;

/// What a form asks for.
pub(crate) struct Wish {
    url: WebhookUrl,
    userinfo: Userinfo,
    description: String,
    event_filter: EventFilter,
    channels: Option<BTreeSet<fanfare_core::name::Channel>>,
    method: Option<Method>,
    mode: EndpointMode,
    scope: Option<Scope>,
    filter: Option<String>,
    auth: AuthDraft,
    rate_limit: Option<u16>,
    ordered: bool,
    verify_tls: bool,
}

/// Reads a form; none where something is wrong, which is then noted in it.
pub(crate) fn read(form: &mut Form, profile: &Profile, before: Option<&Endpoint>) -> Option<Wish> {
    let (url, userinfo) = url(form).unzip();
    let channels = list(form, "channels");
    let method = optional(form, "method");
    let scope = optional(form, "scope");
    let rate_limit = rate(form);
    let event_filter = events(form, profile.endpoints.subscription, before);
    let auth = auth::read(form, before.map_or(&AuthSettings::None, |endpoint| &endpoint.auth));
    if form.has_mistakes() {
        return None;
    }
    Some(Wish {
        url: url?,
        userinfo: userinfo?,
        description: form.given("description").unwrap_or_default().to_owned(),
        event_filter: event_filter?,
        channels,
        method,
        mode: if form.text("mode") == "test" { EndpointMode::Test } else { EndpointMode::Live },
        scope,
        filter: form.given("filter").map(str::to_owned),
        auth: auth?,
        rate_limit,
        ordered: form.text("ordered") == "yes",
        verify_tls: form.text("unverified") != "yes",
    })
}

impl Wish {
    /// Where requests are to go.
    pub(crate) fn url(&self) -> WebhookUrl {
        self.url.clone()
    }

    /// Lays it over a draft; what the form does not show stays.
    pub(crate) fn apply(&self, draft: &mut EndpointDraft) {
        draft.url = self.url.clone();
        draft.userinfo = self.userinfo.clone();
        draft.description = self.description.clone();
        draft.event_filter = self.event_filter.clone();
        draft.channels = self.channels.clone();
        draft.method = self.method;
        draft.mode = self.mode;
        draft.scope = self.scope.clone();
        draft.filter = self.filter.clone();
        draft.auth = self.auth.clone();
        draft.rate_limit = self.rate_limit;
        draft.ordered = self.ordered;
        draft.verify_tls = self.verify_tls;
    }
}

fn url(form: &mut Form) -> Option<(WebhookUrl, Userinfo)> {
    let text = form.given("url").unwrap_or_default();
    if text.is_empty() {
        form.mistake("url", "type the URL that is to be called");
        return None;
    }
    match WebhookUrl::with_userinfo(text) {
        Ok((url, None)) => Some((url, Userinfo::None)),
        Ok((url, Some(secret))) if secret.reveal() == format!("{MASK}:") => Some((url, Userinfo::Kept)),
        Ok((url, Some(secret))) => Some((url, Userinfo::New(Secret::new(secret.reveal())))),
        Err(error) => {
            form.mistake("url", format!("this {error}"));
            None
        }
    }
}

/// A list of names separated by commas; none where it is empty.
fn list<N: std::str::FromStr<Err: std::fmt::Display> + Ord>(
    form: &mut Form,
    field: &str,
) -> Option<BTreeSet<N>> {
    let text = form.text(field).to_owned();
    let mut names = BTreeSet::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.parse() {
            Ok(name) => drop(names.insert(name)),
            Err(error) => form.mistake(field, format!("“{part}” {error}")),
        }
    }
    Some(names).filter(|names| !names.is_empty())
}

fn optional<T: std::str::FromStr<Err: std::fmt::Display>>(form: &mut Form, field: &str) -> Option<T> {
    match form.given(field)?.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            form.mistake(field, format!("this {error}"));
            None
        }
    }
}

fn rate(form: &mut Form) -> Option<u16> {
    let parsed = form.given("throttleRate")?.parse();
    parsed.map_err(|_| form.mistake("throttleRate", "must be a whole number from 1 to 65535")).ok()
}

/// The wildcard takes the place of any list beside it (TRU-5).
fn events(form: &mut Form, rule: Subscription, before: Option<&Endpoint>) -> Option<EventFilter> {
    let chooses_all =
        matches!(rule, Subscription::Free | Subscription::Wildcard) && form.text("events") != "some";
    if chooses_all || rule == Subscription::All {
        // Both mean all events; whoever chose the one form keeps it.
        let kept = before.map(|endpoint| &endpoint.event_filter);
        return Some(match (rule, kept) {
            (Subscription::All, _) | (_, Some(EventFilter::Unfiltered)) => EventFilter::Unfiltered,
            _ => EventFilter::Wildcard,
        });
    }
    let names: Result<BTreeSet<_>, _> = form.all("event").map(str::parse).collect();
    match names {
        Ok(names) if names.is_empty() => form.mistake("eventTypes", "choose at least one event type"),
        Ok(names) => return Some(EventFilter::Types(names)),
        Err(error) => form.mistake("eventTypes", format!("an event type {error}")),
    }
    None
}
