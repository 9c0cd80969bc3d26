//! An environment at a glance: what happens in it, what waits, what fails, what changed lately.

mod span;

use axum::{extract::Query, response::Response};
use fanfare_core::{
    application::Application,
    endpoint::Endpoint,
    ports::store::{FailingEndpoint, Named},
};
use maud::{Markup, html};

use self::span::{Moments, Span};
use super::{Office, Section, audit};
use crate::{
    listing::Parameters,
    refusal::Refusal,
    view::{Chart, Ink, Manner, Series, Tone, ago, badge, chart, duration, fact},
};

/// Failing endpoints that it shows: those that have failed for longest.
const FAILING: usize = 10;
/// Rows of the audit log that it shows.
const CHANGES: usize = 8;

/// `GET /console/{env}`.
pub(crate) async fn show(office: Office, Query(parameters): Parameters) -> Result<Response, Refusal> {
    let span = Span::of(&parameters);
    let moments = office.moments(span).await?;
    let failing = office.failing().await?;
    let changes = audit::recent(&office, CHANGES).await?;
    let content = html! {
        div.heading {
            h1 { (office.environment.name) }
            nav.languages aria-label="Time" { @for choice in Span::ALL {
                a href=(office.href(&format!("?last={}", choice.word()))) aria-current=[(choice == span).then_some("true")] { (choice.name()) }
            } }
        }
        (tiles(&moments))
        div.charts { @for drawn in charts(&moments) { (chart(&drawn)) } }
        (numbers(&moments))
        div.split {
            section.panel { h2 { "Failing endpoints" } (failing_table(&office, &failing)) }
            section.panel {
                div.heading { h2 { "Lately changed" } a href=(office.href("/audit")) { "Audit log" } }
                (changes)
            }
        }
        section.panel { dl.facts {
            (fact("Profile", html! { a href=(office.href(&format!("/profiles/{}", office.environment.profile))) { (office.environment.profile) } }))
            (fact("Id", html! { code.id { (office.environment.id) } }))
            (fact("Made", ago(office.environment.created_at, office.console.engine.now())))
        } }
    };
    Ok(office.page(Section::Overview, &office.environment.name, content))
}

/// An endpoint that fails, and whose it is.
type Failing = (Application, Endpoint, FailingEndpoint);

impl Office {
    async fn moments(&self, span: Span) -> Result<Moments, Refusal> {
        let now = self.console.engine.now();
        let minutes =
            self.console.engine.context().store().activity(self.environment.id, span.first(now)).await?;
        Ok(Moments::of(span, now, &minutes))
    }

    async fn failing(&self) -> Result<Vec<Failing>, Refusal> {
        let store = self.console.engine.context().store();
        let mut rows = Vec::new();
        for failing in store.failing_endpoints(self.environment.id, FAILING).await? {
            let application = store.application(self.environment.id, Named::Id(failing.application)).await?;
            let endpoint = store.endpoint(failing.application, Named::Id(failing.endpoint)).await?;
            // What was deleted since the list was read is no news.
            rows.extend(
                application.zip(endpoint).map(|(application, endpoint)| (application, endpoint, failing)),
            );
        }
        Ok(rows)
    }
}

fn tiles(moments: &Moments) -> Markup {
    let all = moments.all();
    let waiting = moments.newest_waiting();
    html! {
        dl.tiles {
            div { dt { "Messages accepted" } dd { (all.accepted) } }
            div { dt { "Deliveries made" } dd { (all.succeeded) } }
            div { dt { "Attempts that succeeded" } dd { @match all.success_rate() { Some(rate) => (share(rate)), None => "–" } } }
            div { dt { "Typical time to delivery" } dd { @match all.latencies.percentile(0.5) { Some(took) => (duration(took)), None => "–" } } }
            div { dt { "Endpoints with a backlog" } dd { (waiting.endpoints) " " @if waiting.oldest_seconds > 0 { small { "due for " (seconds(waiting.oldest_seconds as f64)) } } } }
        }
    }
}

fn charts(moments: &Moments) -> [Chart<'_>; 6] {
    let count = |read: fn(&span::Moment) -> u64| moments.values(move |moment| Some(read(moment) as f64));
    let took = |share| {
        moments
            .values(move |moment| moment.activity.latencies.percentile(share).map(|took| took.as_secs_f64()))
    };
    let line = |name, ink, values| Series { name, ink, values };
    let bars = |title, says, series| Chart {
        title,
        says,
        manner: Manner::Bars,
        times: moments.times(),
        series,
        value: whole,
    };
    [
        bars(
            moments.span.title_of_messages(),
            "how many messages were accepted at each time",
            vec![line("Messages", Ink::Plain, count(|moment| moment.activity.accepted))],
        ),
        bars(
            moments.span.title_of_attempts(),
            "how many attempts succeeded and failed at each time",
            vec![
                line("Succeeded", Ink::Good, count(|moment| moment.activity.succeeded)),
                line("Failed", Ink::Bad, count(|moment| moment.activity.failed)),
            ],
        ),
        Chart {
            title: "Share of attempts that succeeded",
            says: "the share at each time with attempts",
            manner: Manner::Shares,
            times: moments.times(),
            series: vec![line("Success", Ink::Good, moments.values(|moment| moment.activity.success_rate()))],
            value: share,
        },
        Chart {
            title: "From accept to delivery",
            says: "what half, 95 % and 99 % of the deliveries took at most, at each time",
            manner: Manner::Logarithmic,
            times: moments.times(),
            series: vec![
                line("50 %", Ink::Plain, took(0.5)),
                line("95 %", Ink::Warning, took(0.95)),
                line("99 %", Ink::Bad, took(0.99)),
            ],
            value: seconds,
        },
        bars(
            "Endpoints with a backlog",
            "how many had one at each time",
            vec![line("Endpoints", Ink::Plain, count(|moment| moment.waiting().endpoints))],
        ),
        Chart {
            title: "Oldest due delivery in the backlog",
            says: "for how long the oldest had been due, at each time",
            manner: Manner::Bars,
            times: moments.times(),
            series: vec![line(
                "Oldest",
                Ink::Warning,
                moments.values(|moment| Some(moment.waiting().oldest_seconds as f64)),
            )],
            value: seconds,
        },
    ]
}

/// The same numbers as text.
fn numbers(moments: &Moments) -> Markup {
    let took = |moment: &span::Moment, share| {
        moment.activity.latencies.percentile(share).map_or_else(|| "–".to_owned(), duration)
    };
    html! {
        details {
            summary { "The numbers as a table" }
            div.table-scroll tabindex="0" role="region" aria-label="The numbers" { table {
                thead { tr {
                    th scope="col" { "Time (UTC)" } th.number scope="col" { "Messages" } th.number scope="col" { "Succeeded" }
                    th.number scope="col" { "Failed" } th.number scope="col" { "50 %" } th.number scope="col" { "95 %" } th.number scope="col" { "99 %" }
                    th.number scope="col" { "Backlogs" } th.number scope="col" { "Oldest due" }
                } }
                tbody { @for moment in moments.newest_first().filter(|moment| !moment.is_quiet()) { tr {
                    th scope="row" { (moment.time) }
                    td.number { (moment.activity.accepted) } td.number { (moment.activity.succeeded) } td.number { (moment.activity.failed) }
                    td.number { (took(moment, 0.5)) } td.number { (took(moment, 0.95)) } td.number { (took(moment, 0.99)) }
                    td.number { (moment.waiting().endpoints) } td.number { (seconds(moment.waiting().oldest_seconds as f64)) }
                } } }
            } }
            p.help { "Times in which nothing happened are left out." }
        }
        p.small.soft.under {
            "At most five seconds old; it survives a restart, but a server that is killed loses the last seconds. Durations are right to within a "
            "tenth. A backlog is what waits in the store: for its turn, for a further attempt, or for a paused endpoint to be resumed."
        }
    }
}

fn failing_table(office: &Office, failing: &[Failing]) -> Markup {
    let now = office.console.engine.now();
    html! {
        @if failing.is_empty() { p { (badge(Tone::Good, "None")) } } @else {
            div.table-scroll tabindex="0" role="region" aria-label="Failing endpoints" { table {
                thead { tr { th scope="col" { "Endpoint" } th scope="col" { "Application" } th scope="col" { "Failing since" } } }
                tbody { @for (application, endpoint, failing) in failing { tr {
                    th scope="row" { a href=(office.href(&format!("/apps/{}/endpoints/{}", application.id, endpoint.id))) { (endpoint.url) } }
                    td { (application.name) }
                    td { (ago(failing.failing_since, now)) }
                } } }
            } }
            @if failing.len() == FAILING { p.help { "The " (FAILING) " that have failed for longest." } }
        }
    }
}

fn whole(value: f64) -> String {
    match value {
        value if value.fract() != 0.0 => String::new(),
        value if value >= 10_000.0 => format!("{:.0}k", value / 1_000.0),
        value => format!("{value:.0}"),
    }
}

fn share(value: f64) -> String {
    let percent = value * 100.0;
    // Never rounded up to all, nor down to none.
    match percent {
        percent if percent > 99.9 && percent < 100.0 => "99.9 %".to_owned(),
        percent if percent > 0.0 && percent < 0.1 => "0.1 %".to_owned(),
        percent if (percent - percent.round()).abs() < 0.05 => format!("{percent:.0} %"),
        percent => format!("{percent:.1} %"),
    }
}

fn seconds(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value => duration(std::time::Duration::from_secs_f64(value)),
    }
}
