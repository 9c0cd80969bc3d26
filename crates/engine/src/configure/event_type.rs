//! Event types: the catalogue of an environment.

use fanfare_core::{
    endpoint::EventFilter,
    environment::EventType,
    example::Schemas,
    id::EnvironmentId,
    limits::{EVENT_TYPE_ALIASES, SCHEMAS_BYTES},
    name::{EventTypeName, FeatureFlag},
    ports::store::EnvironmentConfig,
    profile::CatalogueType,
    time::Timestamp,
};

use super::{Configure, ConfigureError, check_text};
use crate::schema;

const WHAT: &str = "the event type";
const KEY: &str = "the event type's name or alias";

/// What can be chosen about an event type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTypeDraft {
    /// For people.
    pub description: String,
    /// The group it is listed under.
    pub group: Option<String>,
    /// What it is commonly used for.
    pub use_case: Option<String>,
    /// Other spellings of its name.
    pub aliases: Vec<EventTypeName>,
    /// Whether a message whose payload does not fit the newest schema is refused.
    pub validate: bool,
    /// No new messages or filters may use it.
    pub archived: bool,
    /// For people: not for new integrations.
    pub deprecated: bool,
    /// Hides it from portal tokens without this flag.
    pub feature_flag: Option<FeatureFlag>,
    /// JSON Schemas by version, as a JSON object.
    pub schemas: Option<String>,
}

impl EventTypeDraft {
    fn of(event_type: &EventType) -> Self {
        Self {
            description: event_type.description.clone(),
            group: event_type.group.clone(),
            use_case: event_type.use_case.clone(),
            aliases: event_type.aliases.clone(),
            validate: event_type.validate,
            archived: event_type.archived,
            deprecated: event_type.deprecated,
            feature_flag: event_type.feature_flag.clone(),
            schemas: event_type.schemas.clone(),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigureError> {
        check_text("description", &self.description)?;
        check_text("groupName", self.group.as_deref().unwrap_or_default())?;
        check_text("useCase", self.use_case.as_deref().unwrap_or_default())?;
        if self.aliases.len() > EVENT_TYPE_ALIASES {
            let message = format!("must not be more than {EVENT_TYPE_ALIASES}");
            return Err(ConfigureError::invalid("aliases", message));
        }
        let schemas = self.schemas.as_deref().map(check_schemas).transpose()?;
        if self.validate && schemas.is_none_or(|schemas| schemas.is_empty()) {
            let message = "there is no schema to validate against: give `schemas` too";
            return Err(ConfigureError::invalid("validate", message));
        }
        Ok(())
    }

    /// The event type of that name.
    pub(super) fn named(self, name: EventTypeName, created_at: Timestamp, now: Timestamp) -> EventType {
        EventType {
            name,
            description: self.description,
            group: self.group,
            use_case: self.use_case,
            aliases: self.aliases,
            validate: self.validate,
            archived: self.archived,
            deprecated: self.deprecated,
            feature_flag: self.feature_flag,
            schemas: self.schemas,
            created_at,
            updated_at: now,
        }
    }
}

impl From<&CatalogueType> for EventTypeDraft {
    fn from(kind: &CatalogueType) -> Self {
        Self {
            description: kind.description.clone(),
            group: kind.group.clone(),
            use_case: kind.use_case.clone(),
            aliases: kind.aliases.clone(),
            schemas: kind.schemas.clone(),
            ..Self::default()
        }
    }
}

fn check_schemas(text: &str) -> Result<Schemas, ConfigureError> {
    let invalid = |message: String| ConfigureError::invalid("schemas", message);
    if text.len() > SCHEMAS_BYTES {
        return Err(invalid(format!("must not be larger than {SCHEMAS_BYTES} bytes")));
    }
    let schemas: Schemas = serde_json::from_str(text)
        .map_err(|error| invalid(format!("must be a JSON object of schemas by version: {error}")))?;
    for (version, schema) in &schemas {
        schema::check(schema).map_err(|why| ConfigureError::InvalidIn {
            path: vec!["schemas".to_owned(), version.clone()],
            message: why,
        })?;
    }
    Ok(schemas)
}

/// Whether every name and alias stands for one type; the error says which does not.
pub(super) fn check_names(event_type: &EventType, catalogue: &[EventType]) -> Result<(), ConfigureError> {
    let Some(taken) = event_type.clash(catalogue) else { return Ok(()) };
    let message = format!("{taken} is the name or an alias of an event type already");
    let field =
        if *taken == event_type.name && !event_type.aliases.contains(taken) { "name" } else { "aliases" };
    Err(ConfigureError::invalid(field, message))
}

impl Configure {
    /// Adds an event type, or brings an archived one back with these settings.
    pub async fn create_event_type(
        &self,
        environment: EnvironmentId,
        name: EventTypeName,
        draft: EventTypeDraft,
    ) -> Result<EventType, ConfigureError> {
        Ok(self.write(environment, name, draft, false).await?.1)
    }

    /// Adds or replaces an event type; tells whether it is new.
    pub async fn put_event_type(
        &self,
        environment: EnvironmentId,
        name: EventTypeName,
        draft: EventTypeDraft,
    ) -> Result<(bool, EventType), ConfigureError> {
        self.write(environment, name, draft, true).await
    }

    /// Changes an event type.
    pub async fn change_event_type(
        &self,
        environment: EnvironmentId,
        name: &EventTypeName,
        change: impl FnOnce(&mut EventTypeDraft) + Send,
    ) -> Result<EventType, ConfigureError> {
        let before = self.event_type(environment, name).await?.ok_or(ConfigureError::NotFound(WHAT))?;
        let mut draft = EventTypeDraft::of(&before);
        change(&mut draft);
        Ok(self.write(environment, before.name, draft, true).await?.1)
    }

    /// Erases an event type for good.
    pub async fn expunge_event_type(
        &self,
        environment: EnvironmentId,
        name: &EventTypeName,
    ) -> Result<(), ConfigureError> {
        let audit = self.audit(environment, None, "event_type.expunge", &name);
        let erased = self.context.store().expunge_event_type(name.clone(), audit).await?;
        erased.map_err(|error| ConfigureError::of(&error, WHAT, KEY))
    }

    /// The event type that `name` is a spelling of, archived or not.
    pub async fn event_type(
        &self,
        environment: EnvironmentId,
        name: &EventTypeName,
    ) -> Result<Option<EventType>, ConfigureError> {
        let config = self.environment_config(environment).await?;
        let name = self.canonical(&config, name)?;
        Ok(config.event_types.into_iter().find(|event_type| event_type.name == name))
    }

    /// The name in the catalogue that `name` is a spelling of; itself where it is none.
    pub(super) fn canonical(
        &self,
        config: &EnvironmentConfig,
        name: &EventTypeName,
    ) -> Result<EventTypeName, ConfigureError> {
        let events = &self.profile_of(&config.environment)?.events;
        let aliases = config.aliases();
        let is_known = |name: &EventTypeName| config.event_types.iter().any(|kind| kind.name == *name);
        Ok(events.canonical(name, &aliases, is_known).into_owned())
    }

    /// The filter with every name spelled as in the catalogue.
    pub(super) fn canonical_filter(
        &self,
        config: &EnvironmentConfig,
        filter: EventFilter,
    ) -> Result<EventFilter, ConfigureError> {
        let EventFilter::Types(types) = filter else { return Ok(filter) };
        let canonical: Result<_, _> = types.iter().map(|name| self.canonical(config, name)).collect();
        canonical.map(EventFilter::Types)
    }

    async fn write(
        &self,
        environment: EnvironmentId,
        name: EventTypeName,
        draft: EventTypeDraft,
        replace: bool,
    ) -> Result<(bool, EventType), ConfigureError> {
        draft.check()?;
        let catalogue = self.environment_config(environment).await?.event_types;
        let before = catalogue.iter().find(|event_type| event_type.name == name);
        let now = self.context.now();
        let event_type = draft.named(name, before.map_or(now, |before| before.created_at), now);
        check_names(&event_type, &catalogue)?;
        let audit = self.audit(environment, None, "event_type.put", &event_type.name);
        let put = self.context.store().put_event_type(event_type.clone(), replace, audit).await?;
        let was_there = put.map_err(|error| ConfigureError::of(&error, WHAT, KEY))?;
        Ok((!was_there, event_type))
    }
}
