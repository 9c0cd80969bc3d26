//! Guards: what makes a change of configuration come before or after an accept or an outcome, on any node.
//!
//! Whoever relies on the configuration of an application or environment (accepts, outcomes, claims) holds its
//! guard shared to the end of the transaction; whoever changes it holds it alone. Guards are advisory locks,
//! taken first in a transaction. Ids share a small number of them, so that a large batch holds few.

use std::collections::BTreeSet;

use fanfare_core::{
    id::{ApplicationId, EnvironmentId, ID_BYTES},
    name::ReplaceKey,
};

use super::{
    connection::Tx,
    fault::Done,
    query::{run, values},
};

/// The first key of our advisory locks: "Fanf".
pub(super) const LOCKS: i32 = 0x4661_6e66;
/// How many guards there are.
const GUARDS: u8 = 128;

/// The guards of some applications and environments.
#[derive(Debug, Default)]
pub(super) struct Guards(BTreeSet<i32>);

impl Guards {
    /// Adds that of an application.
    pub(super) fn application(mut self, id: ApplicationId) -> Self {
        self.0.insert(guard_of(&id.0));
        self
    }

    /// Adds those of applications.
    pub(super) fn applications(mut self, ids: impl IntoIterator<Item = ApplicationId>) -> Self {
        self.0.extend(ids.into_iter().map(|id| guard_of(&id.0)));
        self
    }

    /// Adds that of an environment.
    pub(super) fn environment(mut self, id: EnvironmentId) -> Self {
        self.0.insert(guard_of(&id.0));
        self
    }

    /// Holds them together with others that rely on the same configuration.
    pub(super) async fn share(self, tx: &Tx) -> Done<()> {
        self.take(tx, "SELECT pg_advisory_xact_lock_shared($1, guard) FROM unnest($2::int[]) AS guard").await
    }

    /// Holds them alone, to change the configuration.
    pub(super) async fn hold(self, tx: &Tx) -> Done<()> {
        self.take(tx, "SELECT pg_advisory_xact_lock($1, guard) FROM unnest($2::int[]) AS guard").await
    }

    /// Holds `alone` alone, those of these that are not among them together with others.
    pub(super) async fn hold_some(self, tx: &Tx, alone: Self) -> Done<()> {
        let guards: BTreeSet<i32> = self.0.union(&alone.0).copied().collect();
        let alone: Vec<bool> = guards.iter().map(|guard| alone.0.contains(guard)).collect();
        let guards: Vec<i32> = guards.into_iter().collect();
        let sql = "SELECT CASE WHEN alone THEN pg_advisory_xact_lock($1, guard)
                               ELSE pg_advisory_xact_lock_shared($1, guard) END
                   FROM unnest($2::int[], $3::bool[]) AS g (guard, alone)";
        run(tx, sql, values![LOCKS, guards, alone]).await.map(drop)
    }

    async fn take(self, tx: &Tx, sql: &str) -> Done<()> {
        let guards: Vec<i32> = self.0.into_iter().collect();
        run(tx, sql, values![LOCKS, guards]).await.map(drop)
    }
}

/// How many locks the replace keys share.
const REPLACE_KEYS: u32 = 4_096;

/// Holds replace keys alone, behind the guards: whoever supersedes, and whoever makes a delivery with such a
/// key wait unowned, sees what the other did.
pub(super) async fn hold_replace_keys<'k>(
    tx: &Tx,
    keys: impl IntoIterator<Item = (ApplicationId, &'k ReplaceKey)>,
) -> Done<()> {
    let locks: BTreeSet<i32> = keys.into_iter().map(|(id, key)| lock_of(id, key)).collect();
    if locks.is_empty() {
        return Ok(());
    }
    let locks: Vec<i32> = locks.into_iter().collect();
    let sql = "SELECT pg_advisory_xact_lock($1, key) FROM unnest($2::int[]) AS key";
    run(tx, sql, values![LOCKS, locks]).await.map(drop)
}

/// Their locks lie above those of the guards. FNV-1a over application and key: the same on every node.
fn lock_of(application: ApplicationId, key: &ReplaceKey) -> i32 {
    let bytes = application.0.iter().chain(key.as_str().as_bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    1_000 + (hash % REPLACE_KEYS) as i32
}

/// The last byte of an id is random.
fn guard_of(id: &[u8; ID_BYTES]) -> i32 {
    i32::from(id[ID_BYTES - 1] % GUARDS)
}
