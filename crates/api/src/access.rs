//! Who may do what.
//!
//! | role | may |
//! |---|---|
//! | admin | everything in its environment |
//! | publisher | read, and post messages (not send examples, resend, recover or replay, nor make an application that comes along) |
//! | viewer | read |
//! | portal token | read its one application and the event types it has the flags for; manage its endpoints where the profile lets customers do so, resend, recover, replay, ping, send examples (none of it to test endpoints), cancel; one that is read-only: read |
//!
//! A test key may read what its role may, and is shown what its messages would send; any other write is refused.
//!
//! Secrets and headers of endpoints are no reading: only admins have them, and portal tokens in their application.

use std::str::FromStr;

use fanfare_core::{
    application::Application,
    endpoint::{Endpoint, EndpointMode},
    environment::{EventType, KeyMode, Role},
    id::{ApplicationId, EndpointId, MessageId},
    message::Message,
    name::EventId,
    ports::store::Named,
};

use crate::{Api, auth::Caller, error::ApiError};

/// Kinds of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reads what belongs to the environment as a whole.
    ReadEnvironment,
    /// Changes what belongs to the platform: applications, event types, stored content.
    ManageEnvironment,
    /// Reads the catalogue or an application.
    Read,
    /// Changes what a customer may change of its own application.
    Manage,
    /// Posts messages.
    Post,
}

impl Caller {
    /// Refuses what the key's role does not allow.
    pub(crate) fn require(&self, access: Access) -> Result<(), ApiError> {
        use Access as A;
        let tries = matches!(access, A::Read | A::ReadEnvironment | A::Post);
        if self.key.mode == KeyMode::Test && !tries {
            return Err(ApiError::forbidden("A test key may not do this; a live key may"));
        }
        let allowed = match self.key.role {
            Role::Admin => true,
            Role::Publisher => matches!(access, A::Read | A::ReadEnvironment | A::Post),
            Role::Viewer => matches!(access, A::Read | A::ReadEnvironment),
            Role::Portal if self.key.read_only => access == A::Read,
            Role::Portal => matches!(access, A::Read | A::Manage),
        };
        match allowed {
            true => Ok(()),
            false if self.key.read_only && access == A::Manage => {
                Err(ApiError::forbidden("This portal token may only look"))
            }
            false => Err(ApiError::forbidden(refusal(self.key.role, access))),
        }
    }

    /// Refuses portal tokens that would send something to a test endpoint (JOF-3).
    pub(crate) fn require_sending(&self, endpoint: &Endpoint) -> Result<(), ApiError> {
        if self.key.role == Role::Portal && endpoint.mode == EndpointMode::Test {
            let detail = "A portal token may not do this: test endpoints are sent something by the platform only; an admin key may";
            return Err(ApiError::forbidden(detail));
        }
        Ok(())
    }

    /// Whether a portal token may see this application; other keys see all of their environment.
    pub(crate) fn sees(&self, application: ApplicationId) -> bool {
        self.key.application.is_none_or(|own| own == application)
    }

    /// Whether it may see this event type: portal tokens need its feature flag.
    pub(crate) fn sees_type(&self, event_type: &EventType) -> bool {
        let has = |flag| self.key.role != Role::Portal || self.key.feature_flags.contains(flag);
        event_type.feature_flag.as_ref().is_none_or(has)
    }
}

impl Api {
    /// The application that a path names, if the caller may do this there.
    pub(crate) async fn application(
        &self,
        caller: &Caller,
        access: Access,
        name: &str,
    ) -> Result<Application, ApiError> {
        caller.require(access)?;
        let missing = || ApiError::not_found("the application");
        let name = named(name).ok_or_else(missing)?;
        let found = self.engine.context().store().application(caller.environment(), name).await?;
        found.filter(|application| caller.sees(application.id)).ok_or_else(missing)
    }

    /// The message as this caller may see it: to a customer, its payload without what the environment's profile
    /// shows to nobody (TAL).
    pub(crate) async fn visible(&self, caller: &Caller, message: Message) -> Result<Message, ApiError> {
        if caller.key.role != Role::Portal {
            return Ok(message);
        }
        let environment = self.engine.configurations().environment(message.environment).await?;
        let environment = environment.ok_or_else(|| ApiError::not_found("the environment"))?;
        let payload = environment.profile()?.shown(&message.payload);
        Ok(Message { payload, ..message })
    }

    /// The endpoint that a path names.
    pub(crate) async fn endpoint(&self, application: &Application, name: &str) -> Result<Endpoint, ApiError> {
        let missing = || ApiError::not_found("the endpoint");
        let name = named::<EndpointId>(name).ok_or_else(missing)?;
        self.engine.context().store().endpoint(application.id, name).await?.ok_or_else(missing)
    }

    /// The id of the message that a path names by its id or event id; it may not exist.
    pub(crate) async fn message_id(
        &self,
        application: &Application,
        name: &str,
    ) -> Result<MessageId, ApiError> {
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let missing = || ApiError::not_found("the message");
        let event_id: EventId = name.parse().map_err(|_| missing())?;
        let store = self.engine.context().store();
        store.message_of_event(application.id, event_id).await?.ok_or_else(missing)
    }

    /// The message that a path names, without its payload.
    pub(crate) async fn message(&self, application: &Application, name: &str) -> Result<Message, ApiError> {
        self.read_message(application, name, false).await
    }

    /// The message that a path names, with its payload.
    pub(crate) async fn message_with_payload(
        &self,
        application: &Application,
        name: &str,
    ) -> Result<Message, ApiError> {
        self.read_message(application, name, true).await
    }

    async fn read_message(
        &self,
        application: &Application,
        name: &str,
        with_payload: bool,
    ) -> Result<Message, ApiError> {
        let id = self.message_id(application, name).await?;
        let found = self.engine.context().store().message(application.id, id, with_payload).await?;
        found.ok_or_else(|| ApiError::not_found("the message"))
    }
}

/// What a key of this role is told, and which one would do.
fn refusal(role: Role, access: Access) -> String {
    let this = match role {
        Role::Admin => "An admin key",
        Role::Publisher => "A publisher key",
        Role::Viewer => "A viewer key",
        Role::Portal => "A portal token",
    };
    let who = match access {
        Access::ReadEnvironment => "an admin, publisher or viewer key",
        Access::ManageEnvironment => "an admin key",
        Access::Read => "any key of the environment",
        Access::Manage => "an admin key or a portal token of the application",
        Access::Post => "an admin or publisher key",
    };
    format!("{this} may not do this; {who} may")
}

/// What a path segment names: an id, or else a uid; none where it can be neither.
pub(crate) fn named<I: FromStr>(text: &str) -> Option<Named<I>> {
    Named::parse(text).ok()
}
