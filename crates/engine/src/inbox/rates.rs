//! How many requests an inbox took in this second: what comes over the network costs a write each.

use std::{collections::HashMap, time::Duration};

use fanfare_core::{
    id::InboxId,
    limits::{INBOX_RATE, INBOX_RATES},
    time::Timestamp,
};
use parking_lot::Mutex;

const SECOND: Duration = Duration::from_secs(1);

/// Counts in seconds that begin with a first request.
#[derive(Default)]
pub(super) struct Rates {
    counts: Mutex<HashMap<InboxId, Count>>,
}

struct Count {
    since: Timestamp,
    taken: u32,
}

impl Count {
    fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.since) >= SECOND || now < self.since
    }
}

impl Rates {
    /// Whether an inbox may take one more now; if so, it is counted.
    pub(super) fn take(&self, inbox: InboxId, now: Timestamp) -> bool {
        let mut counts = self.counts.lock();
        if counts.len() >= INBOX_RATES {
            counts.retain(|_, count| !count.is_over(now));
        }
        if counts.len() >= INBOX_RATES && !counts.contains_key(&inbox) {
            return false;
        }
        let count = counts.entry(inbox).or_insert(Count { since: now, taken: 0 });
        if count.is_over(now) {
            *count = Count { since: now, taken: 0 };
        }
        let may = count.taken < INBOX_RATE;
        count.taken += u32::from(may);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox(number: usize) -> InboxId {
        let mut id = [0; 20];
        id[..8].copy_from_slice(&number.to_be_bytes());
        InboxId(id)
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp(millis * 1000)
    }

    #[test]
    fn an_inbox_takes_so_many_in_a_second_and_others_are_not_held_up() {
        let rates = Rates::default();
        for _ in 0..INBOX_RATE {
            assert!(rates.take(inbox(1), at(0)));
        }
        assert!(!rates.take(inbox(1), at(999)));
        assert!(rates.take(inbox(2), at(999)));
        assert!(rates.take(inbox(1), at(1000)));
    }

    #[test]
    fn a_clock_that_goes_back_shuts_nobody_out() {
        let rates = Rates::default();
        assert!((0..INBOX_RATE).all(|_| rates.take(inbox(1), at(5000))));
        assert!(!rates.take(inbox(1), at(5000)));
        assert!(rates.take(inbox(1), at(10)));
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let rates = Rates::default();
        assert!((0..INBOX_RATES).all(|number| rates.take(inbox(number), at(0))));
        assert!(!rates.take(inbox(INBOX_RATES), at(10)));
        assert!(rates.take(inbox(0), at(10)));
        assert!(rates.take(inbox(INBOX_RATES), at(2000)));
        assert_eq!(rates.counts.lock().len(), 1);
    }
}
