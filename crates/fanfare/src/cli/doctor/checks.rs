//! The checks: each looks at one thing and says what it found.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use anyhow::anyhow;
use fanfare_core::{
    delivery::DeliveryState,
    limits::LEASE,
    ports::store::{Conservation, StoreError, StoreResult},
};
use fanfare_store::{
    postgres::{DatabaseUrl, PostgresStore},
    sqlite::{SqliteStore, WorkOwner},
};
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::{Value, json};

use super::patient::{Body, Patient};
use crate::{
    cli::terminal::{bytes, count},
    config,
    data_dir::DataDir,
    place,
};

/// A disk with less room than this, and less than one part in that many, is nearly full.
const DISK_LEAST: u64 = 1024 * 1024 * 1024;
const DISK_LEAST_ONE_IN: u64 = 10;
/// How often the books are read again where a server writes them meanwhile.
const READS: usize = 5;

/// What one check found.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    /// What it looked at.
    pub(super) name: &'static str,
    /// Whether all is well.
    pub(super) ok: bool,
    /// For people: what it found, and what to do about it.
    pub(super) finding: String,
    /// For programs: the figures.
    #[serde(skip_serializing_if = "Value::is_null")]
    figures: Value,
}

impl Check {
    fn new(name: &'static str, ok: bool, finding: impl Into<String>) -> Self {
        Self { name, ok, finding: finding.into(), figures: Value::Null }
    }

    fn with(self, figures: Value) -> Self {
        Self { figures, ..self }
    }

    /// What a look at the store found, or why it could not look.
    fn of(name: &'static str, looked: StoreResult<Self>) -> Self {
        looked.unwrap_or_else(|error| Self::new(name, false, error.to_string()))
    }
}

impl Patient {
    /// What can be checked, the quick ones first. The machine of a database is not ours to look at.
    pub(super) fn checks(&self) -> Vec<BoxFuture<'_, Check>> {
        let mut checks: Vec<BoxFuture<'_, Check>> = match &self.body {
            Body::File { dir, store } => vec![
                Box::pin(file(dir, store)),
                Box::pin(std::future::ready(disk(dir))),
                Box::pin(std::future::ready(permissions(dir))),
            ],
            Body::Database { url, store } => vec![Box::pin(database(url, store))],
        };
        checks.push(Box::pin(master_key(self)));
        checks.push(Box::pin(servers(self)));
        checks.push(Box::pin(backlog(self)));
        checks.push(Box::pin(books(self)));
        checks.push(Box::pin(integrity(self)));
        checks
    }
}

async fn database(url: &DatabaseUrl, store: &PostgresStore) -> Check {
    let look = async {
        let sizes = store.sizes().await?;
        let (tables, indexes) = (bytes(sizes.tables), bytes(sizes.indexes));
        let finding =
            format!("{url}: {} in all, {tables} of tables and {indexes} of indexes", bytes(sizes.database));
        let figures = json!({
            "databaseBytes": sizes.database, "tableBytes": sizes.tables, "indexBytes": sizes.indexes
        });
        Ok(Check::new("store", true, finding).with(figures))
    };
    Check::of("store", look.await)
}

async fn file(dir: &DataDir, store: &SqliteStore) -> Check {
    let look = async {
        let sizes = store.file_sizes().await?;
        let file = dir.store_file();
        let (size, free, wal) = (bytes(sizes.file), bytes(sizes.free), bytes(sizes.wal));
        let finding = format!("{}: {size}, of it {free} free; write-ahead log {wal}", file.display());
        let figures = json!({"fileBytes": sizes.file, "freeBytes": sizes.free, "walBytes": sizes.wal});
        Ok(Check::new("store", true, finding).with(figures))
    };
    Check::of("store", look.await)
}

fn disk(dir: &DataDir) -> Check {
    match rustix::fs::statvfs(dir.path()) {
        Ok(disk) => {
            let (available, all) = (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize);
            let figures = json!({"availableBytes": available, "allBytes": all});
            let mut finding = format!("{} of {} available", bytes(available), bytes(all));
            let ok = !is_nearly_full(available, all);
            if !ok {
                finding += ": make room before the disk is full";
            }
            Check::new("disk", ok, finding).with(figures)
        }
        Err(error) => Check::new("disk", false, format!("cannot tell how much room there is: {error}")),
    }
}

fn is_nearly_full(available: u64, all: u64) -> bool {
    available < DISK_LEAST && available < all / DISK_LEAST_ONE_IN
}

fn permissions(dir: &DataDir) -> Check {
    let (dir, key) = (dir.path(), dir.master_key_file());
    let others_read =
        |path: &Path| std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
    let finding = if others_read(dir) {
        format!("others can look into {}: chmod 700 it", dir.display())
    } else if others_read(&key) {
        format!("others can read {}: chmod 600 it", key.display())
    } else {
        return Check::new("permissions", true, "only their owner can read the data directory and the key");
    };
    Check::new("permissions", false, finding)
}

async fn master_key(patient: &Patient) -> Check {
    let given = patient.config.master_key.given().transpose();
    let key = given.unwrap_or_else(|| match &patient.body {
        Body::File { dir, .. } => config::read_master_key(&dir.master_key_file()),
        Body::Database { .. } => Err(anyhow!("{}", place::NO_KEY)),
    });
    let key = match key {
        Ok(key) => key,
        Err(error) => return Check::new("master key", false, format!("{error:#}")),
    };
    let look = async {
        let fits = patient.compare_master_key(key.check_value()).await?;
        let finding = match fits {
            Some(true) => "it is the one that the store's secrets are sealed with",
            Some(false) => "it is not the one that the store was made with: put that one back",
            None => "the store has not seen one yet, so that this one fits",
        };
        Ok(Check::new("master key", fits != Some(false), finding))
    };
    Check::of("master key", look.await)
}

async fn servers(patient: &Patient) -> Check {
    let look = async {
        let owners = patient.work_owners().await?;
        let now = patient.clock.now();
        // A file keeps no lease that runs out; a database says itself whose lease goes on.
        let is_heard = |owner: &WorkOwner| now.since(owner.heartbeat_at) < LEASE;
        let is_file = matches!(patient.body, Body::File { .. });
        let is_running = |owner: &&WorkOwner| owner.alive && (!is_file || is_heard(owner));
        let left: u64 = owners.iter().filter(|owner| !is_running(owner)).map(|owner| owner.waiting).sum();
        let running: Vec<_> = owners.iter().filter(is_running).collect();
        let heard = |server: &&WorkOwner| {
            let seconds = now.since(server.heartbeat_at).as_secs();
            let in_hand = count(server.waiting, "delivery", "deliveries");
            format!("{}: last heard of {seconds} s ago, {in_hand} in hand", server.node)
        };
        let mut finding = match running.is_empty() {
            false => running.iter().map(heard).collect::<Vec<_>>().join("; "),
            true => "none is running".to_owned(),
        };
        if left > 0 {
            let left = count(left, "delivery", "deliveries");
            finding += &format!("; {left} of one that ended will be taken over");
        }
        let in_hand: u64 = running.iter().map(|server| server.waiting).sum();
        let figures = json!({
            "running": !running.is_empty(), "servers": running.len(), "inHand": in_hand, "left": left
        });
        Ok(Check::new("server", true, finding).with(figures))
    };
    Check::of("server", look.await)
}

async fn backlog(patient: &Patient) -> Check {
    let look = async {
        let now = patient.clock.now();
        let backlog = patient.store().backlog(now).await?;
        let waited = backlog.oldest_due.map(|due| now.since(due).as_secs());
        let finding = match (backlog.lanes, waited) {
            (0, _) => "nothing waits in the store".to_owned(),
            (lanes, None) => format!("deliveries wait for {}, none of them due", endpoints(lanes)),
            (lanes, Some(seconds)) => {
                format!("deliveries wait for {}, the oldest due for {seconds} s", endpoints(lanes))
            }
        };
        let figures = json!({"lanes": backlog.lanes, "oldestDueSeconds": waited});
        Ok(Check::new("backlog", true, finding).with(figures))
    };
    Check::of("backlog", look.await)
}

fn endpoints(lanes: u64) -> String {
    count(lanes, "endpoint", "endpoints")
}

async fn books(patient: &Patient) -> Check {
    let look = async {
        let counted = patient.store().count_conservation().await?;
        let agree = kept_agree(patient).await?;
        let ok = counted.holds() && agree;
        let mut finding = sum(&counted);
        if !ok {
            finding += ": the books do not balance; keep the store as it is and report this";
        }
        Ok(Check::new("books", ok, finding).with(figures(&counted)))
    };
    Check::of("books", look.await)
}

/// Whether the counters that are kept agree with the rows. While a server writes, only a moment in which
/// nothing changed can tell; that the counted books balance holds at any moment.
async fn kept_agree(patient: &Patient) -> StoreResult<bool> {
    for _ in 0..READS {
        let before = patient.store().conservation().await?;
        let counted = patient.store().count_conservation().await?;
        let after = patient.store().conservation().await?;
        if !before.holds() || !after.holds() {
            return Ok(false);
        }
        if before == after {
            return Ok(before == counted);
        }
    }
    Ok(true)
}

fn sum(books: &Conservation) -> String {
    let states = DeliveryState::ALL.into_iter().map(|state| (books.states.of(state), state.as_str()));
    let parts: Vec<_> = std::iter::once((books.erased, "erased"))
        .chain(states)
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let accepted = count(books.accepted, "delivery", "deliveries");
    match parts.is_empty() {
        true => format!("{accepted} accepted"),
        false => format!("{accepted} accepted = {}", parts.join(" + ")),
    }
}

fn figures(books: &Conservation) -> Value {
    let states = DeliveryState::ALL.map(|state| (state.as_str().to_owned(), json!(books.states.of(state))));
    let states: serde_json::Map<_, _> = states.into_iter().collect();
    json!({"accepted": books.accepted, "erased": books.erased, "states": states})
}

async fn integrity(patient: &Patient) -> Check {
    let look = async {
        let wrong = match patient.integrity_check().await {
            Err(StoreError::Broken(reason)) => vec![reason],
            looked => looked?,
        };
        let finding = match wrong.is_empty() {
            true => patient.sound().to_owned(),
            false => format!("the store is damaged, restore it from a backup: {}", wrong.join("; ")),
        };
        Ok(Check::new("integrity", wrong.is_empty(), finding))
    };
    Check::of("integrity", look.await)
}

#[cfg(test)]
mod tests;
