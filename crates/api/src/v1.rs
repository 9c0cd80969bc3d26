//! Version 1: one folder per noun, one file per operation.

pub(crate) mod application;
pub(crate) mod attempt;
pub(crate) mod authentication;
pub(crate) mod delivery;
pub(crate) mod endpoint;
pub(crate) mod environment;
pub(crate) mod event_type;
pub(crate) mod health;
pub(crate) mod message;
pub(crate) mod profile;
pub(crate) mod replay;
