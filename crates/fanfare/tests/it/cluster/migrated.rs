//! A newer version brings the database up to date while nodes of this version work on it: they go on, and no
//! further one of this version starts.

use std::time::Duration;

use super::Cluster;
use crate::{SOON, posting::check_duplicates, receiver::pause, server::free_address};

/// What a newer version may do beside running nodes: add.
const NEWER: [&str; 6] = [
    "ALTER TABLE messages ADD COLUMN newer bigint",
    "ALTER TABLE deliveries ADD COLUMN newer text, ADD COLUMN newest bytea",
    "ALTER TABLE attempts ADD COLUMN newer jsonb; ALTER TABLE lanes ADD COLUMN newer smallint",
    "ALTER TABLE nodes ADD COLUMN newer text; ALTER TABLE endpoints ADD COLUMN newer text",
    "CREATE INDEX newer_deliveries ON deliveries (newer) WHERE newer IS NOT NULL",
    "CREATE TABLE newer (id bigint PRIMARY KEY)",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_nodes_survive_the_migration_of_a_newer_version() {
    let cluster = Cluster::of(2).await;
    let name = cluster.url.rsplit('/').next().unwrap().to_owned();
    let load = cluster.load().await;
    load.posting.wait_for(200).await;
    for step in NEWER {
        // As a careful migration does: it would rather try again than keep others waiting.
        let careful = format!("SET lock_timeout = '2s'; {step}");
        fanfare_servers::until(step, SOON, || cluster.postgres.try_sql(&name, &careful).is_ok());
        load.goes_on().await;
    }
    let row = "INSERT INTO fanfare_migrations (number, name) SELECT max(number) + 1, 'newer' FROM fanfare_migrations";
    cluster.postgres.sql(&name, row);

    let refused = cluster.run(&["serve", "--listen", &free_address().to_string()]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("newer version"), "{refused:?}");
    pause(Duration::from_secs(1)).await;
    load.goes_on().await;
    check_duplicates(&load.settle().await, &[]);
    // The doctor is of this version too.
    cluster.postgres.sql(&name, "DELETE FROM fanfare_migrations WHERE name = 'newer'");
    cluster.finish().await;
}
