//! The progress line: only on a terminal, from counters that exist anyway.

use std::{fmt, io::IsTerminal, sync::Arc, time::Duration};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use tokio::task::JoinSet;

use super::ledger::Ledger;
use crate::receiver::pause;

/// A line that follows a ledger until it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    _following: JoinSet<()>,
}

impl Progress {
    /// Shows how many of `deliveries` have been received; nothing where standard error is no terminal.
    pub(crate) fn follow(ledger: &Arc<Ledger>, deliveries: usize) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(deliveries as u64)
        } else {
            ProgressBar::hidden()
        };
        let style =
            ProgressStyle::with_template("{msg:14} {bar:30} {pos}/{len} received, {rate}/s, {elapsed}");
        bar.set_style(style.expect("the template is right").with_key("rate", whole_rate));
        let mut following = JoinSet::new();
        if !bar.is_hidden() {
            following.spawn(follow(bar.clone(), Arc::clone(ledger)));
        }
        Self { bar, _following: following }
    }

    /// Says what is going on.
    pub(crate) fn say(&self, what: &'static str) {
        self.bar.set_message(what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn whole_rate(state: &ProgressState, to: &mut dyn fmt::Write) {
    // A line that cannot be drawn is not worth a word.
    let _ = write!(to, "{:.0}", state.per_sec());
}

async fn follow(bar: ProgressBar, ledger: Arc<Ledger>) {
    loop {
        bar.set_position(ledger.received());
        pause(Duration::from_millis(200)).await;
    }
}
