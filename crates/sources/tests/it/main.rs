//! Sources over the engine and the store that ship, and over real servers of PostgreSQL and NATS.
#![allow(clippy::unwrap_used, reason = "what fails here shall fail the test")]

mod feed;
mod nats;
mod node;
mod outbox;
