//! Making an inbox, saying what it answers, deleting it.

use std::time::Duration;

use axum::response::{IntoResponse as _, Redirect, Response};
use fanfare_core::inbox::InboxAnswer;
use maud::html;

use super::list::ending;
use crate::{
    desk::{Desk, Section},
    form::Posted,
    refusal::Refusal,
};

/// `POST …/inbox`.
pub(crate) async fn create(desk: Desk, _: Posted) -> Result<Response, Refusal> {
    desk.inbox_urls()?;
    let inbox = desk.configure().create_inbox(&desk.application).await?;
    Ok(Redirect::to(&desk.inbox_href(&inbox, "?done=made")).into_response())
}

/// `POST …/inbox/{inbox}/answer`.
pub(crate) async fn answer(desk: Desk, Posted { form }: Posted) -> Result<Response, Refusal> {
    let inbox = desk.inbox().await?;
    let number =
        |name| form.text(name).parse::<u64>().map_err(|_| Refusal::BadForm(format!("“{name}” is no number")));
    let (status, wait) = (number("status")?, number("wait")?);
    let status = u16::try_from(status).map_err(|_| Refusal::BadForm("there is no such status".to_owned()))?;
    let answer = InboxAnswer { status, after: Duration::from_secs(wait) };
    desk.configure().answer_inbox(&desk.application, inbox.id, answer).await?;
    Ok(Redirect::to(&desk.inbox_href(&inbox, "?done=saved")).into_response())
}

/// `GET …/inbox/{inbox}/delete`: asks.
pub(crate) async fn ask_delete(desk: Desk) -> Result<Response, Refusal> {
    let inbox = desk.inbox().await?;
    let senders = desk.senders(&inbox).await?;
    let content = html! {
        div.heading { h1 { "Delete this inbox?" } }
        section.panel {
            p { "Inbox …" (ending(&inbox)) }
            ul.plain {
                li { "What it has kept is erased." }
                li { "Its URL answers 404 from now on." }
                @if !senders.is_empty() { li { (senders.len()) " of your endpoints send here: their deliveries will fail. Delete them or change their URL." } }
            }
            p.soft { "This cannot be undone." }
            form.actions method="post" action=(desk.inbox_href(&inbox, "/delete")) {
                (desk.csrf())
                button.danger.primary type="submit" { "Delete inbox" }
                a.button href=(desk.inbox_href(&inbox, "")) { "Keep it" }
            }
        }
    };
    let trail = vec![("Inbox".to_owned(), desk.href("/inbox"))];
    Ok(desk.page(Section::Inbox, "Delete inbox", trail, content))
}

/// `POST …/inbox/{inbox}/delete`.
pub(crate) async fn delete(desk: Desk, _: Posted) -> Result<Response, Refusal> {
    let inbox = desk.inbox().await?;
    desk.configure().delete_inbox(&desk.application, inbox.id).await?;
    Ok(Redirect::to(&desk.href("/inbox?done=inbox-deleted")).into_response())
}
