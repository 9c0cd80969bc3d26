use std::time::Duration;

use super::*;

fn shown(body: ShownBody) -> Shown {
    let headers =
        vec![("TT-Hook-Event".into(), "clocking".into()), ("x-b".into(), "a\u{1b}[2Jb\u{202e}".into())];
    Shown { line: "POST /hook HTTP/1.1".into(), headers, body, body_bytes: 9 }
}

#[test]
fn a_request_reads_as_it_came_and_commands_no_terminal() {
    let shown = shown(ShownBody::Text("{\"é\":[1.10,\"\u{7f}\"]}".into()));
    insta::assert_snapshot!(request_text(&shown, true, Colours::none()));
    insta::assert_snapshot!(request_text(&shown, false, Colours::none()));
}

#[test]
fn what_is_no_text_or_too_long_is_said() {
    let binary = body_text(&shown(ShownBody::Bytes(vec![255; 9].into())), true);
    assert_eq!(binary, "(9 bytes that are not text)");
    let long = body_text(&shown(ShownBody::Text("é".repeat(SHOWN_BODY_BYTES))), true);
    assert!(long.ends_with("(cut here: the body has 9 bytes; --json shows all of them)"));
    assert!(long.len() < SHOWN_BODY_BYTES + 100);
}

#[test]
fn checks_stand_in_columns() {
    let check =
        |part: &str, outcome, detail: &str| Check { part: part.into(), outcome, detail: detail.into() };
    let checks = [
        check("method", Verdict::Right, "POST"),
        check("header X-A", Verdict::Wrong, "missing"),
        check("signature", Verdict::Unchecked, "no secret"),
    ];
    insta::assert_snapshot!(checks_text(&checks, Colours::none()));
}

#[test]
fn replies_say_what_the_sender_got() {
    let late = Reply::Answer {
        status: 429,
        wait: Duration::from_secs(2),
        headers: vec![("Retry-After".into(), "5".into())],
    };
    assert_eq!(reply_text(&late), "429 after 2s, Retry-After: 5");
    assert_eq!(reply_text(&Reply::Hang), "never");
}
