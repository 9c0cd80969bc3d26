//! Event types on the wire.

use fanfare_core::{
    environment::EventType,
    example::Schemas,
    name::{EventTypeName, FeatureFlag},
    time::Timestamp,
};
use fanfare_engine::configure::event_type::EventTypeDraft;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
use crate::{error::ApiError, patch::Patch};

/// An event type to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventTypeIn {
    /// Its name.
    #[schema(value_type = String, max_length = 256, pattern = r"^[a-zA-Z0-9\-_.]+$")]
    pub(crate) name: EventTypeName,
    /// For people.
    description: String,
    /// The group it is listed under.
    #[serde(default)]
    group_name: Option<String>,
    /// What it is commonly used for, for people.
    #[serde(default)]
    use_case: Option<String>,
    /// Other spellings of its name, at most 20; each stands for it in messages, filters and paths.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    aliases: Option<Vec<EventTypeName>>,
    /// Refuse messages whose payload does not fit the newest schema; not by default.
    #[serde(default)]
    validate: Option<bool>,
    /// No new messages or filters may use it.
    #[serde(default)]
    archived: Option<bool>,
    /// For people: not for new integrations.
    #[serde(default)]
    deprecated: Option<bool>,
    /// Hides it from portal tokens without this flag.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    feature_flag: Option<FeatureFlag>,
    /// JSON Schemas by version, at most 256 KiB.
    #[serde(default)]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Object>>)]
    schemas: Option<Schemas>,
}

impl EventTypeIn {
    /// Its name, and the draft.
    pub(crate) fn draft(self) -> Result<(EventTypeName, EventTypeDraft), ApiError> {
        let Self { name, description, group_name, use_case, aliases, validate, .. } = self;
        let Self { archived, deprecated, feature_flag, schemas, .. } = self;
        let update = EventTypeUpdate {
            description,
            group_name,
            use_case,
            aliases,
            validate,
            archived,
            deprecated,
            feature_flag,
            schemas,
        };
        Ok((name, update.draft()?))
    }
}

/// What an event type is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventTypeUpdate {
    /// For people.
    description: String,
    /// The group it is listed under.
    #[serde(default)]
    group_name: Option<String>,
    /// What it is commonly used for, for people.
    #[serde(default)]
    use_case: Option<String>,
    /// Other spellings of its name, at most 20; each stands for it in messages, filters and paths.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    aliases: Option<Vec<EventTypeName>>,
    /// Refuse messages whose payload does not fit the newest schema; not by default.
    #[serde(default)]
    validate: Option<bool>,
    /// No new messages or filters may use it.
    #[serde(default)]
    archived: Option<bool>,
    /// For people: not for new integrations.
    #[serde(default)]
    deprecated: Option<bool>,
    /// Hides it from portal tokens without this flag.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    feature_flag: Option<FeatureFlag>,
    /// JSON Schemas by version, at most 256 KiB.
    #[serde(default)]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Object>>)]
    schemas: Option<Schemas>,
}

impl EventTypeUpdate {
    /// The draft.
    pub(crate) fn draft(self) -> Result<EventTypeDraft, ApiError> {
        Ok(EventTypeDraft {
            description: self.description,
            group: self.group_name,
            use_case: self.use_case,
            aliases: self.aliases.unwrap_or_default(),
            validate: self.validate.unwrap_or(false),
            archived: self.archived.unwrap_or(false),
            deprecated: self.deprecated.unwrap_or(false),
            feature_flag: self.feature_flag,
            schemas: self.schemas.as_ref().map(schema::to_text).transpose()?,
        })
    }
}

/// Changes to an event type: absent fields stay, `null` clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventTypePatch {
    /// For people.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    description: Patch<String>,
    /// The group it is listed under.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    group_name: Patch<String>,
    /// What it is commonly used for.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    use_case: Patch<String>,
    /// Other spellings of its name; replaces all of them.
    #[schema(value_type = Option<Vec<String>>)]
    #[serde(default)]
    aliases: Patch<Vec<EventTypeName>>,
    /// Refuse messages whose payload does not fit the newest schema.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    validate: Patch<bool>,
    /// No new messages or filters may use it.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    archived: Patch<bool>,
    /// For people: not for new integrations.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    deprecated: Patch<bool>,
    /// Hides it from portal tokens without this flag.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    feature_flag: Patch<FeatureFlag>,
    /// JSON Schemas by version.
    #[schema(value_type = Option<std::collections::BTreeMap<String, Object>>)]
    #[serde(default)]
    schemas: Patch<Schemas>,
}

impl EventTypePatch {
    /// What it says, checked, as a change of a draft.
    pub(crate) fn change(self) -> Result<impl FnOnce(&mut EventTypeDraft) + Send, ApiError> {
        let schemas = match &self.schemas {
            Patch::Absent => Patch::Absent,
            Patch::Null => Patch::Null,
            Patch::Set(schemas) => Patch::Set(schema::to_text(schemas)?),
        };
        Ok(move |draft: &mut EventTypeDraft| {
            self.description.apply_or(&mut draft.description, String::new);
            self.group_name.apply(&mut draft.group);
            self.use_case.apply(&mut draft.use_case);
            self.aliases.apply_or(&mut draft.aliases, Vec::new);
            self.validate.apply_or(&mut draft.validate, || false);
            self.archived.apply_or(&mut draft.archived, || false);
            self.deprecated.apply_or(&mut draft.deprecated, || false);
            self.feature_flag.apply(&mut draft.feature_flag);
            schemas.apply(&mut draft.schemas);
        })
    }
}

/// An event type.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventTypeOut {
    /// Its name.
    name: String,
    /// For people.
    description: String,
    /// The group it is listed under.
    group_name: Option<String>,
    /// What it is commonly used for.
    use_case: Option<String>,
    /// Other spellings of its name.
    aliases: Vec<String>,
    /// Whether messages whose payload does not fit the newest schema are refused.
    validate: bool,
    /// No new messages or filters may use it.
    archived: bool,
    /// For people: not for new integrations.
    deprecated: bool,
    /// Hides it from portal tokens without this flag.
    feature_flag: Option<String>,
    /// JSON Schemas by version; in lists only where asked for.
    #[schema(value_type = Option<std::collections::BTreeMap<String, Object>>)]
    schemas: Option<Schemas>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl EventTypeOut {
    /// With its schemas, or without them.
    pub(crate) fn of(event_type: EventType, with_content: bool) -> Result<Self, ApiError> {
        let schemas = event_type.schemas.as_deref().filter(|_| with_content);
        Ok(Self {
            name: event_type.name.to_string(),
            description: event_type.description,
            group_name: event_type.group,
            use_case: event_type.use_case,
            aliases: event_type.aliases.iter().map(ToString::to_string).collect(),
            validate: event_type.validate,
            archived: event_type.archived,
            deprecated: event_type.deprecated,
            feature_flag: event_type.feature_flag.map(|flag| flag.to_string()),
            schemas: schemas.map(schema::from_text).transpose()?,
            created_at: event_type.created_at,
            updated_at: event_type.updated_at,
        })
    }
}
