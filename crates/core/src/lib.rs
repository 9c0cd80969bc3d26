//! Fanfare's words, rules and ports: no async runtime, no IO, no SQL, no HTTP.
//!
//! Decisions are pure functions of values ([`decide`], [`matching`], [`render`]); all that is not
//! deterministic comes in through the four [`ports`].

pub mod activity;
pub mod application;
pub mod auth;
pub mod decide;
pub mod delivery;
pub mod endpoint;
pub mod environment;
pub mod example;
pub mod filter;
pub mod id;
pub mod inbox;
pub mod limits;
pub mod matching;
pub mod message;
pub mod name;
pub mod node;
pub mod payload;
pub mod portal;
pub mod ports;
pub mod profile;
pub mod render;
pub mod replay;
pub mod rules;
#[cfg(test)]
mod sample;
pub mod secret;
pub mod session;
pub mod sign;
pub mod specimen;
pub mod time;
pub mod verify;
