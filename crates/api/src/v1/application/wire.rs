//! Applications on the wire.

use std::collections::BTreeMap;

use fanfare_core::{application::Application, delivery::Method, name::Uid, time::Timestamp};
use fanfare_engine::configure::application::ApplicationDraft;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    error::ApiError,
    patch::{Patch, either},
};

/// An application to be made or replaced.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplicationIn {
    /// For people.
    #[schema(required = true, min_length = 1)]
    #[serde(default)]
    name: Option<String>,
    /// Your own id for it, usable wherever its id is.
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[a-zA-Z0-9\-_.]+$")]
    #[serde(default)]
    pub(crate) uid: Option<Uid>,
    /// Messages per second to all its endpoints together, at most.
    #[schema(value_type = Option<u16>, minimum = 1)]
    #[serde(default)]
    throttle_rate: Patch<u16>,
    /// The older name of `throttleRate`.
    #[schema(value_type = Option<u16>, minimum = 1)]
    #[serde(default)]
    rate_limit: Patch<u16>,
    /// Free-form labels, at most 16 KiB.
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
    /// Whether its messages are delivered at all. What is posted while this is `false` is stored and goes
    /// nowhere, also later; only examples, and what is sent again or recovered by hand, go out.
    #[schema(default = true)]
    #[serde(default)]
    webhooks_enabled: Option<bool>,
    /// The method of its endpoints' requests, of those that the profile allows; endpoints may choose another.
    #[schema(value_type = Option<String>, example = "PUT")]
    #[serde(default)]
    method: Option<Method>,
}

impl ApplicationIn {
    /// The draft; `loc` is where in the body this stands.
    pub(crate) fn draft(self, loc: &[&str]) -> Result<ApplicationDraft, ApiError> {
        let rate = either(("throttleRate", self.throttle_rate), ("rateLimit", self.rate_limit))?;
        let Some(name) = self.name else {
            let loc = loc.iter().chain(&["name"]).map(|part| (*part).to_owned()).collect();
            return Err(ApiError::validation(loc, "is required".to_owned(), "value_error.missing"));
        };
        Ok(ApplicationDraft {
            uid: self.uid,
            name,
            rate_limit: rate.into_option(),
            method: self.method,
            webhooks_enabled: self.webhooks_enabled.unwrap_or(true),
            metadata: self.metadata.unwrap_or_default(),
        })
    }
}

/// Changes to an application: absent fields stay, `null` clears.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplicationPatch {
    /// For people.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(crate) name: Patch<String>,
    /// Your own id for it.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(crate) uid: Patch<Uid>,
    /// Messages per second, at most.
    #[schema(value_type = Option<u16>)]
    #[serde(default)]
    throttle_rate: Patch<u16>,
    /// The older name of `throttleRate`.
    #[schema(value_type = Option<u16>)]
    #[serde(default)]
    rate_limit: Patch<u16>,
    /// Free-form labels; replaces all of them.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    #[serde(default)]
    pub(crate) metadata: Patch<BTreeMap<String, String>>,
    /// Whether its messages are delivered at all; `null` is `true`.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    webhooks_enabled: Patch<bool>,
    /// The method of its endpoints' requests; `null` is the profile's default.
    #[schema(value_type = Option<String>, example = "PUT")]
    #[serde(default)]
    method: Patch<Method>,
}

impl ApplicationPatch {
    /// What it says, checked, as a change of a draft.
    pub(crate) fn change(self) -> Result<impl Fn(&mut ApplicationDraft) + Send + Sync, ApiError> {
        let rate = either(("throttleRate", self.throttle_rate), ("rateLimit", self.rate_limit))?;
        let (name, uid, metadata) = (self.name, self.uid, self.metadata);
        let (method, webhooks_enabled) = (self.method, self.webhooks_enabled);
        if name == Patch::Null {
            return Err(ApiError::invalid(&["body", "name"], "must not be null"));
        }
        Ok(move |draft: &mut ApplicationDraft| {
            name.apply_or(&mut draft.name, String::new);
            uid.apply(&mut draft.uid);
            rate.apply(&mut draft.rate_limit);
            method.apply(&mut draft.method);
            webhooks_enabled.apply_or(&mut draft.webhooks_enabled, || true);
            metadata.apply_or(&mut draft.metadata, BTreeMap::new);
        })
    }
}

/// An application.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplicationOut {
    /// Its id.
    id: String,
    /// Your own id for it.
    uid: Option<String>,
    /// For people.
    name: String,
    /// Messages per second to all its endpoints together, at most.
    throttle_rate: Option<u16>,
    /// The older name of `throttleRate`.
    rate_limit: Option<u16>,
    /// Free-form labels.
    metadata: BTreeMap<String, String>,
    /// Whether its messages are delivered at all.
    webhooks_enabled: bool,
    /// The method of its endpoints' requests; `null` is the profile's default.
    method: Option<&'static str>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Application> for ApplicationOut {
    fn from(application: Application) -> Self {
        Self {
            id: application.id.to_string(),
            uid: application.uid.map(|uid| uid.to_string()),
            name: application.name,
            throttle_rate: application.rate_limit,
            rate_limit: application.rate_limit,
            metadata: application.metadata,
            webhooks_enabled: application.webhooks_enabled,
            method: application.method.map(Method::as_str),
            created_at: application.created_at,
            updated_at: application.updated_at,
        }
    }
}
