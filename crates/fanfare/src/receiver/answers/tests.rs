use super::*;

fn replies(text: &str, count: usize) -> Vec<Reply> {
    let answers: Answers = text.parse().unwrap();
    (0..count).map(|_| answers.next()).collect()
}

#[test]
fn answers_in_turn_and_then_as_the_last() {
    let status = Reply::status;
    assert_eq!(replies("500,502,200", 5), [status(500), status(502), status(200), status(200), status(200)]);
    assert_eq!(replies("500x2,hang,close", 4), [status(500), status(500), Reply::Hang, Reply::Close]);
}

#[test]
fn answers_wait_and_have_headers() {
    let expected = Reply::Answer {
        status: 429,
        wait: Duration::from_millis(1_500),
        headers: vec![
            ("Retry-After".into(), "Wed, 21 Oct 2026 07:28:00 GMT".into()),
            ("X-A".into(), "1".into()),
        ],
    };
    assert_eq!(replies("429:1500ms+Retry-After=Wed%2C 21 Oct 2026 07:28:00 GMT+X-A=1", 1), [expected]);
}

#[test]
fn a_clone_starts_anew() {
    let answers: Answers = "500,200".parse().unwrap();
    assert_eq!(answers.next(), Reply::status(500));
    let copy = answers.clone();
    assert_eq!((copy.next(), answers.next()), (Reply::status(500), Reply::status(200)));
}

#[test]
fn mistakes_are_named() {
    for (text, word) in [
        ("", "status"),
        ("199", "200 to 599"),
        ("600", "200 to 599"),
        ("500,", "``"),
        ("200:2", "500ms"),
        ("200:2h", "an hour"),
        ("200:61m", "an hour"),
        ("200x0", "no number"),
        ("200x10001", "no number"),
        ("200x9999,500x2", "at most 10000"),
        ("200+Retry-After", "+NAME=VALUE"),
        ("200+a b=c", "name of a header"),
        ("200+a=\nb", "value of a header"),
        ("200+Content-Length=5", "by the receiver itself"),
    ] {
        let error = text.parse::<Answers>().unwrap_err();
        assert!(error.contains(word), "{text}: {error}");
    }
}
