//! The secret of an endpoint: shown when somebody asks (the audit log says so), and replaced.

use axum::{extract::Query, response::Response};
use fanfare_core::{
    endpoint::Endpoint, ports::store::Named, profile::Profile, secret::Secret, time::Timestamp,
};
use maud::{Markup, html};

use super::About;
use crate::{
    desk::{Desk, Section},
    form::{Form, Posted},
    listing::{Parameters, given},
    once::Note,
    refusal::Refusal,
    view::{ago, code_block, duration, field, mistakes, moment},
};

/// `GET …/endpoints/{endpoint}/secret`.
pub(crate) async fn show(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    let done = given(&parameters, "done").unwrap_or_default();
    page(&desk, &endpoint, &Form::of([("done", done.to_owned())])).await
}

/// `POST …/endpoints/{endpoint}/secret`: reveals it.
pub(crate) async fn reveal(desk: Desk, _: Posted) -> Result<Response, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    let secret = desk.configure().reveal_endpoint_secret(&desk.application, endpoint.id).await?;
    let note = Note { secret: Some(secret), ..Note::default() };
    Ok(desk.visit.shown_once(&desk.console, &desk.endpoint_href(&endpoint, "/secret"), note))
}

/// `POST …/endpoints/{endpoint}/secret/rotate`.
pub(crate) async fn rotate(desk: Desk, Posted { mut form }: Posted) -> Result<Response, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    let profile = desk.profile_of(&endpoint).await?;
    let wish = form.given("key").filter(|_| profile.secrets.chosen).map(Secret::new);
    let is_chosen = wish.is_some();
    let name = Named::Id(endpoint.id);
    match desk.configure().rotate_endpoint_secret(&desk.application, &name, wish, None).await {
        Ok(rotated) => {
            desk.console.changed().await;
            let secret = match is_chosen {
                true => None,
                false => Some(desk.configure().fresh_secret(&desk.application, &rotated, &profile)?),
            };
            let to = desk.endpoint_href(&endpoint, "/secret?done=rotated");
            Ok(desk.visit.shown_once(&desk.console, &to, Note { secret, ..Note::default() }))
        }
        Err(error) => {
            form.note(error)?;
            page(&desk, &endpoint, &form).await
        }
    }
}

async fn page(desk: &Desk, endpoint: &Endpoint, form: &Form) -> Result<Response, Refusal> {
    let secret = desk.visit.note(&desk.console).secret;
    let profile = desk.profile_of(endpoint).await?;
    let content = html! {
        (desk.endpoint_head(endpoint, About::Overview))
        @if form.text("done") == "rotated" { div.notice.good role="status" { p { strong { "The new secret is in use." } " " (overlap(&profile)) } } }
        section.panel {
            h2 { "Secret" }
            @match (&secret, endpoint.keys.last()) {
                (Some(secret), _) => {
                    p.soft { "Give it to nobody who need not check your requests." @if !profile.secrets.retrievable { " It is shown only now: keep it." } }
                    (code_block("secret", "Secret", secret.reveal()))
                },
                (None, None) => p.soft { "It has none: requests are not signed." },
                (None, Some(key)) => {
                    p.soft { "Set " (ago(key.created_at, desk.now())) ". " (still_valid(endpoint, desk.now())) }
                    @if profile.secrets.retrievable { form method="post" action=(desk.endpoint_href(endpoint, "/secret")) {
                        (desk.csrf())
                        button type="submit" { "Reveal" }
                        p.help { "The audit log notes who looked." }
                    } } @else { p { "It cannot be shown again. If it is lost, replace it." } }
                },
            }
        }
        (replacement(desk, endpoint, &profile, form))
    };
    Ok(desk.page(Section::Endpoints, "Secret", desk.endpoint_trail(), content))
}

fn replacement(desk: &Desk, endpoint: &Endpoint, profile: &Profile, form: &Form) -> Markup {
    html! {
        section.panel {
            h2 { @if endpoint.keys.is_empty() { "Set a secret" } @else { "Replace it" } }
            p.soft { (overlap(profile)) }
            form.form method="post" action=(desk.endpoint_href(endpoint, "/secret/rotate")) {
                (desk.csrf())
                (mistakes(form, &["key"]))
                @if profile.secrets.chosen {
                    (field(form, "key", "New secret", html! { "Leave it empty and one is made for you." }, html! {
                        input type="password" id="key" name="key" autocomplete="new-password" spellcheck="false" aria-describedby="key-help" aria-invalid=[form.mistake_of("key").map(|_| "true")];
                    }))
                }
                div.actions { button.danger type="submit" { @if endpoint.keys.is_empty() { "Set secret" } @else { "Replace secret" } } }
            }
        }
    }
}

/// What a receiver has to do, and by when.
fn overlap(profile: &Profile) -> Markup {
    let overlap = profile.secrets.overlap;
    html! {
        @if overlap.is_zero() { "A new secret takes the place of the old one at once: requests with the old one stop." }
        @else { "The old secret stays valid beside a new one for " (duration(overlap)) ": change your server within that time." }
    }
}

fn still_valid(endpoint: &Endpoint, now: Timestamp) -> Markup {
    let older = endpoint.keys.iter().rev().skip(1).find_map(|key| key.expires_at.filter(|end| now < *end));
    html! { @if let Some(end) = older { "The one before it is valid until " (moment(end)) "." } }
}
