//! Sources: events that do not come through the API but from where a platform has them anyway, a table in its
//! own database ([`outbox`]) or a stream of its broker ([`nats`]).
//!
//! Whatever the [`source::Source`], one loop ([`feed`]) takes its events batch by batch, has the engine accept each batch in
//! one transaction with the same checks as the API, and settles it only after that commit. Each event has a key of
//! its own in that transaction, so that one that comes again, after a crash at any moment, is known.

mod document;
mod feed;
mod metrics;
pub mod nats;
pub mod outbox;
mod source;
mod within;

pub use feed::Feed;
pub use metrics::Metrics;
pub use source::{Content, Event, Fate, Lag, Source, SourceError};
