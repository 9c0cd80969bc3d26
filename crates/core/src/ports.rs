//! The four ports: all that is not deterministic comes in through them.

mod clock;
mod entropy;
pub mod store;
mod transport;

pub use clock::{Clock, Monotonic};
pub use entropy::{Entropy, jitter};
pub use store::Store;
pub use transport::{Failure, FailureKind, Outcome, Response, SendOptions, TokenSource, Transport};
