//! The official Python SDK of both generations drives the server, and the official Standard Webhooks library
//! verifies what it sends. `cargo xtask test` installs both.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::server::TestServer;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace's root")
}

fn python(environment: &str) -> PathBuf {
    let python = root().join("target/python").join(environment).join("bin/python");
    assert!(python.exists(), "{} is missing: `cargo xtask test` installs it", python.display());
    python
}

async fn drive(environment: &str) {
    let server = TestServer::start().await;
    let script = root().join("crates/fanfare/tests/python/flow.py");
    let mut command = Command::new(python(environment));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(script).args(["--url", &server.url(), "--key", server.key()]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{environment}: {}\n{said}\n{complaint}", output.status);
}

#[tokio::test]
async fn the_sdk_of_the_first_generation() {
    drive("svix-1").await;
}

#[tokio::test]
async fn the_sdk_of_the_second_generation() {
    drive("svix-2").await;
}
