use std::fs;

use clap::Parser;

use super::*;

#[derive(Debug, Parser, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Given {
    #[command(flatten)]
    #[serde(skip)]
    common: CommonFlags,
    #[command(flatten)]
    store: StoreFlags,
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    delivery: DeliveryFlags,
    #[command(flatten)]
    retention: RetentionFlags,
    #[command(flatten)]
    profiles: ProfileFlags,
    #[command(flatten)]
    master_key: MasterKeyFlags,
}

/// What holds for this file and these flags.
fn loaded(file: &str, flags: &[&str]) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.toml");
    fs::write(&path, file).unwrap();
    let file = ["given", "--config", path.to_str().unwrap()];
    let given = Given::parse_from(file.iter().chain(flags));
    load(&given.common, &given).map_err(|error| format!("{error:#}").replace(path.to_str().unwrap(), "FILE"))
}

#[test]
fn defaults_hold_where_nothing_is_given() {
    let config = loaded("", &[]).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8071");
    assert_eq!(config.store.directory(), Path::new("./fanfare-data"));
    assert_eq!(config.server.shutdown_grace().as_secs(), 20);
    assert_eq!(config.retention.days, 90);
    assert_eq!((config.log.format, config.log.level.as_str()), (LogFormat::Text, "info"));
    assert!(config.delivery.allow_network.is_empty() && config.delivery.ca_file.is_none());
}

#[test]
fn the_file_sets_every_section() {
    let file = r#"
        [store]
        data = "/srv/fanfare"
        [server]
        listen = "0.0.0.0:80"
        public-url = "https://hooks.example.com/"
        shutdown-grace = 5
        [delivery]
        allow-network = ["10.0.0.0/8", "192.0.2.7"]
        ca-file = "ca.pem"
        [retention]
        days = 7
        [profiles]
        directory = "formats"
        [master-key]
        file = "key"
        [log]
        format = "json"
        level = "debug"
    "#;
    let config = loaded(file, &[]).unwrap();
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:80");
    assert_eq!(config.server.public_url(config.server.listen), "https://hooks.example.com");
    assert_eq!(config.server.shutdown_grace().as_secs(), 5);
    let networks: Vec<_> = config.delivery.allow_network.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["10.0.0.0/8", "192.0.2.7/32"]);
    assert_eq!((config.retention.days, config.log.format), (7, LogFormat::Json));
    assert_eq!(config.profiles.directory.as_deref(), Some(Path::new("formats")));
}

#[test]
fn flags_win_over_the_file() {
    let file = "[server]\nlisten = \"0.0.0.0:80\"\nshutdown-grace = 5\n[log]\nlevel = \"debug\"";
    let flags = [
        "--listen",
        "[::1]:0",
        "--log-level",
        "warn",
        "--allow-network",
        "::1",
        "--allow-network",
        "127.0.0.0/8",
        "--profiles",
        "mine",
    ];
    let config = loaded(file, &flags).unwrap();
    assert_eq!(config.server.listen.to_string(), "[::1]:0");
    assert_eq!(config.server.shutdown_grace().as_secs(), 5);
    assert_eq!(config.log.level, "warn");
    assert_eq!(config.delivery.allow_network.len(), 2);
    assert_eq!(config.profiles.directory.as_deref(), Some(Path::new("mine")));
}

#[test]
fn mistakes_in_the_file_are_named_with_key_and_place() {
    let error = |file: &str| loaded(file, &[]).unwrap_err();
    insta::assert_snapshot!(
        [
            error("[server]\nlisten-on = \"0.0.0.0:80\""),
            error("[sever]\nlisten = \"0.0.0.0:80\""),
            error("[server]\nlisten = \"everywhere\""),
            error("[retention]\ndays = 0"),
            error("[delivery]\nallow-network = [\"10.0.0.0/99\"]"),
            error("[log]\nformat = \"xml\""),
            error("[server\n"),
        ]
        .join("\n")
    );
}

#[test]
fn a_file_that_is_named_must_be_one() {
    let given = |path| Given::parse_from(["given", "--config", path]);
    let error = |given: Given| load(&given.common, &given).unwrap_err().to_string();
    let missing = error(given("/nonexistent/fanfare.toml"));
    assert_eq!(missing, "cannot read the configuration file /nonexistent/fanfare.toml");
    assert_eq!(error(given("/tmp")), "the configuration file /tmp is a directory");
}

#[test]
fn addresses_and_urls_that_cannot_be_used_are_refused() {
    let refused = |flag, value| Given::try_parse_from(["given", flag, value]).unwrap_err().to_string();
    for address in ["8071", "localhost:8071", "127.0.0.1"] {
        assert!(refused("--listen", address).contains("expected one like 127.0.0.1:8071"));
    }
    for url in ["hooks.example.com", "ftp://hooks.example.com", "https://hooks.example.com/?a=b"] {
        assert!(refused("--public-url", url).contains("expected one like https://"));
    }
}
