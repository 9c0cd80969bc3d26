//! The request that a made-up message makes under a profile: what `fanfare profile render` shows.

use fanfare_core::{
    delivery::Method,
    name::EventTypeName,
    profile::Profile,
    specimen::{Specimen, Wishes},
    time::Timestamp,
};
use maud::{Markup, html};

use crate::{
    Wire,
    application::readable,
    listing::given,
    refusal::Refusal,
    view::{code_block, fact},
};

/// The request, and a choice of what it is about.
pub(super) fn panel(
    wire: &Wire,
    profile: &Profile,
    parameters: &[(String, String)],
    now: Timestamp,
) -> Result<Markup, Refusal> {
    let wishes = Wishes {
        event_type: event_type(profile, parameters)?,
        method: method(profile, parameters)?,
        ..Wishes::default()
    };
    let specimen = Specimen::of(profile, wishes, now);
    let rendered = specimen.render(profile, now);
    Ok(html! {
        section.panel {
            h2 { "A sample" }
            p.soft { "What a made-up message sends to a made-up endpoint, with a made-up secret." }
            (choice(profile, &specimen))
            @match rendered {
                Ok(request) => {
                    @match (wire.head)(&request, &specimen.endpoint.url) {
                        Ok(head) => (code_block("head", "Head of the sample", &head)),
                        Err(why) => p { "Nothing would be sent: " (why) "." },
                    }
                    (code_block("body", "Body of the sample", &readable(&request.body)))
                    p.help { "JSON is laid out on several lines for reading; the signature is that of the bytes as they are sent." }
                    @if let Some(secret) = specimen.secret() { dl.facts.one { (fact("Its secret", html! { code { (secret.reveal()) } })) } }
                },
                Err(error) => p { "Nothing would be sent: " (error) "." },
            }
        }
    })
}

/// The type that is asked for; only one of the profile's own.
fn event_type(profile: &Profile, parameters: &[(String, String)]) -> Result<Option<EventTypeName>, Refusal> {
    let Some(wanted) = given(parameters, "event") else { return Ok(None) };
    let known = profile.events.types.iter().find(|kind| kind.name.as_str() == wanted);
    Ok(Some(known.ok_or(Refusal::NotFound("this event type"))?.name.clone()))
}

/// The method that is asked for; only one that the profile allows.
fn method(profile: &Profile, parameters: &[(String, String)]) -> Result<Option<Method>, Refusal> {
    let Some(wanted) = given(parameters, "method") else { return Ok(None) };
    let known = profile.methods.iter().find(|method| method.as_str() == wanted);
    Ok(Some(*known.ok_or(Refusal::NotFound("this method"))?))
}

fn choice(profile: &Profile, shown: &Specimen) -> Markup {
    let method = profile.method(shown.endpoint.method);
    html! {
        @if profile.events.types.len() > 1 || profile.methods.len() > 1 {
            form.find method="get" {
                @if profile.events.types.len() > 1 { div {
                    label for="event" { "Event type" }
                    select id="event" name="event" data-submit { @for kind in &profile.events.types {
                        option value=(kind.name) selected[kind.name == shown.message.event_type] { (kind.name) }
                    } }
                } }
                @if profile.methods.len() > 1 { div {
                    label for="method" { "Method" }
                    select id="method" name="method" data-submit { @for allowed in &profile.methods {
                        option value=(allowed.as_str()) selected[*allowed == method] { (allowed.as_str()) }
                    } }
                } }
                button type="submit" { "Show" }
            }
        }
    }
}
