//! Small pieces that pages are put together from.

#![expect(clippy::needless_pass_by_value, reason = "pieces of markup are written in the call itself")]

mod chart;
mod sparkline;
mod status;
mod when;

use maud::{Markup, html};

pub(crate) use chart::{Chart, Ink, Manner, Series, chart};
pub(crate) use sparkline::{BARS as SPARKLINE_BARS, sparkline};
pub(crate) use status::{Tone, answer, badge, endpoint_status, outcome, replay_status, standing, state};
pub(crate) use when::{ago, clock, duration, moment};

use crate::form::Form;

/// A labelled control with its help and its mistake. The control's id is the field's name; it refers to
/// `NAME-help`.
pub(crate) fn field(form: &Form, name: &str, label: &str, help: Markup, control: Markup) -> Markup {
    let mistake = form.mistake_of(name);
    html! {
        div.field.wrong[mistake.is_some()] {
            label for=(name) { (label) }
            (control)
            div.help id=(format!("{name}-help")) {
                @if let Some(mistake) = mistake { p.mistake { (mistake) } }
                p { (help) }
            }
        }
    }
}

/// A one-line text field.
pub(crate) fn text_field(form: &Form, name: &str, label: &str, help: Markup, required: bool) -> Markup {
    field(
        form,
        name,
        label,
        help,
        html! {
            input type="text" id=(name) name=(name) value=(form.text(name)) required[required] autocomplete="off"
                spellcheck="false" aria-describedby=(format!("{name}-help"))
                aria-invalid=[form.mistake_of(name).map(|_| "true")];
        },
    )
}

/// Mistakes that belong to no field, and a word that there are some.
pub(crate) fn mistakes(form: &Form, shown: &[&str]) -> Markup {
    html! {
        @if form.has_mistakes() {
            div.notice.bad role="alert" {
                p { strong { "Nothing was saved." } " Correct what is marked below." }
                @for mistake in form.other_mistakes(shown) { p { (mistake) } }
            }
        }
    }
}

/// What a list shows when it is empty.
pub(crate) fn empty(title: &str, content: Markup) -> Markup {
    html! { div.empty { h2 { (title) } (content) } }
}

/// Links to the neighbours of a page of a list.
pub(crate) fn pager(newer: Option<String>, older: Option<String>) -> Markup {
    html! {
        @if newer.is_some() || older.is_some() {
            nav.pager aria-label="Pages" {
                @if let Some(href) = &newer { a.button href=(href) rel="prev" { "← Newer" } } @else { span {} }
                @if let Some(href) = &older { a.button href=(href) rel="next" { "Older →" } }
            }
        }
    }
}

/// A name with its value, for lists of facts.
pub(crate) fn fact(name: &str, value: Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// A number of bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        0..=9_999 => format!("{count} bytes"),
        _ => format!("{} KiB", count.div_ceil(1024)),
    }
}

/// A block of text that can be copied.
pub(crate) fn code_block(id: &str, label: &str, text: &str) -> Markup {
    html! {
        div.code {
            pre id=(id) tabindex="0" role="region" aria-label=(label) { code { (text) } }
            button.copy type="button" data-copy=(format!("#{id}")) hidden { "Copy" }
        }
    }
}

/// What a change that led here says.
pub(crate) fn done(parameters: &[(String, String)]) -> Markup {
    let said = match crate::listing::given(parameters, "done") {
        Some("saved") => "Saved. It holds from the very next event.",
        Some("paused") => "Paused. Nothing is sent until you resume it.",
        Some("resumed") => "Resumed. What has gathered is being sent.",
        Some("enabled") => "Enabled.",
        Some("deleted") => "The endpoint was deleted.",
        Some("look") => "Saved. The portal looks like this from now on.",
        Some("ended") => "All sessions of this portal have ended.",
        Some("made") => "The inbox is there. Add it as an endpoint, or send something to its URL.",
        Some("inbox-deleted") => "The inbox was deleted.",
        Some("replaying") => "It has begun. It goes on when you leave this page.",
        Some("cancelled") => "Cancelled. What was queued before is sent all the same.",
        Some("resent") => "It is being sent again.",
        _ => return html! {},
    };
    html! { div.notice.good role="status" { p { (said) } } }
}
