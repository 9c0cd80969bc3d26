//! Idle connections, by application, origin and TLS setting, bounded in number and age.
//!
//! The newest connection of a key is taken first, so that surplus ones grow old and are closed. Generic over
//! what is pooled, so that its rules are tested without sockets.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use fanfare_core::{id::ApplicationId, ports::Monotonic};
use parking_lot::Mutex;
use url::Host;

/// Who may use a connection: equal keys and no others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PoolKey {
    pub(crate) application: ApplicationId,
    pub(crate) origin: Origin,
    pub(crate) verify_tls: bool,
}

/// Where a connection leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

/// How much a pool keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolBounds {
    pub(crate) total: usize,
    pub(crate) per_key: usize,
    pub(crate) age: Duration,
}

pub(crate) struct Pool<C> {
    bounds: PoolBounds,
    idle: Mutex<IdleSet<C>>,
}

/// Serial numbers rise, so the first of all is the oldest of all, and the front of a key's queue its oldest.
struct IdleSet<C> {
    open: bool,
    next_serial: u64,
    by_serial: BTreeMap<u64, Idle<C>>,
    by_key: HashMap<PoolKey, VecDeque<u64>>,
}

struct Idle<C> {
    key: PoolKey,
    since: Monotonic,
    connection: C,
}

impl<C> Pool<C> {
    pub(crate) fn new(bounds: PoolBounds) -> Self {
        let idle = IdleSet { open: true, next_serial: 0, by_serial: BTreeMap::new(), by_key: HashMap::new() };
        Self { bounds, idle: Mutex::new(idle) }
    }

    /// Takes the newest idle connection out.
    pub(crate) fn take(&self, key: &PoolKey) -> Option<C> {
        self.idle.lock().take_newest(key)
    }

    /// Keeps a connection for later, in the place of the oldest one where there is no room.
    pub(crate) fn put(&self, key: PoolKey, connection: C, now: Monotonic) {
        let mut idle = self.idle.lock();
        if !idle.open || self.bounds.per_key == 0 || self.bounds.total == 0 {
            return;
        }
        let surplus = idle.make_room(&key, &self.bounds);
        idle.insert(Idle { key, since: now, connection });
        drop(idle);
        // Closing a socket is a system call: never under the lock.
        drop(surplus);
    }

    /// Closes what has been idle for too long.
    pub(crate) fn sweep(&self, now: Monotonic) {
        let mut old = Vec::new();
        let mut idle = self.idle.lock();
        while idle.oldest_since().is_some_and(|since| now.since(since) >= self.bounds.age) {
            old.extend(idle.take_oldest());
        }
        drop(idle);
        drop(old);
    }

    /// Closes all idle connections, and keeps none from now on.
    pub(crate) fn close(&self) {
        let mut idle = self.idle.lock();
        idle.open = false;
        let all = std::mem::take(&mut idle.by_serial);
        idle.by_key.clear();
        drop(idle);
        drop(all);
    }
}

impl<C> IdleSet<C> {
    fn insert(&mut self, idle: Idle<C>) {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.by_key.entry(idle.key.clone()).or_default().push_back(serial);
        self.by_serial.insert(serial, idle);
    }

    fn make_room(&mut self, key: &PoolKey, bounds: &PoolBounds) -> Option<C> {
        if self.by_key.get(key).is_some_and(|serials| serials.len() >= bounds.per_key) {
            return self.take_with(key, VecDeque::pop_front);
        }
        if self.by_serial.len() >= bounds.total { self.take_oldest() } else { None }
    }

    fn oldest_since(&self) -> Option<Monotonic> {
        self.by_serial.first_key_value().map(|(_, idle)| idle.since)
    }

    fn take_oldest(&mut self) -> Option<C> {
        let key = self.by_serial.first_key_value()?.1.key.clone();
        self.take_with(&key, VecDeque::pop_front)
    }

    fn take_newest(&mut self, key: &PoolKey) -> Option<C> {
        self.take_with(key, VecDeque::pop_back)
    }

    fn take_with(&mut self, key: &PoolKey, end: fn(&mut VecDeque<u64>) -> Option<u64>) -> Option<C> {
        let serials = self.by_key.get_mut(key)?;
        let serial = end(serials)?;
        if serials.is_empty() {
            self.by_key.remove(key);
        }
        self.by_serial.remove(&serial).map(|idle| idle.connection)
    }
}

#[cfg(test)]
mod tests;
