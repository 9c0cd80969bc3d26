//! Changing an endpoint.

use axum::response::Response;
use fanfare_core::{endpoint::Endpoint, ports::store::Named, profile::Moment};
use maud::html;

use super::About;
use crate::{
    application::fields::{Fields, catalogue, read, values},
    desk::{Desk, Section},
    form::{Form, Posted},
    once::Note,
    refusal::Refusal,
};

/// `GET …/endpoints/{endpoint}/edit`.
pub(crate) async fn ask(desk: Desk) -> Result<Response, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    page(&desk, &endpoint, &values(&endpoint)).await
}

/// `POST …/endpoints/{endpoint}/edit`.
pub(crate) async fn save(desk: Desk, Posted { mut form }: Posted) -> Result<Response, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    let profile = desk.profile_of(&endpoint).await?;
    let Some(wish) = read(&mut form, &profile, Some(&endpoint)) else {
        return page(&desk, &endpoint, &form).await;
    };
    let name = Named::Id(endpoint.id);
    let changed = desk.configure().change_endpoint(&desk.application, &name, |draft| wish.apply(draft)).await;
    match changed {
        Ok(changed) => {
            let told = desk.endpoint_changed(&changed, &profile, Moment::Updated).await;
            let to = desk.endpoint_href(&endpoint, "?done=saved");
            Ok(desk.visit.shown_once(&desk.console, &to, Note { told, ..Note::default() }))
        }
        Err(error) => {
            form.note(error)?;
            page(&desk, &endpoint, &form).await
        }
    }
}

async fn page(desk: &Desk, endpoint: &Endpoint, form: &Form) -> Result<Response, Refusal> {
    let profile = desk.profile_of(endpoint).await?;
    let fields =
        Fields { desk, profile: &profile, catalogue: catalogue(desk).await?, endpoint: Some(endpoint) };
    let content = html! {
        (desk.endpoint_head(endpoint, About::Settings))
        form.form method="post" action=(desk.endpoint_href(endpoint, "/edit")) {
            (desk.csrf())
            (fields.render(form))
            div.actions { button.primary type="submit" { "Save" } a.button href=(desk.endpoint_href(endpoint, "")) { "Cancel" } }
        }
        section.panel {
            h2 { "Delete this endpoint" }
            p.soft { "It is sent nothing more. What was delivered stays in the log." }
            div.actions { a.button.danger href=(desk.endpoint_href(endpoint, "/delete")) { "Delete…" } }
        }
    };
    Ok(desk.page(Section::Endpoints, "Settings", desk.endpoint_trail(), content))
}
