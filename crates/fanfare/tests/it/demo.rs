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

    let pages = of("started")[0]["pages"].as_str().unwrap().to_owned();
    assert!(pages.contains("/console/enter?link=") && pages.contains("&to=/console/env_"), "{pages}");
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

/// What a demo of one system says, line by line.
fn lines(profile: &str) -> Vec<Value> {
    let directory = tempfile::tempdir().unwrap();
    let outcome = binary::run(directory.path(), &["demo", "--json", "--profile", profile]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{outcome:?}");
    outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Request line and names of the headers, in their order and letter case.
fn shape(request: &Value) -> String {
    let names = request["headers"].as_array().unwrap().iter().map(|header| header[0].as_str().unwrap());
    let names: Vec<_> = names.collect();
    format!("{}: {}; answered {}", request["request"].as_str().unwrap(), names.join(", "), request["answer"])
}

#[test]
fn every_system_is_shown_live_and_recognised_by_its_customers() {
    let mut shown = String::new();
    for profile in ["standard", "trimoji", "talview", "qualifio", "jofi", "trutac"] {
        let lines = lines(profile);
        let requests: Vec<_> = lines.iter().filter(|line| line["what"] == "request").collect();
        assert!(requests.iter().all(|request| request["recognised"] == true), "{lines:#?}");
        let summary = lines.last().unwrap();
        assert!(summary["doctor"].as_str().unwrap().contains("passed"), "{summary}");
        shown += &format!("{profile}\n");
        for request in &requests {
            shown += &format!("  {}\n", shape(request));
        }
        shown += &format!("  {}\n", summary["deliveries"]);
        let all = lines.iter().map(Value::to_string).collect::<String>();
        for secret in ["123456ots", "campaigns-of-acme", "career-2026", "fleet-of-acme", "Basic YWNtZ"] {
            assert!(!all.contains(secret), "{secret} is shown: {all}");
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn tri_5_the_token_is_not_shown() {
    let body = |line: &Value| serde_json::from_str::<Value>(line["body"].as_str().unwrap()).unwrap();
    let lines = lines("trimoji");
    let request = lines.iter().find(|line| line["what"] == "request").unwrap();
    assert_eq!(body(request)["_token"], "[redacted]");
    assert_eq!(request["headers"][3], serde_json::json!(["Authorization", "[redacted]"]));
}

#[test]
fn a_demo_of_no_system_names_those_that_there_are() {
    let directory = tempfile::tempdir().unwrap();
    let outcome = binary::run(directory.path(), &["demo", "--profile", "nope"]);
    assert_eq!(outcome.code, Some(1));
    let said =
        "fanfare: there is no demo of `nope`; there are standard, trimoji, talview, qualifio, jofi, trutac\n";
    assert_eq!(outcome.stderr, said);
    let mixed = binary::run(directory.path(), &["demo", "--profile", "trutac", "--events", "2"]);
    assert_eq!(mixed.code, Some(2), "{mixed:?}");
}

#[test]
fn a_system_is_shown_as_text_without_colours_where_there_is_no_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let outcome = binary::run(directory.path(), &["demo", "--profile", "trutac"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(!outcome.stdout.contains('\u{1b}'), "{outcome:?}");
    for word in
        ["    TT-Hook-Event: ping\n", "  recognised: TT-Hook-Signature", "deliveries: 1 failed, 2 succeeded"]
    {
        assert!(outcome.stdout.contains(word), "{word}: {outcome:?}");
    }
}
