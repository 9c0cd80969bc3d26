//! Updates: what became of deliveries, told to whoever follows it, once it is in the store.
//!
//! A ring of recent updates is all the memory there is, beside a short queue per follower. Who falls behind
//! catches up from the ring; who falls behind the ring is told so and goes on from now. Nobody who follows can
//! hold up the engine, and while nobody does an update costs one atomic load.

mod change;
mod feed;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use fanfare_core::{
    delivery::DeliveryState,
    id::{ApplicationId, EndpointId, EnvironmentId},
    limits::{STREAM_BUFFER, STREAM_LINGER, STREAM_RECENT, STREAMS, STREAMS_PER_SUBJECT},
    name::EventTypeName,
    ports::Monotonic,
};
use parking_lot::Mutex;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use tokio::sync::Notify;

pub use self::change::{AttemptSummary, Change};
pub(crate) use self::change::{accepted, cancelled, recorded, resent};
pub use self::feed::{Feed, Said};

/// Which update: the life of the node that told it, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateId {
    life: u64,
    place: u64,
}

impl fmt::Display for UpdateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.life, self.place)
    }
}

impl FromStr for UpdateId {
    type Err = UnknownUpdate;

    fn from_str(text: &str) -> Result<Self, UnknownUpdate> {
        let number = |digits: &str| digits.parse().map_err(|_| UnknownUpdate);
        let (life, place) = text.split_once('-').ok_or(UnknownUpdate)?;
        Ok(Self { life: number(life)?, place: number(place)? })
    }
}

/// A text that is no update's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an update")]
pub struct UnknownUpdate;

/// A change of a delivery that is in the store.
#[derive(Debug, PartialEq)]
pub struct Update {
    /// Its id.
    pub id: UpdateId,
    /// What changed.
    pub change: Change,
}

/// Which updates are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Those of this environment.
    pub environment: EnvironmentId,
    /// Only of this application.
    pub application: Option<ApplicationId>,
    /// Only of deliveries to these endpoints.
    pub endpoints: Option<BTreeSet<EndpointId>>,
    /// Only of messages of these types.
    pub event_types: Option<BTreeSet<EventTypeName>>,
    /// Only where the delivery is in one of these states then.
    pub states: Option<Vec<DeliveryState>>,
}

impl Wanted {
    fn wants(&self, change: &Change) -> bool {
        self.environment == change.environment
            && self.application.is_none_or(|application| application == change.key.application)
            && self.endpoints.as_ref().is_none_or(|wanted| wanted.contains(&change.key.endpoint))
            && self.event_types.as_ref().is_none_or(|wanted| wanted.contains(&change.event_type))
            && self.states.as_ref().is_none_or(|wanted| wanted.contains(&change.state))
    }

    /// Whether both are about the same application, or about the same environment as a whole.
    fn is_about_the_same_as(&self, other: &Self) -> bool {
        (self.environment, self.application) == (other.environment, other.application)
    }
}

/// What a follower is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// The next update that it wants.
    Update(Arc<Update>),
    /// Updates may be missing here; the next ones follow this id.
    Reset(Gap, UpdateId),
    /// Nothing more: the node shuts down.
    End,
}

/// Why updates may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// What was seen last is of another life of the node, or was never told.
    Unknown,
    /// What followed is no longer remembered.
    Forgotten,
}

impl Gap {
    /// The lower-case word for the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Forgotten => "forgotten",
        }
    }
}

/// Why nobody more can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// [`STREAMS_PER_SUBJECT`] follow the application, or the environment as a whole.
    #[error("{STREAMS_PER_SUBJECT} streams of it are open already: close one of them first")]
    SubjectFull,
    /// [`STREAMS`] follow something.
    #[error("{STREAMS} streams are open on this server already: try again later")]
    Full,
    /// The node shuts down.
    #[error("the server shuts down: connect again in a moment")]
    Ended,
}

/// The updates of a node.
pub(crate) struct Updates {
    /// Whether updates are told, or remembered because they were until lately.
    followed: AtomicBool,
    life: u64,
    state: Mutex<State>,
    open: Gauge,
    resets: Counter,
}

struct State {
    next: u64,
    recent: VecDeque<Arc<Update>>,
    seats: BTreeMap<u64, Seat>,
    next_seat: u64,
    idle_since: Option<Monotonic>,
    ended: bool,
}

/// What a follower has before it.
struct Seat {
    wanted: Wanted,
    queue: VecDeque<Arc<Update>>,
    /// The last place that was looked at, where what follows must be fetched from the ring.
    behind: Option<u64>,
    gap: Option<Gap>,
    arrived: Arc<Notify>,
}

impl Updates {
    /// No updates yet; `life` is a number that no other life of a node has.
    pub(crate) fn new(life: u64, open: Gauge, resets: Counter) -> Arc<Self> {
        let state = State {
            next: 1,
            recent: VecDeque::new(),
            seats: BTreeMap::new(),
            next_seat: 0,
            idle_since: None,
            ended: false,
        };
        Arc::new(Self { followed: AtomicBool::new(false), life, state: Mutex::new(state), open, resets })
    }

    /// Whether it is worth while to make an update.
    pub(crate) fn are_followed(&self) -> bool {
        self.followed.load(Ordering::Acquire)
    }

    /// Tells of a change that is in the store.
    pub(crate) fn tell(&self, change: Change) {
        let mut state = self.state.lock();
        // Nobody follows any more: one update alone would look as if it followed the last one.
        if self.are_followed() {
            state.push(self.life, change);
        }
    }

    /// Follows what is wanted, from now on or after what was seen last.
    pub(crate) fn follow(
        self: &Arc<Self>,
        wanted: Wanted,
        last_seen: Option<&str>,
    ) -> Result<Follower, FollowError> {
        let mut state = self.state.lock();
        state.has_room(&wanted)?;
        self.followed.store(true, Ordering::Release);
        let seen = last_seen.map(|text| self.place_of(text, state.next));
        let (behind, gap) = match seen {
            None => (None, None),
            Some(Some(place)) => (Some(place), None),
            Some(None) => (None, Some(Gap::Unknown)),
        };
        let position = UpdateId { life: self.life, place: behind.unwrap_or(state.next - 1) };
        let arrived = Arc::new(Notify::new());
        let seat = Seat { wanted, queue: VecDeque::new(), behind, gap, arrived: Arc::clone(&arrived) };
        let number = state.next_seat;
        state.next_seat += 1;
        state.seats.insert(number, seat);
        state.idle_since = None;
        self.open.inc();
        Ok(Follower { updates: Arc::clone(self), seat: number, position, arrived })
    }

    /// The place of an update that this life has told.
    fn place_of(&self, text: &str, next: u64) -> Option<u64> {
        let id: UpdateId = text.parse().ok()?;
        (id.life == self.life && id.place < next).then_some(id.place)
    }

    /// Forgets everything once nobody has followed for a while. To be called now and then.
    pub(crate) fn rest(&self, now: Monotonic) {
        let mut state = self.state.lock();
        if !self.are_followed() || !state.seats.is_empty() {
            return;
        }
        let since = *state.idle_since.get_or_insert(now);
        if now.since(since) >= STREAM_LINGER {
            self.followed.store(false, Ordering::Release);
            state.recent = VecDeque::new();
            // What happens from here on is a gap for whoever comes back.
            state.next += 1;
        }
    }

    /// Ends what every follower hears, and lets nobody follow any more.
    pub(crate) fn end(&self) {
        let mut state = self.state.lock();
        state.ended = true;
        for seat in state.seats.values() {
            seat.arrived.notify_one();
        }
    }
}

impl State {
    fn has_room(&self, wanted: &Wanted) -> Result<(), FollowError> {
        let same = self.seats.values().filter(|seat| seat.wanted.is_about_the_same_as(wanted)).count();
        match (self.ended, self.seats.len() >= STREAMS, same >= STREAMS_PER_SUBJECT) {
            (true, _, _) => Err(FollowError::Ended),
            (_, _, true) => Err(FollowError::SubjectFull),
            (_, true, _) => Err(FollowError::Full),
            _ => Ok(()),
        }
    }

    fn push(&mut self, life: u64, change: Change) {
        let update = Arc::new(Update { id: UpdateId { life, place: self.next }, change });
        self.next += 1;
        if self.recent.len() >= STREAM_RECENT {
            self.recent.pop_front();
        }
        for seat in self.seats.values_mut() {
            seat.offer(&update);
        }
        self.recent.push_back(update);
    }

    /// What a follower is told next, if there is something.
    fn take(&mut self, life: u64, number: u64) -> Option<Told> {
        let seat = self.seats.get_mut(&number).filter(|_| !self.ended);
        let Some(seat) = seat else { return Some(Told::End) };
        let newest = self.next - 1;
        let oldest = self.next - self.recent.len() as u64;
        if seat.queue.is_empty() && seat.behind.is_some_and(|place| place + 1 < oldest) {
            (seat.behind, seat.gap) = (None, Some(Gap::Forgotten));
        }
        if let Some(gap) = seat.gap.take() {
            // Whoever is told so looks at the store itself, which has what is queued.
            seat.queue.clear();
            return Some(Told::Reset(gap, UpdateId { life, place: newest }));
        }
        if seat.queue.is_empty()
            && let Some(place) = seat.behind.take()
        {
            let missed = usize::try_from(place + 1 - oldest).unwrap_or(usize::MAX);
            seat.catch_up(self.recent.iter().skip(missed));
        }
        seat.queue.pop_front().map(Told::Update)
    }
}

impl Seat {
    fn offer(&mut self, update: &Arc<Update>) {
        if self.behind.is_some() || !self.wanted.wants(&update.change) {
            return;
        }
        if self.queue.len() >= STREAM_BUFFER {
            self.behind = Some(update.id.place - 1);
        } else {
            self.queue.push_back(Arc::clone(update));
            self.arrived.notify_one();
        }
    }

    fn catch_up<'a>(&mut self, missed: impl Iterator<Item = &'a Arc<Update>>) {
        for update in missed {
            self.offer(update);
            if self.behind.is_some() {
                return;
            }
        }
    }
}

/// Somebody who follows updates; dropping it ends that.
pub struct Follower {
    updates: Arc<Updates>,
    seat: u64,
    position: UpdateId,
    arrived: Arc<Notify>,
}

impl Follower {
    /// After which update it began to follow.
    pub fn position(&self) -> UpdateId {
        self.position
    }

    /// Waits for what it is told next. Cancel-safe.
    pub async fn next(&self) -> Told {
        loop {
            let told = self.updates.state.lock().take(self.updates.life, self.seat);
            match told {
                Some(told) => {
                    if matches!(told, Told::Reset(..)) {
                        self.updates.resets.inc();
                    }
                    return told;
                }
                None => self.arrived.notified().await,
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.updates.state.lock().seats.remove(&self.seat);
        self.updates.open.dec();
    }
}

#[cfg(test)]
mod tests;
