//! `fanfare bench` with a server of its own: complete figures, no loss, one JSON object.

use std::path::Path;

use serde_json::Value;

use crate::binary;

fn bench(options: &[&str]) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let data_in = directory.path().to_str().unwrap();
    let words = [&["bench", "--json", "--data-in", data_in], options].concat();
    let outcome = binary::run(directory.path(), &words);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stderr, "", "no progress line where there is no terminal");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left behind");
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn assert_sound(report: &Value, phase: usize, delivered: u64) {
    let figures = &report["phases"][phase];
    assert_eq!(figures["delivered"], delivered, "{report}");
    assert_eq!((&figures["missing"], &figures["alteredIds"]), (&0.into(), &0.into()), "{report}");
    assert_eq!(report["checks"]["duplicates"], 0, "{report}");
    assert_eq!(report["checks"]["signaturesWrong"], 0, "{report}");
    assert!(report["checks"]["signaturesChecked"].as_u64().unwrap() > 0, "{report}");
    assert!(figures["deliveredPerSecond"].as_f64().unwrap() > 0.0, "{report}");
    assert!(figures["endToEnd"]["p99Ms"].as_f64().unwrap() > 0.0, "{report}");
}

#[test]
fn posts_delivers_and_accounts_for_every_message() {
    let report = bench(&["--messages", "2000", "--clients", "16", "--endpoints", "3", "--idempotency-keys"]);
    assert_sound(&report, 0, 2_000);
    assert!(report["ratioToCeiling"].as_f64().unwrap() > 0.0);
    assert_eq!(report["interrupted"], false);
}

#[test]
fn fans_one_message_out() {
    let report = bench(&["--messages", "5", "--clients", "2", "--fan-out", "300"]);
    assert_sound(&report, 0, 1_500);
}

#[test]
fn measures_beside_hanging_endpoints() {
    let report = bench(&["--messages", "500", "--rate", "500", "--hanging", "3", "--hanging-messages", "60"]);
    assert_sound(&report, 0, 500);
    assert_sound(&report, 1, 500);
    assert_eq!(report["hanging"]["accepted"], 60, "{report}");
    assert!(report["hanging"]["connections"].as_u64().unwrap() > 0, "{report}");
}

#[test]
fn options_out_of_bounds_are_refused() {
    for (options, word) in [
        (["--messages", "0"], "10000000"),
        (["--rate", "0"], "--rate"),
        (["--url", "http://127.0.0.1:1"], "--key"),
    ] {
        let outcome = binary::run(Path::new("/"), &[&["bench"], &options[..]].concat());
        assert_ne!(outcome.code, Some(0), "{options:?}");
        assert!(outcome.stderr.contains(word), "{options:?}: {outcome:?}");
    }
}
