//! The frame of every page.

use axum::response::{Html, IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    accent,
    assets::{ICON, SCRIPT, STYLE},
    form::CSRF,
    refusal::Refusal,
    theme::Theme,
    visit::{Chrome, Face},
};

/// A link in a navigation.
pub(crate) struct Tab<'a> {
    pub(crate) name: &'a str,
    pub(crate) href: String,
    pub(crate) is_here: bool,
}

/// What a page consists of.
pub(crate) struct Page<'a> {
    pub(crate) chrome: &'a Chrome,
    pub(crate) title: &'a str,
    /// Where in the whole this is: name and address of each place above.
    pub(crate) trail: Vec<(String, String)>,
    /// Whose pages these are, beside the product's name.
    pub(crate) place: Option<Markup>,
    pub(crate) tabs: Vec<Tab<'a>>,
    /// Whether anybody may look, so that nobody is logged in.
    pub(crate) is_open: bool,
    pub(crate) content: Markup,
}

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text as it stands in a path segment or query value.
pub(crate) fn encode(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, SEGMENT)
}

/// The hidden field that makes a form ours.
pub(crate) fn csrf(chrome: &Chrome) -> Markup {
    html! { input type="hidden" name=(CSRF) value=(chrome.csrf); }
}

impl Page<'_> {
    /// The answer.
    pub(crate) fn respond(self) -> Response {
        let chrome = self.chrome;
        let body = html! {
            a.skip href="#content" { "Skip to the content" }
            header.top {
                div.bar {
                    a.brand href=(chrome.face.root()) { (brand(chrome)) }
                    @if let Some(place) = &self.place { div.place { (place) } }
                    @if !self.is_open { div.tools { (theme_choice(chrome)) (logout(chrome)) } }
                }
                nav aria-label="Main" {
                    ul.tabs { @for tab in &self.tabs {
                        li { a href=(tab.href) aria-current=[tab.is_here.then_some("page")] { (tab.name) } }
                    } }
                }
            }
            main #content {
                @if !self.trail.is_empty() {
                    nav.trail aria-label="Breadcrumb" { ol { @for (name, href) in &self.trail {
                        li { a href=(href) { (name) } }
                    } } }
                }
                (self.content)
            }
        };
        document(chrome, self.title, "framed", &body)
    }
}

/// A page of its own, without navigation: login, refusals.
pub(crate) fn card(chrome: &Chrome, title: &str, content: &Markup) -> Response {
    let body = html! {
        main.card #content {
            div.brand { (brand(chrome)) }
            h1 { (title) }
            (content)
        }
    };
    document(chrome, title, "alone", &body)
}

/// The page of a refusal.
pub(crate) fn refusal(chrome: &Chrome, refusal: &Refusal) -> Response {
    let (title, words) = refusal.words();
    let content = html! {
        p { (words) }
        @if !matches!(refusal, Refusal::LoggedOut { .. } | Refusal::DeadLink) {
            p { a.button href=(chrome.face.root()) { "To the start page" } }
        }
        @if chrome.face == Face::Console && matches!(refusal, Refusal::DeadLink) {
            p { "Or " a href="/console/login" { "log in with an API key" } "." }
        }
    };
    card(chrome, title, &content)
}

fn document(chrome: &Chrome, title: &str, class: &str, body: &Markup) -> Response {
    let product = product(chrome);
    let page = html! {
        (DOCTYPE)
        html lang="en" data-theme=(chrome.theme.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content=(match chrome.theme { Theme::Auto => "light dark", Theme::Light => "light", Theme::Dark => "dark" });
                meta name="robots" content="noindex";
                title { @if title == product { (title) } @else { (title) " · " (product) } }
                link rel="stylesheet" href=(STYLE.path);
                @if let Some(colour) = chrome.look.colour { link rel="stylesheet" href=(accent::path(colour)); }
                link rel="icon" href=(ICON.path) type="image/svg+xml";
                script src=(SCRIPT.path) defer {}
            }
            body class=(class) { (body) }
        }
    };
    Html(page.into_string()).into_response()
}

/// What the pages are called at the top and in the title.
fn product(chrome: &Chrome) -> &str {
    match (chrome.face, &chrome.look.name) {
        (Face::Console, _) => "Fanfare",
        (Face::Portal, Some(name)) => name,
        (Face::Portal, None) => "Webhooks",
    }
}

/// The platform's own sign where it has one, else ours.
fn brand(chrome: &Chrome) -> Markup {
    let look = &chrome.look;
    let initial = look.name.as_deref().and_then(|name| name.trim().chars().next());
    html! {
        @match (&look.logo, initial) {
            (Some(logo), _) => img.logo src=(logo) alt="" referrerpolicy="no-referrer";,
            (None, Some(initial)) => span.initial aria-hidden="true" { (initial) },
            (None, None) => (mark()),
        }
        span { (product(chrome)) }
    }
}

fn theme_choice(chrome: &Chrome) -> Markup {
    html! {
        form.themes method="post" action="/theme" aria-label="Colours" {
            (csrf(chrome))
            input type="hidden" name="to" value=(chrome.here);
            @for theme in Theme::ALL {
                @let (label, sign) = match theme {
                    Theme::Auto => ("As the system", "M8 2a6 6 0 1 0 0 12zM8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1z"),
                    Theme::Light => ("Light", "M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM7.3 0h1.4v2.6H7.3zM7.3 13.4h1.4V16H7.3zM0 7.3h2.6v1.4H0zM13.4 7.3H16v1.4h-2.6z"),
                    Theme::Dark => ("Dark", "M6 1.2A7 7 0 1 0 14.8 10 6 6 0 0 1 6 1.2z"),
                };
                button type="submit" name="theme" value=(theme.as_str()) title=(label) aria-label=(label) aria-pressed=(chrome.theme == theme) {
                    svg viewBox="0 0 16 16" aria-hidden="true" { path d=(sign) {} }
                }
            }
        }
    }
}

fn logout(chrome: &Chrome) -> Markup {
    html! {
        form method="post" action=(format!("{}/logout", chrome.face.root())) {
            (csrf(chrome))
            button.quiet type="submit" { "Log out" }
        }
    }
}

fn mark() -> Markup {
    PreEscaped(include_str!("../assets/icon.svg").replacen(
        "<svg ",
        "<svg class=\"mark\" aria-hidden=\"true\" ",
        1,
    ))
}
