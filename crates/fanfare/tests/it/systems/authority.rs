//! A certified authorization server, the npm package `oidc-provider`, as the tests of `crates/outbound` drive it.
//! `cargo xtask test` installs it.

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// The secret of its client.
pub(crate) const CLIENT_SECRET: &str = "s/e c+r:e%t&=";

/// The server, a process that ends with this.
pub(crate) struct Authority {
    _process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    port: String,
}

impl Authority {
    pub(crate) async fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let mut process = Command::new("node")
            .args([
                "--input-type=module",
                "--eval",
                include_str!("../../../../outbound/tests/oidc/server.mjs"),
            ])
            .current_dir(root.join("target/node"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts: `cargo xtask test` installs it");
        let mut answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = answers.next_line().await.unwrap().expect("`cargo xtask test` installs oidc-provider");
        let commands = process.stdin.take().unwrap();
        Self { _process: process, commands, answers, port }
    }

    /// The authentication of an endpoint that gets its tokens here.
    pub(crate) fn auth(&self, secret: &str) -> Value {
        json!({"type": "oauth2", "tokenUrl": format!("http://127.0.0.1:{}/token", self.port),
            "clientId": "in:basic", "clientSecret": secret, "scope": "read", "credentialsIn": "basic"})
    }

    /// What the token stands for; null if it is not good.
    pub(crate) async fn check(&mut self, token: &str) -> Value {
        self.commands.write_all(format!("check {token}\n").as_bytes()).await.unwrap();
        serde_json::from_str(&self.answers.next_line().await.unwrap().unwrap()).unwrap()
    }
}
