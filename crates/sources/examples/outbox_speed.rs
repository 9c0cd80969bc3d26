//! How many rows a second the reader takes from an outbox into a store: `cargo run --release -p fanfare-sources
//! --example outbox_speed -- ROWS`. PostgreSQL, SQLite and the reader share the machine.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what fails here shall end it; it prints a figure"
)]

#[path = "../tests/it/node.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod node;

use std::sync::Arc;

use async_trait::async_trait;
use fanfare_servers::{Options, Postgres};
use fanfare_sources::outbox::{Connect, Driven, Outbox, Roles, install};
use fanfare_store::postgres::DatabaseUrl;

use node::TestNode;

/// Bytes of a payload.
const PAYLOAD: usize = 600;
/// Rows unless asked otherwise.
const ROWS: usize = 50_000;

struct Database(String);

#[async_trait]
impl Connect for Database {
    async fn connect(&self) -> Result<Driven, String> {
        self.0.parse::<DatabaseUrl>().map_err(|error| error.to_string())?.connect().await
    }
}

#[tokio::main]
async fn main() {
    let rows: usize = std::env::args().nth(1).map_or(ROWS, |rows| rows.parse().unwrap());
    let postgres = Postgres::start_with(&Options { fsync: true, ..Options::default() });
    let url = postgres.create_database();
    let database = url.rsplit('/').next().unwrap().to_owned();
    let mut node = TestNode::start().await;
    install(&Database(url.clone()), &*node.clock, &Roles::default()).await.unwrap();
    let begun = node.clock.monotonic();
    let payload = format!("{{\"text\":\"{}\"}}", "x".repeat(PAYLOAD));
    let publish = "SELECT count(fanfare.publish('shop', 'order.paid', '";
    let many = format!("', ordering_key => (n % 1000)::text)) FROM generate_series(1, {rows}) AS n");
    postgres.sql(&database, &format!("{publish}{payload}{many}"));
    let published = node.clock.monotonic().since(begun).as_secs_f64();
    let begun = node.clock.monotonic();
    node.feed(Outbox::new(Arc::new(Database(url)), Arc::clone(&node.clock)));
    let taken = async || node.metric("source_taken_total") >= rows as f64;
    node.until_within(std::time::Duration::from_secs(600), "all is taken", taken).await;
    let took = node.clock.monotonic().since(begun).as_secs_f64();
    let each = |seconds: f64| rows as f64 / seconds;
    println!("{rows} rows of {PAYLOAD} bytes: published {:.0}/s, taken {:.0}/s", each(published), each(took));
}
