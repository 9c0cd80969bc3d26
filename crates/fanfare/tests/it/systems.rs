//! The five systems of the mission, each by naming its built-in profile, and four more formats as proof that
//! the language is general: what arrives at a receiver that reads the socket itself, and what the API allows.
//!
//! Tests bear the ids of the requirements; `docs/systems.md` maps each id to its tests.

mod authority;
mod jofi;
mod official;
mod qualifio;
mod stage;
mod talview;
mod trimoji;
mod trutac;
mod wire;
