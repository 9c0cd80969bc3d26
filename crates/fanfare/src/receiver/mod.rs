//! A loopback webhook receiver: the customer's side of the wire, for those who look at the server from outside.
//!
//! `bench`, `demo`, `listen`, `verify` and the black-box tests share it. It knows nothing of the server's own code and checks
//! what arrives with implementations of its own, so that a mistake in the server's signing cannot cancel itself
//! out here.
#![allow(dead_code, reason = "shared: bench, demo and the tests each use a part of it")]

mod answers;
mod customer;
mod real_time;
mod recorder;
mod script;
mod server;
mod verify;
mod wire;
mod wire_server;

pub(crate) use answers::{Answers, Reply};
pub(crate) use customer::Customer;
pub(crate) use real_time::{monotonic_nanos, pause, unix_seconds, within};
pub(crate) use recorder::{Received, Recorder};
pub(crate) use script::Script;
pub(crate) use server::{Answer, Inbox, Receiver, Webhook};
pub(crate) use verify::{Rejected, Verifier};
pub(crate) use wire::{Bounds, Progress, WireError, WireRequest, parse};
pub(crate) use wire_server::{Certificate, WireInbox, WireReceiver};
