//! A customer's access to its portal, for operators: a link that opens it, and the end of all sessions.

use std::time::Duration;

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use fanfare_core::{limits::PORTAL_LINK, secret::Secret};
use maud::html;

use crate::{
    desk::{Desk, Section},
    form::Posted,
    listing::Parameters,
    once::Note,
    refusal::Refusal,
    view::{code_block, done, duration},
    visit::Face,
};

/// How long a portal lasts that an operator opens.
const LIFETIME: Duration = Duration::from_secs(3600);

/// `GET …/portal-access`.
pub(crate) async fn ask(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    desk.require_operator()?;
    let note = desk.visit.note(&desk.console);
    let content = html! {
        (done(&parameters))
        div.heading { h1 { "Portal access" } }
        p.lead { "Your platform gives customers their links by the API, " code { "POST /api/v1/auth/app-portal-access/" (desk.application.id) } ". Here you can make one by hand." }
        @if let Some(link) = &note.secret {
            section.panel {
                h2 { "The link" }
                p { "It opens the portal of " strong { (desk.application.name) } " once, within " (duration(PORTAL_LINK)) ", for " (duration(LIFETIME)) ". It is shown only now." }
                div.wrapped { (code_block("link", "Link", link.reveal())) }
            }
        }
        section.panel {
            h2 { "Open the portal" }
            form.form method="post" action=(desk.href("/portal-access")) {
                (desk.csrf())
                div.choices { div.choice {
                    input type="checkbox" id="read-only" name="read-only" value="yes";
                    label for="read-only" { span.title { "Only to look" } span.about { "Nothing can be changed, and no secret is shown." } }
                } }
                div.actions { button.primary type="submit" { "Make a link" } }
            }
        }
        section.panel {
            h2 { "End all sessions" }
            p.soft { "All links, tokens and sessions of this customer's portal end at once. New ones can be made." }
            form.actions method="post" action=(desk.href("/portal-access/end")) {
                (desk.csrf())
                button.danger type="submit" { "End all sessions" }
            }
        }
    };
    Ok(desk.page(Section::Access, "Portal access", Vec::new(), content))
}

/// `POST …/portal-access`: makes a link, shown once.
pub(crate) async fn create(desk: Desk, Posted { form }: Posted) -> Result<Response, Refusal> {
    desk.require_operator()?;
    let read_only = form.text("read-only") == "yes";
    let made =
        desk.configure().create_portal_token(&desk.application, Vec::new(), read_only, LIFETIME).await?;
    let link = desk.console.sessions.portal_link(&made.key).await?;
    let url = format!("{}/portal/enter?link={}", desk.console.public_url, link.reveal());
    let note = Note { secret: Some(Secret::new(url)), ..Note::default() };
    Ok(desk.visit.shown_once(&desk.console, &desk.href("/portal-access"), note))
}

/// `POST …/portal-access/end`.
pub(crate) async fn end(desk: Desk, _: Posted) -> Result<Response, Refusal> {
    desk.require_operator()?;
    desk.configure().expire_portal_tokens(&desk.application, Duration::ZERO).await?;
    Ok(Redirect::to(&desk.href("/portal-access?done=ended")).into_response())
}

impl Desk {
    /// Refuses customers, and operators who may only look.
    fn require_operator(&self) -> Result<(), Refusal> {
        match self.visit.chrome.face {
            Face::Portal => Err(Refusal::NotFound("this address")),
            Face::Console => self.visit.require_admin(),
        }
    }
}
