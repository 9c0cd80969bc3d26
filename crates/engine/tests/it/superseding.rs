//! Messages that wait, and messages that take the place of others.

mod qualifio;
mod replacing;
