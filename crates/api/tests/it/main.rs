//! The API over the shipped store and engine. Folders and files mirror the routes.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "a test that panics has failed")]

mod app;
mod application;
mod attempt;
mod authentication;
mod bodies;
mod delivery;
mod endpoint;
mod event_type;
mod health;
mod idempotency;
mod isolation;
mod lists;
mod message;
mod openapi;
mod overlapping;
mod profile;
mod profiles;
mod replay;
mod roles;
mod store_refuses;

use app::TestApp;
