//! PostgreSQL takes no writes for a while: clients hear that they are to come again and when, what was taken before
//! arrives, and everything goes on by itself afterwards.

use std::time::Duration;

use fanfare_servers::until;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Cluster, POLL, throughout};
use crate::{
    SOON,
    posting::check_duplicates,
    receiver::{monotonic_nanos, pause, within},
};

/// Every node comes to say that it takes nothing now, and when to come again.
pub(super) async fn refuses_for_now(cluster: &Cluster) {
    for node in 0..cluster.nodes.len() {
        let refused = within(SOON, async {
            loop {
                let answer = answer(cluster, node).await;
                if answer.starts_with("http/1.1 503") {
                    return answer;
                }
                pause(POLL).await;
            }
        });
        let refused = refused.await.expect("a node without its database takes nothing");
        assert!(refused.contains("\r\nretry-after: 1\r\n"), "{refused}");
    }
}

/// What a node answers to a post, head and body.
async fn answer(cluster: &Cluster, node: usize) -> String {
    // A number that no other post has.
    let number = monotonic_nanos();
    let body = format!(r#"{{"eventType": "test.posted", "payload": {{"number": {number}}}}}"#);
    let request = format!(
        "POST /api/v1/app/platform/msg HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        cluster.key,
        body.len()
    );
    let mut answer = String::new();
    let mut stream = TcpStream::connect(cluster.nodes[node].address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.to_lowercase()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_outlive_a_database_that_is_read_only() {
    let cluster = Cluster::of(2).await;
    let name = cluster.url.rsplit('/').next().unwrap().to_owned();
    let load = cluster.load().await;
    load.posting.wait_for(200).await;

    let began = monotonic_nanos();
    let end_sessions =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only");
    cluster.postgres.sql("postgres", &format!("{read_only} = on"));
    cluster.postgres.sql("postgres", &end_sessions);
    refuses_for_now(&cluster).await;
    cluster.postgres.sql("postgres", &format!("{read_only} = off"));
    load.goes_on().await;
    let faults = throughout(began, monotonic_nanos());

    check_duplicates(&load.settle().await, &faults);
    cluster.finish().await;
}

/// What PostgreSQL says of a disk that is full, to every write but the renewal of leases.
const FULL: &str = "
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON messages EXECUTE FUNCTION full_disk();
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON deliveries EXECUTE FUNCTION full_disk();
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON attempts EXECUTE FUNCTION full_disk()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_outlive_a_database_that_is_full() {
    let cluster = Cluster::of(2).await;
    let name = cluster.url.rsplit('/').next().unwrap().to_owned();
    let load = cluster.load().await;
    load.posting.wait_for(200).await;

    let began = monotonic_nanos();
    let careful = format!("SET lock_timeout = '2s'; {FULL}");
    until("writes are refused", SOON, || cluster.postgres.try_sql(&name, &careful).is_ok());
    refuses_for_now(&cluster).await;
    pause(Duration::from_secs(1)).await;
    let mended = "SET lock_timeout = '2s'; DROP FUNCTION full_disk CASCADE";
    until("writes are taken", SOON, || cluster.postgres.try_sql(&name, mended).is_ok());
    load.goes_on().await;
    let faults = throughout(began, monotonic_nanos());

    check_duplicates(&load.settle().await, &faults);
    cluster.finish().await;
}
