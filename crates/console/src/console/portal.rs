//! How the portal of an environment looks to its customers, and which sites may show it in a frame.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use fanfare_core::portal::{Colour, Portal};
use maud::{Markup, html};

use super::{Office, Section};
use crate::{
    accent::Accent,
    form::{Form, Posted},
    listing::Parameters,
    refusal::Refusal,
    view::{done, field, mistakes, text_field},
};

/// `GET …/portal`.
pub(crate) async fn ask(office: Office, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let portal = &office.environment.portal;
    let text = |value: Option<String>| value.unwrap_or_default();
    let origins: Vec<_> = portal.origins.iter().map(ToString::to_string).collect();
    let form = Form::of([
        ("name", text(portal.name.clone())),
        ("colour", text(portal.colour.map(|colour| colour.to_string()))),
        ("logo", text(portal.logo.as_ref().map(ToString::to_string))),
        ("origins", origins.join("\n")),
    ]);
    Ok(page(&office, &form, &done(&parameters)))
}

/// `POST …/portal`.
pub(crate) async fn save(office: Office, Posted { mut form }: Posted) -> Result<Response, Refusal> {
    office.visit.require_admin()?;
    let portal = read(&mut form);
    if form.has_mistakes() {
        return Ok(page(&office, &form, &html! {}));
    }
    match office.configure().change_portal(office.environment.id, portal).await {
        Ok(()) => {
            office.console.changed().await;
            Ok(Redirect::to(&office.href("/portal?done=look")).into_response())
        }
        Err(error) => {
            form.note(error)?;
            Ok(page(&office, &form, &html! {}))
        }
    }
}

/// What a form asks for; mistakes are noted in it.
fn read(form: &mut Form) -> Portal {
    let lines: Vec<String> = form.text("origins").split_whitespace().map(str::to_owned).collect();
    let mut origins = Vec::new();
    for line in lines {
        match line.parse() {
            Ok(origin) => origins.push(origin),
            Err(error) => form.mistake("origins", format!("“{line}” {error}")),
        }
    }
    Portal {
        name: form.given("name").map(str::to_owned),
        colour: parsed(form, "colour"),
        logo: parsed(form, "logo"),
        origins,
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(form: &mut Form, name: &str) -> Option<T> {
    match form.given(name)?.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            form.mistake(name, error.to_string());
            None
        }
    }
}

fn page(office: &Office, form: &Form, done: &Markup) -> Response {
    let may_change = office.visit.require_admin().is_ok();
    let colour: Option<Colour> = form.given("colour").and_then(|text| text.parse().ok());
    let content = html! {
        (done)
        div.heading { h1 { "Portal" } }
        p.lead { "How the pages look that your customers see, and where you can embed them. Each customer comes in by a link that your platform makes." }
        form.form method="post" action=(office.href("/portal")) {
            (office.csrf())
            (mistakes(form, &["name", "colour", "logo", "origins"]))
            (text_field(form, "name", "Name", html! { "Stands at the top, such as that of your product. Empty means “Webhooks”." }, false))
            (text_field(form, "colour", "Colour", html! { "Of links and main buttons, such as " code { "#3648c8" } ". It is made darker or lighter where text would be hard to read." @if let Some(colour) = colour { " This one becomes " code { (Accent::light(colour).colour) } " in light pages and " code { (Accent::dark(colour).colour) } " in dark ones." } }, false))
            (text_field(form, "logo", "Logo", html! { "A picture beside the name, by its " code { "https://" } " URL. It is 26 pixels high." }, false))
            (field(form, "origins", "Sites that may embed it", html! { "One per line, such as " code { "https://app.example.com" } ". They can show the portal in a frame, which needs https here too. Empty means that nobody can." }, html! {
                textarea id="origins" name="origins" spellcheck="false" aria-describedby="origins-help" aria-invalid=[form.mistake_of("origins").map(|_| "true")] { (form.text("origins")) }
            }))
            @if may_change { div.actions { button.primary type="submit" { "Save" } } }
            @else { p.soft { "You logged in with a key that may only look." } }
        }
    };
    office.page(Section::Portal, "Portal", content)
}
