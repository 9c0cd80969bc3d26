//! What happened, line by line: two runs of one seed must give the same.

use std::{fmt::Write as _, time::Duration};

use parking_lot::Mutex;

/// The trace of a simulation.
#[derive(Default)]
pub(crate) struct Trace(Mutex<String>);

impl Trace {
    pub(crate) fn note(&self, age: Duration, what: std::fmt::Arguments<'_>) {
        writeln!(self.0.lock(), "{:>12.6} {what}", age.as_secs_f64()).expect("a String takes anything");
    }

    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut self.0.lock())
    }
}
