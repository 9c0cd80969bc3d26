//! The Store port: what is durable, on SQLite and on PostgreSQL.
//!
//! [`sqlite`] and [`postgres`] mirror the port file for file and pass the same conformance suite.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod copy;
pub mod postgres;
pub mod sqlite;
