use super::*;

fn access(text: &str) -> Result<NatsAccess, InvalidSettings> {
    NatsAccess::parse(&Secret::new(text))
}

#[test]
fn urls_say_where_and_who() {
    let plain = access("nats://a.example:4223").unwrap();
    assert_eq!((plain.servers.len(), plain.login.is_none()), (1, true));
    let token = access("tls://to%20ken@a.example").unwrap();
    assert!(matches!(token.login, Some(Login::Token(token)) if token.reveal() == "to ken"));
    let several = access("nats://me:p%40ss@a.example, nats://me:p%40ss@b.example").unwrap();
    assert_eq!(several.servers.len(), 2);
    assert!(matches!(&several.login, Some(Login::Password(user, password))
        if user == "me" && password.reveal() == "p@ss"));
    assert!(!format!("{several:?}").contains("p@ss") && !format!("{several:?}").contains("p%40ss"));
}

#[test]
fn what_is_no_url_is_refused_without_being_told() {
    for text in ["", "a.example", "http://a.example", "nats://", "nats://secret@a.example,", "secret"] {
        let error = access(text).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn names_and_subjects_are_checked() {
    let settings = |stream: &str, consumer: &str, subject: &str, dead: &str| NatsSettings {
        access: access("nats://localhost").unwrap(),
        stream: stream.to_owned(),
        consumer: consumer.to_owned(),
        subject: Some(subject.to_owned()),
        dead_letters: dead.to_owned(),
        ack_wait: Duration::from_secs(30),
    };
    settings("EVENTS", "fanfare", "events.>", "dead.events").check().unwrap();
    let wrong = [
        settings("a b", "c", "s", "d"),
        settings("a", "c.d", "s", "d"),
        settings("a", "c", "s..t", "d"),
        settings("a", "c", "s", "d.*"),
        settings("a", "c", "s", ""),
    ];
    let told: Vec<_> = wrong.iter().map(|settings| settings.check().unwrap_err().to_string()).collect();
    insta::assert_snapshot!(told.join("\n"));
}
