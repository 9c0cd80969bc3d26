//! The API described for people: what `GET /api/v1/openapi.json` says, as pages. Anybody may read them.

mod fields;
mod reference;
mod sample;

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, Uri};
use maud::{Markup, PreEscaped, Render as _, html};

pub(crate) use self::reference::Reference;
use self::{
    fields::{Field, Fields},
    reference::{Answer, Group, Operation},
};
use crate::{
    Console,
    page::{Page, Tab},
    refusal::Refusal,
    view::code_block,
    visit::Chrome,
};

/// `GET /docs`.
pub(crate) async fn about(State(console): State<Arc<Console>>, headers: HeaderMap, uri: Uri) -> Response {
    let reference = &console.reference;
    let content = html! {
        div.heading { h1 { "The API" } a.button href="/api/v1/openapi.json" { "OpenAPI" } }
        section.panel.prose { @for paragraph in reference.about.split("\n\n") { p { (inline(paragraph)) } } }
        section.panel {
            h2 { "Refusals" }
            p { "A status of 400 and above comes with a body that says why:" }
            (described(&reference.refusal, "Body of a refusal"))
            p { "Where something in the request is invalid (422), it names each mistake and its place:" }
            (described(&reference.invalid, "Body of 422"))
        }
        @for group in &reference.groups { section.panel {
            h2 { a href=(group.href()) { (group.name) } }
            ul.operations { @for operation in &group.operations { li {
                (line(operation, Some(format!("{}#{}", group.href(), operation.id))))
                span.soft { (inline(&operation.summary)) }
            } } }
        } }
    };
    page(&console, &headers, &uri, "The API", None, content)
}

/// `GET /docs/{group}`.
pub(crate) async fn group(
    State(console): State<Arc<Console>>,
    Path(wanted): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let known = console.reference.groups.iter().find(|group| group.slug == wanted);
    let group = known.ok_or(Refusal::NotFound("this part of the API"))?;
    let content = html! {
        div.heading { h1 { (group.name) } }
        nav aria-label="Operations" { ul.operations { @for operation in &group.operations {
            li { (line(operation, Some(format!("#{}", operation.id)))) span.soft { (inline(&operation.summary)) } }
        } } }
        @for operation in &group.operations { (section(&console.reference, operation)) }
    };
    Ok(page(&console, &headers, &uri, &group.name, Some(group), content))
}

fn page(
    console: &Console,
    headers: &HeaderMap,
    uri: &Uri,
    title: &str,
    here: Option<&Group>,
    content: Markup,
) -> Response {
    let chrome = Chrome::new(headers, uri, "", console.is_secure);
    let mut tabs = vec![Tab { name: "Overview", href: "/docs".to_owned(), is_here: here.is_none() }];
    tabs.extend(console.reference.groups.iter().map(|group| {
        let is_here = here.is_some_and(|here| here.slug == group.slug);
        Tab { name: &group.name, href: group.href(), is_here }
    }));
    let place = html! { span.name { "API reference" } };
    Page { chrome: &chrome, title, trail: Vec::new(), place: Some(place), tabs, is_open: true, content }
        .respond()
}

/// Method and path.
fn line(operation: &Operation, href: Option<String>) -> Markup {
    html! {
        span.call {
            span.method.(operation.method.to_lowercase()) { (operation.method) " " }
            @if let Some(href) = href { a href=(href) { code { (operation.path) } } } @else { code { (operation.path) } }
        }
    }
}

fn section(reference: &Reference, operation: &Operation) -> Markup {
    html! {
        section.panel id=(operation.id) {
            h2 { (inline(&operation.summary)) }
            p { (line(operation, None)) }
            @for paragraph in operation.description.split("\n\n").filter(|text| !text.is_empty()) { p { (inline(paragraph)) } }
            @if !operation.parameters.is_empty() { h3 { "Parameters" } (table("Parameters", &operation.parameters)) }
            @if let Some(body) = &operation.body { h3 { "Body" } (described(body, "Body")) }
            h3 { "Answers" }
            @for answer in operation.answers.iter().filter(|answer| !answer.is_refusal()) { (answered(answer)) }
            (refusals(operation))
            h3 { "Example" }
            (code_block(&format!("curl-{}", operation.id), "Example", &sample::curl(reference, operation)))
        }
    }
}

/// They mean the same everywhere, and look as the overview says.
fn refusals(operation: &Operation) -> Markup {
    let refusals: Vec<_> = operation.answers.iter().filter(|answer| answer.is_refusal()).collect();
    html! {
        @if !refusals.is_empty() { details {
            summary { "Refusals: " @for (place, answer) in refusals.iter().enumerate() { @if place > 0 { ", " } (answer.status) } }
            ul.plain { @for answer in refusals { li { strong { (answer.status) } " " (inline(&answer.description)) } } }
        } }
    }
}

fn answered(answer: &Answer) -> Markup {
    let head = html! { strong { (answer.status) } " " (inline(&answer.description)) @if let Some(kind) = answer.media.as_deref().filter(|kind| *kind != "application/json") { ", " code { (kind) } } };
    html! {
        @match &answer.body {
            Some(body) => details { summary.answer { (head) } div.inside { (described(body, &answer.status)) } },
            None => p.answer { (head) },
        }
    }
}

fn described(fields: &Fields, label: &str) -> Markup {
    html! {
        @if let Some(note) = &fields.note { p.soft { (inline(note)) } }
        @if !fields.fields.is_empty() { (table(label, &fields.fields)) }
        @for (name, variant) in &fields.variants {
            p { "Where " code { (name) } ":" }
            @if let Some(note) = &variant.note { p.soft { (inline(note)) } }
            @if !variant.fields.is_empty() { (table(label, &variant.fields)) }
        }
    }
}

fn table(label: &str, fields: &[Field]) -> Markup {
    html! {
        div.table-scroll tabindex="0" role="region" aria-label=(label) { table.fields {
            thead { tr { th scope="col" { "Name" } th scope="col" { "Type" } th scope="col" { "Meaning" } } }
            tbody { @for field in fields { tr {
                th scope="row" { code { (field.name) } @if field.required { " " span.small.required { "required" } } }
                td { (field.kind) @for limit in &field.limits { br; span.small.soft { (limit) } } }
                td {
                    (inline(&field.description))
                    @if let Some(inner) = &field.inner { details { summary.small { "Its fields" } (described(inner, &field.name)) } }
                }
            } } }
        } }
    }
}

/// Text with `code` and **strong** in it.
fn inline(text: &str) -> Markup {
    let mut marked = String::with_capacity(text.len() + 32);
    for (place, part) in text.split('`').enumerate() {
        let escaped = part.render().into_string();
        match place % 2 {
            1 => marked += &format!("<code>{escaped}</code>"),
            _ => {
                for (place, part) in escaped.split("**").enumerate() {
                    marked +=
                        &if place % 2 == 1 { format!("<strong>{part}</strong>") } else { part.to_owned() };
                }
            }
        }
    }
    PreEscaped(marked)
}

#[cfg(test)]
mod tests;
