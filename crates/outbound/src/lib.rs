//! The Transport port: HTTP/1.1 over guarded, pooled connections.
//!
//! One attempt is one future: it takes an idle connection of the same application, origin and TLS setting,
//! or resolves the name, checks every address ([`Guard`]) and connects to a checked one; it writes the
//! request and reads the answer in place, all under one deadline. No task is spawned per request or per
//! connection, and a connection is never shared between applications.
//!
//! Where a request needs an access token, the transport calls the customer's authorization server first, over
//! the same guarded connections, and keeps the token in memory as far as it is told to (`token`, `tokens`).
//!
//! The HTTP/1.1 codec is our own (`request`, `response`, `chunked`; heads are parsed by `httparse`): a
//! receiver must see header names in exactly the letter case and order that the profile writes them in, and
//! hyper keeps neither for a request that did not itself come in through hyper. Owning the codec also makes
//! the bounds on what a hostile receiver can send explicit.

mod chunked;
mod config;
mod connect;
mod connection;
mod exchange;
mod guard;
mod local;
mod pool;
mod progress;
mod request;
mod resolve;
mod response;
mod tls;
mod token;
mod tokens;
mod transport;

pub use config::{OutboundConfig, SetupError};
pub use guard::{Guard, Refused};
pub use local::Local;
pub use request::head;
pub use resolve::{Resolve, ResolveError, SystemResolver};
pub use transport::HttpTransport;
