//! The engine: accept, dispatch, record, retry, rescue. Services over the ports; no SQL, no HTTP.
//!
//! [`Engine::start`] gives a handle for the API and a [`Node`] whose `run` is the running engine: every task
//! is owned by it, so dropping it is a crash and awaiting it is an orderly end.

pub mod accept;
mod activity;
mod attempt;
mod claim;
pub mod configuration;
pub mod configure;
pub mod context;
pub mod dispatch;
mod engine;
mod fanout;
pub mod inbox;
mod lease;
pub mod metrics;
mod peers;
mod record;
mod replay;
mod rescue;
mod rest;
pub mod schema;
pub mod sent;
pub mod session;
mod tell;
pub mod updates;
mod upkeep;

pub use engine::{Engine, EngineConfig, Node};
pub use replay::Counted;
