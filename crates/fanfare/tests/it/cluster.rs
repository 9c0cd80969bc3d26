//! Several nodes, each a real process, over one PostgreSQL: what must hold whatever becomes of each.

mod at_start;
mod balanced;
mod beside;
mod database;
mod failover;
mod frozen;
mod killed;
mod migrated;
mod network;
mod pgbouncer;
mod refusing;
mod rolling;
mod skewed;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use fanfare_servers::Postgres;
use http::Request;
use http_body_util::Full;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    SOON,
    api::Api,
    binary::{self, Outcome},
    client::Client,
    posting::{Posting, check_ids, has_all, missing},
    receiver::{Receiver, Recorder, Script, pause, within},
    server::free_address,
};

/// 32 bytes in base64.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Seconds of a lease: short, so that tests are, and long enough for a loaded machine.
const LEASE: u64 = 6;
/// How often a condition of another process is looked at.
const POLL: Duration = Duration::from_millis(10);
/// How long the deliveries of everything acknowledged may take after the last fault.
const DRAINED_WITHIN: Duration = Duration::from_secs(90);

/// A node.
struct Node {
    name: String,
    address: SocketAddr,
    options: Vec<String>,
    variables: Vec<(&'static str, String)>,
    child: Option<Child>,
}

/// A database and its nodes.
struct Cluster {
    postgres: Postgres,
    /// The database as the nodes and commands reach it.
    url: String,
    directory: TempDir,
    nodes: Vec<Node>,
    key: String,
}

impl Cluster {
    /// A database without nodes, with one environment.
    fn new() -> Self {
        let postgres = Postgres::start();
        let url = postgres.create_database();
        Self::over(postgres, url)
    }

    /// The same where a database is reached by this URL.
    fn over(postgres: Postgres, url: String) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut cluster = Self { postgres, url, directory, nodes: Vec::new(), key: String::new() };
        let made = cluster.run(&["env", "create", "test"]);
        assert_eq!(made.code, Some(0), "{made:?}");
        cluster.key = made.stdout.trim_end().to_owned();
        cluster
    }

    /// The same with so many nodes that do everything.
    async fn of(nodes: usize) -> Self {
        Self::new().with(nodes).await
    }

    /// The same with so many more nodes.
    async fn with(mut self, nodes: usize) -> Self {
        for _ in 0..nodes {
            self.add(&[]).await;
        }
        self
    }

    /// One more node, with these options.
    async fn add(&mut self, options: &[&str]) -> usize {
        self.add_under(options, Vec::new()).await
    }

    /// The same in a process with these environment variables.
    async fn add_under(&mut self, options: &[&str], variables: Vec<(&'static str, String)>) -> usize {
        let number = self.nodes.len();
        self.nodes.push(Node {
            name: format!("node-{number}"),
            address: free_address(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            variables,
            child: None,
        });
        self.launch(number).await;
        number
    }

    /// Starts a node (again).
    async fn launch(&mut self, number: usize) {
        let node = &self.nodes[number];
        assert!(node.child.is_none(), "it runs already");
        let log = File::options().create(true).append(true).open(self.log_path(number)).unwrap();
        let mut command = self.command(&["serve", "--listen", &node.address.to_string()]);
        command.args(["--node", &node.name, "--lease", &LEASE.to_string()]);
        command.args(["--allow-network", "127.0.0.0/8", "--shutdown-grace", "10"]).args(&node.options);
        command.envs(node.variables.iter().cloned());
        command.stdout(Stdio::from(log.try_clone().unwrap())).stderr(Stdio::from(log));
        self.nodes[number].child = Some(command.spawn().unwrap());
        let ready = within(SOON, self.wait_ready(number)).await;
        assert!(ready.is_some(), "node {number} is not ready in time; its log:\n{}", self.log(number));
    }

    /// Ends a node with SIGKILL and waits until it is gone.
    fn kill(&mut self, number: usize) {
        let mut child = self.nodes[number].child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks a node to stop, and waits until it has.
    async fn stop(&mut self, number: usize) -> ExitStatus {
        self.signal(number, Signal::TERM);
        let ended = within(Duration::from_secs(60), self.wait_end(number)).await;
        self.nodes[number].child = None;
        ended.unwrap_or_else(|| panic!("node {number} did not stop; its log:\n{}", self.log(number)))
    }

    fn signal(&self, number: usize, signal: Signal) {
        let child = self.nodes[number].child.as_ref().expect("it runs");
        kill_process(Pid::from_child(child), signal).unwrap();
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// A node's API.
    fn api(&self, number: usize) -> Api {
        Api::new(self.nodes[number].address, &self.key)
    }

    /// Clients that post to all nodes at full speed, and what an endpoint gets of it.
    async fn load(&self) -> Load {
        Load::start(&self.api(0), &self.addresses(), &self.key).await
    }

    /// Runs another command on the database.
    fn run(&self, words: &[&str]) -> Outcome {
        binary::run_to_end(self.command(words))
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = binary::command(self.directory.path(), words);
        command.env("FANFARE_DATABASE_URL", &self.url).env("FANFARE_MASTER_KEY", MASTER_KEY);
        command
    }

    /// Stops all nodes; nothing may wait then but what was cut off, and the doctor finds nothing wrong.
    async fn finish(mut self) {
        for number in 0..self.nodes.len() {
            if self.nodes[number].child.is_some() {
                let status = self.stop(number).await;
                assert!(status.success(), "node {number}: {status}; its log:\n{}", self.log(number));
            }
        }
        assert_healthy(&self.run(&["doctor", "--json"]));
    }

    fn log(&self, number: usize) -> String {
        fs::read_to_string(self.log_path(number)).unwrap_or_default()
    }

    fn log_path(&self, number: usize) -> PathBuf {
        self.directory.path().join(format!("node-{number}.log"))
    }

    async fn wait_ready(&mut self, number: usize) {
        loop {
            let child = self.nodes[number].child.as_mut();
            let ended = child.and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "node {number} ended with {ended:?}; its log:\n{}", self.log(number));
            if self.is_ready(number).await {
                return;
            }
            pause(POLL).await;
        }
    }

    async fn is_ready(&self, number: usize) -> bool {
        let mut client = Client::new(self.nodes[number].address);
        let request = Request::get("/health/ready").header("host", "localhost");
        let request = request.body(Full::new(Bytes::new())).unwrap();
        client.send(request).await.is_ok_and(|reply| reply.status.is_success())
    }

    async fn wait_end(&mut self, number: usize) -> ExitStatus {
        loop {
            let child = self.nodes[number].child.as_mut();
            if let Some(status) = child.and_then(|child| child.try_wait().unwrap()) {
                return status;
            }
            pause(POLL).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            if let Some(mut child) = node.child.take() {
                // It may have ended by itself; the test says whether that is wrong.
                let _ = child.kill();
                let _ = child.wait();
            }
        }
        if std::thread::panicking() {
            for number in 0..self.nodes.len() {
                let log = self.log(number);
                let end: Vec<_> = log.lines().rev().take(60).collect();
                #[expect(clippy::print_stderr, reason = "whoever reads a failed test wants the nodes' words")]
                for line in end.into_iter().rev() {
                    eprintln!("node {number}: {line}");
                }
            }
        }
    }
}

/// The doctor looked at everything and found nothing wrong.
fn assert_healthy(outcome: &Outcome) {
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["healthy"], true, "{report}");
    assert_eq!(report["checks"].as_array().unwrap().len(), 6, "{report}");
}

/// An instant of every second from the first to the last: what was under way at any time of a fault that lasted.
fn throughout(first: u64, last: u64) -> Vec<u64> {
    let second = Duration::from_secs(1).as_nanos() as u64;
    (first..last).step_by(usize::try_from(second).unwrap()).chain([last]).collect()
}

/// Clients that post, and the receiver of what they post.
struct Load {
    recorder: Arc<Recorder>,
    _receiver: Receiver,
    posting: Posting,
}

impl Load {
    async fn start(api: &Api, servers: &[SocketAddr], key: &str) -> Self {
        let recorder = Recorder::new(Script::default());
        let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
        api.create_application("platform").await;
        let (_, secret) = api.create_endpoint("platform", &receiver, json!({})).await;
        assert!(recorder.use_secret(&secret));
        Self { recorder, _receiver: receiver, posting: Posting::start(servers, key) }
    }

    /// Waits until clients are answered again.
    async fn goes_on(&self) {
        self.goes_on_by(50).await;
    }

    /// Waits until so many more posts were acknowledged.
    async fn goes_on_by(&self, posts: usize) {
        let before = self.posting.acknowledged();
        let went_on = within(SOON, async {
            while self.posting.acknowledged() < before + posts {
                pause(POLL).await;
            }
        });
        let went_on = went_on.await.is_some();
        let taken = self.posting.acknowledged() - before;
        assert!(went_on, "hardly anybody takes messages any more: {taken} in {SOON:?}");
    }

    /// Ends the posting and waits until everything acknowledged has arrived; answers all that arrived.
    async fn settle(self) -> Vec<crate::receiver::Received> {
        let acknowledged = self.posting.finish().await;
        assert!(acknowledged.len() > 100, "something was posted: {}", acknowledged.len());
        let expected: BTreeSet<_> = acknowledged.values().cloned().collect();
        assert_eq!(expected.len(), acknowledged.len(), "every message has an id of its own");
        let arrived = self.recorder.wait_until(DRAINED_WITHIN, |all| has_all(all, &expected)).await;
        let left = missing(&self.recorder.all(), &expected);
        assert!(arrived.is_some(), "{left} of {} are missing", expected.len());
        let all = self.recorder.all();
        check_ids(&all, &acknowledged);
        assert!(all.iter().all(|webhook| webhook.verdict == Some(Ok(()))), "every webhook is signed rightly");
        all
    }
}
