//! Having a range of deliveries sent to an endpoint again: chosen in a form, counted without sending anything,
//! then started as a replay.

mod wish;

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use fanfare_core::{
    endpoint::Endpoint,
    id::JobId,
    limits::{REPLAY_RATE_MOST, REPLAYS_OPEN},
    ports::store::ChangeError,
    replay::Replay,
};
use fanfare_engine::Counted;
use maud::{Markup, html};

use self::wish::{KINDS, Wish};
use crate::{
    application::{
        endpoint::About,
        fields::{Fields, catalogue, tick},
    },
    desk::{Desk, Section},
    form::{Form, Posted},
    listing::{Parameters, given},
    refusal::Refusal,
    view::{field, mistakes, moment},
};

/// The fields that have a place of their own for their mistakes.
const SHOWN: [&str; 5] = ["since", "until", "kind", "event", "rate"];

/// `GET …/endpoints/{endpoint}/recover`: the form; with a range, also what it comes to.
pub(crate) async fn ask(desk: Desk, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let endpoint = chosen(&desk).await?;
    if given(&parameters, "since").is_none() && given(&parameters, "kind").is_none() {
        return page(&desk, &endpoint, &wish::usual(desk.now()), None).await;
    }
    let mut form = Form::of(parameters);
    let Some(wish) = Wish::read(&mut form, endpoint.id, desk.now()) else {
        return page(&desk, &endpoint, &form, None).await;
    };
    let counted = desk.console.engine.count_replay(desk.application.id, &wish.selection).await?;
    page(&desk, &endpoint, &form, Some((wish, counted))).await
}

/// `POST …/endpoints/{endpoint}/recover`.
pub(crate) async fn start(desk: Desk, Posted { mut form }: Posted) -> Result<Response, Refusal> {
    let endpoint = chosen(&desk).await?;
    let Some(wish) = Wish::read(&mut form, endpoint.id, desk.now()) else {
        return page(&desk, &endpoint, &form, None).await;
    };
    let id: JobId = desk.console.engine.context().mint();
    let job = Replay::new(id, &desk.application, wish.selection, Some(wish.rate), desk.now());
    let audit = desk.configure().audit(desk.environment.id, Some(desk.application.id), "replay.create", &id);
    match desk.console.engine.replay(job, audit).await? {
        Ok(()) => Ok(Redirect::to(&desk.href(&format!("/replays/{id}?done=replaying"))).into_response()),
        Err(ChangeError::Limit(_)) => {
            form.mistake("", format!("{REPLAYS_OPEN} replays are open: wait for one, or cancel it"));
            page(&desk, &endpoint, &form, None).await
        }
        Err(ChangeError::NotFound) => Err(Refusal::NotFound("this application")),
        Err(error) => Err(Refusal::Conflict(error.to_string())),
    }
}

/// The endpoint, if the visitor may have something sent to it.
async fn chosen(desk: &Desk) -> Result<Endpoint, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    desk.require_sending(&endpoint)?;
    Ok(endpoint)
}

async fn page(
    desk: &Desk,
    endpoint: &Endpoint,
    form: &Form,
    counted: Option<(Wish, Counted)>,
) -> Result<Response, Refusal> {
    let profile = desk.profile_of(endpoint).await?;
    let catalogue = catalogue(desk).await?;
    let fields = Fields { desk, profile: &profile, catalogue, endpoint: Some(endpoint) };
    let content = html! {
        (desk.endpoint_head(endpoint, About::Recover))
        p { "When your server was down or has lost something, have it sent again. What is chosen is counted first; nothing is sent before you say so." }
        @if let Some((wish, counted)) = &counted { (confirm(desk, endpoint, wish, *counted)) }
        form.form method="get" action=(desk.endpoint_href(endpoint, "/recover")) {
            (mistakes(form, &SHOWN))
            (range(form))
            (kinds(form))
            details.more open[form.given("event").is_some() || form.mistake_of("event").is_some()] {
                summary { "Only some event types" }
                div.inside {
                    @if let Some(mistake) = form.mistake_of("event") { p.mistake { (mistake) } }
                    (fields.list(form, "checkbox"))
                    p.help { "None ticked means all." }
                }
            }
            (field(form, "rate", "Deliveries a second", html! { "At most, so that new events are not held up behind old ones." }, html! {
                input type="number" id="rate" name="rate" value=(form.text("rate")) min="1" max=(REPLAY_RATE_MOST) required aria-describedby="rate-help" aria-invalid=[form.mistake_of("rate").map(|_| "true")];
            }))
            div.actions { button.primary[counted.is_none()] type="submit" { "Count" } a.button.quiet href=(desk.href("/replays")) { "Replays so far" } }
        }
    };
    Ok(desk.page(Section::Endpoints, "Recover", desk.endpoint_trail(), content))
}

fn range(form: &Form) -> Markup {
    let time = |name: &str, label: &str, help: &str, required: bool| {
        field(
            form,
            name,
            label,
            html! { (help) },
            html! {
                input type="datetime-local" id=(name) name=(name) value=(wish::local(form.text(name))) required[required]
                    aria-describedby=(format!("{name}-help")) aria-invalid=[form.mistake_of(name).map(|_| "true")];
            },
        )
    };
    html! {
        div.pair {
            (time("since", "From (UTC)", "Messages accepted from then on.", true))
            (time("until", "Until (UTC)", "Empty means now.", false))
        }
    }
}

fn kinds(form: &Form) -> Markup {
    let mistake = form.mistake_of("kind");
    html! {
        fieldset.field.wrong[mistake.is_some()] aria-describedby="kind-help" {
            legend { "What" }
            div.help id="kind-help" { @if let Some(mistake) = mistake { p.mistake { (mistake) } } }
            div.choices {
                @for (word, title, about, _) in KINDS { div.choice {
                    input type="checkbox" id=(format!("kind-{word}")) name="kind" value=(word) checked[form.has("kind", word)];
                    label for=(format!("kind-{word}")) { span.title { (title) } span.about { (about) } }
                } }
                (tick(form, "despite", "Also what is out of date", "What has expired, or was superseded by a newer message. Otherwise it is skipped."))
            }
        }
    }
}

/// What was counted, and the form that starts it: exactly what was counted, whatever comes meanwhile.
fn confirm(desk: &Desk, endpoint: &Endpoint, wish: &Wish, counted: Counted) -> Markup {
    let Counted { counted, skipped } = counted;
    let sends = counted.saturating_sub(skipped);
    let noun = if sends == 1 { "delivery" } else { "deliveries" };
    html! {
        section.panel #count {
            @if sends == 0 {
                h2 { "Nothing to send" }
                p { @if counted == 0 { "There is nothing of this kind in this range." } @else { "All " (counted) " are skipped: they have expired, were superseded, or have no payload any more." } }
            } @else {
                h2 { @if wish.selection.missed { "Up to " } (sends) " " (noun) " to send again" }
                p { "Of messages accepted from " (moment(wish.selection.since)) " until " (moment(wish.selection.until)) ", at most " (wish.rate) " a second." }
                @if skipped > 0 { p.soft { (skipped) " more are skipped: they have expired, were superseded, or have no payload any more." } }
                @if wish.selection.missed { p.soft { "What has expired or was superseded is found out on the way, and skipped." } }
                form.actions method="post" action=(desk.endpoint_href(endpoint, "/recover")) {
                    (desk.csrf())
                    @for (name, value) in wish.fields() { input type="hidden" name=(name) value=(value); }
                    button.primary type="submit" { "Send " (sends) " " (noun) " again" }
                }
            }
        }
    }
}
