//! Nodes that reach their database through PgBouncer, which gives each transaction another connection.

use std::time::Duration;

use fanfare_servers::{PgBouncer, Postgres};

use super::Cluster;
use crate::{
    posting::check_duplicates,
    receiver::{monotonic_nanos, pause},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_behind_pgbouncer_survive_kills() {
    let postgres = Postgres::start();
    let pooler = PgBouncer::start(&postgres);
    let database = postgres.create_database().rsplit('/').next().unwrap().to_owned();
    let url = format!("{}?pgbouncer=true", pooler.url(&database));
    let mut cluster = Cluster::over(postgres, url).with(2).await;
    let load = cluster.load().await;
    let mut kills = Vec::new();
    for number in [0, 1] {
        pause(Duration::from_secs(2)).await;
        cluster.kill(number);
        kills.push(monotonic_nanos());
        cluster.launch(number).await;
    }
    let listening = "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'listen%'";
    assert_eq!(cluster.postgres.sql("postgres", listening), "0", "a pooled connection cannot listen");
    load.goes_on().await;
    check_duplicates(&load.settle().await, &kills);
    cluster.finish().await;
}
