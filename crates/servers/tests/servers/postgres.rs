//! The cluster.

use std::{path::PathBuf, sync::mpsc, time::Duration};

use fanfare_servers::{Options, Postgres, until};

use super::{LONG, is_free};

fn directory(pg: &Postgres) -> PathBuf {
    PathBuf::from(pg.sql("postgres", "SHOW data_directory"))
}

#[test]
fn starts_keeps_what_was_committed_and_leaves_nothing() {
    let mut pg = Postgres::start_with(&Options { fsync: true, ..Options::default() });
    let url = pg.create_database();
    let database = url.rsplit('/').next().unwrap().to_owned();
    assert_ne!(pg.create_database(), url);
    pg.sql(&database, "CREATE TABLE kept (n int)");
    for (n, end) in [Postgres::stop, Postgres::kill].into_iter().enumerate() {
        pg.sql(&database, &format!("INSERT INTO kept VALUES ({n})"));
        end(&mut pg);
        assert!(pg.try_sql(&database, "SELECT 1").is_err());
        pg.start_again();
        assert_eq!(pg.sql(&database, "SELECT max(n) FROM kept"), n.to_string());
    }
    let (port, data) = (pg.port(), directory(&pg));
    assert!(data.exists());
    drop(pg);
    assert!(is_free(port));
    assert!(!data.parent().unwrap().exists());
}

#[test]
fn a_paused_cluster_answers_nothing_until_it_is_resumed() {
    let pg = Postgres::start();
    pg.pause();
    let (answer, answers) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| answer.send(pg.sql("postgres", "SELECT 7")).unwrap());
        assert!(answers.recv_timeout(Duration::from_millis(300)).is_err());
        pg.resume();
        assert_eq!(answers.recv_timeout(LONG).unwrap(), "7");
    });
    // Dropping a paused one ends it as well.
    let port = pg.port();
    pg.pause();
    drop(pg);
    assert!(is_free(port));
}

#[test]
fn a_replica_follows_and_is_promoted() {
    let mut pg = Postgres::start();
    let standby = pg.standby();
    pg.set("synchronous_standby_names", "standby");
    until("the replica is synchronous", LONG, || {
        pg.sql("postgres", "SELECT sync_state FROM pg_stat_replication") == "sync"
    });
    pg.sql("postgres", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)");
    let refused = standby.try_sql("postgres", "INSERT INTO kept VALUES (2)").unwrap_err();
    assert!(refused.contains("read-only"), "{refused}");
    pg.kill();
    standby.promote();
    standby.sql("postgres", "INSERT INTO kept VALUES (2)");
    assert_eq!(standby.sql("postgres", "SELECT count(*) FROM kept"), "2");
}
