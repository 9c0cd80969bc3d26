//! An endpoint's form: what the profile allows and nothing that it does not, read into a draft.

mod auth;
mod read;

use std::collections::BTreeMap;

use fanfare_core::{
    endpoint::{Endpoint, EndpointMode, EventFilter},
    environment::{EventType, Role},
    name::EventTypeName,
    profile::{Https, Profile, Subscription},
};
use fanfare_engine::session::Visitor;
use maud::{Markup, html};

pub(crate) use read::read;

use crate::{
    desk::Desk,
    form::Form,
    refusal::Refusal,
    view::{field, mistakes, text_field},
};

/// Stands for the user name and password of a URL, which are never shown.
pub(crate) const MASK: &str = "***";

/// The fields that have a place of their own for their mistakes.
const SHOWN: [&str; 21] = [
    "url",
    "description",
    "eventTypes",
    "channels",
    "method",
    "mode",
    "scope",
    "filter",
    "secret",
    "throttleRate",
    "tls.verify",
    "auth",
    "auth.type",
    "auth.name",
    "auth.value",
    "auth.username",
    "auth.password",
    "auth.token",
    "auth.tokenUrl",
    "auth.clientId",
    "auth.clientSecret",
];

/// What the form is about.
pub(crate) struct Fields<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) profile: &'a Profile,
    /// The event types that may be chosen.
    pub(crate) catalogue: Vec<EventType>,
    /// The endpoint that is changed; none where one is made.
    pub(crate) endpoint: Option<&'a Endpoint>,
}

/// The event types that the visitor may see, by group and name.
pub(crate) async fn catalogue(desk: &Desk) -> Result<Vec<EventType>, Refusal> {
    let view = desk.console.engine.configurations().environment(desk.environment.id).await?;
    let all = view.iter().flat_map(|view| view.event_types.values());
    let visible = |event_type: &&EventType| match (&desk.visit.visitor, &event_type.feature_flag) {
        (Visitor::Key(key), Some(flag)) if key.role == Role::Portal => key.feature_flags.contains(flag),
        _ => true,
    };
    let mut types: Vec<_> = all.filter(|event_type| !event_type.archived).filter(visible).cloned().collect();
    types.sort_by(|a, b| (&a.group, &a.name).cmp(&(&b.group, &b.name)));
    Ok(types)
}

/// The values of a form about an endpoint that is there.
pub(crate) fn values(endpoint: &Endpoint) -> Form {
    let mut url = endpoint.url.to_string();
    if endpoint.userinfo.is_some() {
        url = url.replacen("://", &format!("://{MASK}@"), 1);
    }
    let mut fields = vec![
        ("url".to_owned(), url),
        ("description".to_owned(), endpoint.description.clone()),
        ("filter".to_owned(), endpoint.filter.clone().unwrap_or_default()),
        (
            "scope".to_owned(),
            endpoint.scope.as_ref().map(|scope| scope.as_str().to_owned()).unwrap_or_default(),
        ),
        ("throttleRate".to_owned(), endpoint.rate_limit.map(|rate| rate.to_string()).unwrap_or_default()),
        ("method".to_owned(), endpoint.method.map(|method| method.as_str().to_owned()).unwrap_or_default()),
        ("mode".to_owned(), mode_word(endpoint.mode).to_owned()),
    ];
    let channels = endpoint.channels.iter().flatten().map(|channel| channel.as_str());
    fields.push(("channels".to_owned(), channels.collect::<Vec<_>>().join(", ")));
    match &endpoint.event_filter {
        EventFilter::Unfiltered | EventFilter::Wildcard => {
            fields.push(("events".to_owned(), "all".to_owned()));
        }
        EventFilter::Types(types) => {
            fields.push(("events".to_owned(), "some".to_owned()));
            fields.extend(types.iter().map(|name| ("event".to_owned(), name.as_str().to_owned())));
        }
    }
    for (name, is_on) in [("ordered", endpoint.ordered), ("unverified", !endpoint.verify_tls)] {
        if is_on {
            fields.push((name.to_owned(), "yes".to_owned()));
        }
    }
    fields.extend(auth::values(&endpoint.auth));
    Form::of(fields)
}

fn mode_word(mode: EndpointMode) -> &'static str {
    match mode {
        EndpointMode::Live => "live",
        EndpointMode::Test => "test",
    }
}

impl Fields<'_> {
    /// All fields, with what is in `form`.
    pub(crate) fn render(&self, form: &Form) -> Markup {
        let profile = self.profile;
        html! {
            (mistakes(form, &SHOWN))
            (self.url(form))
            (text_field(form, "description", "Description", html! { "For yourself: which system this is. Optional." }, false))
            (self.events(form))
            (auth::render(self, form))
            @if self.endpoint.is_none() && profile.secrets.chosen { (self.secret(form)) }
            details.more open[self.has_more(form)] {
                summary { "More settings" }
                div.inside { (self.more(form)) }
            }
        }
    }

    fn url(&self, form: &Form) -> Markup {
        let help = match self.profile.endpoints.https {
            Https::Required => "Where requests go. It must start with https://.",
            Https::Advised => {
                "Where requests go. https:// is advised: http:// sends everything in the clear."
            }
            Https::Free => "Where requests go, such as https://example.com/webhooks.",
        };
        field(
            form,
            "url",
            "URL",
            html! { (help) },
            html! {
                input type="url" id="url" name="url" value=(form.text("url")) required autocomplete="off" spellcheck="false"
                    placeholder="https://" aria-describedby="url-help" aria-invalid=[form.mistake_of("url").map(|_| "true")];
            },
        )
    }

    fn events(&self, form: &Form) -> Markup {
        let rule = self.profile.endpoints.subscription;
        let mistake = form.mistake_of("eventTypes");
        html! {
            fieldset.field.subscription.wrong[mistake.is_some()] aria-describedby="events-help" {
                legend { "Events" }
                div.help id="events-help" { @if let Some(mistake) = mistake { p.mistake { (mistake) } } }
                @match rule {
                    Subscription::All => p { "Every endpoint gets all events; there is nothing to choose." },
                    Subscription::OneType => { p.help { "One endpoint gets one event type." } (self.list(form, "radio")) },
                    Subscription::Types => (self.list(form, "checkbox")),
                    Subscription::Free | Subscription::Wildcard => {
                        (self.extent(form))
                        (self.list(form, "checkbox"))
                    },
                }
            }
        }
    }

    /// All events, or a list. The wildcard takes the place of the list, and the page shows that it does.
    fn extent(&self, form: &Form) -> Markup {
        let all = form.text("events") != "some";
        html! {
            div.choices {
                div.choice {
                    input type="radio" id="events-all" name="events" value="all" checked[all];
                    label for="events-all" { span.title { "All events " code { "*" } } span.about { "Every type there is, and every one that is added later." } }
                }
                div.choice {
                    input type="radio" id="events-some" name="events" value="some" checked[!all];
                    label for="events-some" { span.title { "Only these" } span.about { "Exactly the event types that you tick." } }
                }
            }
        }
    }

    /// The catalogue by its groups, to tick or to choose one of.
    pub(crate) fn list(&self, form: &Form, kind: &str) -> Markup {
        let mut groups: BTreeMap<&str, Vec<&EventType>> = BTreeMap::new();
        for event_type in &self.catalogue {
            groups.entry(event_type.group.as_deref().unwrap_or("")).or_default().push(event_type);
        }
        let chosen = form.all("event").filter_map(|name| name.parse::<EventTypeName>().ok());
        let gone: Vec<_> =
            chosen.filter(|name| !self.catalogue.iter().any(|known| known.name == *name)).collect();
        html! {
            @if self.catalogue.is_empty() && gone.is_empty() { p.help { "There are no event types yet." } } @else {
                div.events #events {
                    @if self.catalogue.len() > 8 {
                        div hidden { label.small for="events-filter" { "Filter" } input type="search" id="events-filter" data-filters="#events" autocomplete="off"; }
                    }
                    @for (group, types) in groups {
                        fieldset {
                            @if !group.is_empty() { legend { (group) } } @else { legend { "Event types" } }
                            div.rows { @for event_type in types { (choice(form, kind, event_type)) } }
                        }
                    }
                    @for name in &gone {
                        div.choice {
                            input type=(kind) id=(format!("event-{name}")) name="event" value=(name) checked;
                            label for=(format!("event-{name}")) { code { (name) } span.about { "No longer in the catalogue." } }
                        }
                    }
                }
            }
        }
    }

    fn secret(&self, form: &Form) -> Markup {
        let help = if self.profile.secrets.on_create {
            "Leave it empty and one is made for you."
        } else {
            "Requests are signed with it. Leave it empty to have them unsigned."
        };
        field(
            form,
            "secret",
            "Signing secret",
            html! { (help) " Optional." },
            html! {
                input type="password" id="secret" name="secret" autocomplete="new-password" spellcheck="false"
                    aria-describedby="secret-help" aria-invalid=[form.mistake_of("secret").map(|_| "true")];
            },
        )
    }

    /// Whether what is hidden at first holds anything worth showing.
    fn has_more(&self, form: &Form) -> bool {
        let names = ["channels", "method", "scope", "filter", "throttleRate", "ordered", "unverified"];
        let is_set = |name: &&str| form.given(name).is_some() || form.mistake_of(name).is_some();
        names.iter().any(is_set) || form.text("mode") == "test" || form.mistake_of("tls.verify").is_some()
    }

    fn more(&self, form: &Form) -> Markup {
        let rules = &self.profile.endpoints;
        html! {
            @if self.profile.methods.len() > 1 { (self.method(form)) }
            @if rules.scope_from.is_some() {
                (text_field(form, "scope", "Scope", html! { "What it is for, such as one website. Empty means all of the account." }, false))
            }
            (text_field(form, "channels", "Channels", html! { "Only messages with one of these channels, separated by commas. Empty means every message." }, false))
            (field(form, "filter", "Filter", html! { "Only messages for which this expression over " code { "event" } " and " code { "payload" } " is true, such as " code { "payload.amount > 100" } ". Empty means every message." }, html! {
                input type="text" id="filter" name="filter" value=(form.text("filter")) autocomplete="off" spellcheck="false" aria-describedby="filter-help" aria-invalid=[form.mistake_of("filter").map(|_| "true")];
            }))
            (field(form, "throttleRate", "Requests per second", html! { "At most; what comes faster waits. Empty means no limit." }, html! {
                input type="number" id="throttleRate" name="throttleRate" value=(form.text("throttleRate")) min="1" max="65535" aria-describedby="throttleRate-help" aria-invalid=[form.mistake_of("throttleRate").map(|_| "true")];
            }))
            div.choices {
                (tick(form, "ordered", "In order", "One request at a time per ordering key, in the order of acceptance. A failing request holds up those behind it."))
                @if rules.unverified_tls { (tick(form, "unverified", "Accept any certificate", "Anybody in between can then read and change requests. For tests only.")) }
                div.choice {
                    input type="checkbox" id="mode" name="mode" value="test" checked[form.text("mode") == "test"];
                    label for="mode" { span.title { "For tests only" } span.about { @if self.desk.visit.role() == Role::Portal { "Gets only what your provider sends it by hand; no live events." } @else { "Gets only examples and what is resent by hand; no live events." } } }
                }
            }
        }
    }

    fn method(&self, form: &Form) -> Markup {
        let default = self.profile.method(self.desk.application.method);
        field(
            form,
            "method",
            "Method",
            html! { "The HTTP method of its requests." },
            html! {
                select id="method" name="method" aria-describedby="method-help" {
                    option value="" selected[form.text("method").is_empty()] { "Default (" (default.as_str()) ")" }
                    @for method in &self.profile.methods {
                        option value=(method.as_str()) selected[form.text("method") == method.as_str()] { (method.as_str()) }
                    }
                }
            },
        )
    }
}

fn choice(form: &Form, kind: &str, event_type: &EventType) -> Markup {
    let EventType { name, description, use_case, deprecated, .. } = event_type;
    let id = format!("event-{name}");
    let text = format!("{name} {description} {}", use_case.as_deref().unwrap_or_default()).to_lowercase();
    html! {
        div.choice data-text=(text) {
            input type=(kind) id=(id) name="event" value=(name) checked[form.has("event", name.as_str())];
            label for=(id) {
                code { (name) } @if *deprecated { " " span.small.soft { "deprecated" } }
                @if !description.is_empty() { span.about { (description) } }
                @if let Some(use_case) = use_case { span.about { (use_case) } }
            }
        }
    }
}

/// A box to tick, with what it means.
pub(crate) fn tick(form: &Form, name: &str, title: &str, about: &str) -> Markup {
    html! {
        div.choice {
            input type="checkbox" id=(name) name=(name) value="yes" checked[form.text(name) == "yes"];
            label for=(name) { span.title { (title) } span.about { (about) } }
        }
    }
}
