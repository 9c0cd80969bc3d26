//! The operators' pages: what belongs to an environment or to the whole server.

pub(crate) mod applications;
pub(crate) mod audit;
pub(crate) mod event_types;
pub(crate) mod keys;
pub(crate) mod overview;
pub(crate) mod portal;
pub(crate) mod profiles;
pub(crate) mod replays;
pub(crate) mod server;

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    response::{IntoResponse as _, Redirect, Response},
};
use fanfare_core::{environment::Environment, id::EnvironmentId};
use fanfare_engine::{configure::Configure, session::Visitor};
use http::request::Parts;
use maud::{Markup, html};

use crate::{
    Console,
    desk::Names,
    page::{self, Page, Tab},
    refusal::Refusal,
    visit::Visit,
};

/// One environment at hand.
pub(crate) struct Office {
    pub(crate) console: Arc<Console>,
    pub(crate) visit: Visit,
    pub(crate) names: Names,
    pub(crate) environment: Environment,
}

/// Which tab of the console a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Applications,
    EventTypes,
    Keys,
    Profiles,
    Replays,
    Portal,
    Audit,
}

/// The environments that a visitor may see, by name.
pub(crate) async fn environments(console: &Console, visit: &Visit) -> Result<Vec<Environment>, Refusal> {
    let mut all = console.engine.context().store().environments().await?;
    if let Visitor::Key(key) = &visit.visitor {
        all.retain(|environment| environment.id == key.environment);
    }
    Ok(all)
}

/// The environment with that id, if the visitor may see it.
pub(crate) async fn environment(
    console: &Console,
    visit: &Visit,
    id: EnvironmentId,
) -> Result<Environment, Refusal> {
    let all = environments(console, visit).await?;
    all.into_iter().find(|environment| environment.id == id).ok_or(Refusal::NotFound("this environment"))
}

/// Where the applications of an environment are listed.
pub(crate) fn applications_href(environment: &Environment) -> String {
    format!("/console/{}/apps", environment.id)
}

/// `GET /console`: to the visitor's environment, the `default` one first.
pub(crate) async fn start(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Refusal> {
    let environments = environments(&console, &visit).await?;
    let default = environments.iter().find(|environment| environment.name == "default");
    match default.or(environments.first()) {
        Some(environment) => Ok(Redirect::to(&format!("/console/{}", environment.id)).into_response()),
        None => Err(Refusal::NotFound("any environment: `fanfare env create NAME` makes one")),
    }
}

impl Office {
    /// The address of one of its pages.
    pub(crate) fn href(&self, rest: &str) -> String {
        format!("/console/{}{rest}", self.environment.id)
    }

    /// A page of this environment.
    pub(crate) fn page(&self, section: Section, title: &str, content: Markup) -> Response {
        let tab = |name, rest, own| Tab { name, href: self.href(rest), is_here: section == own };
        let tabs = vec![
            tab("Overview", "", Section::Overview),
            tab("Applications", "/apps", Section::Applications),
            tab("Event types", "/event-types", Section::EventTypes),
            tab("Keys", "/keys", Section::Keys),
            tab("Profiles", "/profiles", Section::Profiles),
            tab("Replays", "/replays", Section::Replays),
            tab("Portal", "/portal", Section::Portal),
            tab("Audit log", "/audit", Section::Audit),
        ];
        let place = html! { span.name { (self.environment.name) } a.of href="/console/environments" { "All environments" } };
        let chrome = &self.visit.chrome;
        Page { chrome, title, trail: Vec::new(), place: Some(place), tabs, is_open: false, content }.respond()
    }

    /// Changes in the visitor's name.
    pub(crate) fn configure(&self) -> Configure {
        self.visit.configure(&self.console)
    }

    /// The hidden field of its forms.
    pub(crate) fn csrf(&self) -> Markup {
        page::csrf(&self.visit.chrome)
    }
}

impl FromRequestParts<Arc<Console>> for Office {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Refusal> {
        let visit = Visit::from_request_parts(parts, console).await?;
        let names = Names::from_request_parts(parts, console).await?;
        let environment = environment(console, &visit, names.id("env", "this environment")?).await?;
        Ok(Self { console: Arc::clone(console), visit, names, environment })
    }
}
