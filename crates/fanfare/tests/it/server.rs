//! A server under test: a real process with its own data. Dropping it kills it and, unless the test has failed
//! already, checks the store it leaves with `fanfare doctor`.

use std::{
    fs::{self, File, OpenOptions},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    SOON,
    api::Api,
    binary::{self, Outcome},
    client::Client,
    receiver::{pause, within},
};

/// How often a condition of another process is looked at.
const POLL: Duration = Duration::from_millis(10);

/// A running server.
pub(crate) struct TestServer {
    child: Option<Child>,
    directory: TempDir,
    data: PathBuf,
    address: SocketAddr,
    options: Vec<String>,
    key: String,
    tolerated: &'static str,
}

impl TestServer {
    /// Starts one with a fresh store that may deliver to loopback addresses.
    pub(crate) async fn start() -> Self {
        Self::start_with(&["--allow-network", "127.0.0.0/8"]).await
    }

    /// Starts one with a fresh store and these options only.
    pub(crate) async fn start_with(options: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        Self::start_at(directory, data, options).await
    }

    /// Starts one that keeps its data in a directory that the test provides.
    pub(crate) async fn start_in(data: PathBuf, options: &[&str]) -> Self {
        Self::start_at(tempfile::tempdir().unwrap(), data, options).await
    }

    async fn start_at(directory: TempDir, data: PathBuf, options: &[&str]) -> Self {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let address = free_address();
        let mut server =
            Self { child: None, directory, data, address, options, key: String::new(), tolerated: "" };
        server.launch().await;
        server.key = server.create_environment("test");
        server
    }

    /// Starts it again on the same data and address.
    pub(crate) async fn launch(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log = File::options().create(true).append(true).open(self.log_path()).unwrap();
        let mut command = self.command(&["serve"]);
        command.args(["--listen", &self.address.to_string()]).args(&self.options);
        command.stdout(Stdio::from(log.try_clone().unwrap())).stderr(Stdio::from(log));
        self.child = Some(command.spawn().unwrap());
        let ready = within(SOON, self.wait_ready()).await;
        assert!(ready.is_some(), "not ready in time; its log:\n{}", self.log());
    }

    /// Ends it with SIGKILL and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        let child = self.child.as_ref().expect("it runs");
        kill_process(Pid::from_child(child), Signal::TERM).unwrap();
        let ended = within(Duration::from_secs(60), self.wait_end()).await;
        self.child = None;
        ended.unwrap_or_else(|| panic!("it did not stop; its log:\n{}", self.log()))
    }

    /// Makes an environment; its admin key.
    pub(crate) fn create_environment(&self, name: &str) -> String {
        self.create_environment_with(name, "standard")
    }

    /// Makes an environment with a profile; its admin key.
    pub(crate) fn create_environment_with(&self, name: &str, profile: &str) -> String {
        let outcome = self.run(&["env", "create", name, "--profile", profile]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_eq!(outcome.stderr, "", "`env create` prints the key and nothing else");
        outcome.stdout.trim_end().to_owned()
    }

    /// Lets the final examination find something wrong with `check`, which the test has brought about.
    pub(crate) fn tolerate(&mut self, check: &'static str) {
        self.tolerated = check;
    }

    /// Runs another command of the executable on its data.
    pub(crate) fn run(&self, words: &[&str]) -> Outcome {
        binary::run_to_end(self.command(words))
    }

    /// Its API in the name of the first environment's admin.
    pub(crate) fn api(&self) -> Api {
        self.api_as(&self.key)
    }

    /// Its API with another key.
    pub(crate) fn api_as(&self, key: &str) -> Api {
        Api::new(self.address, key)
    }

    /// What a GET of any path gives, whatever its status.
    pub(crate) async fn get(&self, path: &str) -> String {
        let request = Request::get(path).header("host", "localhost").body(Full::new(Bytes::new())).unwrap();
        let reply = Client::new(self.address).send(request).await.unwrap();
        String::from_utf8(reply.body.into()).unwrap()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The admin key of its first environment.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Its data directory.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.directory.path().join("serve.log")
    }

    fn command(&self, words: &[&str]) -> std::process::Command {
        let mut command = binary::command(self.directory.path(), words);
        command.arg("--data").arg(&self.data);
        command
    }

    async fn wait_ready(&mut self) {
        let mut client = Client::new(self.address);
        loop {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "it ended with {ended:?}; its log:\n{}", self.log());
            let request = Request::get("/health/ready").header("host", "localhost");
            let request = request.body(Full::new(Bytes::new())).unwrap();
            if client.send(request).await.is_ok_and(|reply| reply.status.is_success()) {
                return;
            }
            pause(POLL).await;
        }
    }

    async fn wait_end(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().unwrap()) {
                return status;
            }
            pause(POLL).await;
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself; the doctor says whether that did harm.
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "whoever reads a failed test wants the server's words")]
            {
                eprintln!("--- the server's log ---\n{}", self.log());
            }
            return;
        }
        let outcome = self.run(&["doctor", "--json"]);
        let wrong = wrong_checks(&outcome, self.tolerated);
        assert!(wrong.is_empty(), "the doctor found {wrong:?}; {outcome:?}\nlog:\n{}", self.log());
    }
}

fn wrong_checks(outcome: &Outcome, tolerated: &str) -> Vec<Value> {
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.len() > 3, "{report}");
    checks.iter().filter(|check| check["ok"] != true && check["name"] != tolerated).cloned().collect()
}

/// A port of 127.0.0.1 that is free now.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}

/// Overwrites `bytes` at `offset` of a file.
pub(crate) fn patch(file: &Path, offset: u64, bytes: &[u8]) {
    use std::os::unix::fs::FileExt as _;
    OpenOptions::new().write(true).open(file).unwrap().write_all_at(bytes, offset).unwrap();
}
