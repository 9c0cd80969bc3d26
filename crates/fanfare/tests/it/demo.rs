//! `fanfare demo`: everything arrives, the failing receiver's webhooks are retried, all signatures are valid.

use serde_json::Value;

use crate::binary;

#[test]
fn shows_events_arriving_failing_and_being_retried() {
    let directory = tempfile::tempdir().unwrap();
    let words = ["demo", "--json", "--events", "3", "--interval-ms", "50", "--failures", "3"];
    let outcome = binary::run(directory.path(), &words);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let lines: Vec<Value> = outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |what: &str| lines.iter().filter(|line| line["what"] == what).cloned().collect::<Vec<_>>();

    assert_eq!(of("posted").len(), 3);
    let received = of("received");
    assert!(received.iter().all(|line| line["signature"] == "valid"), "{received:?}");
    let failed = received.iter().filter(|line| line["answered"] == 500).count();
    assert_eq!(failed, 3, "{received:?}");
    assert!(received.iter().any(|line| line["receiver"] == "crm" && line["attempt"] == 2), "{received:?}");
    let summary = lines.last().unwrap();
    assert_eq!((&summary["complete"], &summary["delivered"]), (&true.into(), &6.into()), "{summary}");
    assert!(summary["doctor"].as_str().unwrap().contains("passed"), "{summary}");
}

#[test]
fn text_has_no_colours_where_there_is_no_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let outcome = binary::run(directory.path(), &["demo", "--events", "1", "--failures", "0"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(!outcome.stdout.contains('\u{1b}'), "{outcome:?}");
    assert!(outcome.stdout.contains("all delivered"), "{outcome:?}");
}
