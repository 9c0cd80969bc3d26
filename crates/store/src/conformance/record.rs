//! Recording outcomes, and giving back.

use fanfare_core::{
    delivery::{DeliveryEvent, DeliveryState, EndReason},
    endpoint::DisableReason,
    ports::store::{AttemptFilter, AttemptsOf, Named, Record, Recorded},
};

use super::{
    World,
    world::{at, first},
};

/// A success ends the delivery and keeps its attempt, field by field.
pub async fn records_a_success(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let mut report = world.report(key, owner, DeliveryEvent::Succeed, at(2));
    let attempt = report.attempt.as_mut().unwrap();
    attempt.failure = Some(("timeout".to_owned(), "took too long".to_owned()));
    let attempt = attempt.clone();
    assert_eq!(world.record(report).await, Recorded::Applied);
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.state, delivery.owner, delivery.attempts), (DeliveryState::Succeeded, None, 1));
    assert_eq!(delivery.updated_at, at(2));
    let stored = world.store.attempt(key.application, key.message, attempt.id).await.unwrap();
    assert_eq!(stored, Some(attempt));
}

/// A retry becomes unowned, uses up a retry, and wakes its lane when it is due.
pub async fn records_a_retry_and_wakes_the_lane(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let report = world.report(key, owner, DeliveryEvent::Retry, at(2));
    assert_eq!(world.record(report).await, Recorded::Applied);
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.state, delivery.owner, delivery.due), (DeliveryState::Retrying, None, at(62)));
    assert_eq!((delivery.attempts, delivery.retries_used), (1, 1));
    assert_eq!(world.due(at(61)).await, []);
    assert_eq!(world.due(at(62)).await, [endpoint.id]);
    assert_eq!(world.claim(owner, &endpoint, at(62)).await, [key]);
}

/// Every end that a report can name.
pub async fn records_every_end(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let ends = [
        (DeliveryEvent::Fail, DeliveryState::Failed, None),
        (DeliveryEvent::Block, DeliveryState::Blocked, None),
        (DeliveryEvent::Cancel, DeliveryState::Cancelled, Some(EndReason::EndpointDeleted)),
        (DeliveryEvent::Skip, DeliveryState::Skipped, Some(EndReason::TooLarge)),
    ];
    for (event, state, reason) in ends {
        let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
        let report = Record { reason, attempt: None, ..world.report(key, owner, event, at(2)) };
        assert_eq!(world.record(report).await, Recorded::Applied);
        let delivery = world.delivery(key).await;
        assert_eq!((delivery.state, delivery.reason, delivery.attempts), (state, reason, 0));
    }
    assert_eq!(world.due(at(99)).await, []);
}

/// A batch that comes again because its first end was ambiguous: its delivery is owned by the same node anew, for
/// another attempt. The rest of the batch counts.
pub async fn the_same_report_again_is_late(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let report = world.report(key, owner, DeliveryEvent::Retry, at(2));
    assert_eq!(world.record(report.clone()).await, Recorded::Applied);
    assert_eq!(world.claim(owner, &endpoint, at(62)).await, [key]);
    let other = world.owned_by(owner, &application, &endpoint, at(63)).await;
    let other = world.report(other, owner, DeliveryEvent::Succeed, at(64));
    let again = world.store.record(vec![report, other]).await.unwrap();
    assert_eq!(again, [Recorded::Late, Recorded::Applied]);
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.state, delivery.owner), (DeliveryState::Retrying, Some(owner)));
    assert_eq!((delivery.attempts, delivery.retries_used), (1, 1));
    assert_eq!(
        world.record(world.report(key, owner, DeliveryEvent::Succeed, at(65))).await,
        Recorded::Applied
    );
}

/// A report by somebody who does not own the delivery (any more) leaves its attempt and nothing else.
pub async fn keeps_the_attempt_of_a_late_report(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let stranger = fanfare_core::delivery::Incarnation(owner.0 + 100);
    let late = Record {
        failing_since: Some(Some(at(1))),
        disable: Some(DisableReason::Gone),
        rest_until: Some(at(500)),
        ..world.report(key, stranger, DeliveryEvent::Fail, at(2))
    };
    let attempt = late.attempt.clone().unwrap();
    assert_eq!(world.record(late.clone()).await, Recorded::Late);
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.state, delivery.owner), (DeliveryState::Pending, Some(owner)));
    assert_eq!(world.store.health(application.id).await.unwrap(), []);
    let stored = world.store.endpoint(application.id, Named::Id(endpoint.id)).await.unwrap().unwrap();
    assert_eq!(stored.disabled, None);
    // The owner's report still counts, and a second one after the end is late.
    let report = world.report(key, owner, DeliveryEvent::Succeed, at(3));
    assert_eq!(world.record(report.clone()).await, Recorded::Applied);
    let again = Record { attempt: None, ..report };
    assert_eq!(world.record(again).await, Recorded::Late);
    assert_eq!(world.state(key).await, DeliveryState::Succeeded);
    let stored = world.store.attempt(key.application, key.message, attempt.id).await.unwrap();
    assert_eq!(stored, Some(attempt));
}

/// A batch that is recorded again after an unclear answer keeps one attempt row.
pub async fn keeps_an_attempt_once(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let report = world.report(key, owner, DeliveryEvent::Succeed, at(2));
    let answers = world.store.record(vec![report.clone(), report]).await.unwrap();
    assert_eq!(answers, [Recorded::Applied, Recorded::Late]);
    let of = AttemptsOf::Message(key.message);
    let attempts =
        world.store.attempts(application.id, of, AttemptFilter::default(), first(9)).await.unwrap();
    assert_eq!(attempts.items.len(), 1);
}

/// A report on a delivery that is gone is late, and leaves nothing behind.
pub async fn ignores_what_was_erased(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let mut key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    key.message = world.id();
    let report = world.report(key, owner, DeliveryEvent::Retry, at(2));
    let attempt = report.attempt.clone().unwrap();
    assert_eq!(world.record(report).await, Recorded::Late);
    assert_eq!(world.store.attempt(key.application, key.message, attempt.id).await.unwrap(), None);
    assert_eq!(world.due(at(999)).await, []);
}

/// Since when an endpoint fails is kept, changed and forgotten as the reports say.
pub async fn keeps_health(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let steps = [
        (Some(Some(at(5))), Some(at(5))),
        (None, Some(at(5))),
        (Some(Some(at(7))), Some(at(7))),
        (Some(None), None),
    ];
    for (failing_since, wanted) in steps {
        let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
        let report = Record { failing_since, ..world.report(key, owner, DeliveryEvent::Fail, at(9)) };
        world.record(report).await;
        let health = world.store.health(application.id).await.unwrap();
        assert_eq!(health.first().and_then(|health| health.failing_since), wanted);
        assert_eq!(health.len(), usize::from(wanted.is_some()));
    }
}

/// An outcome disables its endpoint: document, version, lane and audit row change together, and only once.
pub async fn disables_an_endpoint_once(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let waiting = world.wait_for(&application, &endpoint, at(1)).await;
    let mut versions = Vec::new();
    for when in [5, 6] {
        let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
        let mut report = world.report(key, owner, DeliveryEvent::Fail, at(when));
        report.disable = Some(DisableReason::Gone);
        assert_eq!(world.record(report).await, Recorded::Applied);
        let config = world.store.application_config(application.id).await.unwrap().unwrap();
        let disabled = config.endpoints[0].disabled.clone().unwrap();
        assert_eq!((disabled.at, disabled.reason), (at(5), DisableReason::Gone));
        assert_eq!(config.endpoints[0].revision, 2);
        versions.push(config.version);
    }
    assert_eq!(versions[0], versions[1]);
    assert_eq!(world.due(at(99)).await, []);
    assert_eq!(world.claim(owner, &endpoint, at(99)).await, []);
    assert_eq!(world.state(waiting).await, DeliveryState::Pending);
    let rows = world.subject.audit_rows().await;
    let written = ("engine".to_owned(), "endpoint.disable".to_owned(), endpoint.id.to_string());
    assert_eq!(rows.iter().filter(|row| **row == written).count(), 1);
}

/// Who is enabled again starts afresh.
pub async fn forgets_health_when_enabled_again(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let mut report = world.report(key, owner, DeliveryEvent::Fail, at(5));
    (report.failing_since, report.disable) = (Some(Some(at(5))), Some(DisableReason::Failing));
    world.record(report).await;
    let disabled = world.store.endpoint(application.id, Named::Id(endpoint.id)).await.unwrap().unwrap();
    world.change(&disabled, |endpoint| endpoint.disabled = None).await;
    assert_eq!(world.store.health(application.id).await.unwrap(), []);
}

/// A rest that came with an outcome keeps the lane from being claimed.
pub async fn rests_a_lane(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let waiting = world.wait_for(&application, &endpoint, at(1)).await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let mut report = world.report(key, owner, DeliveryEvent::Fail, at(2));
    report.rest_until = Some(at(50));
    world.record(report).await;
    assert_eq!(world.due(at(49)).await, []);
    assert_eq!(world.claim(owner, &endpoint, at(49)).await, []);
    assert_eq!(world.due(at(50)).await, [endpoint.id]);
    assert_eq!(world.claim(owner, &endpoint, at(50)).await, [waiting]);
}

/// What is given back waits as before and wakes its lane at once.
pub async fn releases_what_it_owns(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    world.store.release(owner, vec![key], at(5)).await.unwrap();
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.state, delivery.owner, delivery.retries_used), (DeliveryState::Pending, None, 0));
    assert_eq!(world.due(at(5)).await, [endpoint.id]);
    assert_eq!(world.claim(owner, &endpoint, at(5)).await, [key]);
}

/// What somebody else owns, what has ended and what never was is left alone.
pub async fn releases_nothing_of_others(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let ended = world.owned_by(owner, &application, &endpoint, at(1)).await;
    world.record(world.report(ended, owner, DeliveryEvent::Succeed, at(2))).await;
    let mut missing = key;
    missing.message = world.id();
    let stranger = fanfare_core::delivery::Incarnation(owner.0 + 100);
    world.store.release(stranger, vec![key], at(5)).await.unwrap();
    world.store.release(owner, vec![ended, missing], at(5)).await.unwrap();
    assert_eq!(world.delivery(key).await.owner, Some(owner));
    assert_eq!(world.state(ended).await, DeliveryState::Succeeded);
    assert_eq!(world.due(at(9)).await, []);
}
