//! The network between nodes and PostgreSQL fails in its various ways under load, and everything goes on by itself
//! afterwards.

use std::time::Duration;

use fanfare_servers::{FaultProxy, Mode, Postgres};

use super::{Cluster, refusing::refuses_for_now, throughout};
use crate::{
    posting::check_duplicates,
    receiver::{monotonic_nanos, pause},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_outlive_a_network_that_fails() {
    let postgres = Postgres::start();
    let proxy = FaultProxy::start(postgres.port());
    let database = postgres.create_database().rsplit('/').next().unwrap().to_owned();
    let url = format!("postgres://postgres@127.0.0.1:{}/{database}", proxy.port());
    let cluster = Cluster::over(postgres, url).with(2).await;
    let load = cluster.load().await;
    load.posting.wait_for(200).await;
    let mut faults = Vec::new();

    // Several round trips of this may take longer than the tests' short lease allows for.
    let began = monotonic_nanos();
    proxy.set(Mode::Delay(Duration::from_millis(200)));
    load.goes_on_by(8).await;
    proxy.set(Mode::Pass);
    load.goes_on().await;
    faults.extend(throughout(began, monotonic_nanos()));

    for end in [FaultProxy::reset, FaultProxy::cut] {
        faults.push(monotonic_nanos());
        end(&proxy);
        load.goes_on().await;
    }

    let began = monotonic_nanos();
    proxy.set(Mode::BlackHole);
    pause(Duration::from_secs(5)).await;
    proxy.set(Mode::Pass);
    load.goes_on().await;
    faults.extend(throughout(began, monotonic_nanos()));

    let began = monotonic_nanos();
    proxy.set(Mode::Refuse);
    proxy.cut();
    refuses_for_now(&cluster).await;
    proxy.set(Mode::Pass);
    load.goes_on().await;
    faults.extend(throughout(began, monotonic_nanos()));

    check_duplicates(&load.settle().await, &faults);
    cluster.finish().await;
}
