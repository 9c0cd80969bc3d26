//! A PostgreSQL cluster of one's own.

use std::{
    path::Path,
    process::{Command, Output},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use rustix::process::Signal;

use crate::{
    home::{self, Home, postgres_program},
    port,
    process::Process,
    wait,
};

/// How long a cluster may take to be ready: on a loaded machine, after a crash.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How often a start is tried where another process took the port.
const STARTS: usize = 3;

/// How a cluster is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether commits wait for the disk, as in production. Tests of crashes want it, others are faster without.
    pub fsync: bool,
    /// Further lines of `postgresql.conf`.
    pub settings: Vec<(&'static str, String)>,
    /// A certificate and its key in PEM: the cluster then speaks TLS as well.
    pub tls: Option<(String, String)>,
}

/// A running cluster: superuser `postgres`, no password asked. Stopped and removed when dropped.
pub struct Postgres {
    process: Option<Process>,
    home: Home,
    port: u16,
    databases: AtomicU64,
}

impl Postgres {
    /// A cluster without fsync, with all else as PostgreSQL has it.
    pub fn start() -> Self {
        Self::start_with(&Options::default())
    }

    /// A cluster set up so.
    pub fn start_with(options: &Options) -> Self {
        let home = Home::new("postgres");
        run(home::unprivileged(&postgres_program("initdb"), "KILL").arg("-D").arg(home.join("data")).args([
            "--no-sync",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]));
        if let Some((certificate, key)) = &options.tls {
            home.write("data/server.crt", certificate);
            home.write("data/server.key", key);
        }
        home.write("data/fanfare.conf", &configuration(options, &home));
        append(&home, "include 'fanfare.conf'\n");
        Self::running(home)
    }

    /// A streaming replica of this cluster, named `standby` to it. It becomes synchronous when this cluster's
    /// `synchronous_standby_names` says so; see [`Self::set`].
    pub fn standby(&self) -> Self {
        let home = Home::new("standby");
        let source = format!("host=127.0.0.1 port={} user=postgres application_name=standby", self.port);
        run(home::unprivileged(&postgres_program("pg_basebackup"), "KILL")
            .args(["--no-sync", "--wal-method=stream", "--write-recovery-conf", "--checkpoint=fast"])
            .args(["--dbname", &source])
            .arg("--pgdata")
            .arg(home.join("data")));
        append(&home, &format!("unix_socket_directories = '{}'\n", home.path().display()));
        Self::running(home)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// A new, empty database; returns its URL.
    pub fn create_database(&self) -> String {
        self.clone_database("template1")
    }

    /// A new database with what the other holds, which nobody may be connected to; returns its URL.
    pub fn clone_database(&self, template: &str) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        self.url(&name)
    }

    /// Runs SQL in a database, by `psql`; returns the rows, fields parted by `|`.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        self.try_sql(database, sql).unwrap_or_else(|error| panic!("`{sql}` failed: {error}"))
    }

    /// The same, where a failure is expected: what `psql` said.
    pub fn try_sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = Command::new(postgres_program("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        let output = output(psql.args(["--dbname", &self.url(database), "--command", sql]));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Changes a setting and makes the running cluster read it.
    pub fn set(&self, setting: &str, value: &str) {
        self.sql("postgres", &format!("ALTER SYSTEM SET {setting} = '{value}'"));
        self.sql("postgres", "SELECT pg_reload_conf()");
    }

    /// Ends all sessions and stops, as an administrator does. [`Self::start_again`] brings it back.
    pub fn stop(&mut self) {
        self.end(|process| process.signal(Signal::INT));
    }

    /// Ends every process at once, as a power cut does.
    pub fn kill(&mut self) {
        self.end(|process| process.signal_all(Signal::KILL));
    }

    /// Starts a stopped or killed cluster, on the same port.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "the cluster is still running");
        let started = start(&self.home, self.port);
        self.process = Some(started.unwrap_or_else(|log| panic!("PostgreSQL does not come back:\n{log}")));
    }

    /// Stops and starts it.
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// Freezes every process: connections stay open and nothing answers.
    pub fn pause(&self) {
        self.process().signal_all(Signal::STOP);
    }

    /// Lets a paused cluster go on.
    pub fn resume(&self) {
        self.process().signal_all(Signal::CONT);
    }

    /// Makes a replica a primary, and waits until it is one.
    pub fn promote(&self) {
        self.sql("postgres", "SELECT pg_promote()");
        wait::until("a promoted replica takes writes", READY_WITHIN, || {
            self.sql("postgres", "SELECT pg_is_in_recovery()") == "f"
        });
    }

    fn running(home: Home) -> Self {
        let mut said = String::new();
        for _ in 0..STARTS {
            let port = port::free();
            match start(&home, port) {
                Ok(process) => {
                    return Self { process: Some(process), home, port, databases: AtomicU64::new(0) };
                }
                Err(log) => said = log,
            }
        }
        panic!("PostgreSQL does not start:\n{said}");
    }

    fn process(&self) -> &Process {
        self.process.as_ref().unwrap_or_else(|| panic!("the cluster is stopped"))
    }

    fn end(&mut self, tell: impl FnOnce(&Process)) {
        if let Some(mut process) = self.process.take() {
            tell(&process);
            process.wait();
        }
    }
}

/// Starts the server and waits until it takes connections; else what it said.
fn start(home: &Home, port: u16) -> Result<Process, String> {
    let data = home.join("data");
    let mut process = Process::start(&postgres_program("postgres"), home, Signal::QUIT, |command| {
        command.arg("-D").arg(&data).args(["-p", &port.to_string()]);
    });
    let mut ended = false;
    let pid = process.pid().to_string();
    let ready = wait::holds_within(READY_WITHIN, || {
        ended = !process.is_running();
        ended || is_ready(&data.join("postmaster.pid"), &pid)
    });
    if ready && !ended { Ok(process) } else { Err(home.log()) }
}

/// The server writes into this file who it is and whether it takes connections yet; a killed one leaves it.
fn is_ready(pid_file: &Path, pid: &str) -> bool {
    let content = std::fs::read_to_string(pid_file).unwrap_or_default();
    let mut lines = content.lines();
    lines.next() == Some(pid) && lines.nth(6).is_some_and(|status| status.trim() == "ready")
}

fn configuration(options: &Options, home: &Home) -> String {
    let switch = |on: bool| if on { "on" } else { "off" };
    let mut lines = vec![
        "listen_addresses = '127.0.0.1'".to_owned(),
        format!("unix_socket_directories = '{}'", home.path().display()),
        format!("fsync = {}", switch(options.fsync)),
        format!("full_page_writes = {}", switch(options.fsync)),
        format!("ssl = {}", switch(options.tls.is_some())),
        "max_connections = 200".to_owned(),
        "shared_buffers = 64MB".to_owned(),
        "timezone = 'UTC'".to_owned(),
    ];
    lines.extend(options.settings.iter().map(|(name, value)| format!("{name} = '{value}'")));
    lines.join("\n") + "\n"
}

/// Adds to the end of the cluster's settings, where it counts most.
fn append(home: &Home, text: &str) {
    let name = "data/postgresql.conf";
    let before = std::fs::read_to_string(home.join(name));
    let before = before.unwrap_or_else(|error| panic!("a cluster without {name}: {error}"));
    home.write(name, &format!("{before}\n{text}"));
}

fn run(command: &mut Command) {
    let output = output(command);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {said}");
}

fn output(command: &mut Command) -> Output {
    let program = command.get_program().to_owned();
    command.output().unwrap_or_else(|error| {
        panic!("cannot start {}: {error}. Run `apt-get install postgresql`", program.display())
    })
}
