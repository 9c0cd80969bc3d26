//! Each server starts, does what tests want of it, stops, and leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "a failing server fails the test")]

#[path = "servers/nats.rs"]
mod nats;
#[path = "servers/pgbouncer.rs"]
mod pgbouncer;
#[path = "servers/postgres.rs"]
mod postgres;
#[path = "servers/proxy.rs"]
mod proxy;

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::Duration,
};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// Whether nobody listens on the port.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
