//! Messages to many endpoints: expanded in slices behind a cursor.

use std::collections::BTreeMap;

use fanfare_core::{
    delivery::DeliveryState,
    limits::{FANOUT_INLINE, FANOUT_SLICE},
};
use fanfare_engine::configure::endpoint::{EndpointDraft, NewEndpoint};
use rusqlite::Connection;

use crate::harness::{Fault, TestNode, seconds};

async fn endpoints(node: &TestNode, count: usize) {
    let configure = node.configure();
    for n in 0..count {
        let draft = EndpointDraft::to(format!("http://{n}.test/").parse().unwrap());
        configure.create_endpoint(&node.application, NewEndpoint::http(draft)).await.unwrap();
    }
    node.engine.configuration_changed().await.unwrap();
}

/// How many requests reached how many of the endpoints.
fn spread(node: &TestNode, endpoints: usize) -> BTreeMap<usize, usize> {
    let mut spread = BTreeMap::new();
    for n in 0..endpoints {
        *spread.entry(node.net.count(&format!("{n}.test"))).or_default() += 1;
    }
    spread
}

#[tokio::test(start_paused = true)]
async fn a_few_endpoints_get_their_deliveries_with_the_message() {
    let mut node = TestNode::start().await;
    endpoints(&node, FANOUT_INLINE).await;
    node.post().await;
    assert_eq!(node.store.calls("expand"), 0);
    node.until_count(DeliveryState::Succeeded, FANOUT_INLINE as u64).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn many_endpoints_get_theirs_in_slices_each_once() {
    let many = FANOUT_SLICE + 100;
    let mut node = TestNode::start().await;
    endpoints(&node, many).await;
    node.post().await;
    node.until_count(DeliveryState::Succeeded, many as u64).await;
    assert_eq!(node.store.calls("expand"), 2);
    assert_eq!(spread(&node, many), [(1, many)].into());
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_two_slices_loses_nobody_and_serves_nobody_twice() {
    let many = FANOUT_SLICE + 100;
    let mut node = TestNode::start().await;
    endpoints(&node, many).await;
    node.store.disturb("expand", Fault::Hang, 1);
    node.post().await;
    node.until_count(DeliveryState::Succeeded, FANOUT_SLICE as u64).await;
    node.crash().await;
    node.store.heal();
    node.restart().await;
    node.until_count(DeliveryState::Succeeded, many as u64).await;
    assert_eq!(spread(&node, many), [(1, many)].into());
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_slice_that_may_or_may_not_be_written_is_delivered_once() {
    let many = FANOUT_INLINE + 10;
    let mut node = TestNode::start().await;
    endpoints(&node, many).await;
    node.store.disturb("expand", Fault::Ambiguous, 0);
    node.post().await;
    node.pass(seconds(2)).await;
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, many as u64).await;
    assert_eq!(spread(&node, many), [(1, many)].into());
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_made_after_the_message_is_none_of_its_business() {
    let many = FANOUT_INLINE + 10;
    let mut node = TestNode::start().await;
    endpoints(&node, many).await;
    node.store.disturb("expand", Fault::Refuse, 0);
    let message = node.post().await;
    node.pass(seconds(1)).await;
    let late = node.endpoint("late.test").await;
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, many as u64).await;
    node.pass(seconds(10)).await;
    assert_eq!(node.find_delivery(message.application, message.id, late.id).await, None);
    assert_eq!(node.net.count("late.test"), 0);
    node.finish().await;
}

/// One look at the store serves several of one application.
#[tokio::test(start_paused = true)]
async fn those_of_one_application_are_expanded_together() {
    let (many, posts) = (FANOUT_INLINE + 10, 8);
    let mut node = TestNode::start().await;
    endpoints(&node, many).await;
    node.store.disturb("expand", Fault::Refuse, 0);
    node.post_many(posts).await;
    let (looked, expanded) = (node.store.calls("fanouts"), node.store.calls("expand"));
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, (posts * many) as u64).await;
    assert_eq!(node.store.calls("expand") - expanded, posts);
    assert_eq!(spread(&node, many), [(posts, many)].into());
    assert!(node.store.calls("fanouts") - looked <= 2, "one that serves, and one that finds nothing");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn damaged_fan_outs_stop_no_other_and_are_not_tried_all_the_time() {
    let (many, damaged) = (FANOUT_INLINE + 10, 20);
    let mut node = TestNode::start().await;
    endpoints(&node, many).await;
    node.store.disturb("expand", Fault::Refuse, 0);
    let lost = node.post_many(damaged).await;
    node.post().await;
    let file = Connection::open(node.path().join("fanfare.db")).unwrap();
    for message in &lost {
        let erased = file.execute("DELETE FROM messages WHERE id = ?", [message.id.0]).unwrap();
        assert_eq!(erased, 1);
    }
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, many as u64).await;
    let looked = node.store.calls("message");
    node.pass(seconds(30)).await;
    assert_eq!(node.store.calls("message"), looked, "they rest");
    node.pass(seconds(60)).await;
    assert_eq!(node.store.calls("message"), looked + damaged, "and are tried again");
    node.post().await;
    node.until_count(DeliveryState::Succeeded, 2 * many as u64).await;
    node.finish().await;
}
