//! What is installed, and who may do what with it.

use std::sync::Arc;

use fanfare_sources::outbox::{Connect as _, Installed, Outbox, Roles, install, report};

use super::{Database, Platform};
use crate::node::TestNode;

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_arrives_with_all_that_was_said_and_its_very_bytes() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    let payload = r#"{ "b" : 1.0000000000000000000000001,"b":2,  "a":"\u00e9" }"#;
    platform.sql(&format!(
        "SELECT fanfare.publish('shop', 'order.paid', ' {payload}
', event_id => 'e-1', ordering_key => 'order 7',
            channels => ARRAY['eu', 'eu', 'b2b'], tags => ARRAY['t'], deliver_at => now() + interval '1 hour',
            expires_at => 'infinity', replace_key => 'r')"
    ));
    node.feed(platform.outbox(&node));
    let message = node.messages("shop", 1).await.remove(0);
    assert_eq!(message.payload.bytes().unwrap(), payload);
    assert_eq!((message.event_type.as_str(), message.event_id), ("order.paid", Some("e-1".parse().unwrap())));
    assert_eq!(message.ordering_key, Some("order 7".parse().unwrap()));
    assert_eq!(message.replace_key, Some("r".parse().unwrap()));
    assert_eq!(message.channels.len(), 2);
    assert_eq!(message.tags.len(), 1);
    assert!(message.deliver_at > Some(message.created_at) && message.deliver_at < message.expires_at);
    node.until("the row is gone", async || platform.waiting() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_may_do_what_they_are_for_and_no_more() {
    let mut node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    platform.sql("CREATE ROLE \"the shop\" LOGIN; CREATE ROLE taker LOGIN; CREATE ROLE stranger LOGIN");
    let roles = Roles { publishers: vec!["the shop".to_owned()], readers: vec!["taker".to_owned()] };
    let again = install(&Database(platform.url.clone()), &*node.clock, &roles).await.unwrap();
    assert_eq!(again, Installed { from: Some(1), to: 1 });
    let as_role = |role: &str, sql: &str| {
        let sql = format!("SET ROLE \"{role}\"; {sql}");
        platform.postgres.try_sql(&platform.database, &sql)
    };
    let publish = "SELECT fanfare.publish('shop', 'order.paid', '{}', ordering_key => 'k')";
    as_role("the shop", publish).unwrap();
    for role in ["taker", "stranger"] {
        assert!(as_role(role, publish).unwrap_err().contains("permission denied"), "{role}");
    }
    for role in ["the shop", "stranger"] {
        for sql in
            ["SELECT * FROM fanfare.outbox", "DELETE FROM fanfare.outbox", "SELECT fanfare.outbox_retry(1)"]
        {
            assert!(as_role(role, sql).unwrap_err().contains("permission denied"), "{role}: {sql}");
        }
    }
    // The reader has all that the reader, its report and its retry need.
    let url = platform.url.replacen("postgres@", "taker@", 1);
    assert_ne!(url, platform.url);
    platform.sql("SELECT fanfare.publish('nobody', 'order.paid', '{}')");
    node.feed(Outbox::new(Arc::new(Database(url.clone())), Arc::clone(&node.clock)));
    node.messages("shop", 1).await;
    node.until("the other is dead", async || platform.waiting() == 0).await;
    let report = report(&Database(url), &*node.clock).await.unwrap();
    assert_eq!((report.version, report.waiting, report.dead), (1, 0, 1));
    assert_eq!(report.newest_dead[0].reason, "the application does not exist");
    as_role("taker", "SELECT fanfare.outbox_retry(1)").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_installed_says_why() {
    let node = TestNode::start().await;
    let platform = Platform::start(&node).await;
    let database = Database(platform.url.clone());
    platform.sql("INSERT INTO fanfare.outbox_migrations (version) VALUES (99)");
    let told = install(&database, &*node.clock, &Roles::default()).await.unwrap_err().to_string();
    assert_eq!(told, "the outbox has version 99, and this Fanfare knows 1 at most: use a newer Fanfare");
    platform
        .sql("DROP SCHEMA fanfare CASCADE; CREATE SCHEMA fanfare; CREATE TABLE fanfare.outbox (mine int)");
    let told = install(&database, &*node.clock, &Roles::default()).await.unwrap_err().to_string();
    assert_eq!(told, "cannot install the outbox: relation \"outbox\" already exists");
    assert_eq!(
        platform.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'fanfare'"),
        "1",
        "nothing is left"
    );
    let nobody = Roles { publishers: vec!["nobody".to_owned()], readers: Vec::new() };
    platform.sql("DROP SCHEMA fanfare CASCADE");
    let told = install(&database, &*node.clock, &nobody).await.unwrap_err().to_string();
    assert_eq!(told, "cannot install the outbox: role \"nobody\" does not exist");
    platform.sql("CREATE ROLE other; CREATE SCHEMA fanfare AUTHORIZATION other");
    let told = install(&database, &*node.clock, &Roles::default()).await.unwrap_err().to_string();
    assert_eq!(
        told,
        "the schema fanfare belongs to other, and this is postgres: install the outbox as other"
    );
    platform.sql("DROP SCHEMA fanfare");
    let told = report(&database, &*node.clock).await.unwrap_err().to_string();
    assert!(told.contains("`fanfare outbox install` puts the outbox there"), "{told}");
    let away = Database(platform.url.replace(&platform.postgres.port().to_string(), "1"));
    let told = report(&away, &*node.clock).await.unwrap_err().to_string();
    assert!(told.starts_with("cannot reach the outbox's database: postgres://postgres@"), "{told}");
    assert!(away.connect().await.is_err());
}
