//! Activity of environments, what waits in them, what fails in them.

use fanfare_core::{
    activity::{Activity, Minute, Waiting},
    delivery::{DeliveryEvent, Incarnation},
    endpoint::Endpoint,
    id::EnvironmentId,
    limits::ACTIVITY_KEPT,
    ports::store::{ActivityRow, Audit, EnvironmentBacklog, Record},
};

use super::{World, world::at};

fn row(environment: EnvironmentId, minute: i64, incarnation: u64, accepted: u64) -> ActivityRow {
    let waiting = Some(Waiting { endpoints: accepted, oldest_seconds: 1 });
    let activity = Activity { accepted, waiting, ..Activity::default() };
    ActivityRow { environment, minute: Minute(minute), incarnation: Incarnation(incarnation), activity }
}

async fn accepted(world: &World, environment: EnvironmentId, from: i64) -> Vec<(i64, u64)> {
    let minutes = world.store.activity(environment, Minute(from)).await.unwrap();
    minutes.into_iter().map(|(minute, activity)| (minute.0, activity.accepted)).collect()
}

/// What a process writes again takes the place of what it wrote of that minute; processes add up.
pub async fn keeps_what_each_process_saw(world: &World) {
    let here = world.environment.id;
    world
        .store
        .keep_activity(vec![row(here, 7, 1, 5), row(here, 8, 1, 1), row(here, 6, 1, 9)])
        .await
        .unwrap();
    world.store.keep_activity(vec![row(here, 8, 1, 4), row(here, 8, 2, 3)]).await.unwrap();
    assert_eq!(accepted(world, here, 7).await, [(7, 5), (8, 7)]);
    let minutes = world.store.activity(here, Minute(8)).await.unwrap();
    assert_eq!(minutes[0].1.waiting, Some(Waiting { endpoints: 4, oldest_seconds: 1 }));
    world.store.keep_activity(Vec::new()).await.unwrap();
}

/// An environment shows its own.
pub async fn keeps_environments_apart(world: &World) {
    let other = world.other_environment("other").await;
    world.store.keep_activity(vec![row(world.environment.id, 7, 1, 5)]).await.unwrap();
    assert_eq!(accepted(world, other.id, 0).await, []);
}

/// What is older than it is kept is erased, in slices, and nothing else.
pub async fn erases_old_activity(world: &World) {
    let here = world.environment.id;
    let last = Minute::of(at(0)).0;
    let rows = (last..last + 6).map(|minute| row(here, minute, 1, 1)).collect();
    world.store.keep_activity(rows).await.unwrap();
    let now = at(3 * 60) + ACTIVITY_KEPT;
    while world.store.retain_payloads(0, now, 2).await.unwrap() {}
    assert_eq!(accepted(world, here, 0).await, [(last + 4, 1), (last + 5, 1)]);
}

/// Lanes with waiting work are counted by environment; the first due one that is not held tells since when.
pub async fn tells_what_waits_by_environment(world: &World) {
    assert_eq!(world.store.backlogs().await.unwrap(), []);
    let application = world.application().await;
    let mut endpoints = Vec::new();
    for due in [30, 20, 10] {
        let endpoint = world.endpoint(&application).await;
        world.wait_for(&application, &endpoint, at(due)).await;
        endpoints.push(endpoint);
    }
    world.endpoint(&application).await;
    world.change(&endpoints[2], |endpoint| endpoint.paused = true).await;
    let other = world.other_environment("other").await;
    let elsewhere = elsewhere(world, other.id).await;
    let environment = world.environment.id;
    let mut backlogs = world.store.backlogs().await.unwrap();
    backlogs.sort_by_key(|backlog| backlog.lanes);
    let theirs = EnvironmentBacklog { environment: other.id, lanes: 1, first_due: Some(at(5)) };
    assert_eq!(backlogs, [theirs, EnvironmentBacklog { environment, lanes: 3, first_due: Some(at(20)) }]);
    let owner = world.start().await;
    world.claim(owner, &elsewhere, at(9)).await;
    assert_eq!(world.store.backlogs().await.unwrap().len(), 1);
}

/// An endpoint of another environment, for which something waits since `at(5)`.
async fn elsewhere(world: &World, environment: EnvironmentId) -> Endpoint {
    let mut application = world.new_application();
    application.environment = environment;
    let audit = Audit { environment, ..world.audit("application.create", application.id) };
    world.store.create_application(application.clone(), audit).await.unwrap().unwrap();
    let endpoint = world.new_endpoint(application.id);
    let audit = Audit { environment, ..world.audit("endpoint.create", endpoint.id) };
    world.store.create_endpoint(endpoint.clone(), None, audit).await.unwrap().unwrap();
    world.wait_for(&application, &endpoint, at(5)).await;
    endpoint
}

/// Those that have failed for longest come first; recovered and deleted ones are left out.
pub async fn lists_failing_endpoints_of_an_environment(world: &World) {
    let application = world.application().await;
    let owner = world.start().await;
    let fail = async |endpoint: &Endpoint, since: Option<i64>| {
        let key = world.owned_by(owner, &application, endpoint, at(1)).await;
        let report = world.report(key, owner, DeliveryEvent::Fail, at(9));
        world.record(Record { failing_since: Some(since.map(at)), ..report }).await;
    };
    let mut endpoints = Vec::new();
    for since in [3, 1, 2, 4] {
        let endpoint = world.endpoint(&application).await;
        fail(&endpoint, Some(since)).await;
        endpoints.push(endpoint);
    }
    fail(&endpoints[2], None).await;
    let gone = &endpoints[3];
    let audit = world.audit("endpoint.delete", gone.id);
    world.store.delete_endpoint(application.id, gone.id, audit).await.unwrap().unwrap();
    let failing = world.store.failing_endpoints(world.environment.id, 9).await.unwrap();
    let shown: Vec<_> = failing.iter().map(|failing| (failing.endpoint, failing.failing_since)).collect();
    assert_eq!(shown, [(endpoints[1].id, at(1)), (endpoints[0].id, at(3))]);
    assert!(failing.iter().all(|failing| failing.application == application.id));
    assert_eq!(world.store.failing_endpoints(world.environment.id, 1).await.unwrap(), failing[..1]);
    let other = world.other_environment("other").await;
    assert_eq!(world.store.failing_endpoints(other.id, 9).await.unwrap(), []);
}
