//! One node under test: an application to post to, receivers that do as they are told, time that a test moves.

mod clock;
mod entropy;
mod node;
mod receivers;
mod store;

pub(crate) use node::{GRACE, SMALL, TestNode, seconds};
pub(crate) use receivers::Answer;
pub(crate) use store::Fault;
