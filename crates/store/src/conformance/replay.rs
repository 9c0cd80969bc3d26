//! Replay jobs.

use std::collections::BTreeSet;

use fanfare_core::{
    application::Application,
    delivery::{DeliveryEvent, DeliveryKey, DeliveryState, EndReason, Trigger},
    endpoint::Endpoint,
    limits::{PAGE_MOST, REPLAY_SCAN, REPLAYS_OPEN},
    message::Message,
    ports::store::{ChangeError, Despite, NewDelivery, PageQuery, ReplayStep, Resend, Resent, Seek},
    replay::{Chosen, Replay, ReplayCounts, ReplayStatus, Selection},
    time::Timestamp,
};

use super::{
    World,
    world::{at, first, unowned},
};

const ENDED: [DeliveryState; 5] = [
    DeliveryState::Succeeded,
    DeliveryState::Failed,
    DeliveryState::Blocked,
    DeliveryState::Cancelled,
    DeliveryState::Skipped,
];

fn selection() -> Selection {
    Selection {
        endpoints: None,
        event_types: None,
        states: ENDED.to_vec(),
        since: at(0),
        until: at(10_000),
        superseded: false,
        expired: false,
        missed: false,
    }
}

fn job(world: &World, application: &Application, created_at: Timestamp) -> Replay {
    Replay {
        id: world.id_at(created_at),
        environment: application.environment,
        application: application.id,
        selection: selection(),
        rate: Some(7),
        status: ReplayStatus::Running,
        after: None,
        counts: ReplayCounts::default(),
        error: None,
        created_at,
        updated_at: created_at,
    }
}

async fn create(world: &World, job: &Replay) {
    let audit = world.audit("replay.create", job.id);
    world.store.create_replay(job.clone(), audit).await.unwrap().unwrap();
}

async fn made(world: &World, application: &Application) -> Replay {
    let job = job(world, application, at(50));
    create(world, &job).await;
    job
}

async fn stored(world: &World, job: &Replay) -> Replay {
    world.store.replay(job.application, job.id).await.unwrap().unwrap()
}

async fn open(world: &World) -> Vec<Replay> {
    world.store.open_replays(100).await.unwrap()
}

/// A delivery that has ended so.
async fn ended(world: &World, application: &Application, to: &Endpoint, event: DeliveryEvent) -> DeliveryKey {
    let owner = world.start().await;
    let key = world.owned_by(owner, application, to, at(1)).await;
    world.record(world.report(key, owner, event, at(2))).await;
    key
}

async fn chosen(world: &World, application: &Application, selection: &Selection) -> Vec<Chosen> {
    let pieces = world.store.choose(application.id, selection.clone(), None, PAGE_MOST).await.unwrap();
    assert_eq!(pieces.after, None, "one piece");
    pieces.items
}

async fn keys(world: &World, application: &Application, selection: &Selection) -> Vec<DeliveryKey> {
    let key = |chosen: Chosen| DeliveryKey {
        application: application.id,
        message: chosen.message,
        endpoint: chosen.endpoint,
    };
    chosen(world, application, selection).await.into_iter().map(key).collect()
}

fn step(job: &Replay, resends: Vec<Resend>) -> ReplayStep {
    ReplayStep {
        job: job.id,
        application: job.application,
        status: job.status,
        from: job.after,
        after: None,
        counted: 0,
        skipped: 0,
        resends,
        at: at(60),
    }
}

fn again(key: DeliveryKey) -> Resend {
    Resend {
        key,
        ordering: None,
        profile: None,
        trigger: Trigger::Manual,
        despite: Despite::NOTHING,
        at: at(60),
    }
}

/// Every field comes back, also where it says "all".
pub async fn keeps_every_field(world: &World) {
    let application = world.application().await;
    let (one, other) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let plain = made(world, &application).await;
    assert_eq!(stored(world, &plain).await, plain);
    let full = Replay {
        selection: Selection {
            endpoints: Some([one.id, other.id].into()),
            event_types: Some(["a.b".parse().unwrap(), "c".parse().unwrap()].into()),
            states: vec![DeliveryState::Retrying, DeliveryState::Blocked],
            since: at(-5),
            until: at(5),
            superseded: true,
            expired: true,
            missed: true,
        },
        rate: None,
        after: Some((world.id(), one.id)),
        counts: ReplayCounts { counted: 10, sent: 4, skipped: 3, failed: 2 },
        error: Some("why".to_owned()),
        updated_at: at(70),
        ..job(world, &application, at(60))
    };
    create(world, &full).await;
    assert_eq!(stored(world, &full).await, full);
    let elsewhere = world.application().await;
    assert_eq!(world.store.replay(elsewhere.id, full.id).await.unwrap(), None);
}

/// By state, endpoint, type and time, in the order of messages.
pub async fn chooses_what_the_selection_says(world: &World) {
    let application = world.application().await;
    let (one, other) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let failed = ended(world, &application, &one, DeliveryEvent::Fail).await;
    let blocked = ended(world, &application, &other, DeliveryEvent::Block).await;
    let fine = ended(world, &application, &one, DeliveryEvent::Succeed).await;
    let retrying = ended(world, &application, &one, DeliveryEvent::Retry).await;
    let waiting = world.wait_for(&application, &one, at(5)).await;
    let all = Selection { states: DeliveryState::ALL.to_vec(), ..selection() };
    let mut everything = vec![failed, blocked, fine, retrying, waiting];
    everything.sort_unstable();
    assert_eq!(keys(world, &application, &all).await, everything);
    let narrow = |states: &[DeliveryState], endpoints: Option<&[&Endpoint]>| Selection {
        states: states.to_vec(),
        endpoints: endpoints.map(|endpoints| endpoints.iter().map(|endpoint| endpoint.id).collect()),
        ..selection()
    };
    use DeliveryState as S;
    let cases: [(Selection, &[DeliveryKey]); 8] = [
        (narrow(&[S::Failed, S::Blocked], None), &[failed, blocked]),
        (narrow(&[S::Failed, S::Blocked], Some(&[&one])), &[failed]),
        (narrow(&[S::Failed, S::Succeeded], Some(&[&one])), &[failed, fine]),
        (narrow(&[S::Retrying], Some(&[&one, &other])), &[retrying]),
        (narrow(&[], None), &[]),
        (Selection { since: at(5), ..all.clone() }, &[waiting]),
        (Selection { until: at(5), ..narrow(&[S::Pending, S::Blocked], None) }, &[blocked]),
        (Selection { event_types: Some(["other".parse().unwrap()].into()), ..all.clone() }, &[]),
    ];
    for (selection, wanted) in cases {
        assert_eq!(keys(world, &application, &selection).await, wanted, "{selection:?}");
    }
    let elsewhere = world.application().await;
    assert_eq!(keys(world, &elsewhere, &all).await, []);
    let audit = world.audit("endpoint.delete", one.id);
    world.store.delete_endpoint(application.id, one.id, audit).await.unwrap().unwrap();
    assert_eq!(keys(world, &application, &all).await, [blocked], "a deleted endpoint gets nothing");
}

/// What the engine needs to know of each, so that it sends nothing that must not be sent.
pub async fn tells_what_is_known_of_each(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let message = Message {
        event_type: "a.b".parse().unwrap(),
        expires_at: Some(at(900)),
        ordering_key: Some("key".parse().unwrap()),
        ..world.new_message(&application, at(1))
    };
    let message = world.post(message, vec![unowned(endpoint.id, at(1))]).await;
    let [key] = world.claim(owner, &endpoint, at(1)).await[..] else { panic!("one to claim") };
    let report = world.report(key, owner, DeliveryEvent::Cancel, at(2));
    world.record(fanfare_core::ports::store::Record { reason: Some(EndReason::Superseded), ..report }).await;
    let expected = Chosen {
        message,
        endpoint: endpoint.id,
        event_type: "a.b".parse().unwrap(),
        ordering_key: Some("key".parse().unwrap()),
        expires_at: Some(at(900)),
        superseded: true,
        payload_gone: false,
    };
    assert_eq!(chosen(world, &application, &selection()).await, std::slice::from_ref(&expected));
    let audit = world.audit("message.expunge", message);
    world.store.expunge_message(application.id, message, audit).await.unwrap().unwrap();
    let gone = Chosen { payload_gone: true, ..expected };
    assert_eq!(chosen(world, &application, &selection()).await, [gone]);
}

/// Piece by piece, each delivery once, by one endpoint and by all.
pub async fn chooses_in_pieces(world: &World) {
    let application = world.application().await;
    let endpoints = [world.endpoint(&application).await, world.endpoint(&application).await];
    for second in 0..5 {
        let targets = endpoints.iter().map(|endpoint| unowned(endpoint.id, at(second))).collect();
        world.post(world.new_message(&application, at(second)), targets).await;
    }
    for only in [None, Some(BTreeSet::from([endpoints[1].id]))] {
        let expected = if only.is_some() { 5 } else { 10 };
        let selection = Selection { states: vec![DeliveryState::Pending], endpoints: only, ..selection() };
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let piece = world.store.choose(application.id, selection.clone(), after, 3).await.unwrap();
            assert!(piece.items.len() <= 3);
            all.extend(piece.items.into_iter().map(|chosen| (chosen.message, chosen.endpoint)));
            after = piece.after;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(all.len(), expected);
        assert!(all.is_sorted(), "by message, then by endpoint");
        all.dedup();
        assert_eq!(all.len(), expected);
    }
}

/// However many do not belong to the selection, one piece looks at a bounded number.
pub async fn looks_at_a_bounded_number(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let messages = (0..REPLAY_SCAN + 5).map(|_| world.new_message(&application, at(1))).collect();
    let items = world.accepts_of(messages, &[unowned(endpoint.id, at(1))]).await;
    for batch in items.chunks(500) {
        world.store.accept(batch.to_vec()).await.unwrap();
    }
    let first = world.store.choose(application.id, selection(), None, 10).await.unwrap();
    assert_eq!(first.items, []);
    let after = first.after.expect("more follow");
    let second = world.store.choose(application.id, selection(), Some(after), 10).await.unwrap();
    assert_eq!((second.items, second.after), (vec![], None));
}

/// Sends, counts and moves on in one: a step from where the job no longer is writes nothing.
pub async fn steps_once(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let failed = ended(world, &application, &endpoint, DeliveryEvent::Fail).await;
    let underway = world.owned_by(world.start().await, &application, &endpoint, at(1)).await;
    let unknown = DeliveryKey { message: world.id(), ..failed };
    let job = made(world, &application).await;
    let place = (failed.message, endpoint.id);
    let first = ReplayStep {
        after: Some(place),
        counted: 2,
        skipped: 5,
        ..step(&job, [failed, underway, unknown].map(again).to_vec())
    };
    let answers = world.store.step_replay(first.clone()).await.unwrap();
    assert_eq!(answers, Some(vec![Ok(Resent::Queued), Ok(Resent::Left), Err(ChangeError::NotFound)]));
    let counts = ReplayCounts { counted: 2, sent: 1, skipped: 6, failed: 1 };
    let moved = Replay { after: Some(place), counts, updated_at: at(60), ..job.clone() };
    assert_eq!(stored(world, &job).await, moved);
    assert_eq!(world.state(failed).await, DeliveryState::Pending);

    let fine = ended(world, &application, &endpoint, DeliveryEvent::Succeed).await;
    let stale = ReplayStep { resends: vec![again(fine)], ..first };
    let counting = ReplayStep { status: ReplayStatus::Counting, from: Some(place), ..stale.clone() };
    for stale in [stale, counting] {
        assert_eq!(world.store.step_replay(stale).await.unwrap(), None);
        assert_eq!(stored(world, &job).await, moved);
        assert_eq!(world.state(fine).await, DeliveryState::Succeeded);
    }
    let last = ReplayStep { from: Some(place), ..step(&job, vec![again(fine)]) };
    assert_eq!(world.store.step_replay(last.clone()).await.unwrap(), Some(vec![Ok(Resent::Queued)]));
    let done = stored(world, &job).await;
    assert_eq!((done.status, done.after, done.counts.sent), (ReplayStatus::Done, None, 2));
    assert_eq!(world.store.step_replay(last).await.unwrap(), None, "what is over stays over");
}

/// When all is counted, sending begins at the beginning.
pub async fn sends_after_counting(world: &World) {
    let application = world.application().await;
    let job = Replay { status: ReplayStatus::Counting, ..job(world, &application, at(50)) };
    create(world, &job).await;
    let place = (world.id(), world.id());
    let piece = ReplayStep { after: Some(place), counted: 250, ..step(&job, vec![]) };
    world.store.step_replay(piece).await.unwrap().unwrap();
    let last = ReplayStep { from: Some(place), counted: 3, ..step(&job, vec![]) };
    world.store.step_replay(last).await.unwrap().unwrap();
    let counted = stored(world, &job).await;
    assert_eq!((counted.status, counted.after, counted.counts.counted), (ReplayStatus::Running, None, 253));
}

/// The oldest first, whoever's they are; over ones are not among them.
pub async fn lists_open_ones(world: &World) {
    let (one, other) = (world.application().await, world.application().await);
    // However many one application has, the others' come in between.
    let jobs = [
        job(world, &other, at(1)),
        job(world, &one, at(4)),
        job(world, &other, at(2)),
        job(world, &other, at(3)),
    ];
    for job in jobs.iter().rev() {
        create(world, job).await;
    }
    assert_eq!(open(world).await, jobs);
    assert_eq!(world.store.open_replays(2).await.unwrap(), jobs[..2]);
    world.store.step_replay(step(&jobs[0], vec![])).await.unwrap().unwrap();
    assert_eq!(open(world).await, [&jobs[2], &jobs[1], &jobs[3]].map(Clone::clone));
}

/// In both directions, of one application.
pub async fn lists_those_of_an_application(world: &World) {
    let (one, other) = (world.application().await, world.application().await);
    let mut ids = Vec::new();
    for second in 0..4 {
        let job = job(world, &one, at(second));
        create(world, &job).await;
        ids.push(job.id);
    }
    made(world, &other).await;
    let page = async |seek, descending| {
        let query = PageQuery { seek, descending, limit: 3 };
        let page = world.store.replays(one.id, query).await.unwrap();
        (page.items.into_iter().map(|job| job.id).collect::<Vec<_>>(), page.done)
    };
    assert_eq!(page(None, false).await, (ids[..3].to_vec(), false));
    assert_eq!(page(Some(Seek::After(ids[2])), false).await, (ids[3..].to_vec(), true));
    assert_eq!(page(Some(Seek::Before(ids[1])), true).await, (vec![ids[3], ids[2]], true));
}

/// In both directions, of all applications of one environment.
pub async fn lists_those_of_an_environment(world: &World) {
    let (one, other) = (world.application().await, world.application().await);
    let mut ids = Vec::new();
    for (second, application) in [&one, &other, &one, &other].into_iter().enumerate() {
        let job = job(world, application, at(second as i64));
        create(world, &job).await;
        ids.push(job.id);
    }
    let page = async |environment, seek, descending| {
        let query = PageQuery { seek, descending, limit: 3 };
        let page = world.store.environment_replays(environment, query).await.unwrap();
        (page.items.into_iter().map(|job| job.id).collect::<Vec<_>>(), page.done)
    };
    let here = one.environment;
    assert_eq!(page(here, None, true).await, (vec![ids[3], ids[2], ids[1]], false));
    assert_eq!(page(here, Some(Seek::After(ids[1])), true).await, (vec![ids[0]], true));
    assert_eq!(page(here, Some(Seek::Before(ids[1])), true).await, (vec![ids[3], ids[2]], true));
    let elsewhere = world.id();
    assert_eq!(page(elsewhere, None, true).await, (vec![], true));
}

/// What is due at an endpoint, behind others of its order too, and neither what is owned nor what is for later.
pub async fn counts_what_is_due(world: &World) {
    let application = world.application().await;
    let (to, elsewhere) = (world.endpoint(&application).await, world.endpoint(&application).await);
    for (endpoint, due) in [(&to, 10), (&to, 20), (&to, 30), (&elsewhere, 10)] {
        world.wait_for(&application, endpoint, at(due)).await;
    }
    let count = async |now, most| world.store.due_at(application.id, to.id, now, most).await.unwrap();
    assert_eq!((count(at(9), 10).await, count(at(20), 10).await, count(at(30), 2).await), (0, 2, 2));
    let owner = world.start().await;
    world.claim_up_to(owner, &to, at(30), 1).await;
    assert_eq!(count(at(30), 10).await, 2);
    let ordered = world.endpoint(&application).await;
    for _ in 0..3 {
        let target = NewDelivery { ordering: Some("key".to_owned()), ..unowned(ordered.id, at(10)) };
        world.post(world.new_message(&application, at(10)), vec![target]).await;
    }
    assert_eq!(world.store.due_at(application.id, ordered.id, at(10), 10).await.unwrap(), 3);
}

/// An open job, once, with its audit row.
pub async fn cancels_open_ones(world: &World) {
    let application = world.application().await;
    let job = made(world, &application).await;
    let cancel = async |application, id| {
        let audit = fanfare_core::ports::store::Audit { at: at(80), ..world.audit("replay.cancel", id) };
        world.store.cancel_replay(application, id, audit).await.unwrap()
    };
    let elsewhere = world.application().await;
    assert_eq!(cancel(elsewhere.id, job.id).await, Err(ChangeError::NotFound));
    assert_eq!(cancel(application.id, job.id).await, Ok(true));
    let over = stored(world, &job).await;
    assert_eq!((over.status, over.updated_at), (ReplayStatus::Cancelled, at(80)));
    assert_eq!(cancel(application.id, job.id).await, Ok(false));
    assert_eq!(world.store.step_replay(step(&job, vec![])).await.unwrap(), None);
    let rows = world.subject.audit_rows().await;
    let of_jobs: Vec<_> = rows.iter().filter(|(_, action, _)| action.starts_with("replay.")).collect();
    let [(_, created, target), (_, cancelled, _)] = of_jobs[..] else { panic!("{of_jobs:?}") };
    assert_eq!((created.as_str(), cancelled.as_str()), ("replay.create", "replay.cancel"));
    assert_eq!(*target, job.id.to_string());
}

/// With the reason; what is over already is left as it is.
pub async fn fails_open_ones(world: &World) {
    let application = world.application().await;
    let job = made(world, &application).await;
    for error in ["broken", "too late"] {
        world.store.fail_replay(application.id, job.id, error.to_owned(), at(80)).await.unwrap();
    }
    let over = stored(world, &job).await;
    assert_eq!((over.status, over.error.as_deref()), (ReplayStatus::Failed, Some("broken")));
    assert_eq!(open(world).await, []);
}

/// An application has so many open ones; over ones and those of others do not count.
pub async fn bounds_open_ones(world: &World) {
    let (application, other) = (world.application().await, world.application().await);
    let ours = made(world, &application).await;
    for _ in 1..REPLAYS_OPEN {
        made(world, &application).await;
    }
    let try_one = async |application: &Application| {
        let job = job(world, application, at(50));
        world.store.create_replay(job.clone(), world.audit("replay.create", job.id)).await.unwrap()
    };
    assert!(matches!(try_one(&application).await, Err(ChangeError::Limit(_))));
    assert_eq!(try_one(&other).await, Ok(()));
    world.store.step_replay(step(&ours, vec![])).await.unwrap().unwrap();
    assert_eq!(try_one(&application).await, Ok(()));
    let audit = world.audit("application.delete", other.id);
    world.store.delete_application(other.id, audit).await.unwrap().unwrap();
    assert_eq!(try_one(&other).await, Err(ChangeError::NotFound));
}

/// Those that ended long ago, in slices.
pub async fn erases_old_ones(world: &World) {
    let application = world.application().await;
    let mut jobs = Vec::new();
    for second in [100, 200, 300] {
        let job = made(world, &application).await;
        let step = ReplayStep { at: at(second), ..step(&job, vec![]) };
        world.store.step_replay(step).await.unwrap().unwrap();
        jobs.push(job.id);
    }
    let open = made(world, &application).await;
    assert!(world.store.retain_replays(at(300), 1).await.unwrap());
    while world.store.retain_replays(at(300), 1).await.unwrap() {}
    let left = world.store.replays(application.id, first(10)).await.unwrap();
    assert_eq!(left.items.into_iter().map(|job| job.id).collect::<Vec<_>>(), [jobs[2], open.id]);
}

/// A job does not outlive its application.
pub async fn ends_with_its_application(world: &World) {
    let application = world.application().await;
    let job = made(world, &application).await;
    let audit = world.audit("application.delete", application.id);
    world.store.delete_application(application.id, audit).await.unwrap().unwrap();
    while world.store.erase_applications(100).await.unwrap() {}
    assert_eq!(open(world).await, []);
    assert_eq!(world.store.replay(application.id, job.id).await.unwrap(), None);
}
