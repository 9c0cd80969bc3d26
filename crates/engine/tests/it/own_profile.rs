//! Endpoints with a wire format of their own.

use fanfare_core::{
    delivery::{DeliveryKey, DeliveryState},
    endpoint::Endpoint,
    message::ProfileHash,
    ports::store::{ApplicationStore as _, EnvironmentStore as _},
};

use crate::harness::{Answer, TestNode};

const OWN: &str = "own.test";
const OTHER: &str = "other.test";

fn hash(node: &TestNode, profile: &str) -> ProfileHash {
    node.engine.context().profiles.named(&profile.parse().unwrap()).unwrap().hash
}

/// Gives an endpoint another profile, or the environment's.
async fn set_profile(node: &TestNode, endpoint: &Endpoint, profile: Option<&str>) {
    let mut changed = node.stored_endpoint(endpoint).await;
    changed.profile = profile.map(|name| name.parse().unwrap());
    changed.revision += 1;
    let environment = node.application.environment;
    let application = Some(endpoint.application);
    let audit = node.configure().audit(environment, application, "endpoint.update", &endpoint.id);
    node.store.update_endpoint(changed, None, audit).await.unwrap().unwrap();
    node.engine.configuration_changed().await.unwrap();
}

/// `standard` says the message's id in a header, `talview` says nothing of it.
fn formats(node: &TestNode, host: &str) -> Vec<&'static str> {
    let calls = node.net.calls(host);
    calls.iter().map(|call| if call.message.is_empty() { "talview" } else { "standard" }).collect()
}

#[tokio::test(start_paused = true)]
async fn its_deliveries_are_rendered_by_it_from_memory_and_from_the_store() {
    let mut node = TestNode::start().await;
    let (own, other) = (node.endpoint(OWN).await, node.endpoint(OTHER).await);
    set_profile(&node, &own, Some("talview")).await;
    for host in [OWN, OTHER] {
        node.net.next(host, [Answer::Status(500)]);
    }
    let message = node.post().await;
    for endpoint in [&own, &other] {
        node.until_state(&message, endpoint, DeliveryState::Succeeded).await;
    }
    assert_eq!(formats(&node, OWN), ["talview"; 2]);
    assert_eq!(formats(&node, OTHER), ["standard"; 2]);
    for attempt in node.attempts(&message).await {
        let expected = if attempt.delivery.endpoint == own.id { "talview" } else { "standard" };
        assert_eq!(attempt.profile, hash(&node, expected));
    }
    assert_eq!(node.delivery(&message, &own).await.profile, Some(hash(&node, "talview")));
    assert_eq!(node.delivery(&message, &other).await.profile, None);
    let kept = node.store.profile(hash(&node, "talview")).await.unwrap();
    assert!(kept.is_some(), "the store has its text");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_keeps_it_and_a_resend_takes_the_one_of_now() {
    let mut node = TestNode::start().await;
    let own = node.endpoint(OWN).await;
    set_profile(&node, &own, Some("talview")).await;
    node.net.next(OWN, [Answer::Status(500)]);
    let message = node.post().await;
    node.until_state(&message, &own, DeliveryState::Retrying).await;
    set_profile(&node, &own, None).await;
    node.until_state(&message, &own, DeliveryState::Succeeded).await;
    let key = DeliveryKey { application: message.application, message: message.id, endpoint: own.id };
    node.engine.resend(key).await.unwrap().unwrap();
    node.until_called(OWN, 3).await;
    set_profile(&node, &own, Some("talview")).await;
    node.until_state(&message, &own, DeliveryState::Succeeded).await;
    node.engine.resend(key).await.unwrap().unwrap();
    node.until_called(OWN, 4).await;
    assert_eq!(formats(&node, OWN), ["talview", "talview", "standard", "talview"]);
    node.finish().await;
}
