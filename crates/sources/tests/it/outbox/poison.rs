//! Rows that can never be accepted.

use fanfare_engine::configure::{Actor, Configure, event_type::EventTypeDraft};
use fanfare_sources::outbox::{report, retry};

use super::{Database, Platform, numbered};
use crate::node::TestNode;

#[tokio::test(flavor = "multi_thread")]
async fn poison_goes_to_the_dead_letters_with_its_reason_and_comes_back_when_asked() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    for row in [
        "'nobody', 'order.paid', '{}'",
        "'not a name', 'order.paid', '{}'",
        "'shop', 'no type', '{}'",
        "'shop', 'order.paid', 'no json'",
        "'shop', 'order.paid', '[1]'",
        "'shop', 'order.paid', '{}', channels => ARRAY['a', NULL]",
        "'shop', 'order.paid', '{}', channels => ARRAY[]::text[]",
        "'shop', 'order.paid', '{}', channels => ARRAY[['a', 'b', 'c'], ['d', 'e', 'f']]",
        "'shop', 'order.paid', '{}', tags => (SELECT array_agg('t' || n) FROM generate_series(1, 100000) AS n)",
        "'shop', 'order.paid', '{}', ordering_key => repeat('k', 100000)",
        "'shop', 'order.paid', '{}', deliver_at => 'infinity'",
        "'shop', 'order.paid', '{}', expires_at => '-infinity'",
        "'shop', 'order.paid', '{\"n\":\"' || repeat('x', 6 * 1024 * 1024) || '\"}'",
    ] {
        platform.sql(&format!("SELECT fanfare.publish({row})"));
    }
    platform.session().await.publish(&numbered(1), None).await;
    node.feed(platform.outbox(&node));
    assert_eq!(node.payloads(1).await, [numbered(1)]);
    node.until("nothing waits", async || platform.waiting() == 0).await;
    let reasons = platform.sql("SELECT reason FROM fanfare.outbox_dead ORDER BY id");
    insta::assert_snapshot!(reasons);
    assert_eq!(node.metric("source_dead_total"), 13.0);

    let database = Database(platform.url.clone());
    platform.sql("DELETE FROM fanfare.outbox_dead WHERE application <> 'nobody'");
    platform.sql("UPDATE fanfare.outbox_dead SET application = 'depot', payload = '{\"n\":2}'");
    assert_eq!(retry(&database, &*node.clock).await.unwrap(), 1);
    node.messages("depot", 1).await;
    node.until("nothing waits", async || platform.waiting() == 0).await;
    assert_eq!(report(&database, &*node.clock).await.unwrap().dead, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_id_that_was_used_before_is_a_dead_letter() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    for n in 1..=2 {
        platform.sql(&format!(
            "SELECT fanfare.publish('shop', 'order.paid', '{}', event_id => 'e-1')",
            numbered(n)
        ));
    }
    node.feed(platform.outbox(&node));
    node.until("both are settled", async || platform.waiting() == 0).await;
    assert_eq!(node.payloads(1).await, [numbered(1)]);
    let reason = platform.sql("SELECT reason FROM fanfare.outbox_dead");
    assert_eq!(reason, "a message with this eventId exists already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_that_quotes_what_the_database_cannot_hold_is_written_all_the_same() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    let schemas = r#"{"1":{"type":"object","additionalProperties":{"type":"number"}}}"#;
    let draft =
        EventTypeDraft { validate: true, schemas: Some(schemas.to_owned()), ..EventTypeDraft::default() };
    let cli = Configure::new(node.engine.context().clone(), Actor::cli());
    cli.create_event_type(node.environment, "order.paid".parse().unwrap(), draft).await.unwrap();
    // One dead letter has the number that the row will get, as after a restored dump.
    platform.sql(
        "INSERT INTO fanfare.outbox_dead (id, uid, published_at, application, event_type, payload, reason)
        VALUES (1, gen_random_uuid(), now(), 'shop', 'order.paid', '{}', 'older')",
    );
    platform.sql(r#"SELECT fanfare.publish('shop', 'order.paid', '{"a\u0000\u00e9":"x"}')"#);
    node.feed(platform.outbox(&node));
    node.until("it is settled", async || platform.waiting() == 0).await;
    let reason = platform.sql("SELECT reason FROM fanfare.outbox_dead WHERE id = 1 AND reason <> 'older'");
    assert!(reason.contains(r"a\u{0}\u{e9}"), "{reason}");
    assert_eq!(platform.sql("SELECT count(*) FROM fanfare.outbox_dead"), "2");
}
