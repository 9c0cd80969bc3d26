use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::{
    limits::{FILTER_DEPTH, MESSAGE_BODY_BYTES},
    message::Payload,
    profile, sample,
};

fn message(payload: impl Into<Bytes>) -> Message {
    Message { payload: Payload::Json(payload.into()), ..sample::message("{}") }
}

/// By a profile that shows everything.
fn seen(message: &Message) -> Variables {
    Variables::of(message, &profile("standard"))
}

fn profile(name: &str) -> Profile {
    profile::built_in().into_iter().find(|profile| profile.name.as_str() == name).unwrap()
}

fn verdict(filter: &str, payload: &str) -> Verdict {
    let filter = Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    filter.verdict(&seen(&message(payload.to_owned())))
}

const PAYLOAD: &str = r#"{
    "id": "p-1", "campaign": {"id": 7, "type": "QUIZZ"}, "score": 9.5, "big": 18446744073709551615,
    "optins": [{"id": 1, "given": true}, {"id": 2, "given": false}], "none": null, "tags": ["a", "é"]
}"#;

/// The sample message is an `invoice.paid`.
#[test]
fn what_filters_say() {
    use Verdict::{Failed, Match, NoMatch};
    for (filter, expected) in [
        ("event.type == 'invoice.paid' && payload.campaign.id == 7", Match),
        ("event.type == 'participation.completed'", NoMatch),
        ("event.type.startsWith('invoice.')", Match),
        ("event.timestamp > '2020-01-01'", Match),
        ("'eu' in event.channels", NoMatch),
        ("payload.campaign.id == 7.0", Match),
        ("payload.campaign.id - 1 == 6 && -payload.campaign.id < 0", Match),
        ("payload.score > 9", Match),
        ("payload.big > 7", Match),
        ("payload.none == null", Match),
        ("payload['campaign']['type'] in ['QUIZZ', 'POLL']", Match),
        ("has(payload.completedAt)", NoMatch),
        ("!has(payload.completedAt)", Match),
        ("payload.optins.exists(o, o.id == 2 && o.given)", NoMatch),
        ("payload.optins.exists_one(o, o.given)", Match),
        ("payload.optins.all(o, has(o.given))", Match),
        ("size(payload.tags) == 2 && payload.tags[1] == 'é'", Match),
        ("payload.score > 9 ? payload.id == 'p-1' : false", Match),
        ("payload.missing == 7", Failed),
        ("payload.missing == 7 || payload.campaign.id == 7", Match),
        ("payload.id > 7", Failed),
        ("payload.campaign", Failed),
        ("payload.campaign.id", Failed),
        ("payload.tags[9] == 'a'", Failed),
        ("1 / (payload.campaign.id - 7) == 1", Failed),
    ] {
        assert_eq!(verdict(filter, PAYLOAD), expected, "{filter}");
    }
}

#[test]
fn a_payload_that_is_no_json_fails_only_filters_that_look_at_it() {
    let raw = Message { payload: Payload::Raw("plain text".into()), ..sample::message("{}") };
    let variables = seen(&raw);
    let said = |filter: &str| Filter::parse(filter).unwrap().verdict(&variables);
    assert_eq!(said("event.type == 'invoice.paid'"), Verdict::Match);
    assert_eq!(said("payload.a == 1"), Verdict::Failed);
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (filter, line, column, part) in [
        ("", 1, 1, "1 to 2048 bytes"),
        ("payload.a ==", 1, 13, ""),
        ("payload.a == 'x", 1, 14, ""),
        ("event.type == 'é' &&\n  paylod.a == 1", 2, 3, "`paylod` is not known"),
        ("'é' == 'é' && x", 1, 15, "`x` is not known"),
        ("payload.a + payload.b > 1", 1, 11, "`+` is not part"),
        ("payload.a.map(x, x) == []", 1, 14, "`map` and `filter`"),
        ("payload.a.filter(x, x > 1) == []", 1, 17, "`map` and `filter`"),
        ("payload.a.all(x, x.all(y, y > 1))", 1, 23, "inside each other"),
        ("payload.a.all(x, x == payload.b)", 1, 23, "only the element"),
        ("payload.a.matches('a+')", 1, 18, "`matches` is not a function"),
        ("[payload, payload] == [1]", 1, 1, "only literals"),
        ("{'a': payload} == payload", 1, 1, "only values"),
    ] {
        let error = Filter::parse(filter).unwrap_err();
        assert_eq!((error.line, error.column), (line, column), "{filter}: {error}");
        assert!(error.message.contains(part), "{filter}: {error}");
    }
    assert!(Filter::parse(&"(".repeat(2049)).is_err());
}

/// What a hostile endpoint could ask of a large payload is refused; what it costs otherwise is bounded by
/// operations times bytes, where looking at an element counts as much as at many bytes of a text.
#[test]
fn cost_is_bounded() {
    let of_size = |bytes: usize| {
        let elements = "1,".repeat(bytes / 2 - 8);
        seen(&message(format!(r#"{{"a":[{elements}1],"b":"x"}}"#)))
    };
    let said = |filter: &str, variables| Filter::parse(filter).unwrap().verdict(variables);
    let joined = |one: &str, times: usize| vec![one; times].join(" && ");
    let same = "payload == payload";
    let each = |times: usize| format!("payload.a.all(x, {})", joined("x == 1", times));
    let (small, middle, large) = (of_size(1000), of_size(100_000), of_size(MESSAGE_BODY_BYTES));
    for (filter, in_middle, in_large) in [
        (joined("payload.b == 'x'", 20), Verdict::Match, Verdict::Match),
        (joined("payload.b in ['x', 'y']", 20), Verdict::Match, Verdict::Match),
        (joined(same, 1), Verdict::Match, Verdict::Match),
        (joined(same, 2), Verdict::Match, Verdict::Failed),
        (joined("1 in payload.a", 2), Verdict::Match, Verdict::Failed),
        (each(1), Verdict::Match, Verdict::Failed),
        (each(6), Verdict::Failed, Verdict::Failed),
    ] {
        assert_eq!(said(&filter, &small), Verdict::Match, "{filter}");
        assert_eq!(said(&filter, &middle), in_middle, "{filter}");
        assert_eq!(said(&filter, &large), in_large, "{filter}");
    }
    assert!(Filter::parse("event.type == 'a'").unwrap().work(MESSAGE_BODY_BYTES) < 10_000);
}

/// Talview's receivers are not shown whose a payload is, so their filters cannot ask.
#[test]
fn tal_b2_a_filter_does_not_see_what_its_endpoint_is_not_shown() {
    let message = message(r#"{"id": 1, "tenant_id": 9, "rows": [{"is_deleted": true, "n": 1}, {"n": 2}]}"#);
    let (talview, all) = (Variables::of(&message, &profile("talview")), seen(&message));
    for (filter, shown, whole) in [
        ("payload.id == 1", Verdict::Match, Verdict::Match),
        ("payload.tenant_id == 9", Verdict::Failed, Verdict::Match),
        ("payload.rows.exists(row, row.n == 1)", Verdict::NoMatch, Verdict::Match),
    ] {
        let filter = Filter::parse(filter).unwrap();
        assert_eq!((filter.verdict(&talview), filter.verdict(&all)), (shown, whole));
    }
}

/// The deepest expressions that the length allows end in an answer, not in an overflow of a worker's stack.
#[test]
fn depth_is_bounded() {
    let payload = seen(&message(PAYLOAD));
    for (start, middle, end) in [
        ("(", "true", ")"),
        ("!", "true", ""),
        ("-", "1", ""),
        ("", "payload", ".a"),
        ("", "payload", "[0]"),
        ("true && ", "true", ""),
        ("true ? true : ", "true", ""),
        ("size(", "'a'", ")"),
        ("1 - ", "1", ""),
        ("[", "1", "]"),
        ("'a'.contains(", "'a'", ")"),
    ] {
        let times = (FILTER_BYTES - middle.len()) / (start.len() + end.len());
        for times in [times, times.min(FILTER_DEPTH)] {
            let text = format!("{}{middle}{}", start.repeat(times), end.repeat(times));
            if let Ok(filter) = Filter::parse(&text) {
                filter.verdict(&payload);
            }
        }
    }
    let long = vec!["payload.id == 'p-1'"; 50].join(" && ");
    assert_eq!(Filter::parse(&long).unwrap().verdict(&payload), Verdict::Match);
}

/// Texts that are made of what expressions are made of.
fn expression() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "payload",
        "event",
        ".a",
        ".type",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "!",
        "-",
        "&&",
        "||",
        "==",
        "in",
        "?",
        ":",
        "1",
        "1.5e9",
        "0x",
        "'s'",
        "\"",
        "'",
        "r'",
        "b'x'",
        "\\",
        ".all(x,",
        ".exists(x,",
        ".map(x,",
        "x",
        "has(",
        ",",
        "+",
        "*",
        "9223372036854775808",
        "null",
        "true",
        "é",
        "\u{1f980}",
        "\n",
        " ",
        "//",
        "size(",
        ".f(",
        "@",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in prop_oneof![any::<String>(), expression()], payload in expression()) {
        match Filter::parse(&text) {
            Ok(filter) => {
                filter.verdict(&seen(&message(PAYLOAD)));
                filter.verdict(&seen(&message(payload)));
            }
            Err(error) => {
                let lines = text.lines().count().max(1);
                prop_assert!((1..=lines + 1).contains(&error.line), "{error}");
                prop_assert!(error.column >= 1 && !error.message.is_empty());
            }
        }
    }
}
