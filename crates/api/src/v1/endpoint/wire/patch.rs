//! Changes to an endpoint.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fanfare_core::{
    auth::Auth,
    delivery::Method,
    endpoint::{EndpointMode, EventFilter, WebhookUrl},
    name::{Channel, ProfileName, Scope, Uid},
};
use fanfare_engine::configure::endpoint::{AuthDraft, EndpointDraft, Userinfo};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{AuthIn, EventTypes, Tls, Transport, read_url, seconds};
use crate::{
    error::ApiError,
    patch::{Patch, either},
};

/// Changes to an endpoint: absent fields stay, `null` clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointPatch {
    /// Where requests go.
    #[schema(value_type = Option<String>, format = "uri")]
    #[serde(default)]
    url: Patch<String>,
    /// Your own id for it.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    uid: Patch<Uid>,
    /// For people.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    description: Patch<String>,
    /// Which event types it wants.
    #[schema(value_type = Option<Vec<String>>)]
    #[serde(default)]
    event_types: Patch<EventTypes>,
    /// The older name of `eventTypes`.
    #[schema(value_type = Option<Vec<String>>)]
    #[serde(default)]
    filter_types: Patch<EventTypes>,
    /// Which channels it listens to.
    #[schema(value_type = Option<Vec<String>>)]
    #[serde(default)]
    channels: Patch<BTreeSet<Channel>>,
    /// Free-form labels; replaces all of them.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    #[serde(default)]
    metadata: Patch<BTreeMap<String, String>>,
    /// Requests per second at most.
    #[schema(value_type = Option<u16>)]
    #[serde(default)]
    throttle_rate: Patch<u16>,
    /// The older name of `throttleRate`.
    #[schema(value_type = Option<u16>)]
    #[serde(default)]
    rate_limit: Patch<u16>,
    /// Matches nothing new and is sent nothing.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    disabled: Patch<bool>,
    /// A number of its owner's own.
    #[schema(value_type = Option<i32>)]
    #[serde(default)]
    version: Patch<i32>,
    /// One delivery at a time per ordering key.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    ordered: Patch<bool>,
    /// Requests in flight at most.
    #[schema(value_type = Option<u16>)]
    #[serde(default)]
    max_concurrency: Patch<u16>,
    /// Milliseconds that an attempt may take.
    #[schema(value_type = Option<u32>)]
    #[serde(default)]
    timeout_ms: Patch<u32>,
    /// Seconds to wait before each retry.
    #[schema(value_type = Option<Vec<u32>>)]
    #[serde(default)]
    retry_schedule: Patch<Vec<u32>>,
    /// `live` or `test`.
    #[schema(value_type = Option<String>, pattern = "^(live|test)$")]
    #[serde(default)]
    mode: Patch<EndpointMode>,
    /// The method of its requests.
    #[schema(value_type = Option<String>, pattern = "^(POST|PUT|PATCH)$")]
    #[serde(default)]
    method: Patch<Method>,
    /// The profile it is under; a secret that it has must fit.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    profile: Patch<ProfileName>,
    /// How its requests authenticate; null is not at all.
    #[schema(value_type = Option<AuthIn>)]
    #[serde(default)]
    auth: Patch<AuthIn>,
    /// Which messages it wants besides.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    filter: Patch<String>,
    /// What of the application it is for.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    scope: Patch<Scope>,
    /// How the server's certificate is checked.
    #[schema(value_type = Option<Tls>)]
    #[serde(default)]
    tls: Patch<Tls>,
    /// What carries its requests: there is only `http`.
    #[schema(value_type = Option<String>, pattern = "^http$")]
    #[serde(default)]
    transport: Patch<Transport>,
}

/// The changes, checked and in the words of the domain.
struct Change {
    url: Option<(WebhookUrl, Userinfo)>,
    rate: Patch<u16>,
    types: Patch<EventTypes>,
    auth: Option<AuthDraft>,
    patch: EndpointPatch,
}

impl EndpointPatch {
    /// What it says, checked, as a change of a draft.
    pub(crate) fn change(mut self) -> Result<impl Fn(&mut EndpointDraft) + Send + Sync, ApiError> {
        let (Patch::Absent | Patch::Null | Patch::Set(Transport::Http)) = self.transport;
        let take = std::mem::take::<Patch<u16>>;
        let rates = (take(&mut self.throttle_rate), take(&mut self.rate_limit));
        let rate = either(("throttleRate", rates.0), ("rateLimit", rates.1))?;
        let take = std::mem::take::<Patch<EventTypes>>;
        let types = (take(&mut self.event_types), take(&mut self.filter_types));
        let types = either(("eventTypes", types.0), ("filterTypes", types.1))?;
        let url = match &self.url {
            Patch::Absent => None,
            Patch::Null => return Err(ApiError::invalid(&["body", "url"], "must not be null")),
            Patch::Set(url) => Some(read_url(url)?),
        };
        let auth = match std::mem::take(&mut self.auth) {
            Patch::Absent => None,
            Patch::Null => Some(AuthDraft::New(Auth::None)),
            Patch::Set(auth) => Some(auth.into_draft()?),
        };
        let change = Change { url, rate, types, auth, patch: self };
        Ok(move |draft: &mut EndpointDraft| change.apply(draft))
    }
}

impl Change {
    fn apply(&self, draft: &mut EndpointDraft) {
        let Self { url, rate, types, auth, patch } = self;
        if let Some((url, userinfo)) = url {
            draft.url = url.clone();
            draft.userinfo = userinfo.clone();
        }
        match types {
            Patch::Absent => {}
            Patch::Null => draft.event_filter = EventFilter::Unfiltered,
            Patch::Set(types) => draft.event_filter = types.0.clone(),
        }
        if let Some(auth) = auth {
            draft.auth = auth.clone();
        }
        rate.apply(&mut draft.rate_limit);
        patch.uid.apply(&mut draft.uid);
        patch.description.apply_or(&mut draft.description, String::new);
        patch.channels.apply(&mut draft.channels);
        patch.metadata.apply_or(&mut draft.metadata, BTreeMap::new);
        patch.disabled.apply_or(&mut draft.disabled, || false);
        patch.version.apply_or(&mut draft.version, || 1);
        patch.ordered.apply_or(&mut draft.ordered, || false);
        patch.max_concurrency.apply(&mut draft.max_concurrency);
        patch.mode.apply_or(&mut draft.mode, EndpointMode::default);
        patch.method.apply(&mut draft.method);
        patch.profile.apply(&mut draft.profile);
        patch.filter.apply(&mut draft.filter);
        patch.scope.apply(&mut draft.scope);
        match patch.tls {
            Patch::Absent => {}
            Patch::Null => draft.verify_tls = true,
            Patch::Set(tls) => draft.verify_tls = tls.verify,
        }
        match patch.timeout_ms {
            Patch::Absent => {}
            Patch::Null => draft.timeout = None,
            Patch::Set(ms) => draft.timeout = Some(Duration::from_millis(ms.into())),
        }
        match &patch.retry_schedule {
            Patch::Absent => {}
            Patch::Null => draft.retry_schedule = None,
            Patch::Set(waits) => draft.retry_schedule = Some(seconds(waits.clone())),
        }
    }
}
