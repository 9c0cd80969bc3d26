//! The pool before the cluster.

use std::process::Command;

use fanfare_servers::{PgBouncer, Postgres};

#[test]
fn lends_connections_out() {
    let pg = Postgres::start();
    let pool = PgBouncer::start(&pg);
    let url = pool.url("postgres");
    let psql = Command::new("psql").args(["-Atc", "SELECT inet_server_port()", &url]).output().unwrap();
    assert_eq!(String::from_utf8(psql.stdout).unwrap().trim(), pg.port().to_string());
    drop(pool);
    let psql = Command::new("psql").args(["-Atc", "SELECT 1", &url]).output().unwrap();
    assert!(!psql.status.success());
}
