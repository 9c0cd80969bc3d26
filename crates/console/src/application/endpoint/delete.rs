//! Deleting an endpoint, after a question.

use axum::response::{IntoResponse as _, Redirect, Response};
use fanfare_core::ports::store::Named;
use maud::html;

use crate::{
    desk::{Desk, Section},
    form::Posted,
    refusal::Refusal,
};

/// `GET …/endpoints/{endpoint}/delete`.
pub(crate) async fn ask(desk: Desk) -> Result<Response, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    let content = html! {
        div.heading { h1 { "Delete this endpoint?" } }
        section.panel {
            p { strong { (endpoint.url) } }
            ul.plain {
                li { "It is sent nothing more from now on." }
                li { "What waits for it is cancelled." }
                li { "Its secret is erased. What was delivered stays in the log." }
            }
            p.soft { "This cannot be undone. To stop it for a while, pause it instead." }
            form.actions method="post" action=(desk.endpoint_href(&endpoint, "/delete")) {
                (desk.csrf())
                button.danger.primary type="submit" { "Delete endpoint" }
                a.button href=(desk.endpoint_href(&endpoint, "")) { "Keep it" }
            }
        }
    };
    Ok(desk.page(Section::Endpoints, "Delete endpoint", desk.endpoint_trail(), content))
}

/// `POST …/endpoints/{endpoint}/delete`.
pub(crate) async fn delete(desk: Desk, _: Posted) -> Result<Response, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    desk.configure().delete_endpoint(&desk.application, &Named::Id(endpoint.id)).await?;
    desk.console.changed().await;
    Ok(Redirect::to(&desk.href("?done=deleted")).into_response())
}
