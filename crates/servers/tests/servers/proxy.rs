//! The proxy that does harm.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use fanfare_servers::{FaultProxy, Mode, until};

use super::{LONG, connect};

/// A connection through a proxy, and its other end.
struct Line {
    proxy: FaultProxy,
    client: TcpStream,
    server: TcpStream,
    _listener: TcpListener,
}

fn line() -> Line {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let proxy = FaultProxy::start(listener.local_addr().unwrap().port());
    let client = connect(proxy.port());
    let (server, _) = listener.accept().unwrap();
    server.set_read_timeout(Some(LONG)).unwrap();
    Line { proxy, client, server, _listener: listener }
}

fn carries(from: &mut TcpStream, to: &mut TcpStream) {
    from.write_all(b"ping").unwrap();
    receives(to);
}

fn receives(at: &mut TcpStream) {
    let mut got = [0; 4];
    at.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"ping");
}

/// Nothing arrives; a wait this short is no proof, but a proxy that lets things through fails it soon.
fn receives_nothing(at: &mut TcpStream) {
    at.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let kind = at.read(&mut [0]).unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{kind:?}");
    at.set_read_timeout(Some(LONG)).unwrap();
}

#[test]
fn carries_both_ways_and_is_gone_when_dropped() {
    let Line { proxy, mut client, mut server, _listener } = line();
    carries(&mut client, &mut server);
    carries(&mut server, &mut client);
    let port = proxy.port();
    drop(proxy);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    assert_eq!(server.read(&mut [0]).unwrap(), 0);
}

#[test]
fn holds_bytes_until_the_mode_changes() {
    let Line { proxy, mut client, mut server, _listener } = line();
    proxy.set(Mode::BlackHole);
    client.write_all(b"ping").unwrap();
    receives_nothing(&mut server);
    proxy.set(Mode::HoldAnswers);
    receives(&mut server);
    server.write_all(b"ping").unwrap();
    receives_nothing(&mut client);
    proxy.set(Mode::Pass);
    receives(&mut client);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a delay on the wire is one in real time")]
fn delays() {
    let Line { proxy, mut client, mut server, _listener } = line();
    proxy.set(Mode::Delay(Duration::from_millis(200)));
    let begun = Instant::now();
    carries(&mut client, &mut server);
    assert!(begun.elapsed() >= Duration::from_millis(200));
}

#[test]
fn cuts_resets_and_refuses() {
    let Line { proxy, mut client, mut server, _listener } = line();
    proxy.cut();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert_eq!(server.read(&mut [0]).unwrap(), 0);

    let mut client = connect(proxy.port());
    let (mut server, _) = _listener.accept().unwrap();
    carries(&mut client, &mut server);
    proxy.reset();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);

    proxy.set(Mode::Refuse);
    until("connections are refused", LONG, || {
        let mut client = connect(proxy.port());
        matches!(client.read(&mut [0]), Ok(0) | Err(_))
    });
}
