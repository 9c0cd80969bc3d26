//! The engine: accept, dispatch, record, retry, rescue. Services over the ports; no SQL, no HTTP.

pub mod accept;
pub mod configuration;
pub mod context;
pub mod engine;

pub use engine::Engine;
