use fanfare_core::id::EndpointId;
use tempfile::TempDir;

use super::*;

fn config(data: &TempDir) -> Config {
    let mut config = Config::default();
    config.store.data = Some(data.path().join("data"));
    config.server.listen.set_port(0);
    config
}

async fn refused(config: &Config) -> String {
    let started = Server::start(config).await;
    format!("{:#}", started.err().expect("this server must not start"))
}

/// What one start shows: the inbox, and whether there is a key.
async fn shown(config: &Config) -> (Option<EndpointId>, bool) {
    let server = Server::start(config).await.unwrap();
    let shown = (server.welcome().inbox, server.welcome().key.is_some());
    server.stop().await;
    shown
}

#[tokio::test]
async fn only_the_first_start_shows_a_key_and_all_show_the_same_inbox() {
    let data = tempfile::tempdir().unwrap();
    let (inbox, has_key) = shown(&config(&data)).await;
    assert!(inbox.is_some() && has_key);
    assert_eq!(shown(&config(&data)).await, (inbox, false));
}

#[tokio::test]
async fn a_taken_port_does_not_use_up_the_first_start() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut taken_config = config(&data);
    taken_config.server.listen = taken.local_addr().unwrap();
    let error = refused(&taken_config).await;
    assert!(error.contains("choose another --listen"), "{error}");
    let (_, has_key) = shown(&config(&data)).await;
    assert!(has_key);
}

#[tokio::test]
async fn one_server_runs_per_data_directory() {
    let data = tempfile::tempdir().unwrap();
    let first = Server::start(&config(&data)).await.unwrap();
    let error = refused(&config(&data)).await;
    assert!(error.starts_with("another fanfare server is running on "), "{error}");
    first.stop().await;
    Server::start(&config(&data)).await.unwrap().stop().await;
}

#[tokio::test]
async fn certificates_that_are_none_are_named() {
    let data = tempfile::tempdir().unwrap();
    let mut with_ca = config(&data);
    let path = data.path().join("ca.pem");
    with_ca.delivery.ca_file = Some(path.clone());
    let error = refused(&with_ca).await;
    assert!(error.starts_with(&format!("cannot read the CA file {}", path.display())), "{error}");
    std::fs::write(&path, "no certificate").unwrap();
    let error = refused(&with_ca).await;
    assert!(error.contains("the extra root certificates cannot be used"), "{error}");
}

#[test]
fn a_server_on_all_addresses_is_reached_on_this_machine() {
    let url = |address: &str| local_url(address.parse().unwrap());
    assert_eq!(url("0.0.0.0:80"), "http://127.0.0.1:80");
    assert_eq!(url("[::]:80"), "http://[::1]:80");
    assert_eq!(url("192.0.2.1:80"), "http://192.0.2.1:80");
}
