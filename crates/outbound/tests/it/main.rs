//! The transport against receivers that misbehave in every way we could think of. The receivers are plain
//! sockets that each test plays by hand, beside the sender in one task, so that every test is one story read
//! from the top; time is a clock that the test moves.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod addresses;
mod answers;
mod authority;
mod clock;
mod deadline;
mod local;
mod misbehaving;
mod oidc;
mod receiver;
mod reuse;
mod sender;
mod tls;
mod token_refusals;
mod tokens;
mod wire;
