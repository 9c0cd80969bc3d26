//! `fanfare migrate-store`: a server's store goes to PostgreSQL, through a kill in the middle, and a node goes on
//! there with everything.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use fanfare_servers::{FaultProxy, Mode, Postgres, until};
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::{
    SOON,
    api::Api,
    binary::{self, Outcome},
    client::Client,
    receiver::{Receiver, Recorder, Script, pause, within},
    server::{TestServer, free_address},
};

/// More than a slice of the copy holds.
const MESSAGES: usize = 3_000;

/// What a server left: its store, and what is known of it.
struct Left {
    server: TestServer,
    recorder: Arc<Recorder>,
    _receiver: Receiver,
    secret: String,
    delivered: String,
    waiting: String,
}

/// A server that has delivered one message, keeps another for a paused endpoint and many for nobody.
async fn left() -> Left {
    let mut server = TestServer::start().await;
    let api = server.api();
    let recorder = Recorder::new(Script::default());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    api.create_application("acme").await;
    let (_, secret) = api.create_endpoint("acme", &receiver, json!({"uid": "main"})).await;
    assert!(recorder.use_secret(&secret));
    let delivered = api.post_message("acme", json!({"n": 1})).await;
    api.attempts("acme", &delivered, |attempts| attempts.len() == 1).await;
    api.post("/app/acme/endpoint/main/pause", json!({})).await.expect(200);
    let waiting = api.post_message("acme", json!({"n": 2})).await;
    api.create_application("idle").await;
    for _ in 0..MESSAGES / 100 {
        let many = (0..100).map(|_| api.post_message("idle", json!({"filling": "x".repeat(600)})));
        futures::future::join_all(many).await;
    }
    assert!(server.stop().await.success());
    Left { server, recorder, _receiver: receiver, secret, delivered, waiting }
}

fn migrate(from: &Path, to: &str, more: &[&str]) -> Command {
    let mut command = binary::command(Path::new("/"), &["migrate-store", "--from", from.to_str().unwrap()]);
    command.env("FANFARE_DATABASE_URL", to).args(more);
    command
}

fn migrated(from: &Path, to: &str, more: &[&str]) -> Outcome {
    binary::run_to_end(migrate(from, to, more))
}

#[track_caller]
fn assert_refused(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.lines().count()), ("", 1), "{outcome:?}");
    for word in words {
        assert!(outcome.stderr.contains(word), "it says `{word}`: {outcome:?}");
    }
}

/// A node on the database, ended when dropped.
struct Node {
    child: Child,
    address: SocketAddr,
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself; then the test says so.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(url: &str, key: &Path, address: SocketAddr) -> Command {
    let address = address.to_string();
    let words = ["serve", "--listen", &address, "--allow-network", "127.0.0.0/8", "--master-key-file"];
    let mut command = binary::command(Path::new("/"), &words);
    command.arg(key).env("FANFARE_DATABASE_URL", url);
    command
}

async fn node(url: &str, key: &Path) -> Node {
    let address = free_address();
    let child = serve(url, key, address).stdout(Stdio::null()).spawn().unwrap();
    let ready = async {
        let mut client = Client::new(address);
        loop {
            let request = Request::get("/health/ready").header("host", "localhost");
            let sent = client.send(request.body(Full::new(Bytes::new())).unwrap()).await;
            if sent.is_ok_and(|reply| reply.status.is_success()) {
                return;
            }
            pause(Duration::from_millis(10)).await;
        }
    };
    let node = Node { child, address };
    assert!(within(SOON, ready).await.is_some(), "the node is not ready in time");
    node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_moves_through_a_kill_and_goes_on() {
    let left = left().await;
    let (data, key) = (left.server.data().to_owned(), left.server.data().join("master.key"));
    let postgres = Postgres::start();
    let url = postgres.create_database();
    let database = url.rsplit('/').next().unwrap().to_owned();

    kill_in_the_middle(&postgres, &data, &database);
    assert_refused(
        &binary::run_to_end(serve(&url, &key, free_address())),
        &["holds only a part", "migrate-store"],
    );

    let outcome = migrated(&data, &url, &["--json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["copied"], "now", "{report}");
    assert_eq!(report["tables"]["messages"], MESSAGES + 2, "{report}");
    assert_eq!(report["tables"]["attempts"], 1, "{report}");
    let again = migrated(&data, &url, &[]);
    assert!(again.code == Some(0) && again.stdout.contains("copied before"), "{again:?}");

    let node = node(&url, &key).await;
    let api = Api::new(node.address, left.server.key());
    let attempts = api.attempts("acme", &left.delivered, |attempts| !attempts.is_empty()).await;
    assert_eq!(attempts[0]["status"], 0, "the old attempt succeeded: {attempts:?}");
    let secret = api.get("/app/acme/endpoint/main/secret").await.expect(200);
    assert_eq!(secret["key"], left.secret.as_str(), "secrets can be opened");
    api.post("/app/acme/endpoint/main/resume", json!({})).await.expect(200);
    let arrived = left.recorder.wait_until(SOON, |all| all.iter().any(|one| one.id == left.waiting));
    assert!(arrived.await.is_some(), "what waited is delivered");
    let fresh = api.post_message("acme", json!({"n": 3})).await;
    api.attempts("acme", &fresh, |attempts| attempts.len() == 1).await;
}

/// Over a slow wire, so that there is a middle.
fn kill_in_the_middle(postgres: &Postgres, data: &Path, database: &str) {
    let proxy = FaultProxy::start(postgres.port());
    proxy.set(Mode::Delay(Duration::from_millis(15)));
    let slow = format!("postgres://postgres@127.0.0.1:{}/{database}", proxy.port());
    let mut child = migrate(data, &slow, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("some of it is copied", Duration::from_secs(60), || {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        let sql = "SELECT rows > 0 FROM fanfare_copied WHERE name = 'messages'";
        postgres.try_sql(database, sql).is_ok_and(|found| found == "t")
    });
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn says_what_it_cannot_copy() {
    let mut server = TestServer::start().await;
    server.api().create_application("acme").await;
    let postgres = Postgres::start();
    let url = postgres.create_database();
    let data: PathBuf = server.data().to_owned();
    assert_refused(
        &migrated(&data, &url, &[]),
        &["another fanfare server is running", data.to_str().unwrap()],
    );
    assert!(server.stop().await.success());

    let nowhere = server.data().join("nothing-here");
    assert_refused(&migrated(&nowhere, &url, &[]), &["there is no store", nowhere.to_str().unwrap()]);
    assert_refused(&migrated(&data, "mysql://u:s3cret@host/db", &[]), &["postgres://USER"]);
    let refused = migrated(&data, "postgres://u:s3cret@127.0.0.1:1/db", &[]);
    assert_refused(&refused, &["cannot reach", "127.0.0.1:1"]);
    assert!(!refused.stderr.contains("s3cret"), "{refused:?}");

    let other = server.data().join("other.key");
    std::fs::write(&other, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n").unwrap();
    let refused = migrated(&data, &url, &["--master-key-file", other.to_str().unwrap()]);
    assert_refused(&refused, &["master key", "not the one"]);
    std::fs::remove_file(other).unwrap();

    // A database that another store lives in.
    let used = postgres.create_database();
    let from = TestServer::start().await;
    let theirs = from.data().to_owned();
    let mut from = from;
    assert!(from.stop().await.success());
    assert_eq!(migrated(&theirs, &used, &[]).code, Some(0));
    assert_refused(&migrated(&data, &used, &[]), &["holds a store already", "empty database"]);
}
