//! The engine's behaviour, seen through its public surface: one node over the shipped SQLite code, scripted
//! receivers, simulated time.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod accept;
mod activity;
mod configuration;
mod crash;
mod endpoints;
mod fairness;
mod fanout;
mod filters;
mod harness;
mod lease;
mod metrics;
mod ordered;
mod overflow;
mod own_profile;
mod recover;
mod refusing;
mod replay;
mod resend;
mod retry;
mod schedules;
mod session;
mod shutdown;
mod superseding;
mod tokens;
mod updates;
