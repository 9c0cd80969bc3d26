//! Sending again, cancelling, expiring.

use fanfare_core::{
    delivery::{DeliveryEvent, DeliveryKey, DeliveryState, EndReason, Trigger},
    message::Message,
    ports::store::{ChangeError, Despite, Resend, Resent},
};

use super::{
    World,
    world::{at, unowned},
};

fn again(key: DeliveryKey, seconds: i64) -> Resend {
    Resend {
        key,
        ordering: None,
        profile: None,
        trigger: Trigger::Manual,
        despite: Despite::ALL,
        at: at(seconds),
    }
}

/// Whatever the end was: it waits again, due now, with a fresh schedule.
pub async fn sends_ended_ones_again(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let ends = [
        DeliveryEvent::Succeed,
        DeliveryEvent::Fail,
        DeliveryEvent::Block,
        DeliveryEvent::Cancel,
        DeliveryEvent::Skip,
    ];
    for event in ends {
        let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
        world.record(world.report(key, owner, DeliveryEvent::Retry, at(2))).await;
        assert_eq!(world.claim(owner, &endpoint, at(62)).await, [key]);
        let mut report = world.report(key, owner, event, at(63));
        report.reason = Some(EndReason::ByHand);
        world.record(report).await;
        assert_eq!(world.store.resend(vec![again(key, 70)]).await.unwrap(), [Ok(Resent::Queued)]);
        let delivery = world.delivery(key).await;
        assert_eq!((delivery.state, delivery.due), (DeliveryState::Pending, at(70)));
        assert_eq!((delivery.attempts, delivery.retries_used), (2, 0));
        assert_eq!((delivery.trigger, delivery.reason), (Trigger::Manual, None));
        assert_eq!(world.claim(owner, &endpoint, at(70)).await, [key]);
        // The retry of a manual attempt is the schedule's doing.
        world.record(world.report(key, owner, DeliveryEvent::Retry, at(71))).await;
        assert_eq!(world.delivery(key).await.trigger, Trigger::Scheduled);
        assert_eq!(world.claim(owner, &endpoint, at(200)).await, [key]);
        world.record(world.report(key, owner, DeliveryEvent::Succeed, at(201))).await;
    }
}

/// One that waits for later is due now.
pub async fn hurries_waiting_ones(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.wait_for(&application, &endpoint, at(500)).await;
    assert_eq!(world.store.resend(vec![again(key, 5)]).await.unwrap(), [Ok(Resent::Queued)]);
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.due, delivery.trigger), (at(5), Trigger::Manual));
    assert_eq!(world.due(at(5)).await, [endpoint.id]);
    assert_eq!(world.claim(owner, &endpoint, at(5)).await, [key]);
}

/// One in flight goes on as it is.
pub async fn leaves_owned_ones(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let before = world.delivery(key).await;
    assert_eq!(world.store.resend(vec![again(key, 5)]).await.unwrap(), [Ok(Resent::Left)]);
    assert_eq!(world.delivery(key).await, before);
    assert_eq!(world.due(at(9)).await, []);
}

/// A message that never went to an endpoint goes there now.
pub async fn makes_missing_ones(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let message = world.post(world.new_message(&application, at(1)), vec![]).await;
    let key = DeliveryKey { application: application.id, message, endpoint: endpoint.id };
    assert_eq!(world.store.resend(vec![again(key, 5)]).await.unwrap(), [Ok(Resent::Queued)]);
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.state, delivery.trigger), (DeliveryState::Pending, Trigger::Manual));
    assert_eq!(world.claim(owner, &endpoint, at(5)).await, [key]);
}

/// No message, no endpoint, a deleted endpoint, another application's: nothing to send.
pub async fn refuses_what_is_not_there(world: &World) {
    let (application, other) = (world.application().await, world.application().await);
    let (endpoint, deleted) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let message = world.post(world.new_message(&application, at(1)), vec![]).await;
    let audit = world.audit("endpoint.delete", deleted.id);
    world.store.delete_endpoint(application.id, deleted.id, audit).await.unwrap().unwrap();
    let key = DeliveryKey { application: application.id, message, endpoint: endpoint.id };
    let missing = [
        DeliveryKey { message: world.id(), ..key },
        DeliveryKey { endpoint: world.id(), ..key },
        DeliveryKey { endpoint: deleted.id, ..key },
        DeliveryKey { application: other.id, ..key },
    ];
    let mut batch: Vec<_> = missing.into_iter().map(|key| again(key, 5)).collect();
    batch.push(again(key, 5));
    let answers = world.store.resend(batch).await.unwrap();
    let gone = Err(ChangeError::NotFound);
    assert_eq!(answers, [gone.clone(), gone.clone(), gone.clone(), gone, Ok(Resent::Queued)]);
}

/// What waits can be called off.
pub async fn cancels_waiting_ones(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.wait_for(&application, &endpoint, at(1)).await;
    let audit = world.audit("delivery.cancel", key.message);
    assert_eq!(world.store.cancel(key, audit).await.unwrap(), Ok(true));
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.state, delivery.reason), (DeliveryState::Cancelled, Some(EndReason::ByHand)));
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, []);
    let rows = world.subject.audit_rows().await;
    assert!(rows.iter().any(|row| row.1 == "delivery.cancel"));
}

/// What is in flight or over cannot, and what is not there is not found.
pub async fn leaves_owned_and_ended_ones_uncancelled(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let cancel = || world.audit("delivery.cancel", key.message);
    assert_eq!(world.store.cancel(key, cancel()).await.unwrap(), Ok(false));
    world.record(world.report(key, owner, DeliveryEvent::Succeed, at(2))).await;
    assert_eq!(world.store.cancel(key, cancel()).await.unwrap(), Ok(false));
    assert_eq!(world.state(key).await, DeliveryState::Succeeded);
    let missing = DeliveryKey { message: world.id(), ..key };
    assert_eq!(world.store.cancel(missing, cancel()).await.unwrap(), Err(ChangeError::NotFound));
    let rows = world.subject.audit_rows().await;
    assert!(!rows.iter().any(|row| row.1 == "delivery.cancel"));
}

/// What is no longer worth delivering is called off, unless it is in flight.
pub async fn expires_waiting_ones(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let mut keys = Vec::new();
    for expires in [10, 10, 10, 20] {
        let expires_at = Some(at(expires));
        let message = Message { expires_at, ..world.new_message(&application, at(1)) };
        let message = world.post(message, vec![unowned(endpoint.id, at(1))]).await;
        keys.push(DeliveryKey { application: application.id, message, endpoint: endpoint.id });
    }
    let taken = world.claim_up_to(owner, &endpoint, at(1), 1).await;
    assert_eq!(taken, keys[..1]);
    assert!(!world.store.expire(at(9), 9).await.unwrap());
    assert!(world.store.expire(at(10), 1).await.unwrap());
    assert!(!world.store.expire(at(10), 9).await.unwrap());
    assert_eq!(world.state(keys[0]).await, DeliveryState::Pending);
    for key in &keys[1..3] {
        let delivery = world.delivery(*key).await;
        assert_eq!((delivery.state, delivery.reason), (DeliveryState::Cancelled, Some(EndReason::Expired)));
    }
    assert_eq!(world.claim(owner, &endpoint, at(15)).await, keys[3..]);
}

/// Who sends again by hand wants it to arrive, expired or not.
pub async fn never_expires_a_resent_one(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let message = Message { expires_at: Some(at(10)), ..world.new_message(&application, at(1)) };
    let message = world.post(message, vec![unowned(endpoint.id, at(1))]).await;
    let key = DeliveryKey { application: application.id, message, endpoint: endpoint.id };
    world.store.expire(at(10), 9).await.unwrap();
    world.store.resend(vec![again(key, 20)]).await.unwrap()[0].clone().unwrap();
    world.store.expire(at(30), 9).await.unwrap();
    assert_eq!(world.state(key).await, DeliveryState::Pending);
}
