//! What happened, line by line: two runs of one seed must give the same.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The trace of a simulation.
#[derive(Default)]
pub(crate) struct Trace {
    lines: Mutex<String>,
    count: AtomicU64,
    noted: Notify,
}

impl Trace {
    pub(crate) fn note(&self, age: Duration, what: std::fmt::Arguments<'_>) {
        writeln!(self.lines.lock(), "{:>12.6} {what}", age.as_secs_f64()).expect("a String takes anything");
        self.count.fetch_add(1, Ordering::Relaxed);
        self.noted.notify_one();
    }

    /// Waits until so much more has happened: the moments around an event are the ones worth a kill.
    pub(crate) async fn more(&self, events: u64) {
        let until = self.count.load(Ordering::Relaxed).saturating_add(events);
        while self.count.load(Ordering::Relaxed) < until {
            self.noted.notified().await;
        }
    }

    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut self.lines.lock())
    }
}
