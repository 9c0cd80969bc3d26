//! The keys of an environment: made, shown once, revoked.

use axum::response::{IntoResponse as _, Redirect, Response};
use fanfare_core::{
    environment::{ApiKey, KeyMode, Role},
    id::KeyId,
};
use maud::{Markup, html};

use super::{Office, Section};
use crate::{
    form::{Form, Posted},
    once::Note,
    refusal::Refusal,
    view::{Tone, ago, badge, code_block, mistakes},
};

/// The roles that keys can have.
const ROLES: [(&str, Role, &str); 3] = [
    ("admin", Role::Admin, "Everything in this environment."),
    ("publisher", Role::Publisher, "Posts messages, and reads."),
    ("viewer", Role::Viewer, "Reads."),
];

/// `GET …/keys`.
pub(crate) async fn list(office: Office) -> Result<Response, Refusal> {
    page(&office, &Form::default()).await
}

/// `POST …/keys`: makes one; its text is shown once.
pub(crate) async fn create(office: Office, Posted { mut form }: Posted) -> Result<Response, Refusal> {
    office.visit.require_admin()?;
    let Some((_, role, _)) = ROLES.iter().find(|(word, ..)| *word == form.text("role")) else {
        form.mistake("role", "choose a role");
        return page(&office, &form).await;
    };
    let made = office.configure().create_key(office.environment.id, *role).await?;
    office.console.changed().await;
    let note = Note { secret: Some(made.token), ..Note::default() };
    Ok(office.visit.shown_once(&office.console, &office.href("/keys"), note))
}

/// `GET …/keys/{key}/revoke`: asks.
pub(crate) async fn ask_revoke(office: Office) -> Result<Response, Refusal> {
    office.visit.require_admin()?;
    let key = office.key().await?;
    let content = html! {
        div.heading { h1 { "Revoke this key?" } }
        section.panel {
            p { code { (key.id) } ", " (word(key.role)) }
            p.soft { "Whoever uses it is refused from now on. This cannot be undone." }
            form.actions method="post" action=(office.href(&format!("/keys/{}/revoke", key.id))) {
                (office.csrf())
                button.danger.primary type="submit" { "Revoke key" }
                a.button href=(office.href("/keys")) { "Keep it" }
            }
        }
    };
    Ok(office.page(Section::Keys, "Revoke key", content))
}

/// `POST …/keys/{key}/revoke`.
pub(crate) async fn revoke(office: Office, _: Posted) -> Result<Response, Refusal> {
    office.visit.require_admin()?;
    let key = office.key().await?;
    office.configure().revoke_key(office.environment.id, None, key.id).await?;
    office.console.changed().await;
    Ok(Redirect::to(&office.href("/keys")).into_response())
}

impl Office {
    async fn key(&self) -> Result<ApiKey, Refusal> {
        let id: KeyId = self.names.id("key", "this key")?;
        let keys = self.configure().keys(self.environment.id).await?;
        keys.into_iter().find(|key| key.id == id).ok_or(Refusal::NotFound("this key"))
    }
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Publisher => "publisher",
        Role::Viewer => "viewer",
        Role::Portal => "portal",
    }
}

async fn page(office: &Office, form: &Form) -> Result<Response, Refusal> {
    let made = office.visit.note(&office.console).secret;
    let keys = office.configure().keys(office.environment.id).await?;
    let may_change = office.visit.require_admin().is_ok();
    let content = html! {
        div.heading { h1 { "Keys" } }
        p.lead { "With a key your platform uses the " a href="/docs" { "API" } ", and people log in here." }
        @if let Some(token) = &made {
            section.panel {
                h2 { "The new key" }
                p { "It is shown only now: keep it where secrets belong." }
                (code_block("token", "Key", token.reveal()))
            }
        }
        (table(office, &keys, may_change))
        @if may_change {
            section.panel {
                h2 { "Make a key" }
                form.form method="post" action=(office.href("/keys")) {
                    (office.csrf())
                    (mistakes(form, &[]))
                    fieldset.field { legend { "Role" } div.choices { @for (place, (word, _, about)) in ROLES.iter().enumerate() {
                        div.choice {
                            input type="radio" id=(format!("role-{word}")) name="role" value=(word) required checked[place == 1];
                            label for=(format!("role-{word}")) { span.title { (word) } span.about { (about) } }
                        }
                    } } }
                    div.actions { button.primary type="submit" { "Make key" } }
                }
            }
        }
    };
    Ok(office.page(Section::Keys, "Keys", content))
}

fn table(office: &Office, keys: &[ApiKey], may_change: bool) -> Markup {
    let now = office.console.engine.now();
    html! {
        div.table-scroll tabindex="0" role="region" aria-label="Keys" { table {
            thead { tr { th scope="col" { "Id" } th scope="col" { "Role" } th scope="col" { "State" } th scope="col" { "Made" } @if may_change { th scope="col" { "Action" } } } }
            tbody { @for key in keys { tr {
                th scope="row" { code.id { (key.id) } }
                td { (word(key.role)) @if key.mode == KeyMode::Test { ", test" } }
                td.tight { @if key.is_valid(now) { (badge(Tone::Good, "Valid")) } @else { (badge(Tone::Neutral, "Revoked")) } }
                td { (ago(key.created_at, now)) }
                @if may_change { td { @if key.is_valid(now) { a href=(office.href(&format!("/keys/{}/revoke", key.id))) { "Revoke…" } } } }
            } } }
        } }
    }
}
