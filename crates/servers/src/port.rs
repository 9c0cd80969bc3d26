//! Loopback ports.

use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// A port that nobody listens on now. Another process may take it first: who starts a server tries again.
pub(crate) fn free() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address.unwrap_or_else(|error| panic!("no free loopback port: {error}")).port()
}

/// Whether somebody answers there.
pub(crate) fn answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}
