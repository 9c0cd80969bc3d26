//! Transactions that interleave: what is taken when, and in which order.

use fanfare_sources::{Source as _, outbox::report};

use super::{Database, Platform, numbered};
use crate::node::TestNode;

/// A transaction that has its number, and does nothing more for now.
const BEGIN: &str = "BEGIN; SELECT pg_current_xact_id()";

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_taken_in_the_order_of_commits_whatever_order_transactions_began_in() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    let (early, late) = (platform.session().await, platform.session().await);
    // The first to begin is the last to publish, so that neither ids of transactions nor serial numbers drawn
    // at the beginning tell the order of the commits.
    early.run(BEGIN).await;
    late.run(BEGIN).await;
    late.publish(&numbered(1), Some("k")).await;
    let second = numbered(2);
    let blocked = early.publish(&second, Some("k"));
    tokio::pin!(blocked);
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    let first_waits = node
        .until("the second publication of the key waits for the first one's commit", async || {
            platform.sql(waiting) == "1"
        });
    tokio::select! {
        biased;
        _ = &mut blocked => panic!("it does not wait"),
        () = first_waits => {}
    }
    late.run("COMMIT").await;
    blocked.await;
    // Another transaction holds back what is newer than itself: nothing of the key may be taken past that.
    early.run("COMMIT").await;
    node.feed(platform.outbox(&node));
    assert_eq!(node.payloads(2).await, [numbered(1), numbered(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_an_old_transaction_does_not_overtake_what_its_key_committed_before() {
    let node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    let [old, middle, young] = [platform.session().await, platform.session().await, platform.session().await];
    old.run(BEGIN).await;
    middle.run(BEGIN).await;
    young.run(BEGIN).await;
    young.publish(&numbered(1), Some("k")).await;
    young.run("COMMIT").await;
    old.publish(&numbered(2), Some("k")).await;
    old.run("COMMIT").await;
    // `old` is below every open transaction, `young` is not: `middle` is open still.
    let mut outbox = platform.outbox(&node);
    assert!(outbox.pull().await.unwrap().is_empty(), "the second alone may not go");
    middle.run("COMMIT").await;
    let taken = outbox.pull().await.unwrap();
    let payloads: Vec<_> =
        taken.iter().map(|event| event.content.as_ref().unwrap().draft.payload.clone()).collect();
    assert_eq!(payloads, [numbered(1), numbered(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn serial_numbers_that_commit_late_are_not_skipped_and_what_rolls_back_never_comes() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    node.feed(platform.outbox(&node));
    let (first, second, third) =
        (platform.session().await, platform.session().await, platform.session().await);
    first.run("BEGIN").await;
    let low = first.publish(&numbered(1), None).await;
    third.run("BEGIN").await;
    third.publish(&numbered(3), None).await;
    let high = second.publish(&numbered(2), None).await;
    assert!(low < high, "the first has the lower number and commits later");
    let held = platform.session().await;
    node.until("the lag shows", async || node.metric("source_lag_seconds") > 0.2).await;
    assert!(node.all("shop").await.is_empty(), "an older transaction is open");
    let shown = report(&Database(platform.url.clone()), &*node.clock).await.unwrap();
    assert_eq!((shown.waiting, shown.held_up), (1, 1));
    assert!(shown.held_up_by.is_some_and(|(_, open)| open.is_some()));
    first.run("COMMIT").await;
    third.run("ROLLBACK").await;
    let payloads = node.payloads(2).await;
    assert!(payloads.contains(&numbered(1)) && payloads.contains(&numbered(2)), "{payloads:?}");
    held.publish(&numbered(4), None).await;
    assert_eq!(node.payloads(3).await[2], numbered(4));
    node.until("all is taken", async || platform.waiting() == 0).await;
    assert_eq!(node.all("shop").await.len(), 3, "what was rolled back never came");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_restored_dump_do_not_wait_for_transactions_of_another_life() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    platform.session().await.publish(&numbered(1), None).await;
    platform
        .sql("UPDATE fanfare.outbox SET xid = (pg_current_xact_id()::text::bigint + 1000000)::text::xid8");
    node.feed(platform.outbox(&node));
    assert_eq!(node.payloads(1).await, [numbered(1)]);
}
