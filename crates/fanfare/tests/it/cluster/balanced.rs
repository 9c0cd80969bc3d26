//! `deploy/cluster.sh`: PostgreSQL, three nodes and a balancer, as operators start them. Nodes are killed while
//! messages are posted through the balancer; the script starts them again.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{LEASE, Load, POLL, assert_healthy};
use crate::{
    api::Api,
    binary,
    posting::check_duplicates,
    receiver::{monotonic_nanos, pause, within},
    server::free_address,
};

/// Everything the script starts, on a loaded machine.
const STARTED_WITHIN: Duration = Duration::from_secs(60);
/// The balancer's port, the nodes', and PostgreSQL's.
const PORTS: u16 = 5;

/// The script's processes.
struct Deployed {
    script: Child,
    directory: TempDir,
    port: u16,
}

impl Deployed {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_ports();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cluster.sh");
        let said = fs::File::create(directory.path().join("said")).unwrap();
        // Should the test's process be killed, the script ends what it has started.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig=TERM", "--", "bash"]).arg(script).arg(directory.path());
        command.env("FANFARE", binary::path()).env("PORT", port.to_string());
        command.env("FANFARE_LEASE", LEASE.to_string());
        command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said);
        let deployed = Self { script: command.spawn().unwrap(), directory, port };
        let up = within(STARTED_WITHIN, async {
            while !deployed.file("said").contains("admin key") {
                pause(POLL).await;
            }
        });
        assert!(up.await.is_some(), "the script says: {}", deployed.file("said"));
        deployed
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap_or_default()
    }

    fn pid(&self, node: usize) -> Option<i32> {
        self.file(&format!("node-{node}.pid")).trim().parse().ok()
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Kills a node and waits until the script has started it again.
    async fn kill(&self, node: usize) {
        let pid = self.pid(node).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
        let again = within(STARTED_WITHIN, async {
            while self.pid(node).is_none_or(|now| now == pid) {
                pause(POLL).await;
            }
        });
        assert!(again.await.is_some(), "node {node} is not started again");
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "whoever reads a failed test wants the nodes' words")]
            for node in 1..=3 {
                let log = self.file(&format!("node-{node}.log"));
                let end: Vec<_> = log.lines().rev().take(20).collect();
                eprintln!("node {node}, last line first: {end:#?}");
            }
        }
        // It may have ended by itself; the test says whether that is wrong.
        let _ = kill_process(Pid::from_child(&self.script), Signal::TERM);
        let _ = self.script.wait();
    }
}

/// The first of so many free ports in a row.
fn free_ports() -> u16 {
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let in_a_row = |first: u16| (1..PORTS).all(|next| first.checked_add(next).is_some_and(free));
    (0..100).map(|_| free_address().port()).find(|first| in_a_row(*first)).expect("free ports in a row")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cluster_of_the_script_survives_kills() {
    let deployed = Deployed::start().await;
    let key = deployed.file("admin.key").trim().to_owned();
    let load = Load::start(&Api::new(deployed.address(), &key), &[deployed.address()], &key).await;
    let mut kills = Vec::new();
    for node in [1, 2, 3] {
        load.goes_on().await;
        pause(Duration::from_secs(1)).await;
        kills.push(monotonic_nanos());
        deployed.kill(node).await;
    }
    load.goes_on().await;
    check_duplicates(&load.settle().await, &kills);

    let url = format!("postgres://fanfare@127.0.0.1:{}/postgres", deployed.port + PORTS - 1);
    let mut doctor = binary::command(deployed.directory.path(), &["doctor", "--json"]);
    doctor.env("FANFARE_DATABASE_URL", url);
    doctor.env("FANFARE_MASTER_KEY_FILE", deployed.directory.path().join("master.key"));
    assert_healthy(&binary::run_to_end(doctor));
}
