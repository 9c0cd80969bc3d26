//! A server of our own: this very executable as `serve` on a free port, with a temporary directory or on a database.

use std::{
    ffi::OsString,
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use fanfare_core::secret::MasterKey;
use http::Request;
use http_body_util::Full;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::client::Client;
use crate::{
    entropy::OsEntropy,
    receiver::{monotonic_nanos, pause, within},
};

/// How long a server may take until it is ready.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to stop when asked to.
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// How often it is asked meanwhile.
const POLL: Duration = Duration::from_millis(20);
/// The environment made for the run.
const ENVIRONMENT: &str = "bench";
/// What its log is called in the temporary directory.
const LOG: &str = "serve.log";

/// A running server; dropping it kills the process and removes its data.
#[derive(Debug)]
pub(crate) struct OwnServer {
    child: Child,
    directory: TempDir,
    address: SocketAddr,
    key: String,
    /// Says in the way of every command where the store is.
    store: Vec<OsString>,
}

impl OwnServer {
    /// Starts one that may deliver to loopback addresses, with its data in a new directory under `parent`.
    pub(crate) async fn start(parent: &Path) -> anyhow::Result<Self> {
        Self::start_with(parent, &[], &[]).await
    }

    /// The same with further options of `serve` and of `env create`.
    pub(crate) async fn start_with(
        parent: &Path,
        serve: &[&str],
        environment: &[&str],
    ) -> anyhow::Result<Self> {
        let directory = new_directory(parent)?;
        let store = vec!["--data".into(), directory.path().into()];
        Self::start_on(directory, store, serve, environment).await
    }

    /// Starts one that keeps everything in an empty database, under a master key of its own.
    pub(crate) async fn start_on_database(parent: &Path, url: &str) -> anyhow::Result<Self> {
        let directory = new_directory(parent)?;
        let file = directory.path().join("master.key");
        let key = MasterKey::generate(&OsEntropy::default()).to_base64();
        fs::write(&file, key.reveal()).context("cannot write the master key of the run")?;
        let store = vec!["--database-url".into(), url.into(), "--master-key-file".into(), file.into()];
        Self::start_on(directory, store, &[], &[]).await
    }

    async fn start_on(
        directory: TempDir,
        store: Vec<OsString>,
        serve: &[&str],
        environment: &[&str],
    ) -> anyhow::Result<Self> {
        let address = free_address()?;
        let child = spawn(directory.path(), &store, address, serve)?;
        let mut server = Self { child, directory, address, key: String::new(), store };
        within(START_LIMIT, server.wait_ready()).await.with_context(|| server.not_ready())??;
        server.key =
            server.command(&[&["env", "create", ENVIRONMENT], environment].concat()).await?.trim().to_owned();
        ensure!(!server.key.is_empty(), "`fanfare env create` printed no key");
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// An admin key of an environment made for the run.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A one-time link to the console's page of the environment made for the run.
    pub(crate) async fn console_link(&self) -> anyhow::Result<String> {
        let log = fs::read_to_string(self.data().join(LOG)).context("cannot read the server's log")?;
        let link = log.split_whitespace().find(|word| word.contains("/console/enter?link="));
        let link = link.context("the server printed no link to its console")?;
        let environments = self.command(&["env", "list"]).await?;
        let ours = environments.lines().find(|line| line.split_whitespace().next() == Some(ENVIRONMENT));
        let id = ours.and_then(|line| line.split_whitespace().find(|word| word.starts_with("env_")));
        let id = id.context("the environment made for the run is not listed")?;
        Ok(format!("{link}&to=/console/{id}"))
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its directory.
    fn data(&self) -> &Path {
        self.directory.path()
    }

    /// The directory that its store is in, where it is in one.
    pub(crate) fn store_directory(&self) -> Option<&Path> {
        self.store.first().is_some_and(|option| option == "--data").then(|| self.data())
    }

    /// Asks it to stop and waits until it has. What `fanfare doctor` then says about its store.
    pub(crate) async fn stop_and_examine(mut self) -> anyhow::Result<String> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).context("cannot stop the server")?;
        let status = within(STOP_LIMIT, self.wait_end()).await;
        match status.with_context(|| format!("the server did not stop in {} s", STOP_LIMIT.as_secs()))?? {
            status if status.success() => self.command(&["doctor"]).await.map(|said| last_line(&said)),
            status => bail!("the server ended with {status}; its log ends with:\n{}", self.log_end()),
        }
    }

    async fn wait_ready(&mut self) -> anyhow::Result<()> {
        let mut client = Client::new(self.address);
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at its start with {status}; its log ends with:\n{}", self.log_end());
            }
            let mut request = Request::new(Full::new(Bytes::new()));
            *request.uri_mut() = http::Uri::from_static("/health/ready");
            request.headers_mut().insert(http::header::HOST, http::HeaderValue::from_static("localhost"));
            // Until it listens the connection is refused, until it is ready it says so.
            if client.send(request).await.is_ok_and(|reply| reply.status.is_success()) {
                return Ok(());
            }
            pause(POLL).await;
        }
    }

    async fn wait_end(&mut self) -> std::io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            pause(POLL).await;
        }
    }

    /// What another command of this executable prints, run on the same data.
    async fn command(&self, words: &[&str]) -> anyhow::Result<String> {
        let mut command = executable(self.data())?;
        command.args(words).args(&self.store);
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`fanfare {}`: {said}{complaint}", words.join(" "));
        Ok(said)
    }

    fn not_ready(&self) -> String {
        format!(
            "the server was not ready in {} s; its log ends with:\n{}",
            START_LIMIT.as_secs(),
            self.log_end()
        )
    }

    fn log_end(&self) -> String {
        let log = fs::read_to_string(self.data().join(LOG)).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // It has ended already unless something went wrong, and then nothing more can be done about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A name for this run that no other run on this machine has at the same time.
pub(crate) fn run_name() -> String {
    format!("{:x}{:x}", std::process::id(), monotonic_nanos() ^ crate::receiver::unix_seconds())
}

fn new_directory(parent: &Path) -> anyhow::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("fanfare-")
        .tempdir_in(parent)
        .with_context(|| format!("cannot make a directory in {}", parent.display()))
}

fn spawn(data: &Path, store: &[OsString], address: SocketAddr, options: &[&str]) -> anyhow::Result<Child> {
    let log = File::create(data.join(LOG)).context("cannot write the server's log")?;
    executable(data)?
        .arg("serve")
        .args(store)
        .args(["--listen", &address.to_string(), "--allow-network", "127.0.0.0/8"])
        .args(options)
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log))
        // Ctrl-C is for us: we stop it in order.
        .process_group(0)
        .spawn()
        .context("cannot start the server")
}

/// This executable with nothing of the caller's configuration: no variables, no `fanfare.toml` nearby.
fn executable(directory: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot find this executable")?);
    command.env_clear().current_dir(directory).stdin(Stdio::null());
    Ok(command)
}

fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?)
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().to_owned()
}
