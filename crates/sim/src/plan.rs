//! What happens in one simulation, drawn from its seed before it begins.

use std::time::Duration;

use anyhow::Context as _;
use fanfare_core::profile::{self, Profile};

use crate::entropy::Dice;

/// A whole simulation.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) applications: Vec<ApplicationPlan>,
    /// The lives of the node, one after another; the last one ends only when all has drained.
    pub(crate) lives: Vec<Life>,
    /// The lives after all has drained, while the applications' replays go on; they begin with one that is
    /// killed as soon as it has been asked for them.
    pub(crate) encore: Vec<Life>,
}

/// One application.
#[derive(Debug)]
pub(crate) struct ApplicationPlan {
    pub(crate) endpoints: Vec<EndpointPlan>,
    /// When its client posts what.
    pub(crate) posts: Vec<PostPlan>,
    /// What is sent again once all has drained.
    pub(crate) replay: ReplayPlan,
}

/// One endpoint and the receiver behind it.
#[derive(Debug, Clone)]
pub(crate) struct EndpointPlan {
    pub(crate) ordered: bool,
    pub(crate) max_concurrency: Option<u16>,
    pub(crate) rate_limit: Option<u16>,
    /// Is only tried out: no event is for it.
    pub(crate) test: bool,
    /// Wants only events of this kind; none wants all.
    pub(crate) kind: Option<u8>,
    /// How the receiver behaves from when on; it has recovered after [`FAULTS_END`].
    pub(crate) moods: Vec<(Duration, Mood)>,
}

/// How a receiver behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Answers 200.
    Well,
    /// Answers 500.
    Failing,
    /// Never answers.
    Hanging,
    /// Answers 429 with a `Retry-After` of so many seconds.
    Throttling(u64),
    /// Takes the request in, and the answer gets lost.
    Forgetful,
    /// Cannot be connected to.
    Away,
}

/// One event of one client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PostPlan {
    pub(crate) at: Duration,
    pub(crate) kind: u8,
    pub(crate) ordering: Option<u8>,
    /// Delivered only so much later.
    pub(crate) delay: Option<Duration>,
    /// What it has in common with those that supersede it.
    pub(crate) replace: Option<u8>,
    /// Not worth delivering so much after the time that it is for.
    pub(crate) expiry: Option<Duration>,
}

/// One replay job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplayPlan {
    /// Only events of this kind; none is all.
    pub(crate) kind: Option<u8>,
    /// Only to this endpoint, by its place; none is all.
    pub(crate) endpoint: Option<usize>,
    /// Also what was called off.
    pub(crate) cancelled: bool,
    /// Also what has expired, or was superseded.
    pub(crate) despite: bool,
    /// Deliveries a second.
    pub(crate) rate: u32,
    /// Called off so much later.
    pub(crate) cancel: Option<Duration>,
}

/// One life of the node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) length: Duration,
    /// It ends sooner when so much has happened.
    pub(crate) events: u64,
    /// Rounds of the scheduler after that until the end: a random await.
    pub(crate) rounds: u64,
    /// Killed, or asked to stop.
    pub(crate) killed: bool,
    /// How long nothing runs afterwards.
    pub(crate) pause: Duration,
    /// How far its wall clock is off, in microseconds.
    pub(crate) skew: i64,
}

/// After this all receivers are well, and the node is no longer killed.
pub(crate) const FAULTS_END: Duration = Duration::from_secs(120);
/// The clients post within this time.
const POSTS_END: Duration = Duration::from_secs(60);
/// Kinds of event.
pub(crate) const KINDS: u8 = 3;
/// Of these, the one that waits and supersedes nothing, by the rules of [`profile`].
pub(crate) const MEEK: u8 = 0;
/// How long it waits by them.
pub(crate) const MEEK_WAITS: Duration = Duration::from_secs(10);
/// The profile of all that is simulated: `standard`, and a kind of event that waits for one that completes it.
pub(crate) fn profile() -> anyhow::Result<Profile> {
    let standard = profile::built_in().into_iter().find(|profile| profile.name.as_str() == "standard");
    let standard = standard.context("the profile standard")?.text;
    let named = standard.replacen("name = \"standard\"", "name = \"sim\"", 1);
    Ok(Profile::parse(&format!("{named}\n{RULES}"))?)
}

const RULES: &str = r#"
[[delays]]
types = ["event.0"]
wait = "10s"

[superseding]
key = "payload.thing"
types = ["event.1", "event.2"]
"#;

impl Plan {
    pub(crate) fn draw(dice: &Dice) -> Self {
        let applications = (0..dice.between(1, 4)).map(|_| application(dice)).collect();
        let lives = lives(dice);
        Self { applications, lives, encore: encore(dice) }
    }
}

fn application(dice: &Dice) -> ApplicationPlan {
    let mut posts: Vec<_> = (0..dice.between(5, 60)).map(|_| post(dice)).collect();
    if dice.once_in(3) {
        // A burst, so that lanes fill up.
        let at = dice.duration(POSTS_END);
        posts.extend((0..dice.between(50, 300)).map(|_| PostPlan { at, delay: None, ..post(dice) }));
    }
    posts.sort_by_key(|post| post.at);
    let endpoints: Vec<_> = (0..dice.between(1, 4)).map(|_| endpoint(dice)).collect();
    let replay = replay(dice, endpoints.len() as u64);
    ApplicationPlan { endpoints, posts, replay }
}

fn endpoint(dice: &Dice) -> EndpointPlan {
    let mut moods: Vec<_> = (0..dice.below(6)).map(|_| (dice.duration(FAULTS_END), mood(dice))).collect();
    moods.sort_by_key(|(from, _)| *from);
    moods.push((FAULTS_END, Mood::Well));
    EndpointPlan {
        ordered: dice.once_in(4),
        max_concurrency: dice.once_in(4).then(|| dice.between(1, 4) as u16),
        rate_limit: dice.once_in(5).then(|| dice.between(5, 50) as u16),
        test: dice.once_in(6),
        kind: dice.once_in(3).then(|| dice.below(u64::from(KINDS)) as u8),
        moods,
    }
}

fn mood(dice: &Dice) -> Mood {
    match dice.below(7) {
        0 | 1 => Mood::Failing,
        2 => Mood::Hanging,
        3 => Mood::Throttling(dice.between(1, 30)),
        4 => Mood::Forgetful,
        5 => Mood::Away,
        _ => Mood::Well,
    }
}

fn post(dice: &Dice) -> PostPlan {
    PostPlan {
        at: dice.duration(POSTS_END),
        kind: dice.below(u64::from(KINDS)) as u8,
        ordering: dice.once_in(2).then(|| dice.below(3) as u8),
        delay: dice.once_in(10).then(|| dice.duration(Duration::from_secs(90))),
        replace: dice.once_in(3).then(|| dice.below(4) as u8),
        expiry: dice.once_in(6).then(|| Duration::from_secs(1) + dice.duration(Duration::from_secs(60))),
    }
}

fn replay(dice: &Dice, endpoints: u64) -> ReplayPlan {
    ReplayPlan {
        kind: dice.once_in(4).then(|| dice.below(u64::from(KINDS)) as u8),
        endpoint: dice.once_in(4).then(|| dice.below(endpoints) as usize),
        cancelled: dice.once_in(3),
        despite: dice.once_in(3),
        rate: dice.between(1, 200) as u32,
        cancel: dice.once_in(3).then(|| dice.duration(Duration::from_secs(10))),
    }
}

fn lives(dice: &Dice) -> Vec<Life> {
    let count = dice.between(1, 4);
    let share = FAULTS_END / u32::try_from(count).unwrap_or(1);
    (0..count)
        .map(|_| {
            let events = if dice.once_in(2) { dice.between(1, 300) } else { u64::MAX };
            life(dice, share, events)
        })
        .collect()
}

/// Short ones, so that the replays are cut off in their middle.
fn encore(dice: &Dice) -> Vec<Life> {
    (0..dice.between(1, 4)).map(|_| life(dice, Duration::from_secs(5), u64::MAX)).collect()
}

fn life(dice: &Dice, longest: Duration, events: u64) -> Life {
    Life {
        length: dice.duration(longest),
        events,
        rounds: dice.below(40),
        killed: !dice.once_in(4),
        pause: dice.duration(Duration::from_secs(5)),
        skew: if dice.once_in(2) { dice.below(240_000_000).cast_signed() - 120_000_000 } else { 0 },
    }
}
