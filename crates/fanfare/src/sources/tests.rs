use super::*;

/// Which mistake is told of these sources.
fn mistake(file: &str) -> String {
    let config: SourcesConfig = toml_of(file);
    match Plan::of(&config) {
        Ok(plan) => format!("{} sources", plan.0.len()),
        Err(error) => crate::failure::line(&error),
    }
}

fn toml_of(file: &str) -> SourcesConfig {
    use figment::{
        Figment,
        providers::{Format as _, Toml},
    };
    Figment::from(Toml::string(file)).extract().unwrap()
}

const OUTBOX: &str = "[[outbox]]\nname = \"shop\"\nenvironment = \"default\"\n";
const NATS: &str = "[[nats]]\nname = \"orders\"\nenvironment = \"default\"\nstream = \"ORDERS\"\n";

#[test]
fn sources_are_checked_before_anything_starts() {
    let outbox = |rest: &str| mistake(&format!("{OUTBOX}{rest}"));
    let nats = |rest: &str| mistake(&format!("{NATS}{rest}"));
    let url = "url = \"nats://me:s3cret@localhost\"\n";
    insta::assert_snapshot!(
        [
            mistake(""),
            outbox("url = \"postgres://me:s3cret@localhost/shop\""),
            outbox(""),
            outbox("url = \"mysql://me:s3cret@localhost/shop\""),
            outbox("url = \"postgres://me:s3cret@localhost/shop?pgbouncer=true\""),
            outbox("url = \"postgres://localhost/shop\"\nurl-file = \"url\""),
            outbox("url-file = \"/nonexistent/url\""),
            nats(&format!("{url}dead-letters = \"dead.orders\"")),
            nats(&format!("{url}dead-letters = \"dead.*\"")),
            nats(&format!("{url}dead-letters = \"dead\"\nack-wait = 0")),
            nats("url = \"http://me:s3cret@localhost\"\ndead-letters = \"dead\""),
            mistake(&format!("{OUTBOX}url = \"postgres://a@b/c\"\n{OUTBOX}url = \"postgres://a@b/c\"")),
            mistake("[[outbox]]\nname = \"a b\"\nenvironment = \"default\"\nurl = \"postgres://a@b/c\""),
        ]
        .join("\n")
    );
}
