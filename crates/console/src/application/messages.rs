//! The messages of an application, newest first.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use fanfare_core::{
    id::MessageId,
    message::Message,
    ports::store::{MessageFilter, Page, PageQuery, Seek},
};
use maud::{Markup, html};

use crate::{
    desk::{Desk, Section},
    listing::{Parameters, given, neighbours, seek},
    page::encode,
    refusal::Refusal,
    view::{ago, empty, pager},
};

const PER_PAGE: usize = 50;

/// `GET …/messages`.
pub(crate) async fn list(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let store = desk.console.engine.context().store();
    let wanted = given(&parameters, "id").unwrap_or_default();
    if let Some(id) = named(&desk, wanted).await? {
        return Ok(Redirect::to(&desk.href(&format!("/messages/{id}"))).into_response());
    }
    let event = given(&parameters, "event").unwrap_or_default();
    let seek = seek(&parameters)?;
    let look = match event {
        "" => None,
        _ => Some(desk.look(None, seek, None).await?),
    };
    let filter = MessageFilter {
        event_types: event.parse().ok().map(|name| vec![name]),
        oldest: look.as_ref().and_then(|look| look.oldest),
        ..MessageFilter::default()
    };
    let seek = look.as_ref().map_or(seek, |look| look.seek);
    let query = PageQuery { seek, descending: true, limit: PER_PAGE };
    let page = store.messages(desk.application.id, filter, query, false).await?;
    let content = html! {
        div.heading { h1 { "Messages" } }
        form.find method="get" role="search" {
            div { label for="event" { "Event type" } input type="text" id="event" name="event" value=(event) autocomplete="off" spellcheck="false"; }
            div { label for="id" { "Message or event id" } input type="text" id="id" name="id" value=(wanted) autocomplete="off" spellcheck="false"; }
            button type="submit" { "Show" }
            @if !event.is_empty() || !wanted.is_empty() { a.button.quiet href=(desk.href("/messages")) { "Show all" } }
        }
        @if !wanted.is_empty() { div.notice.warn role="status" { p { "There is no message with the id " code { (wanted) } "." } } }
        (table(&desk, &page.items, event))
        @match &look {
            Some(look) => (look.pager(&page, page.items.last().map(|message| message.id), &desk.href("/messages"), &format!("&event={}", encode(event)))),
            None => (pages(&desk, &page, seek)),
        }
    };
    Ok(desk.page(Section::Messages, "Messages", Vec::new(), content))
}

/// The message that somebody names by its id or event id, if it is there.
async fn named(desk: &Desk, wanted: &str) -> Result<Option<MessageId>, Refusal> {
    let store = desk.console.engine.context().store();
    let id = match (wanted.parse(), wanted.parse()) {
        (Ok(id), _) => Some(id),
        (_, Ok(event_id)) => store.message_of_event(desk.application.id, event_id).await?,
        _ => None,
    };
    let Some(id) = id else { return Ok(None) };
    Ok(store.message(desk.application.id, id, false).await?.map(|message| message.id))
}

fn table(desk: &Desk, messages: &[Message], event: &str) -> Markup {
    let now = desk.now();
    if messages.is_empty() {
        return match event {
            "" => empty("No messages yet", html! { p { "Each event that happens is one message here." } }),
            _ => empty("Nothing matches", html! { p { "No message of this type was found." } }),
        };
    }
    html! {
        div.table-scroll tabindex="0" role="region" aria-label="Messages" { table {
            thead { tr { th scope="col" { "Event" } th scope="col" { "Id" } th scope="col" { "Event id" } th scope="col" { "Accepted" } } }
            tbody { @for message in messages {
                tr {
                    th scope="row" { a href=(desk.href(&format!("/messages/{}", message.id))) { code { (message.event_type) } } @if message.only.is_some() { " " span.small.soft { "to one endpoint" } } }
                    td { code.id { (message.id) } }
                    td { @if let Some(id) = &message.event_id { code { (id) } } @else { span.none { "none" } } }
                    td { (ago(message.created_at, now)) }
                }
            } }
        } }
    }
}

fn pages(desk: &Desk, page: &Page<Message>, seek: Option<Seek<MessageId>>) -> Markup {
    let (Some(first), Some(last)) = (page.items.first(), page.items.last()) else { return html! {} };
    let (newer, older) = neighbours(page.done, seek);
    pager(
        newer.then(|| desk.href(&format!("/messages?before={}", first.id))),
        older.then(|| desk.href(&format!("/messages?after={}", last.id))),
    )
}
