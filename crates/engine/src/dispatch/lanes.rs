//! All lanes of a node and what may go next: a plain data structure, told the time, doing no IO.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, VecDeque},
    time::Duration,
};

use fanfare_core::{
    decide::Pace,
    id::{ApplicationId, EndpointId},
    limits::{
        CLAIM_PER_LANE, IN_FLIGHT, LANE_QUEUED, QUEUED_BYTES, QUEUED_DELIVERIES, RESERVE_ONE_IN, RETRY_ONE_IN,
    },
    ports::{Monotonic, store::LaneClaim},
    time::Timestamp,
};

use super::{
    job::{Job, LaneSettings},
    lane::Lane,
    pace::{Rate, interval},
    ring::Ring,
};

/// The bounds of a node. Smaller ones make tests small.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Requests in flight.
    pub in_flight: usize,
    /// Deliveries waiting in memory.
    pub queued: usize,
    /// Their weight in bytes, with those in flight.
    pub bytes: usize,
    /// Deliveries of one lane waiting in memory.
    pub lane_queued: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            in_flight: IN_FLIGHT,
            queued: QUEUED_DELIVERIES,
            bytes: QUEUED_BYTES,
            lane_queued: LANE_QUEUED,
        }
    }
}

/// How an attempt ended, as far as its lane is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// What it says about the pace.
    pub pace: Pace,
    /// Whether it counts for the breaker; none where it was no attempt at all.
    pub success: Option<bool>,
    /// Whether the profile has a breaker.
    pub breaker: bool,
}

impl Ended {
    /// The job left without an attempt.
    pub const UNATTEMPTED: Self = Self { pace: Pace::Same, success: None, breaker: false };
}

/// What an ended attempt asks of others.
#[derive(Debug, Default)]
pub struct Aftermath {
    /// The lane rests until then: the store should know, so that nothing is claimed for it.
    pub rest_until: Option<Timestamp>,
    /// Deliveries to give back to the store, because the lane rests.
    pub give_back: Vec<Job>,
    /// The lane has room for what waits for it in the store.
    pub hungry: Option<LaneClaim>,
    /// There is room in memory again after there was none.
    pub room: bool,
}

/// All lanes of a node.
pub struct Lanes {
    bounds: Bounds,
    lanes: HashMap<EndpointId, Lane>,
    fresh: Ring,
    retry: Ring,
    /// Unproven lanes that are ready but would have to eat into the reserve.
    parked: VecDeque<EndpointId>,
    application_rates: HashMap<ApplicationId, Rate>,
    /// Nodes that deliver: an application's rate is shared among them.
    deliverers: u32,
    /// Until when lanes rest by the store, because of what any node found out.
    resting: BTreeMap<EndpointId, Monotonic>,
    timers: BinaryHeap<Reverse<(Monotonic, EndpointId)>>,
    turn: usize,
    in_flight: usize,
    in_flight_unproven: usize,
    queued: usize,
    queued_unproven: usize,
    bytes: usize,
    /// Whether somebody found no room: in all, or in what unproven lanes may use.
    starved: bool,
    starved_unproven: bool,
}

/// A rest longer than this sends what waits in memory back to the store.
const REST_IN_MEMORY: Duration = Duration::from_secs(1);
/// Rests that end as close together as this are the same one, read twice.
const SAME_REST: Duration = Duration::from_millis(50);
/// A lane without work is forgotten after this time.
const FORGET_AFTER: Duration = Duration::from_secs(300);

impl Lanes {
    /// No lanes yet.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            lanes: HashMap::new(),
            fresh: Ring::default(),
            retry: Ring::default(),
            parked: VecDeque::new(),
            application_rates: HashMap::new(),
            deliverers: 1,
            resting: BTreeMap::new(),
            timers: BinaryHeap::new(),
            turn: 0,
            in_flight: 0,
            in_flight_unproven: 0,
            queued: 0,
            queued_unproven: 0,
            bytes: 0,
            starved: false,
            starved_unproven: false,
        }
    }

    /// Promises a place in memory to a delivery that is about to be committed. Where it says no, the
    /// delivery goes to the store unowned, and later ones of the lane behind it.
    pub fn reserve(
        &mut self,
        application: ApplicationId,
        endpoint: EndpointId,
        settings: LaneSettings,
        weight: usize,
        now: Monotonic,
    ) -> bool {
        let Bounds { queued, bytes, lane_queued, .. } = self.bounds;
        let lane = lane_of(&mut self.lanes, &self.resting, application, endpoint, settings);
        lane.settings = settings;
        lane.used_at = now;
        // One in so many places is kept for what is claimed from the store, one in so many for proven lanes.
        let share = |whole: usize| whole - whole / RETRY_ONE_IN;
        let unproven = |whole: usize| share(whole) - share(whole) / RESERVE_ONE_IN;
        let room = self.queued < share(queued)
            && self.bytes + weight <= share(bytes)
            && (lane.proven || (self.queued_unproven < unproven(queued) && self.bytes < unproven(bytes)));
        if lane.behind || lane.is_resting(now) || lane.queued() >= lane_queued || !room {
            lane.behind = true;
            return false;
        }
        lane.reserved += 1;
        self.count_queued(endpoint, 1);
        self.bytes += weight;
        true
    }

    /// Takes a promise back.
    pub fn unreserve(&mut self, endpoint: EndpointId, weight: usize) {
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.reserved -= 1;
            self.count_queued(endpoint, -1);
            self.bytes -= weight;
        }
    }

    /// Takes in a delivery that was promised a place and is committed now.
    pub fn admit(&mut self, job: Job, now: Monotonic) {
        let endpoint = job.key.endpoint;
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.reserved -= 1;
            lane.fresh.push_back(job);
            self.enlist(endpoint, now);
        }
    }

    /// Takes in a delivery that was claimed from the store.
    pub fn offer(&mut self, job: Job, settings: LaneSettings, now: Monotonic) {
        let endpoint = job.key.endpoint;
        let lane = lane_of(&mut self.lanes, &self.resting, job.key.application, endpoint, settings);
        lane.settings = settings;
        lane.used_at = now;
        self.bytes += job.weight;
        lane.claimed.push_back(job);
        self.count_queued(endpoint, 1);
        self.enlist(endpoint, now);
    }

    /// Notes that older work of this lane waits in the store; answers a claim if there is room for it.
    pub fn left_behind(
        &mut self,
        application: ApplicationId,
        endpoint: EndpointId,
        settings: LaneSettings,
        now: Monotonic,
    ) -> Option<LaneClaim> {
        let lane = lane_of(&mut self.lanes, &self.resting, application, endpoint, settings);
        lane.behind = true;
        lane.used_at = now;
        self.claim(application, endpoint, now)
    }

    /// What may be claimed for a lane now: nothing while it rests, is full, or the node is.
    pub fn claim(
        &mut self,
        application: ApplicationId,
        endpoint: EndpointId,
        now: Monotonic,
    ) -> Option<LaneClaim> {
        self.claims([(application, endpoint)].into_iter(), now).pop()
    }

    /// What may be claimed for these lanes together. Like accepts, unproven lanes leave some room to the others.
    pub fn claims(
        &mut self,
        lanes: impl Iterator<Item = (ApplicationId, EndpointId)>,
        now: Monotonic,
    ) -> Vec<LaneClaim> {
        let (mut room, mut unproven) = (self.room(), self.room_for_unproven());
        let mut claims = Vec::new();
        for (application, endpoint) in lanes {
            let lane = self.lanes.get(&endpoint);
            let wanted = lane.map_or(CLAIM_PER_LANE, |lane| lane.wants(now));
            let proven = lane.is_some_and(|lane| lane.proven);
            let limit = wanted.min(if proven { room } else { room.min(unproven) });
            if limit < wanted {
                *(if proven { &mut self.starved } else { &mut self.starved_unproven }) = true;
            }
            if limit > 0 {
                room -= limit;
                unproven = unproven.saturating_sub(if proven { 0 } else { limit });
                claims.push(LaneClaim { application, endpoint, limit, home: false });
            }
        }
        claims
    }

    /// Notes how much a claim brought: fewer than asked for means nothing more is due.
    pub fn caught_up(&mut self, claim: LaneClaim, found: usize) {
        if let Some(lane) = self.lanes.get_mut(&claim.endpoint) {
            lane.behind = found >= claim.limit;
        }
    }

    /// The next delivery to attempt, in flight from now on.
    pub fn next(&mut self, now: Monotonic) -> Option<Job> {
        self.fire_timers(now);
        while self.in_flight < self.bounds.in_flight {
            self.turn = (self.turn + 1) % RETRY_ONE_IN;
            let retry_first = self.turn == 0;
            match self.pop_ready(retry_first) {
                Some(endpoint) => {
                    if let Some(job) = self.start(endpoint, now) {
                        return Some(job);
                    }
                }
                None if self.unpark(now) => {}
                None => return None,
            }
        }
        None
    }

    /// Whether [`Self::next`] may have something.
    pub fn is_ready(&self) -> bool {
        let parked = !self.parked.is_empty() && self.in_flight_unproven < self.unproven_bound();
        parked || !self.fresh.is_empty() || !self.retry.is_empty()
    }

    /// When [`Self::next`] should be asked again though nothing happens.
    pub fn wake_at(&self) -> Option<Monotonic> {
        self.timers.peek().map(|Reverse((at, _))| *at)
    }

    /// Notes that a job of [`Self::next`] has ended.
    pub fn ended(&mut self, job: &Job, ended: Ended, now: Monotonic, wall: Timestamp) -> Aftermath {
        let endpoint = job.key.endpoint;
        self.in_flight -= 1;
        self.bytes -= job.weight;
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return Aftermath::default() };
        lane.in_flight -= 1;
        lane.used_at = now;
        if !lane.proven {
            self.in_flight_unproven -= 1;
        }
        let rest = pace(lane, job, ended, wall);
        if let Some(success) = ended.success {
            self.set_proven(endpoint, success);
        }
        let mut aftermath = Aftermath { room: self.room_again(), ..Aftermath::default() };
        if let Some(rest) = rest {
            self.rest(endpoint, rest, now, wall, &mut aftermath);
        }
        self.unpark(now);
        self.enlist(endpoint, now);
        if let Some(lane) = self.lanes.get(&endpoint)
            && lane.behind
            && lane.queued() <= lane.allowed() as usize
        {
            aftermath.hungry = self.claim(lane.application, endpoint, now);
        }
        aftermath
    }

    /// Takes everything that is not in flight: for shutdown, and when ownership was lost.
    pub fn drain(&mut self) -> Vec<Job> {
        let mut endpoints: Vec<_> = self.lanes.keys().copied().collect();
        endpoints.sort_unstable();
        endpoints.into_iter().flat_map(|endpoint| self.drain_lane(endpoint)).collect()
    }

    /// Forgets lanes that have had nothing to do for a while.
    pub fn forget_idle(&mut self, now: Monotonic) {
        self.lanes.retain(|_, lane| now.since(lane.used_at) < FORGET_AFTER || !lane.is_forgettable(now));
        self.application_rates.retain(|_, rate| !rate.is_idle(now));
    }

    /// So many nodes deliver now.
    pub fn set_deliverers(&mut self, deliverers: u32) {
        self.deliverers = deliverers;
    }

    /// Takes over which lanes rest by the store, and for how long; answers what is to be given back for it.
    pub fn set_resting(&mut self, resting: BTreeMap<EndpointId, Duration>, now: Monotonic) -> Vec<Job> {
        let before = std::mem::take(&mut self.resting);
        self.resting = resting.iter().map(|(endpoint, rest)| (*endpoint, now + *rest)).collect();
        for endpoint in before.into_keys().filter(|endpoint| !resting.contains_key(endpoint)) {
            if let Some(lane) = self.lanes.get_mut(&endpoint) {
                lane.rest_elsewhere = None;
                self.enlist(endpoint, now);
            }
        }
        let mut given_back = Vec::new();
        for (endpoint, rest) in resting {
            let Some(lane) = self.lanes.get_mut(&endpoint) else { continue };
            let (until, known) = (now + rest, lane.rest_elsewhere);
            if known.is_some_and(|known| until.since(known).max(known.since(until)) < SAME_REST) {
                continue;
            }
            lane.rest_elsewhere = Some(until);
            self.timers.push(Reverse((until, endpoint)));
            if known.is_none() && rest > REST_IN_MEMORY {
                given_back.extend(self.drain_lane(endpoint));
            }
        }
        given_back
    }

    /// Numbers for the metrics: lanes, in flight, queued, bytes.
    pub fn sizes(&self) -> [usize; 4] {
        [self.lanes.len(), self.in_flight, self.queued, self.bytes]
    }

    fn pop_ready(&mut self, retry_first: bool) -> Option<EndpointId> {
        let order = if retry_first { [true, false] } else { [false, true] };
        for retry in order {
            let ring = if retry { &mut self.retry } else { &mut self.fresh };
            if let Some(endpoint) = ring.pop() {
                if let Some(lane) = self.lanes.get_mut(&endpoint) {
                    let flag = if retry { &mut lane.in_retry_ring } else { &mut lane.in_fresh_ring };
                    *flag = false;
                }
                return Some(endpoint);
            }
        }
        None
    }

    fn start(&mut self, endpoint: EndpointId, now: Monotonic) -> Option<Job> {
        let unproven_bound = self.unproven_bound();
        let lane = self.lanes.get_mut(&endpoint)?;
        if !lane.has_jobs() || lane.in_flight >= lane.allowed() || lane.is_resting(now) {
            return None;
        }
        if !lane.proven && self.in_flight_unproven >= unproven_bound {
            if !std::mem::replace(&mut lane.parked, true) {
                self.parked.push_back(endpoint);
            }
            return None;
        }
        if let Err(at) = take_rate(lane, &mut self.application_rates, self.deliverers, now) {
            self.timers.push(Reverse((at, endpoint)));
            return None;
        }
        let job = lane.take()?;
        lane.breaker.started();
        lane.in_flight += 1;
        self.in_flight += 1;
        if !lane.proven {
            self.in_flight_unproven += 1;
        }
        self.count_queued(endpoint, -1);
        self.enlist(endpoint, now);
        Some(job)
    }

    /// Puts a lane into the rings it belongs in, unless something keeps it from going.
    fn enlist(&mut self, endpoint: EndpointId, now: Monotonic) {
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
        if lane.in_flight >= lane.allowed() || lane.is_resting(now) {
            return;
        }
        if !lane.claimed.is_empty() && !lane.in_retry_ring {
            lane.in_retry_ring = true;
            self.retry.push(lane.application, endpoint);
        }
        if !lane.fresh.is_empty() && !lane.in_fresh_ring {
            lane.in_fresh_ring = true;
            self.fresh.push(lane.application, endpoint);
        }
    }

    fn fire_timers(&mut self, now: Monotonic) {
        while let Some(Reverse((at, endpoint))) = self.timers.peek().copied() {
            if at > now {
                break;
            }
            self.timers.pop();
            self.enlist(endpoint, now);
        }
    }

    fn rest(
        &mut self,
        endpoint: EndpointId,
        rest: Duration,
        now: Monotonic,
        wall: Timestamp,
        aftermath: &mut Aftermath,
    ) {
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
        let until = now + rest;
        lane.rest_until = Some(lane.rest_until.map_or(until, |earlier| earlier.max(until)));
        self.timers.push(Reverse((until, endpoint)));
        aftermath.rest_until = Some(wall + rest);
        if rest > REST_IN_MEMORY {
            aftermath.give_back = self.drain_lane(endpoint);
        }
    }

    fn drain_lane(&mut self, endpoint: EndpointId) -> Vec<Job> {
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return Vec::new() };
        let jobs: Vec<_> = lane.claimed.drain(..).chain(lane.fresh.drain(..)).collect();
        lane.behind |= !jobs.is_empty();
        for job in &jobs {
            self.bytes -= job.weight;
        }
        self.count_queued(endpoint, -(jobs.len() as isize));
        jobs
    }

    fn set_proven(&mut self, endpoint: EndpointId, proven: bool) {
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
        if lane.proven == proven {
            return;
        }
        lane.proven = proven;
        let (in_flight, queued) = (lane.in_flight as usize, lane.queued());
        if proven {
            self.in_flight_unproven -= in_flight;
            self.queued_unproven -= queued;
        } else {
            self.in_flight_unproven += in_flight;
            self.queued_unproven += queued;
        }
    }

    /// Readies as many parked lanes as there are places for unproven ones now; answers whether it did any.
    fn unpark(&mut self, now: Monotonic) -> bool {
        let places = self.unproven_bound().saturating_sub(self.in_flight_unproven);
        let first: Vec<_> = self.parked.drain(..places.min(self.parked.len())).collect();
        for endpoint in &first {
            if let Some(lane) = self.lanes.get_mut(endpoint) {
                lane.parked = false;
            }
            self.enlist(*endpoint, now);
        }
        !first.is_empty()
    }

    fn unproven_bound(&self) -> usize {
        self.bounds.in_flight - self.bounds.in_flight / RESERVE_ONE_IN
    }

    /// Places for deliveries from the store.
    fn room(&self) -> usize {
        let Bounds { queued, bytes, .. } = self.bounds;
        if self.bytes < bytes { queued.saturating_sub(self.queued) } else { 0 }
    }

    /// Of these, the places that unproven lanes may use.
    fn room_for_unproven(&self) -> usize {
        let part = |whole: usize| whole - whole / RESERVE_ONE_IN;
        let Bounds { queued, bytes, .. } = self.bounds;
        let places = part(queued).saturating_sub(self.queued_unproven);
        if self.bytes < part(bytes) { places.min(self.room()) } else { 0 }
    }

    fn room_again(&mut self) -> bool {
        let all = self.room() > 0 && std::mem::take(&mut self.starved);
        let unproven = self.room_for_unproven() > 0 && std::mem::take(&mut self.starved_unproven);
        all || unproven
    }

    fn count_queued(&mut self, endpoint: EndpointId, by: isize) {
        self.queued = self.queued.saturating_add_signed(by);
        if self.lanes.get(&endpoint).is_some_and(|lane| !lane.proven) {
            self.queued_unproven = self.queued_unproven.saturating_add_signed(by);
        }
    }
}

/// The lane of an endpoint; a new one rests if the store says so.
fn lane_of<'a>(
    lanes: &'a mut HashMap<EndpointId, Lane>,
    resting: &BTreeMap<EndpointId, Monotonic>,
    application: ApplicationId,
    endpoint: EndpointId,
    settings: LaneSettings,
) -> &'a mut Lane {
    let rest_elsewhere = resting.get(&endpoint).copied();
    let new = || Lane { rest_elsewhere, ..Lane::new(application, settings) };
    lanes.entry(endpoint).or_insert_with(new)
}

/// Adapts a lane's pace to how an attempt ended; answers for how long it rests, if it does.
fn pace(lane: &mut Lane, job: &Job, ended: Ended, wall: Timestamp) -> Option<Duration> {
    let asked = match ended.pace {
        Pace::Faster => {
            lane.concurrency.grow(lane.settings.ceiling);
            None
        }
        Pace::Same => None,
        Pace::Slower => {
            lane.concurrency.shrink();
            None
        }
        Pace::RestUntil(until) => {
            lane.concurrency.shrink();
            Some(until.since(wall))
        }
    };
    let broken = match ended.success {
        Some(true) => {
            lane.breaker.success();
            None
        }
        Some(false) if ended.breaker => lane.breaker.failure(job.key),
        _ => None,
    };
    asked.max(broken)
}

/// Takes one from the lane's rate and one from its application's, or none and says when both have one.
fn take_rate(
    lane: &mut Lane,
    applications: &mut HashMap<ApplicationId, Rate>,
    deliverers: u32,
    now: Monotonic,
) -> Result<(), Monotonic> {
    let LaneSettings { rate, application_rate, .. } = lane.settings;
    let whole = application_rate.map(|per_second| interval(per_second) * deliverers);
    let mut whole = whole.map(|interval| (interval, applications.entry(lane.application).or_default()));
    let mut own = rate.map(|per_second| (interval(per_second), &mut lane.rate));
    for (interval, rate) in whole.iter().map(|(n, r)| (n, &**r)).chain(own.iter().map(|(n, r)| (n, &**r))) {
        rate.ready(*interval, now)?;
    }
    for (interval, rate) in whole.iter_mut().chain(own.iter_mut()) {
        rate.take(*interval, now);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
