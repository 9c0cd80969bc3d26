//! Inboxes: addresses of this server to try out with, before there is a receiver.

pub(crate) mod arrived;
pub(crate) mod change;
pub(crate) mod list;
pub(crate) mod show;

use fanfare_core::{
    endpoint::Endpoint,
    id::InboxId,
    inbox::{Inbox, InboxUrls},
};

use crate::{desk::Desk, refusal::Refusal};

const WHAT: &str = "this inbox";

impl Desk {
    /// Whether the visitor may make inboxes and look into them: what arrives holds credentials.
    pub(crate) fn has_inboxes(&self) -> bool {
        self.read_only().is_none() && self.console.engine.context().inboxes.is_some()
    }

    fn inbox_urls(&self) -> Result<&InboxUrls, Refusal> {
        self.require_change()?;
        self.console.engine.context().inboxes.as_ref().ok_or(Refusal::NotFound(WHAT))
    }

    /// The inbox that the path names.
    async fn inbox(&self) -> Result<Inbox, Refusal> {
        self.require_change()?;
        let id: InboxId = self.names.id("inbox", WHAT)?;
        let all = self.configure().inboxes(&self.application).await?;
        all.into_iter().find(|inbox| inbox.id == id).ok_or(Refusal::NotFound(WHAT))
    }

    fn inbox_href(&self, inbox: &Inbox, rest: &str) -> String {
        self.href(&format!("/inbox/{}{rest}", inbox.id))
    }

    /// The endpoints that send to an inbox.
    async fn senders(&self, inbox: &Inbox) -> Result<Vec<Endpoint>, Refusal> {
        let urls = self.inbox_urls()?;
        let view = self.console.engine.configurations().by_id(self.application.id).await?;
        let endpoints = view.iter().flat_map(|view| &view.endpoints);
        let sends_here =
            |endpoint: &&Endpoint| urls.token_of(endpoint.url.as_url()).as_ref() == Some(&inbox.token);
        Ok(endpoints.map(|view| &view.endpoint).filter(sends_here).cloned().collect())
    }
}
