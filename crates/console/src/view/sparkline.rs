//! The last attempts of an endpoint as bars: height is time taken, failures stand out by shape and colour.

use std::time::Duration;

use fanfare_core::delivery::Attempt;
use maud::{Markup, html};

/// Attempts that a sparkline shows.
pub(crate) const BARS: usize = 40;
const HEIGHT: f64 = 28.0;
const STEP: usize = 5;

/// Draws attempts, newest first, from right to left.
pub(crate) fn sparkline(attempts: &[Attempt]) -> Markup {
    let shown = &attempts[..attempts.len().min(BARS)];
    let failures = shown.iter().filter(|attempt| !attempt.success).count();
    let label = match shown.len() {
        0 => "No attempts yet".to_owned(),
        count => format!("The last {count} attempts: {} succeeded, {failures} failed", count - failures),
    };
    let longest = shown.iter().map(|attempt| attempt.duration).max().unwrap_or_default();
    html! {
        svg.spark viewBox=(format!("0 0 {} {HEIGHT}", BARS * STEP)) preserveAspectRatio="xMinYMid meet" role="img" aria-label=(label) {
            title { (label) }
            line.base x1="0" x2=(BARS * STEP) y1=(HEIGHT - 0.5) y2=(HEIGHT - 0.5) {}
            @for (place, attempt) in shown.iter().enumerate() {
                @let x = (BARS - 1 - place) * STEP + 1;
                @let height = bar(attempt.duration, longest);
                @if attempt.success {
                    rect.ok x=(x) y=(format!("{:.1}", HEIGHT - height)) width="3" height=(format!("{height:.1}")) {}
                } @else {
                    rect.failed x=(x) y="0" width="3" height=(HEIGHT) {}
                    circle.failed cx=(format!("{}.5", x + 1)) cy="2.5" r="2.5" {}
                }
            }
        }
    }
}

/// Logarithmic, so that one slow answer does not flatten all others.
fn bar(duration: Duration, longest: Duration) -> f64 {
    let scale = |duration: Duration| (duration.as_secs_f64() * 1_000.0).ln_1p();
    let share = scale(duration) / scale(longest).max(f64::EPSILON);
    4.0 + share.clamp(0.0, 1.0) * (HEIGHT - 8.0)
}
