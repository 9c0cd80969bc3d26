//! The whole server, for its operator: environments, and the state of the store.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use fanfare_core::{delivery::DeliveryState, environment::Environment};
use fanfare_engine::{configure::ConfigureError, session::Visitor};
use maud::{Markup, html};

use super::environments;
use crate::{
    Console,
    form::{Form, Posted},
    once::Note,
    page::{self, Page, Tab},
    refusal::{Refusal, sentence},
    view::{Tone, ago, badge, code_block, duration, field, mistakes, text_field},
    visit::Visit,
};

/// Which tab a page belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Environments,
    Health,
}

/// `GET /console/environments`.
pub(crate) async fn list(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Refusal> {
    listed(&console, &visit, &Form::default()).await
}

/// `POST /console/environments`: makes one, and its first key, shown once.
pub(crate) async fn create(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Posted { mut form }: Posted,
) -> Result<Response, Refusal> {
    require_operator(&visit)?;
    let profile =
        form.text("profile").parse().map_err(|_| Refusal::BadForm("there is no such profile".to_owned()))?;
    let configure = visit.configure(&console);
    match configure.create_environment(form.text("name").trim(), &profile).await {
        Ok(made) => {
            let key = configure.create_key(made.id, fanfare_core::environment::Role::Admin).await?;
            console.changed().await;
            let note = Note { secret: Some(key.token), told: vec![made.name] };
            Ok(visit.shown_once(&console, "/console/environments", note))
        }
        Err(ConfigureError::Taken(what)) => {
            form.mistake("name", sentence(&format!("{what} is taken")));
            listed(&console, &visit, &form).await
        }
        Err(error) => {
            form.note(error)?;
            listed(&console, &visit, &form).await
        }
    }
}

/// `GET /console/health`.
pub(crate) async fn health(State(console): State<Arc<Console>>, visit: Visit) -> Result<Response, Refusal> {
    require_operator(&visit)?;
    let store = console.engine.context().store();
    let (books, now) = (store.conservation().await?, console.engine.now());
    let backlog = store.backlog(now).await?;
    let waiting: u64 = [DeliveryState::Scheduled, DeliveryState::Pending, DeliveryState::Retrying]
        .into_iter()
        .map(|state| books.states.of(state))
        .sum();
    let content = html! {
        div.heading { h1 { "Health" } }
        dl.tiles {
            div { dt { "Books" } dd.plain { @if books.holds() { (badge(Tone::Good, "Balanced")) } @else { (badge(Tone::Bad, "Do not balance")) } } }
            div { dt { "Deliveries accepted" } dd { (books.accepted) } }
            div { dt { "Waiting" } dd { (waiting) } }
            div { dt { "Oldest due" } dd.plain { @match backlog.oldest_due { Some(due) if due <= now => (duration(now.since(due))), _ => "none" } } }
        }
        section.panel {
            h2 { "Deliveries by state" }
            div.table-scroll { table {
                thead { tr { th scope="col" { "State" } th.number scope="col" { "Deliveries" } } }
                tbody {
                    @for state in DeliveryState::ALL { tr { th scope="row" { (state.as_str()) } td.number { (books.states.of(state)) } } }
                    tr { th scope="row" { "erased by retention" } td.number { (books.erased) } }
                }
            } }
            p.help { "Every delivery ever accepted is in a state or was erased on purpose. " code { "/metrics" } " has all of this for Prometheus." }
        }
    };
    Ok(framed(&visit, Section::Health, "Health", content))
}

fn require_operator(visit: &Visit) -> Result<(), Refusal> {
    match &visit.visitor {
        Visitor::Operator => Ok(()),
        Visitor::Key(_) => Err(Refusal::Forbidden(
            "This is about the whole server: log in by the one-time link that it prints at its start."
                .to_owned(),
        )),
    }
}

async fn listed(console: &Console, visit: &Visit, form: &Form) -> Result<Response, Refusal> {
    let made = visit.note(console);
    let all = environments(console, visit).await?;
    let is_operator = require_operator(visit).is_ok();
    let content = html! {
        div.heading { h1 { "Environments" } }
        p.lead { "Each has its own keys, event types and applications, and one profile." }
        @if let Some(key) = &made.secret {
            section.panel {
                h2 { "The admin key of " (made.told.join("")) }
                p { "It is shown only now: keep it where secrets belong." }
                (code_block("token", "Key", key.reveal()))
            }
        }
        (table(console, &all))
        @if is_operator { section.panel {
            h2 { "Add environment" }
            form.form method="post" action="/console/environments" {
                (page::csrf(&visit.chrome))
                (mistakes(form, &["name", "profile"]))
                (text_field(form, "name", "Name", html! { "Such as production." }, true))
                (field(form, "profile", "Profile", html! { "The wire format of its messages." }, html! {
                    select id="profile" name="profile" aria-describedby="profile-help" {
                        @for profile in console.engine.context().profiles.all() { option value=(profile.name) selected[form.given("profile").unwrap_or("standard") == profile.name.as_str()] { (profile.name) } }
                    }
                }))
                div.actions { button.primary type="submit" { "Add environment" } }
            }
        } }
    };
    Ok(framed(visit, Section::Environments, "Environments", content))
}

fn table(console: &Console, all: &[Environment]) -> Markup {
    let now = console.engine.now();
    html! {
        div.table-scroll tabindex="0" role="region" aria-label="Environments" { table {
            thead { tr { th scope="col" { "Name" } th scope="col" { "Profile" } th scope="col" { "Id" } th scope="col" { "Made" } } }
            tbody { @for environment in all { tr {
                th scope="row" { a href=(format!("/console/{}", environment.id)) { (environment.name) } }
                td { (environment.profile) }
                td { code.id { (environment.id) } }
                td { (ago(environment.created_at, now)) }
            } } }
        } }
    }
}

fn framed(visit: &Visit, section: Section, title: &str, content: Markup) -> Response {
    let tab = |name, href: &str, own| Tab { name, href: href.to_owned(), is_here: section == own };
    let mut tabs = vec![tab("Environments", "/console/environments", Section::Environments)];
    if require_operator(visit).is_ok() {
        tabs.push(tab("Health", "/console/health", Section::Health));
    }
    Page { chrome: &visit.chrome, title, trail: Vec::new(), place: None, tabs, is_open: false, content }
        .respond()
}
