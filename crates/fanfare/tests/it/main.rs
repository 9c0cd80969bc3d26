//! Black-box tests: the built binary, driven from outside as its users drive it.
//!
//! Nothing here calls the server's code. The one thing shared with it is the receiver that `bench` and `demo`
//! use, which verifies signatures by itself.
#![allow(clippy::unwrap_used, reason = "what fails here shall fail the test")]

#[path = "../../src/bench/client.rs"]
mod client;
#[path = "../../src/receiver/mod.rs"]
#[allow(unused_imports, reason = "bench and demo use what the tests do not")]
mod receiver;

mod api;
mod bad_input;
mod bench;
mod binary;
mod browser;
mod cluster;
mod delivery;
mod demo;
mod first_start;
mod full_disk;
mod kill;
mod migrate_store;
mod posting;
mod profiles;
mod python_sdk;
mod refused_address;
mod replay;
mod server;
mod sources;
mod store_at_start;
mod systems;
mod tools;

/// Longest wait for anything that should happen soon.
const SOON: std::time::Duration = std::time::Duration::from_secs(20);
