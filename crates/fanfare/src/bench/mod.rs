//! The load generator behind `fanfare bench`: drives a running server through its public API, receives the
//! webhooks itself, and accounts for every single one.
//!
//! It stands outside: nothing here calls the server's code. Every message has a slot in the [`Ledger`], so
//! that loss and duplicates are found exactly and all latencies are taken from first-hand times.

mod ceiling;
mod client;
mod endpoints;
mod gate;
mod hanging;
mod interrupt;
mod ledger;
mod load;
mod machine;
mod own_server;
mod plan;
mod progress;
mod report;
mod run;
mod template;

pub(crate) use client::Client;
pub(crate) use endpoints::{Api, Call};
pub(crate) use interrupt::Interrupts;
pub(crate) use own_server::OwnServer;
pub(crate) use plan::{Plan, Subject};
pub(crate) use run::run;

#[cfg(test)]
mod tests;
