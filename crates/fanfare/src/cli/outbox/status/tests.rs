use super::*;

#[test]
fn a_report_says_what_waits_and_why() {
    let quiet = Report {
        version: 1,
        waiting: 0,
        held_up: 0,
        age: Duration::ZERO,
        held_up_by: None,
        dead: 0,
        newest_dead: Vec::new(),
    };
    let nothing = text(&quiet);
    let busy = Report {
        waiting: 12,
        held_up: 10,
        age: Duration::from_millis(90_400),
        held_up_by: Some((4711, Some(Duration::from_secs(91)))),
        dead: 1,
        newest_dead: vec![DeadLetter {
            id: 7,
            died_at: "2026-11-21T05:00:00Z".to_owned(),
            application: "shop\u{1b}[31m".to_owned(),
            event_type: "order.paid".to_owned(),
            reason: "the application does not exist".to_owned(),
        }],
        ..quiet
    };
    insta::assert_snapshot!(format!("{}----\n{}", nothing, text(&busy)));
}
