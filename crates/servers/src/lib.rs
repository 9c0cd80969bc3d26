//! Real servers for tests, from Debian's packages: each in a directory of its own, on free loopback ports, as
//! an unprivileged user, gone when it is dropped or when the test's process ends.
//!
//! What cannot start panics with what to install or what the server said: a test has nothing better to do.

mod home;
mod nats;
mod pgbouncer;
mod port;
mod postgres;
mod process;
mod proxy;
mod wait;

pub use nats::NatsServer;
pub use pgbouncer::PgBouncer;
pub use postgres::{Options, Postgres};
pub use proxy::{FaultProxy, Mode};
pub use wait::{until, until_told};
