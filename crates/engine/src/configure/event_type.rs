//! Event types: the catalogue of an environment.

use fanfare_core::{
    environment::EventType,
    id::EnvironmentId,
    limits::SCHEMAS_BYTES,
    name::{EventTypeName, FeatureFlag},
};

use super::{Configure, ConfigureError, check_text};

const WHAT: &str = "the event type";
const KEY: &str = "the event type's name";

/// What can be chosen about an event type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTypeDraft {
    /// For people.
    pub description: String,
    /// No new messages or filters may use it.
    pub archived: bool,
    /// For people: not for new integrations.
    pub deprecated: bool,
    /// Hides it from portal tokens without this flag.
    pub feature_flag: Option<FeatureFlag>,
    /// JSON Schemas by version, as JSON text, checked by the caller.
    pub schemas: Option<String>,
}

impl EventTypeDraft {
    fn of(event_type: &EventType) -> Self {
        Self {
            description: event_type.description.clone(),
            archived: event_type.archived,
            deprecated: event_type.deprecated,
            feature_flag: event_type.feature_flag.clone(),
            schemas: event_type.schemas.clone(),
        }
    }

    fn check(&self) -> Result<(), ConfigureError> {
        check_text("description", &self.description)?;
        if self.schemas.as_ref().is_some_and(|schemas| schemas.len() > SCHEMAS_BYTES) {
            let message = format!("must not be larger than {SCHEMAS_BYTES} bytes");
            return Err(ConfigureError::invalid("schemas", message));
        }
        Ok(())
    }
}

impl Configure {
    /// Adds an event type, or brings an archived one back with these settings.
    pub async fn create_event_type(
        &self,
        environment: EnvironmentId,
        name: EventTypeName,
        draft: EventTypeDraft,
    ) -> Result<EventType, ConfigureError> {
        let before = self.event_type(environment, &name).await?;
        Ok(self.write(environment, name, draft, before, false).await?.1)
    }

    /// Adds or replaces an event type; tells whether it is new.
    pub async fn put_event_type(
        &self,
        environment: EnvironmentId,
        name: EventTypeName,
        draft: EventTypeDraft,
    ) -> Result<(bool, EventType), ConfigureError> {
        let before = self.event_type(environment, &name).await?;
        self.write(environment, name, draft, before, true).await
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
        Ok(self.write(environment, name.clone(), draft, Some(before), true).await?.1)
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

    /// The event type of that name, archived or not.
    pub async fn event_type(
        &self,
        environment: EnvironmentId,
        name: &EventTypeName,
    ) -> Result<Option<EventType>, ConfigureError> {
        let catalogue = self.environment_config(environment).await?.event_types;
        Ok(catalogue.into_iter().find(|event_type| event_type.name == *name))
    }

    async fn write(
        &self,
        environment: EnvironmentId,
        name: EventTypeName,
        draft: EventTypeDraft,
        before: Option<EventType>,
        replace: bool,
    ) -> Result<(bool, EventType), ConfigureError> {
        draft.check()?;
        let now = self.context.now();
        let event_type = EventType {
            group: None,
            use_case: None,
            aliases: Vec::new(),
            validate: false,
            name,
            description: draft.description,
            archived: draft.archived,
            deprecated: draft.deprecated,
            feature_flag: draft.feature_flag,
            schemas: draft.schemas,
            created_at: before.map_or(now, |before| before.created_at),
            updated_at: now,
        };
        let audit = self.audit(environment, None, "event_type.put", &event_type.name);
        let put = self.context.store().put_event_type(event_type.clone(), replace, audit).await?;
        let was_there = put.map_err(|error| ConfigureError::of(&error, WHAT, KEY))?;
        Ok((!was_there, event_type))
    }
}
