//! The request of an attempt, rendered again by the engine; credentials read `[redacted]`.

use fanfare_core::{delivery::Attempt, message::Message, render::Request};
use fanfare_engine::sent::Unshown;
use maud::{Markup, html};

use crate::{application::message::readable, desk::Desk, refusal::Refusal, view::code_block};

/// The request, or why it cannot be shown.
pub(crate) async fn of(desk: &Desk, message: &Message, attempt: &Attempt) -> Result<Markup, Refusal> {
    let sent = desk.console.engine.sent(attempt, message).await?;
    Ok(match sent.request {
        Ok(request) => html! {
            @if sent.changed { p.soft { "The endpoint has changed since: this is how the request would look today." } }
            (code_block(&format!("head-{}", attempt.id), "Head of the request", &head(&request, attempt)))
            (code_block(&format!("body-{}", attempt.id), "Body of the request", &readable(&request.body)))
            p.help { "Credentials are hidden. JSON is laid out on several lines for reading; on the wire it was as posted." }
        },
        Err(Unshown::PayloadErased) => html! { p.soft { "It cannot be shown: the payload was erased." } },
        Err(Unshown::EndpointDeleted) => {
            html! { p.soft { "It cannot be shown: the endpoint was deleted, and its secret with it." } }
        }
        Err(Unshown::NotRendered(why)) => html! { p.soft { "It cannot be shown: " (why) } },
    })
}

fn head(request: &Request, attempt: &Attempt) -> String {
    let lines = request.headers.iter().map(|header| format!("{}: {}\n", header.name, header.value.reveal()));
    format!("{} {}\n", request.method.as_str(), attempt.url) + &lines.collect::<String>()
}
