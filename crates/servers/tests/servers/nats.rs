//! The broker.

use std::io::{BufRead as _, BufReader};

use fanfare_servers::NatsServer;

use super::{connect, is_free};

/// What the server says of itself to who connects.
fn greeting(port: u16) -> String {
    let mut line = String::new();
    BufReader::new(connect(port)).read_line(&mut line).unwrap();
    line
}

#[test]
fn starts_with_streams_and_comes_back() {
    let mut nats = NatsServer::start();
    let port = nats.port();
    assert!(nats.url().ends_with(&port.to_string()));
    let greeted = greeting(port);
    assert!(greeted.contains("\"jetstream\":true"), "{greeted}");
    for end in [NatsServer::stop, NatsServer::kill] {
        end(&mut nats);
        assert!(is_free(port));
        nats.start_again();
        assert!(greeting(port).starts_with("INFO"));
    }
    drop(nats);
    assert!(is_free(port));
}
