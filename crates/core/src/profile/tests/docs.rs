//! `docs/profiles.md` says what is.

use super::*;
use crate::{
    render::{Place, Rendering, offered, render},
    sample::{NOW, credentials, endpoint, message},
};

const DOCS: &str = include_str!("../../../../../docs/profiles.md");

/// The first block of that language.
fn block(language: &str) -> &'static str {
    let (_, after) = DOCS.split_once(&format!("```{language}\n")).expect(language);
    after.split_once("```").expect(language).0
}

#[test]
fn the_worked_example_makes_the_request_that_is_shown() {
    let parcelo = Profile::parse(block("toml")).unwrap();
    let secret = parcelo.generate_secret(&Counting::default());
    assert_eq!(secret.reveal(), format!("pk_{}", "0".repeat(40)));
    let credentials = credentials(&[secret.reveal()]);
    let mut message = message(r#"{"number": "P-1", "to": "Zoë"}"#);
    message.event_type = "parcel.delivered".parse().unwrap();
    let (profile, endpoint) = (&parcelo, &endpoint());
    let rendering = Rendering { profile, endpoint, credentials: &credentials, message: &message, now: NOW };
    let request = render(&rendering).unwrap();
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let mut shown = format!("{} {}\n", request.method.as_str(), endpoint.url);
    for header in &request.headers {
        shown += &format!("{}: {}\n", header.name, header.value.reveal());
    }
    let (_, signature) = shown.split_once("sig=").unwrap();
    let signature = signature.trim_end().to_owned();
    assert_eq!(signature.len(), 88, "64 bytes in base64: {signature}");
    assert_eq!(format!("{shown}\n{body}\n").replace(&signature, "SIGNATURE"), block("http"));
}

/// What the checker offers in the place of an unknown key is what it knows.
#[test]
fn every_key_is_described() {
    const KIND: &str = "[[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\n";
    const SIGNED: &str = "[[signatures]]\nheader = \"x-s\"\nalgorithm = \"hmac-sha1\"\n";
    let sections = [
        String::new(),
        "[body]".into(),
        format!("{KIND}{SIGNED}"),
        "[secrets]".into(),
        KIND.into(),
        "[auth]".into(),
        "[delivery]".into(),
        "[endpoints]".into(),
        "[lifecycle]\nevent_type = \"p\"\non = [\"create\"]\ntemplate = \"{}\"\n".into(),
        "[[delays]]\ntypes = [\"a\"]\nwait = \"1s\"\n".into(),
        "[superseding]\nkey = \"payload.id\"\n".into(),
        "[events]".into(),
        "[[events.types]]\nname = \"a\"\n".into(),
    ];
    let mut described = 0;
    for section in sections {
        let errors = parse(&format!("{section}\nqqqqqqqq = 1\n")).unwrap_err();
        let message = &errors.0[0].message;
        let known = message.split_once("there are ").unwrap_or_else(|| panic!("{section}: {errors}")).1;
        for key in known.split(", ") {
            let written = [format!("| `{key}` |"), format!("`[{key}]`"), format!("`[[{key}]]`")];
            let nested = format!("`[[secrets.{key}]]` `[[events.{key}]]`");
            let nested = nested.split(' ').any(|nested| DOCS.contains(nested));
            assert!(
                nested || written.iter().any(|text| DOCS.contains(text)),
                "{section}: `{key}` is not described"
            );
            described += 1;
        }
    }
    assert!(described > 60, "{described}");
}

#[test]
fn every_placeholder_is_described() {
    let places = [Place::Header, Place::Body, Place::Content, Place::Format, Place::Wrap, Place::Lifecycle];
    for name in places.into_iter().flat_map(offered).chain(["id.PREFIX"]) {
        assert!(DOCS.contains(&format!("| `{name}` |")), "`{name}` is not described");
    }
}

/// The rows of the table that follows this heading, without their backticks.
fn rows(heading: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let (_, table) = DOCS.split_once(&format!("{heading}\n|---|---|\n")).expect(heading);
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect())
}

#[test]
fn urls_are_normalised_as_it_says() {
    let mut checked = 0;
    for row in rows("| given | signed and requested |") {
        let given: crate::endpoint::WebhookUrl = row[0].parse().unwrap();
        assert_eq!(given.as_str(), row[1]);
        checked += 1;
    }
    assert_eq!(checked, 5);
}
