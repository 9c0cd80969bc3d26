//! Four more formats, each checked by the official library of its own company, which also refuses what was
//! changed on the way. `cargo xtask test` installs the libraries.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::{
    stage::Stage,
    wire::{Raw, Wire},
};

const PAYLOAD: &str = r#"{"name":"evt_1","text":"Prénom 🎉", "big":123456789012345678901234567890}"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace's root")
}

/// Whether the official library takes a request.
fn accepts(format: &str, secret: &str, raw: &Raw) -> bool {
    let mut command = if ["stripe", "slack"].contains(&format) {
        let mut python = Command::new(root().join("target/python/formats/bin/python"));
        python.env("PYTHONDONTWRITEBYTECODE", "1");
        python.arg(root().join("crates/fanfare/tests/python/formats.py"));
        python
    } else {
        let mut node = Command::new("node");
        node.current_dir(root().join("target/node"));
        node.args(["--input-type=module", "--eval", include_str!("../../node/formats.mjs")]);
        node
    };
    let lines = raw.head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers: serde_json::Map<_, _> =
        lines.map(|(name, value)| (name.to_ascii_lowercase(), Value::from(value))).collect();
    let request = json!({"format": format, "secret": secret, "headers": headers, "body": raw.text()});
    let mut child =
        command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("`cargo xtask test` installs it");
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    child.wait().unwrap().success()
}

/// Formats that take https only are read from their file with that rule lifted: the receiver has none.
async fn is_verified_by_its_own_library(format: &str, event_type: &str, fields: Value) -> Raw {
    let profile =
        std::fs::read_to_string(root().join(format!("crates/core/profiles/{format}.toml"))).unwrap();
    let free = profile.replace("https = \"required\"", "https = \"free\"");
    let stage = Stage::of_text(format, &free).await;
    let wire = Wire::open().await;
    let mut wanted = json!({"eventTypes": [event_type]});
    wanted.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    stage.endpoint(&wire, "main", wanted).await;
    let secret = match fields["secret"].as_str() {
        Some(secret) => secret.to_owned(),
        None => stage.secret("main").await,
    };
    stage.post(event_type, PAYLOAD).await;
    let is_event = |raw: &Raw| raw.text().contains(r#""big":123456789012345678901234567890"#);
    let raw = wire.request(is_event).await;
    assert!(raw.text().contains(r#""text":"Prénom 🎉""#), "{}", raw.text());
    assert!(accepts(format, &secret, &raw), "{}\n{}", raw.head, raw.text());
    let other = if secret.ends_with('0') { "1" } else { "0" };
    let another = format!("{}{other}", &secret[..secret.len() - 1]);
    assert!(!accepts(format, &another, &raw), "with another secret");
    let changed = Raw { body: raw.text().replace("evt_1", "evt_2").into_bytes(), ..raw.clone() };
    assert!(!accepts(format, &secret, &changed), "with another body");
    raw
}

#[tokio::test]
async fn github_is_verified_by_octokit() {
    let raw = is_verified_by_its_own_library("github", "issues", json!({"secret": "s3cr3t"})).await;
    assert_eq!(raw.text(), PAYLOAD);
    assert_eq!(raw.header("X-GitHub-Event"), Some("issues"));
}

#[tokio::test]
async fn stripe_is_verified_by_its_python_library() {
    let raw = is_verified_by_its_own_library("stripe", "invoice.paid", json!({})).await;
    assert_eq!(raw.json()["data"]["object"]["text"], "Prénom 🎉");
}

#[tokio::test]
async fn shopify_is_verified_by_its_node_library() {
    let shop = json!({"X-Shopify-Shop-Domain": "acme.myshopify.com"});
    let raw = is_verified_by_its_own_library("shopify", "orders.create", json!({"headers": shop})).await;
    assert_eq!(raw.header("X-Shopify-Topic"), Some("orders/create"));
}

#[tokio::test]
async fn slack_is_verified_by_its_python_library() {
    let raw = is_verified_by_its_own_library("slack", "app_mention", json!({})).await;
    assert_eq!(raw.json()["type"], "event_callback");
}
