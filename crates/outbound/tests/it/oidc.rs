//! A certified authorization server, the npm package `oidc-provider`, grants the tokens, and says of the one that
//! the endpoint saw whether it is good. `cargo xtask test` installs it.

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use fanfare_core::{
    auth::{ClientCredentials, CredentialsIn},
    id::EndpointId,
    limits::TOKEN_SKEW,
    ports::{FailureKind, Outcome, SendOptions, TokenSource},
    secret::Secret,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
};

use crate::{
    authority::{OK, Scene, UNAUTHORIZED, client, with_token},
    receiver::both,
    sender::{answered, failed},
};

/// How long the server's tokens live.
const LIFETIME: Duration = Duration::from_secs(600);

/// The server, a process that ends with this.
struct Provider {
    process: Child,
    line: Mutex<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
    token_url: String,
}

impl Provider {
    async fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let packages = root.join("target/node");
        let installed = packages.join("node_modules/oidc-provider");
        assert!(installed.exists(), "{} is missing: `cargo xtask test` installs it", installed.display());
        let mut process = Command::new("node")
            .args(["--input-type=module", "--eval", include_str!("../oidc/server.mjs")])
            .current_dir(packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts: `cargo xtask test` installs it");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let Some(port) = lines.next_line().await.unwrap() else { panic!("{}", complaint(process).await) };
        let token_url = format!("http://127.0.0.1:{port}/token");
        let line = Mutex::new((process.stdin.take().unwrap(), lines));
        Self { process, line, token_url }
    }

    async fn tell(&self, command: &str) -> String {
        let (commands, answers) = &mut *self.line.lock().await;
        commands.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        answers.next_line().await.unwrap().expect("the authorization server answers")
    }

    async fn stop(mut self) {
        self.process.kill().await.unwrap();
    }

    fn client(&self, credentials_in: CredentialsIn) -> ClientCredentials {
        let id = if credentials_in == CredentialsIn::Basic { "in:basic" } else { "in body" };
        ClientCredentials {
            client_id: Secret::new(id),
            client_secret: Secret::new("s/e c+r:e%t&="),
            credentials_in,
            ..client(&self.token_url)
        }
    }

    /// The endpoint is called, and lets in whoever has a good token; the token, and what it stands for.
    async fn called(&self, scene: &Scene) -> (String, String) {
        let mut peer = scene.endpoint.accept().await;
        let seen = crate::authority::authorization(&peer.read_request().await);
        let token = seen.strip_prefix("Bearer ").unwrap().to_owned();
        let meaning = self.tell(&format!("check {token}")).await;
        peer.write(if meaning == "null" { UNAUTHORIZED } else { OK }).await;
        (token, meaning)
    }

    async fn deliver(&self, scene: &Scene, options: &SendOptions) -> (Outcome, (String, String)) {
        both(scene.send(options), self.called(scene)).await
    }
}

async fn complaint(process: Child) -> String {
    let mut said = String::new();
    process.stderr.unwrap().read_to_string(&mut said).await.unwrap();
    format!("the authorization server did not start: {said}")
}

fn options(client: ClientCredentials, cached: bool) -> SendOptions {
    with_token(TokenSource { endpoint: EndpointId([1; 20]), client: Arc::new(client), cached })
}

#[tokio::test]
async fn jof_9_a_certified_server_grants_tokens_for_both_placements_and_the_scope_asked_for() {
    let (scene, provider) = (Scene::new().await, Provider::start().await);
    for (place, scope, expected) in [
        (CredentialsIn::Basic, Some("read"), r#"{"client":"in:basic","scope":"read"}"#),
        (CredentialsIn::Body, Some("read"), r#"{"client":"in body","scope":"read"}"#),
        (CredentialsIn::Basic, None, r#"{"client":"in:basic","scope":""}"#),
        (CredentialsIn::Body, None, r#"{"client":"in body","scope":""}"#),
    ] {
        let client = ClientCredentials {
            scope: scope.map(str::to_owned),
            audience: Some("https://hooks.example/".to_owned()),
            ..provider.client(place)
        };
        let (outcome, (_, meaning)) = provider.deliver(&scene, &options(client, true)).await;
        assert_eq!((answered(outcome).status, meaning.as_str()), (200, expected));
    }
}

#[tokio::test]
async fn what_a_certified_server_refuses_is_told_without_the_secret() {
    let (scene, provider) = (Scene::new().await, Provider::start().await);
    let right = provider.client(CredentialsIn::Basic);
    for (client, expected) in [
        (ClientCredentials { client_secret: Secret::new("wr0ng"), ..right.clone() }, "401 (invalid_client)"),
        (ClientCredentials { client_id: Secret::new("wr0ng"), ..right.clone() }, "401 (invalid_client)"),
        (
            ClientCredentials { client_secret: Secret::new("wr0ng"), ..provider.client(CredentialsIn::Body) },
            "401 (invalid_client)",
        ),
        (ClientCredentials { scope: Some("write".to_owned()), ..right.clone() }, "400 (invalid_scope)"),
    ] {
        for cached in [true, false] {
            let outcome = scene.send(&options(client.clone(), cached)).await;
            let failure = failed(outcome, FailureKind::Token);
            assert_eq!(failure.message, format!("no access token: 127.0.0.1 answered {expected}"));
        }
    }
    scene.not_called().await;
}

#[tokio::test]
async fn jof_9_tokens_are_kept_or_fetched_for_each_request() {
    let (scene, provider) = (Scene::new().await, Provider::start().await);
    for cached in [true, false] {
        let options = options(provider.client(CredentialsIn::Basic), cached);
        let (_, (first, _)) = provider.deliver(&scene, &options).await;
        let (outcome, (second, _)) = provider.deliver(&scene, &options).await;
        assert_eq!(answered(outcome).status, 200);
        assert_eq!(first == second, cached);
    }
}

#[tokio::test]
async fn a_kept_token_is_replaced_before_it_expires() {
    let (scene, provider) = (Scene::new().await, Provider::start().await);
    let options = options(provider.client(CredentialsIn::Body), true);
    let (_, (first, _)) = provider.deliver(&scene, &options).await;
    let usable = LIFETIME - TOKEN_SKEW;
    for (passes, same) in [(usable - Duration::from_secs(1), true), (Duration::from_secs(1), false)] {
        scene.sender.clock.advance(passes);
        provider.tell(&format!("advance {}", passes.as_secs())).await;
        let (outcome, (token, _)) = provider.deliver(&scene, &options).await;
        assert_eq!((answered(outcome).status, token == first), (200, same));
    }
}

#[tokio::test]
async fn a_token_that_ended_early_is_replaced_on_401() {
    let (scene, provider) = (Scene::new().await, Provider::start().await);
    let options = options(provider.client(CredentialsIn::Basic), true);
    let (_, (mut kept, _)) = provider.deliver(&scene, &options).await;
    let gone_by = format!("advance {}", LIFETIME.as_secs());
    // By hand, and because its clock is ahead of ours.
    for ended in [format!("revoke {kept}"), gone_by] {
        provider.tell(&ended).await;
        let (outcome, (stale, fresh)) = both(scene.send(&options), async {
            (provider.called(&scene).await, provider.called(&scene).await)
        })
        .await;
        assert_eq!(stale, (kept, "null".to_owned()));
        assert_eq!(answered(outcome).status, 200);
        kept = fresh.0;
    }
}

#[tokio::test]
async fn an_outage_is_bridged_by_the_kept_token_and_then_fails_before_the_endpoint() {
    let (scene, provider) = (Scene::new().await, Provider::start().await);
    let options = options(provider.client(CredentialsIn::Basic), true);
    let (_, (first, _)) = provider.deliver(&scene, &options).await;
    provider.stop().await;
    let (outcome, seen) = scene.send_with_kept(&options, OK).await;
    assert_eq!((answered(outcome).status, seen), (200, format!("Bearer {first}")));
    scene.sender.clock.advance(LIFETIME);
    let failure = failed(scene.send(&options).await, FailureKind::Token);
    assert!(failure.message.starts_with("no access token: no connection to 127.0.0.1:"), "{failure}");
    scene.not_called().await;
}
