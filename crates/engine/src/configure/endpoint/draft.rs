//! What can be chosen about an endpoint, and the rules that hold for it.

use std::{collections::BTreeSet, time::Duration};

use fanfare_core::{
    auth::Auth,
    delivery::Method,
    endpoint::{DisableReason, Disabled, Endpoint, EndpointKind, EndpointMode, EventFilter, WebhookUrl},
    environment::Metadata,
    filter::Filter,
    limits::{
        ATTEMPT_TIMEOUT_MOST, DELAY_MOST, ENDPOINT_CHANNELS, ENDPOINT_EVENT_TYPES, LANE_CONCURRENCY_MOST,
        RETRIES_MOST,
    },
    name::{Channel, EventTypeName, FeatureFlag, ProfileName, Scope, Uid},
    ports::store::EnvironmentConfig,
    secret::Secret,
    time::Timestamp,
};

use super::AuthDraft;
use crate::configure::{ConfigureError, check_metadata, check_rate, check_text};

/// What can be chosen about an endpoint. Secrets and headers are changed by their own operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointDraft {
    /// The platform's own id for it.
    pub uid: Option<Uid>,
    /// Where requests go.
    pub url: WebhookUrl,
    /// Name and password that belong to the URL.
    pub userinfo: Userinfo,
    /// Whether it takes part in what happens, or is only tried out.
    pub mode: EndpointMode,
    /// The method of its requests; none is the application's, else the profile's default.
    pub method: Option<Method>,
    /// Its wire format; none is the environment's.
    pub profile: Option<ProfileName>,
    /// What of the application it is for; none is all of it.
    pub scope: Option<Scope>,
    /// For people.
    pub description: String,
    /// The version its owner gave it.
    pub version: i32,
    /// Which event types it wants.
    pub event_filter: EventFilter,
    /// Which channels it listens to.
    pub channels: Option<BTreeSet<Channel>>,
    /// Which messages it wants, as an expression over `event` and `payload`.
    pub filter: Option<String>,
    /// How its requests authenticate.
    pub auth: AuthDraft,
    /// Whether the server's certificate must be valid.
    pub verify_tls: bool,
    /// Free-form labels.
    pub metadata: Metadata,
    /// Requests per second at most.
    pub rate_limit: Option<u16>,
    /// Requests in flight at most.
    pub max_concurrency: Option<u16>,
    /// One at a time per ordering key.
    pub ordered: bool,
    /// Replaces the profile's timeout.
    pub timeout: Option<Duration>,
    /// Replaces the profile's retry schedule.
    pub retry_schedule: Option<Vec<Duration>>,
    /// Matches nothing new and is sent nothing.
    pub disabled: bool,
}

/// `user:password` of a URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Userinfo {
    /// There is none.
    #[default]
    None,
    /// Whatever the endpoint has now.
    Kept,
    /// This, percent-decoded.
    New(Secret),
}

impl EndpointDraft {
    /// A draft of an endpoint that wants everything and has no other wishes.
    pub fn to(url: WebhookUrl) -> Self {
        Self {
            uid: None,
            url,
            userinfo: Userinfo::None,
            mode: EndpointMode::Live,
            method: None,
            profile: None,
            scope: None,
            description: String::new(),
            version: 1,
            event_filter: EventFilter::Unfiltered,
            channels: None,
            filter: None,
            auth: AuthDraft::New(Auth::None),
            verify_tls: true,
            metadata: Metadata::new(),
            rate_limit: None,
            max_concurrency: None,
            ordered: false,
            timeout: None,
            retry_schedule: None,
            disabled: false,
        }
    }

    pub(super) fn of(endpoint: &Endpoint) -> Self {
        Self {
            uid: endpoint.uid.clone(),
            url: endpoint.url.clone(),
            userinfo: Userinfo::Kept,
            mode: endpoint.mode,
            method: endpoint.method,
            profile: endpoint.profile.clone(),
            scope: endpoint.scope.clone(),
            description: endpoint.description.clone(),
            version: endpoint.version,
            event_filter: endpoint.event_filter.clone(),
            channels: endpoint.channels.clone(),
            filter: endpoint.filter.clone(),
            auth: AuthDraft::Kept,
            verify_tls: endpoint.verify_tls,
            metadata: endpoint.metadata.clone(),
            rate_limit: endpoint.rate_limit,
            max_concurrency: endpoint.max_concurrency,
            ordered: endpoint.ordered,
            timeout: endpoint.timeout,
            retry_schedule: endpoint.retry_schedule.clone(),
            disabled: endpoint.disabled.is_some(),
        }
    }

    /// Lays the draft over an endpoint; what must be sealed, userinfo and credentials, is the caller's.
    pub(super) fn apply(self, endpoint: &mut Endpoint, now: Timestamp) {
        endpoint.uid = self.uid;
        endpoint.url = self.url;
        endpoint.mode = self.mode;
        endpoint.method = self.method;
        endpoint.profile = self.profile;
        endpoint.scope = self.scope;
        endpoint.filter = self.filter;
        endpoint.verify_tls = self.verify_tls;
        endpoint.description = self.description;
        endpoint.version = self.version;
        endpoint.event_filter = self.event_filter;
        endpoint.channels = self.channels;
        endpoint.metadata = self.metadata;
        endpoint.rate_limit = self.rate_limit;
        endpoint.max_concurrency = self.max_concurrency;
        endpoint.ordered = self.ordered;
        endpoint.timeout = self.timeout;
        endpoint.retry_schedule = self.retry_schedule;
        endpoint.disabled = match (self.disabled, endpoint.disabled.take()) {
            (true, Some(before)) => Some(before),
            (true, None) => Some(Disabled { at: now, reason: DisableReason::ByHand }),
            (false, _) => None,
        };
    }

    /// Checks the rules that need no more than the draft itself. A filter that the endpoint has may stay, also
    /// where this version would not take it.
    pub(super) fn check(&self, before: Option<&Endpoint>) -> Result<(), ConfigureError> {
        check_text("description", &self.description)?;
        check_metadata(&self.metadata)?;
        check_rate("throttleRate", self.rate_limit)?;
        if let Some(channels) = &self.channels {
            check_count("channels", channels.len(), ENDPOINT_CHANNELS)?;
        }
        if let EventFilter::Types(types) = &self.event_filter {
            check_count("eventTypes", types.len(), ENDPOINT_EVENT_TYPES)?;
        }
        let filter_stays = before.is_some_and(|old| old.filter == self.filter);
        if let Some(filter) = self.filter.as_ref().filter(|_| !filter_stays) {
            Filter::parse(filter).map_err(|error| ConfigureError::invalid("filter", error.to_string()))?;
        }
        self.check_pace()
    }

    fn check_pace(&self) -> Result<(), ConfigureError> {
        let most = LANE_CONCURRENCY_MOST;
        if self.max_concurrency.is_some_and(|wish| wish == 0 || u32::from(wish) > most) {
            return Err(ConfigureError::invalid("maxConcurrency", format!("must be 1 to {most}")));
        }
        if self.timeout.is_some_and(|wish| wish.is_zero() || wish > ATTEMPT_TIMEOUT_MOST) {
            let message = format!("must be 1 to {}", ATTEMPT_TIMEOUT_MOST.as_millis());
            return Err(ConfigureError::invalid("timeoutMs", message));
        }
        let schedule = self.retry_schedule.as_deref().unwrap_or_default();
        if schedule.len() > RETRIES_MOST || schedule.iter().any(|wait| *wait > DELAY_MOST) {
            let longest = DELAY_MOST.as_secs();
            let message = format!("must be at most {RETRIES_MOST} waits of at most {longest} seconds");
            return Err(ConfigureError::invalid("retrySchedule", message));
        }
        Ok(())
    }

    /// Checks that types named anew are in the catalogue, not archived, and not hidden from `flags`. Types
    /// that `before` names already may stay.
    pub(super) fn check_types(
        &self,
        before: Option<&EventFilter>,
        catalogue: &EnvironmentConfig,
        flags: Option<&[FeatureFlag]>,
    ) -> Result<(), ConfigureError> {
        let EventFilter::Types(types) = &self.event_filter else { return Ok(()) };
        let stays =
            |name: &EventTypeName| matches!(before, Some(EventFilter::Types(old)) if old.contains(name));
        let visible = |flag: &Option<FeatureFlag>| match (flag, flags) {
            (Some(flag), Some(flags)) => flags.contains(flag),
            _ => true,
        };
        let known: BTreeSet<_> = catalogue
            .event_types
            .iter()
            .filter(|kind| !kind.archived && visible(&kind.feature_flag))
            .map(|kind| &kind.name)
            .collect();
        match types.iter().find(|name| !known.contains(name) && !stays(name)) {
            Some(unknown) => {
                let message = format!("event type {unknown} does not exist: add it to the catalogue first");
                Err(ConfigureError::invalid("eventTypes", message))
            }
            None => Ok(()),
        }
    }
}

impl EndpointDraft {
    pub(super) fn check_kind(&self, kind: EndpointKind) -> Result<(), ConfigureError> {
        if kind == EndpointKind::Inbox && self.userinfo != Userinfo::None {
            return Err(ConfigureError::invalid("url", "an inbox takes no user name or password"));
        }
        Ok(())
    }
}

fn check_count(field: &'static str, count: usize, most: usize) -> Result<(), ConfigureError> {
    if (1..=most).contains(&count) {
        return Ok(());
    }
    let message = format!("must name 1 to {most}; leave it out or pass null for no filter");
    Err(ConfigureError::invalid(field, message))
}
