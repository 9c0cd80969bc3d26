//! What a stream says and when: updates as they come, now and then that it is still there, and nothing more once
//! whoever reads it may no longer.

use std::sync::Arc;

use fanfare_core::{
    limits::{STREAM_HEARTBEAT, STREAM_LOOK},
    ports::{Clock, Monotonic},
};

use super::{Follower, Gap, Told, Update, UpdateId};

/// What a stream says next.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// An update that it wants.
    Update(Arc<Update>),
    /// Updates may be missing here; the next ones follow this id.
    Reset(Gap, UpdateId),
    /// Nothing has come for [`STREAM_HEARTBEAT`].
    StillHere,
}

/// A stream of what a follower is told.
pub struct Feed {
    follower: Follower,
    clock: Arc<dyn Clock>,
    /// When something was said last.
    said: Monotonic,
    /// When it was asked last whether this is still allowed.
    asked: Monotonic,
}

impl Feed {
    /// A stream that begins now.
    pub fn new(follower: Follower, clock: Arc<dyn Clock>) -> Self {
        let now = clock.monotonic();
        Self { follower, clock, said: now, asked: now }
    }

    /// After which update it begins.
    pub fn position(&self) -> UpdateId {
        self.follower.position()
    }

    /// Waits for what it says next; nothing at the end, which comes within [`STREAM_LOOK`] of when it is no
    /// longer allowed.
    pub async fn next<F: Future<Output = bool>>(&mut self, is_still_allowed: impl Fn() -> F) -> Option<Said> {
        loop {
            let told = tokio::select! {
                biased;
                told = self.follower.next() => Some(told),
                () = self.clock.sleep(STREAM_LOOK) => None,
            };
            let now = self.clock.monotonic();
            if now.since(self.asked) >= STREAM_LOOK {
                self.asked = now;
                if !is_still_allowed().await {
                    return None;
                }
            }
            let said = match told {
                Some(Told::End) => return None,
                Some(Told::Update(update)) => Said::Update(update),
                Some(Told::Reset(gap, at)) => Said::Reset(gap, at),
                None if now.since(self.said) < STREAM_HEARTBEAT => continue,
                None => Said::StillHere,
            };
            self.said = now;
            return Some(said);
        }
    }
}
