//! The event types of an environment: made, changed, archived.

use axum::response::{IntoResponse as _, Redirect, Response};
use fanfare_core::{environment::EventType, name::EventTypeName};
use fanfare_engine::configure::event_type::EventTypeDraft;
use maud::{Markup, html};

use super::{Office, Section};
use crate::{
    form::{Form, Posted},
    page::encode,
    refusal::Refusal,
    view::{Tone, badge, empty, field, mistakes, text_field},
};

const SHOWN: [&str; 6] = ["name", "description", "groupName", "useCase", "schemas", "validate"];

/// `GET …/event-types`.
pub(crate) async fn list(office: Office) -> Result<Response, Refusal> {
    let types = office.event_types().await?;
    let may_change = office.visit.require_admin().is_ok();
    let content = html! {
        div.heading { h1 { "Event types" } @if may_change { a.button.primary href=(office.href("/event-types/new")) { "Add event type" } } }
        p.lead { "What can happen on your platform. Customers choose among these." }
        @if types.is_empty() { (empty("No event types yet", html! { p { "Messages of any type are accepted all the same; the catalogue is what customers choose from." } })) }
        @else { (table(&office, &types)) }
    };
    Ok(office.page(Section::EventTypes, "Event types", content))
}

/// `GET …/event-types/new`.
pub(crate) async fn ask_new(office: Office) -> Result<Response, Refusal> {
    office.visit.require_admin()?;
    Ok(page(&office, &Form::default(), None))
}

/// `POST …/event-types/new`.
pub(crate) async fn create(office: Office, Posted { mut form }: Posted) -> Result<Response, Refusal> {
    office.visit.require_admin()?;
    let name: EventTypeName = match form.given("name").unwrap_or_default().parse() {
        Ok(name) => name,
        Err(error) => {
            form.mistake("name", format!("the name {error}"));
            return Ok(page(&office, &form, None));
        }
    };
    let draft = read(&form, EventTypeDraft::default());
    match office.configure().create_event_type(office.environment.id, name, draft).await {
        Ok(_) => Ok(office.saved().await),
        Err(error) => {
            form.note(error)?;
            Ok(page(&office, &form, None))
        }
    }
}

/// `GET …/event-types/{name}`.
pub(crate) async fn ask(office: Office) -> Result<Response, Refusal> {
    office.visit.require_admin()?;
    let event_type = office.event_type().await?;
    Ok(page(&office, &values(&event_type), Some(&event_type)))
}

/// `POST …/event-types/{name}`.
pub(crate) async fn save(office: Office, Posted { mut form }: Posted) -> Result<Response, Refusal> {
    office.visit.require_admin()?;
    let event_type = office.event_type().await?;
    let change = |draft: &mut EventTypeDraft| *draft = read(&form, draft.clone());
    let changed = office.configure().change_event_type(office.environment.id, &event_type.name, change).await;
    match changed {
        Ok(_) => Ok(office.saved().await),
        Err(error) => {
            form.note(error)?;
            Ok(page(&office, &form, Some(&event_type)))
        }
    }
}

impl Office {
    async fn event_types(&self) -> Result<Vec<EventType>, Refusal> {
        let view = self.console.engine.configurations().environment(self.environment.id).await?;
        let mut types: Vec<_> = view.iter().flat_map(|view| view.event_types.values()).cloned().collect();
        types.sort_by(|a, b| (a.archived, &a.group, &a.name).cmp(&(b.archived, &b.group, &b.name)));
        Ok(types)
    }

    async fn event_type(&self) -> Result<EventType, Refusal> {
        let name = self.names.text("name");
        let all = self.event_types().await?;
        all.into_iter().find(|known| known.name.as_str() == name).ok_or(Refusal::NotFound("this event type"))
    }

    async fn saved(&self) -> Response {
        self.console.changed().await;
        Redirect::to(&self.href("/event-types")).into_response()
    }
}

fn values(event_type: &EventType) -> Form {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut fields = vec![
        ("name", event_type.name.as_str().to_owned()),
        ("description", event_type.description.clone()),
        ("groupName", text(&event_type.group)),
        ("useCase", text(&event_type.use_case)),
        ("schemas", text(&event_type.schemas)),
    ];
    let ticks = [
        ("archived", event_type.archived),
        ("deprecated", event_type.deprecated),
        ("validate", event_type.validate),
    ];
    fields.extend(ticks.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| (name, "yes".to_owned())));
    Form::of(fields)
}

/// Lays the form over a draft; what it does not show stays.
fn read(form: &Form, before: EventTypeDraft) -> EventTypeDraft {
    let text = |name: &str| form.given(name).map(str::to_owned);
    EventTypeDraft {
        description: text("description").unwrap_or_default(),
        group: text("groupName"),
        use_case: text("useCase"),
        schemas: text("schemas"),
        validate: form.text("validate") == "yes",
        archived: form.text("archived") == "yes",
        deprecated: form.text("deprecated") == "yes",
        ..before
    }
}

fn table(office: &Office, types: &[EventType]) -> Markup {
    let may_change = office.visit.require_admin().is_ok();
    html! {
        div.table-scroll tabindex="0" role="region" aria-label="Event types" { table {
            thead { tr { th scope="col" { "Name" } th scope="col" { "Description" } th scope="col" { "Group" } th scope="col" { "State" } } }
            tbody { @for event_type in types { tr {
                th scope="row" { @if may_change { a href=(office.href(&format!("/event-types/{}", encode(event_type.name.as_str())))) { code { (event_type.name) } } } @else { code { (event_type.name) } } }
                td { (event_type.description) @if let Some(use_case) = &event_type.use_case { p.why { (use_case) } } }
                td { @if let Some(group) = &event_type.group { (group) } @else { span.none { "none" } } }
                td.tight { @match (event_type.archived, event_type.deprecated) {
                    (true, _) => (badge(Tone::Neutral, "Archived")),
                    (_, true) => (badge(Tone::Warning, "Deprecated")),
                    _ => (badge(Tone::Good, "In use")),
                } }
            } } }
        } }
    }
}

fn page(office: &Office, form: &Form, of: Option<&EventType>) -> Response {
    let (title, action) = match of {
        None => ("Add event type".to_owned(), office.href("/event-types/new")),
        Some(event_type) => (
            event_type.name.to_string(),
            office.href(&format!("/event-types/{}", encode(event_type.name.as_str()))),
        ),
    };
    let content = html! {
        div.heading { h1 { (title) } }
        form.form method="post" action=(action) {
            (office.csrf())
            (mistakes(form, &SHOWN))
            @if of.is_none() { (text_field(form, "name", "Name", html! { "Such as " code { "invoice.paid" } ". It cannot be changed later." }, true)) }
            (text_field(form, "description", "Description", html! { "When it happens." }, false))
            (text_field(form, "groupName", "Group", html! { "What it is listed under." }, false))
            (text_field(form, "useCase", "Use case", html! { "What customers commonly do with it." }, false))
            (field(form, "schemas", "JSON Schemas", html! { "A JSON object of schemas by version, such as " code { "{\"1\": {…}}" } ". Examples come from the newest." }, html! {
                textarea id="schemas" name="schemas" spellcheck="false" aria-describedby="schemas-help" aria-invalid=[form.mistake_of("schemas").map(|_| "true")] { (form.text("schemas")) }
            }))
            @if let Some(mistake) = form.mistake_of("validate") { p.mistake { (mistake) } }
            div.choices {
                (tick(form, "validate", "Refuse what does not fit", "A message whose payload does not fit the newest schema is refused."))
                (tick(form, "deprecated", "Deprecated", "Not for new integrations."))
                (tick(form, "archived", "Archived", "No new messages or filters may use it."))
            }
            div.actions { button.primary type="submit" { "Save" } a.button href=(office.href("/event-types")) { "Cancel" } }
        }
    };
    office.page(Section::EventTypes, &title, content)
}

fn tick(form: &Form, name: &str, title: &str, about: &str) -> Markup {
    html! {
        div.choice {
            input type="checkbox" id=(name) name=(name) value="yes" checked[form.text(name) == "yes"];
            label for=(name) { span.title { (title) } span.about { (about) } }
        }
    }
}
