//! One endpoint: how it is set up, how it does, what can be done with it.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod pause;
pub(crate) mod secret;
pub(crate) mod show;

use fanfare_core::{endpoint::Endpoint, profile::Profile};
use maud::{Markup, html};
use std::sync::Arc;

use crate::{desk::Desk, refusal::Refusal};

/// A page about an endpoint, in the order of their tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Overview,
    Log,
    Test,
    Recover,
    Receiving,
    Settings,
}

impl Desk {
    /// The profile that an endpoint's requests are rendered with.
    pub(crate) async fn profile_of(&self, endpoint: &Endpoint) -> Result<Arc<Profile>, Refusal> {
        Ok(self.configure().endpoint_profile(&self.application, endpoint).await?)
    }

    /// The address of an endpoint's page.
    pub(crate) fn endpoint_href(&self, endpoint: &Endpoint, rest: &str) -> String {
        self.href(&format!("/endpoints/{}{rest}", endpoint.id))
    }

    /// The places above an endpoint's page.
    pub(crate) fn endpoint_trail(&self) -> Vec<(String, String)> {
        vec![("Endpoints".to_owned(), self.href(""))]
    }

    /// The heading and the tabs of an endpoint's pages.
    pub(crate) fn endpoint_head(&self, endpoint: &Endpoint, about: About) -> Markup {
        let mut tabs = vec![
            (About::Overview, "Overview", ""),
            (About::Log, "Log", "/log"),
            (About::Receiving, "Receiving", "/receiving"),
        ];
        if self.may_send(endpoint) {
            tabs.splice(2..2, [(About::Test, "Test", "/test"), (About::Recover, "Recover", "/recover")]);
        }
        if self.read_only().is_none() {
            tabs.push((About::Settings, "Settings", "/edit"));
        }
        html! {
            div.heading { h1 { (endpoint.url) } }
            nav.subtabs aria-label="Endpoint" { @for (page, name, rest) in tabs {
                a href=(self.endpoint_href(endpoint, rest)) aria-current=[(about == page).then_some("page")] { (name) }
            } }
        }
    }
}
