//! A database that cannot be served from: one clear line, no password in it, an exit code that is not 0.

use std::path::Path;

use fanfare_servers::Postgres;

use super::{Cluster, MASTER_KEY};
use crate::{
    binary::{self, Outcome},
    server::free_address,
};

const OTHER_KEY: &str = "HxAeHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgE=";

fn serve_with(url: &str, key: Option<&str>, options: &[&str]) -> Outcome {
    let address = free_address().to_string();
    let mut command = binary::command(Path::new("/"), &["serve", "--listen", &address]);
    command.args(options).env("FANFARE_DATABASE_URL", url);
    if let Some(key) = key {
        command.env("FANFARE_MASTER_KEY", key);
    }
    binary::run_to_end(command)
}

fn serve(url: &str) -> Outcome {
    serve_with(url, Some(MASTER_KEY), &[])
}

#[track_caller]
fn assert_refused(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(outcome.stdout, "", "nothing was promised");
    assert_eq!(outcome.stderr.lines().count(), 1, "one line: {outcome:?}");
    assert!(outcome.stderr.starts_with("fanfare:"), "{outcome:?}");
    assert!(!outcome.stderr.contains("s3cret"), "no password is shown: {outcome:?}");
    for word in words {
        assert!(outcome.stderr.contains(word), "it says `{word}`: {outcome:?}");
    }
}

#[test]
fn what_cannot_be_served_from_is_refused_in_one_line() {
    let nobody = free_address();
    assert_refused(&serve(&format!("postgres://fanfare:s3cret@{nobody}/fanfare")), &["cannot reach"]);
    assert_refused(&serve("mysql://fanfare:s3cret@localhost/fanfare"), &["postgres://"]);
    let postgres = Postgres::start();
    let named = format!("postgres://postgres:s3cret@127.0.0.1:{}/nowhere", postgres.port());
    assert_refused(&serve(&named), &["nowhere"]);

    let foreign = postgres.create_database();
    let name = foreign.rsplit('/').next().unwrap().to_owned();
    postgres.sql(&name, "CREATE TABLE messages (id int)");
    assert_refused(&serve(&foreign), &["is not a fanfare store"]);

    let read_only = postgres.create_database();
    let name = read_only.rsplit('/').next().unwrap().to_owned();
    postgres.sql("postgres", &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    assert_refused(&serve(&read_only), &["read-only"]);
}

#[test]
fn a_store_of_another_key_or_a_newer_version_is_refused() {
    let cluster = Cluster::new();
    let url = &cluster.url;
    assert_refused(&serve_with(url, None, &[]), &["master key", "FANFARE_MASTER_KEY"]);
    assert_refused(&serve_with(url, Some(OTHER_KEY), &[]), &["master key", "not the one"]);
    let with_data = serve_with(url, Some(MASTER_KEY), &["--data", "/tmp/elsewhere"]);
    assert_refused(&with_data, &["leave one of them out"]);
    let backup = cluster.run(&["backup", "copy.db"]);
    assert_refused(&backup, &["pg_dump"]);
    let name = url.rsplit('/').next().unwrap();
    cluster.postgres.sql(
        name,
        "INSERT INTO fanfare_migrations SELECT (jsonb_populate_record(last, '{\"number\": 9999}')).* \
         FROM fanfare_migrations last ORDER BY number DESC LIMIT 1",
    );
    assert_refused(&serve(url), &["newer version"]);
    assert_refused(&cluster.run(&["env", "list"]), &["newer version"]);
}

#[test]
fn roles_are_for_nodes_that_share_a_database() {
    let directory = tempfile::tempdir().unwrap();
    let refused = binary::run(directory.path(), &["serve", "--roles", "deliver", "--listen", "127.0.0.1:0"]);
    assert_refused(&refused, &["--database-url"]);
    let unknown = binary::run(directory.path(), &["serve", "--roles", "api,send"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.stderr.contains("no role is called"), "{unknown:?}");
}
