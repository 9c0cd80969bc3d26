//! Inboxes: addresses of this server that an application may send to and look at.

use std::time::Duration;

use fanfare_core::{
    application::Application,
    id::InboxId,
    inbox::{Inbox, InboxAnswer, InboxToken},
    limits::{INBOX_LIFE, INBOXES},
    ports::store::ChangeError,
};

use super::{Configure, ConfigureError};

const WHAT: &str = "the inbox";
const KEY: &str = "the inbox's id";

impl Configure {
    /// Makes an inbox that answers 200.
    pub async fn create_inbox(&self, application: &Application) -> Result<Inbox, ConfigureError> {
        let now = self.context.now();
        let inbox = Inbox {
            id: self.context.mint(),
            application: application.id,
            token: InboxToken::random(&*self.context.ports.entropy),
            answer: InboxAnswer::GOOD,
            created_at: now,
            expires_at: now + INBOX_LIFE,
        };
        let audit = self.audit(application.environment, Some(application.id), "inbox.create", &inbox.id);
        let made = self.context.store().create_inbox(inbox.clone(), INBOXES, audit).await?;
        made.map_err(|error| match error {
            ChangeError::Full => ConfigureError::Limit(format!(
                "There are {INBOXES} inboxes already: delete one of them first"
            )),
            error => ConfigureError::of(&error, WHAT, KEY),
        })?;
        Ok(inbox)
    }

    /// An inbox of this application that has not expired.
    pub async fn inbox(&self, application: &Application, id: InboxId) -> Result<Inbox, ConfigureError> {
        let all = self.inboxes(application).await?;
        all.into_iter().find(|inbox| inbox.id == id).ok_or(ConfigureError::NotFound(WHAT))
    }

    /// The inboxes of an application, oldest first.
    pub async fn inboxes(&self, application: &Application) -> Result<Vec<Inbox>, ConfigureError> {
        Ok(self.context.store().inboxes(application.id, self.context.now()).await?)
    }

    /// Says what an inbox answers from now on. Its life begins anew.
    pub async fn answer_inbox(
        &self,
        application: &Application,
        id: InboxId,
        answer: InboxAnswer,
    ) -> Result<(), ConfigureError> {
        if !InboxAnswer::STATUSES.contains(&answer.status) {
            return Err(ConfigureError::invalid("status", "must be one of those offered"));
        }
        if !InboxAnswer::WAITS.iter().any(|wait| Duration::from_secs(*wait) == answer.after) {
            return Err(ConfigureError::invalid("wait", "must be one of those offered"));
        }
        let inbox = self.inbox(application, id).await?;
        let changed = Inbox { answer, expires_at: self.context.now() + INBOX_LIFE, ..inbox };
        let audit = self.audit(application.environment, Some(application.id), "inbox.update", &id);
        let done = self.context.store().change_inbox(changed, audit).await?;
        done.map_err(|error| ConfigureError::of(&error, WHAT, KEY))
    }

    /// Deletes an inbox with all that is in it.
    pub async fn delete_inbox(&self, application: &Application, id: InboxId) -> Result<(), ConfigureError> {
        let audit = self.audit(application.environment, Some(application.id), "inbox.delete", &id);
        let deleted = self.context.store().delete_inbox(application.id, id, audit).await?;
        deleted.map_err(|error| ConfigureError::of(&error, WHAT, KEY))
    }
}
