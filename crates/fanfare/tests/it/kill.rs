//! The process is killed three times while messages are posted at full speed: nothing that was acknowledged is
//! lost, and only what was under way at a kill may come twice, under the same id.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;

use crate::{
    posting::{Posting, check_duplicates, check_ids, has_all, missing},
    receiver::{Receiver, Recorder, Script, monotonic_nanos},
    server::TestServer,
};

const KILLS: usize = 3;
/// Messages acknowledged between two kills.
const BETWEEN_KILLS: usize = 1_500;
/// How long the deliveries of everything acknowledged may take after the last kill.
const DRAINED_WITHIN: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let mut server = TestServer::start().await;
    let recorder = Recorder::new(Script::default());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    server.api().create_application("platform").await;
    let (_, secret) = server.api().create_endpoint("platform", &receiver, json!({})).await;
    assert!(recorder.use_secret(&secret));

    let posting = Posting::start(&[server.address()], server.key());
    let mut kills = Vec::new();
    for round in 1..=KILLS {
        posting.wait_for(round * BETWEEN_KILLS).await;
        server.kill();
        kills.push(monotonic_nanos());
        server.launch().await;
    }
    posting.wait_for((KILLS + 1) * BETWEEN_KILLS).await;
    let acknowledged = posting.finish().await;

    let expected: BTreeSet<_> = acknowledged.values().cloned().collect();
    assert_eq!(expected.len(), acknowledged.len(), "every message has an id of its own");
    let arrived = recorder.wait_until(DRAINED_WITHIN, |all| has_all(all, &expected)).await;
    assert!(arrived.is_some(), "{} of {} are missing", missing(&recorder.all(), &expected), expected.len());
    let status = server.stop().await;
    assert!(status.success(), "{status}");

    let all = recorder.all();
    check_ids(&all, &acknowledged);
    check_duplicates(&all, &kills);
    assert!(all.iter().all(|webhook| webhook.verdict == Some(Ok(()))), "every webhook is signed rightly");
}
