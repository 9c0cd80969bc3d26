//! The event catalogue: what may happen, with an example of each.

use axum::response::Response;
use maud::html;
use std::collections::BTreeMap;

use super::{fields::catalogue, message::readable, test::example_of};
use crate::{
    desk::{Desk, Section},
    refusal::Refusal,
    view::{code_block, empty},
};

/// `GET …/events`.
pub(crate) async fn list(desk: Desk) -> Result<Response, Refusal> {
    let types = catalogue(&desk).await?;
    let mut groups: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for event_type in &types {
        groups.entry(event_type.group.as_deref().unwrap_or("Event types")).or_default().push(event_type);
    }
    let content = html! {
        div.heading { h1 { "Event types" } }
        @if types.is_empty() { (empty("No event types yet", html! { p { "What can happen is listed here once it is known." } })) }
        @for (group, types) in groups {
            section.panel {
                h2 { (group) }
                @for event_type in types {
                    div.kind {
                        h3 { code { (event_type.name) } @if event_type.deprecated { " " span.small.soft { "deprecated" } } }
                        @if !event_type.description.is_empty() { p { (event_type.description) } }
                        @if let Some(use_case) = &event_type.use_case { p.soft { (use_case) } }
                        @if event_type.schemas.is_some() { details {
                            summary { "Example" }
                            (code_block(&format!("example-{}", event_type.name.as_str().replace('.', "-")), "Example", &readable(example_of(event_type).as_bytes())))
                        } }
                    }
                }
            }
        }
    };
    Ok(desk.page(Section::Events, "Event types", Vec::new(), content))
}
