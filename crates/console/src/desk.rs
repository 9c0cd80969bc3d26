//! One application at hand: the customer's own in the portal, any one in the console. What stands at another's
//! address is not found, exactly as what does not exist.

use std::{collections::BTreeMap, str::FromStr, sync::Arc};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    response::Response,
};
use fanfare_core::{
    application::Application,
    endpoint::{Endpoint, EndpointMode},
    environment::{Environment, Role},
    id::{ApplicationId, EndpointId, EnvironmentId, MessageId},
    ports::store::Named,
    profile::{ConfiguredBy, Profile},
    time::Timestamp,
};
use fanfare_engine::{configure::Configure, session::Visitor};
use http::request::Parts;
use maud::{Markup, html};

use crate::{
    Console, console,
    page::{self, Page, Tab},
    refusal::Refusal,
    visit::{Face, Visit},
};

/// The names in a path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// What the path says at `name`; not found where it is no such id.
    pub(crate) fn id<I: FromStr>(&self, name: &str, what: &'static str) -> Result<I, Refusal> {
        let text = self.0.get(name).ok_or(Refusal::NotFound(what))?;
        text.parse().map_err(|_| Refusal::NotFound(what))
    }

    /// The text at `name`.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

impl FromRequestParts<Arc<Console>> for Names {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Refusal> {
        let named = RawPathParams::from_request_parts(parts, console).await;
        let named = named.map_err(|_| Refusal::NotFound("this address"))?;
        Ok(Self(named.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }
}

/// One application at hand.
pub(crate) struct Desk {
    pub(crate) console: Arc<Console>,
    pub(crate) visit: Visit,
    pub(crate) names: Names,
    pub(crate) environment: Environment,
    pub(crate) profile: Arc<Profile>,
    pub(crate) application: Application,
    base: String,
}

/// Which tab of an application a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Endpoints,
    Messages,
    Inbox,
    Live,
    Replays,
    Events,
    Access,
}

impl Desk {
    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.console.engine.now()
    }

    /// The address of one of its pages.
    pub(crate) fn href(&self, rest: &str) -> String {
        format!("{}{rest}", self.base)
    }

    /// Changes in the visitor's name.
    pub(crate) fn configure(&self) -> Configure {
        self.visit.configure(&self.console)
    }

    /// Why the visitor may change nothing here, if so.
    pub(crate) fn read_only(&self) -> Option<&'static str> {
        match self.visit.role() {
            Role::Admin => None,
            Role::Publisher | Role::Viewer => Some("You logged in with a key that may only look."),
            Role::Portal if self.visit.is_read_only() => Some("You may look here, and change nothing."),
            Role::Portal if self.profile.endpoints.configured_by == ConfiguredBy::Operator => {
                Some("Your provider configures endpoints: ask them for changes.")
            }
            Role::Portal => None,
        }
    }

    /// Refuses whoever may change nothing here.
    pub(crate) fn require_change(&self) -> Result<(), Refusal> {
        self.read_only().map_or(Ok(()), |why| Err(Refusal::Forbidden(why.to_owned())))
    }

    /// Refuses customers who would send something to a test endpoint (JOF-3).
    pub(crate) fn require_sending(&self, endpoint: &Endpoint) -> Result<(), Refusal> {
        self.require_change()?;
        match self.may_send(endpoint) {
            true => Ok(()),
            false => Err(Refusal::Forbidden(
                "This is a test endpoint: your provider alone has something sent to it.".to_owned(),
            )),
        }
    }

    /// Whether the visitor may send something to an endpoint by hand.
    pub(crate) fn may_send(&self, endpoint: &Endpoint) -> bool {
        let is_customer = self.visit.role() == Role::Portal;
        self.read_only().is_none() && !(is_customer && endpoint.mode == EndpointMode::Test)
    }

    /// The endpoint that the path names.
    pub(crate) async fn endpoint(&self) -> Result<Endpoint, Refusal> {
        let what = "this endpoint";
        let id: EndpointId = self.names.id("endpoint", what)?;
        let found =
            self.console.engine.context().store().endpoint(self.application.id, Named::Id(id)).await?;
        found.ok_or(Refusal::NotFound(what))
    }

    /// The id of the message that the path names; it may not exist.
    pub(crate) fn message(&self) -> Result<MessageId, Refusal> {
        self.names.id("message", "this message")
    }

    /// A page of this application.
    pub(crate) fn page(
        &self,
        section: Section,
        title: &str,
        trail: Vec<(String, String)>,
        content: Markup,
    ) -> Response {
        let tab = |name, rest, own| Tab { name, href: self.href(rest), is_here: section == own };
        let mut tabs = vec![
            tab("Endpoints", "", Section::Endpoints),
            tab("Messages", "/messages", Section::Messages),
            tab("Live", "/live", Section::Live),
            tab("Replays", "/replays", Section::Replays),
            tab("Event types", "/events", Section::Events),
        ];
        if self.has_inboxes() {
            tabs.insert(2, tab("Inbox", "/inbox", Section::Inbox));
        }
        if self.visit.chrome.face == Face::Console && self.visit.require_admin().is_ok() {
            tabs.push(tab("Portal access", "/portal-access", Section::Access));
        }
        if self.visit.chrome.face == Face::Console {
            tabs.insert(
                0,
                Tab {
                    name: "← All applications",
                    href: console::applications_href(&self.environment),
                    is_here: false,
                },
            );
        }
        let place = html! { span.name { (self.application.name) } @if self.visit.chrome.face == Face::Console { span.of { (self.environment.name) } } };
        Page { chrome: &self.visit.chrome, title, trail, place: Some(place), tabs, is_open: false, content }
            .respond()
    }

    /// The hidden field of its forms.
    pub(crate) fn csrf(&self) -> Markup {
        page::csrf(&self.visit.chrome)
    }
}

impl FromRequestParts<Arc<Console>> for Desk {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Refusal> {
        let visit = Visit::from_request_parts(parts, console).await?;
        let names = Names::from_request_parts(parts, console).await?;
        let (environment, application) = match (visit.chrome.face, &visit.visitor) {
            (Face::Portal, Visitor::Key(key)) => (key.environment, key.application),
            _ => {
                let environment: EnvironmentId = names.id("env", "this environment")?;
                (environment, Some(names.id::<ApplicationId>("app", "this application")?))
            }
        };
        let application = application.ok_or(Refusal::NotFound("this application"))?;
        let environment = console::environment(console, &visit, environment).await?;
        let found =
            console.engine.context().store().application(environment.id, Named::Id(application)).await?;
        let application = found.ok_or(Refusal::NotFound("this application"))?;
        let profile = console.engine.context().profiles.named(&environment.profile).cloned();
        let profile = profile.ok_or_else(|| {
            tracing::error!(profile = %environment.profile, "an environment's profile is unknown to this server");
            Refusal::Broken
        })?;
        let base = match visit.chrome.face {
            Face::Portal => "/portal".to_owned(),
            Face::Console => format!("/console/{}/apps/{}", environment.id, application.id),
        };
        Ok(Self { console: Arc::clone(console), visit, names, environment, profile, application, base })
    }
}
