//! Times and durations for people.

use std::time::Duration;

use fanfare_core::time::Timestamp;
use maud::{Markup, html};

/// A moment, exact; the script shows it in the reader's own time zone too.
pub(crate) fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at.to_rfc3339_millis()) { (at.format("%Y-%m-%d %H:%M:%S")) " UTC" } }
}

/// The time of day of a moment that is not long ago; the whole of it is its title.
pub(crate) fn clock(at: Timestamp) -> Markup {
    html! {
        time datetime=(at.to_rfc3339_millis()) title=(at.format("%Y-%m-%d %H:%M:%S UTC")) { (at.format("%H:%M:%S")) }
    }
}

/// A moment as its distance from now; the exact one is its title.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    html! {
        time datetime=(at.to_rfc3339_millis()) title=(at.format("%Y-%m-%d %H:%M:%S UTC")) { (distance(at, now)) }
    }
}

fn distance(at: Timestamp, now: Timestamp) -> String {
    if at > now {
        return format!("in {}", rough(at.since(now)));
    }
    match now.since(at) {
        short if short < Duration::from_secs(5) => "just now".to_owned(),
        long if long > Duration::from_secs(30 * 86_400) => at.format("%Y-%m-%d"),
        passed => format!("{} ago", rough(passed)),
    }
}

/// A length of time in its largest unit.
fn rough(length: Duration) -> String {
    let seconds = length.as_secs();
    let (count, unit) = match seconds {
        0..60 => (seconds.max(1), "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// How long something took or lasts, exact enough to compare.
pub(crate) fn duration(length: Duration) -> String {
    let millis = length.as_secs_f64() * 1_000.0;
    match length.as_secs() {
        0 if millis < 10.0 => format!("{millis:.1} ms"),
        0 => format!("{millis:.0} ms"),
        1..60 => format!("{:.1} s", length.as_secs_f64()),
        60..7_200 => format!("{} min", length.as_secs() / 60),
        7_200..172_800 => format!("{} h", length.as_secs() / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_words_that_fit_their_size() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let before = |seconds| distance(now - Duration::from_secs(seconds), now);
        let said: Vec<_> = [0, 5, 60, 119, 3_600, 90_000, 172_800, 2_678_400].map(before).into();
        assert_eq!(
            said,
            [
                "just now",
                "5 seconds ago",
                "1 minute ago",
                "1 minute ago",
                "1 hour ago",
                "25 hours ago",
                "2 days ago",
                "2026-12-15"
            ]
        );
        assert_eq!(distance(now + Duration::from_secs(90), now), "in 1 minute");
    }

    #[test]
    fn durations_keep_what_can_be_compared() {
        let said = [1_234, 45_000, 2_500_000, 90_000_000, 7_200_000_000, 259_200_000_000]
            .map(|micros| duration(Duration::from_micros(micros)));
        assert_eq!(said, ["1.2 ms", "45 ms", "2.5 s", "1 min", "2 h", "3 days"]);
    }
}
