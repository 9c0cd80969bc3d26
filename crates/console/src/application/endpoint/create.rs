//! Making an endpoint.

use axum::{extract::Query, response::Response};
use fanfare_core::{
    application::Application,
    endpoint::Endpoint,
    profile::{Moment, Profile, Subscription},
    secret::Secret,
};
use fanfare_engine::configure::endpoint::{EndpointDraft, NewEndpoint, warnings};
use maud::{Markup, html};

use crate::{
    application::fields::{Fields, catalogue, read},
    desk::{Desk, Section},
    form::{Form, Posted},
    listing::{Parameters, given},
    once::Note,
    refusal::{Refusal, sentence},
    view::code_block,
};

/// `GET …/endpoints/new`.
pub(crate) async fn ask(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    desk.require_change()?;
    let mut fields = vec![("events".to_owned(), "all".to_owned())];
    if let Some(url) = given(&parameters, "url") {
        // Comes from an inbox: whoever tries out wants all that there is.
        fields.push(("url".to_owned(), url.to_owned()));
        fields.push(("description".to_owned(), "Inbox".to_owned()));
        let types = catalogue(&desk).await?;
        if desk.profile.endpoints.subscription == Subscription::Types {
            fields.extend(types.iter().map(|event_type| ("event".to_owned(), event_type.name.to_string())));
        }
    }
    page(&desk, &Form::of(fields)).await
}

/// `POST …/endpoints/new`.
pub(crate) async fn create(desk: Desk, Posted { mut form }: Posted) -> Result<Response, Refusal> {
    desk.require_change()?;
    let Some(wish) = read(&mut form, &desk.profile, None) else { return page(&desk, &form).await };
    let mut draft = EndpointDraft::to(wish.url());
    wish.apply(&mut draft);
    let secret = form.given("secret").map(Secret::new);
    let is_chosen = secret.is_some();
    let new = NewEndpoint { secret, ..NewEndpoint::http(draft) };
    let made = match desk.configure().create_endpoint(&desk.application, new).await {
        Ok(made) => made,
        Err(error) => {
            form.note(error)?;
            return page(&desk, &form).await;
        }
    };
    let profile = desk.profile_of(&made).await?;
    let told = desk.endpoint_changed(&made, &profile, Moment::Created).await;
    let secret = match made.keys.is_empty() || is_chosen {
        true => None,
        false => Some(desk.configure().fresh_secret(&desk.application, &made, &profile)?),
    };
    Ok(desk.visit.shown_once(&desk.console, &desk.endpoint_href(&made, "/added"), Note { secret, told }))
}

impl Desk {
    /// What follows once an endpoint was made or changed; answers what the visitor should know of it.
    pub(crate) async fn endpoint_changed(
        &self,
        endpoint: &Endpoint,
        profile: &Profile,
        moment: Moment,
    ) -> Vec<String> {
        self.console.changed().await;
        let mut told = warnings(endpoint, profile);
        let Application { environment, .. } = self.application;
        if let Err(error) = self.console.engine.tell_endpoint(environment, endpoint, profile, moment).await {
            tracing::warn!(%error, endpoint = %endpoint.id, "an endpoint could not be told that it changed");
            told.push("the event that tells your server of this change could not be sent".to_owned());
        }
        told
    }
}

async fn page(desk: &Desk, form: &Form) -> Result<Response, Refusal> {
    let fields = Fields { desk, profile: &desk.profile, catalogue: catalogue(desk).await?, endpoint: None };
    let content = html! {
        div.heading { h1 { "Add endpoint" } }
        form.form method="post" action=(desk.href("/endpoints/new")) {
            (desk.csrf())
            (fields.render(form))
            div.actions { button.primary type="submit" { "Add endpoint" } a.button href=(desk.href("")) { "Cancel" } }
        }
    };
    Ok(desk.page(Section::Endpoints, "Add endpoint", desk.endpoint_trail(), content))
}

/// `GET …/endpoints/{endpoint}/added`: what to do with an endpoint that was just made; its secret, once.
pub(crate) async fn added(desk: Desk) -> Result<Response, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    let profile = desk.profile_of(&endpoint).await?;
    let Note { secret, told } = desk.visit.note(&desk.console);
    let content: Markup = html! {
        div.heading { h1 { "Endpoint added" } }
        div.notice.good role="status" { p { strong { (endpoint.url) } " gets the very next event that it wants." } }
        @for text in &told { div.notice.warn { p { (sentence(text)) } } }
        @if let Some(secret) = &secret {
            section.panel {
                h2 { "Its secret" }
                p.soft {
                    "Your server needs it to check that requests are genuine. "
                    @if profile.secrets.retrievable { "You can look at it again later." } @else { "It is shown only now: keep it." }
                }
                (code_block("secret", "Secret", secret.reveal()))
            }
        }
        div.actions {
            @if desk.may_send(&endpoint) { a.button.primary href=(desk.endpoint_href(&endpoint, "/test")) { "Send a test event" } }
            a.button href=(desk.endpoint_href(&endpoint, "/receiving")) { "How to receive and verify" }
            a.button href=(desk.endpoint_href(&endpoint, "")) { "To the endpoint" }
        }
    };
    Ok(desk.page(Section::Endpoints, "Endpoint added", desk.endpoint_trail(), content))
}
