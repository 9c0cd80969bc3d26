//! The Store port: what is durable, on SQLite.
//!
//! [`sqlite`] mirrors the port file for file; a second store would stand beside it and pass the same
//! conformance suite.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod sqlite;
