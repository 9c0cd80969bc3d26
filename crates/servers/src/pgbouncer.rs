//! PgBouncer in transaction mode before a cluster.

use std::{path::Path, time::Duration};

use rustix::process::Signal;

use crate::{home::Home, port, postgres::Postgres, process::Process, wait};

const READY_WITHIN: Duration = Duration::from_secs(20);

/// A running PgBouncer. Stopped when dropped.
pub struct PgBouncer {
    _process: Process,
    _home: Home,
    port: u16,
}

impl PgBouncer {
    /// Starts one that lends this cluster's connections out for a transaction at a time.
    pub fn start(before: &Postgres) -> Self {
        Self::start_with(before, 20)
    }

    /// The same, with so many connections to each database.
    pub fn start_with(before: &Postgres, pool: usize) -> Self {
        let home = Home::new("pgbouncer");
        let port = port::free();
        let settings = home.write("pgbouncer.ini", &settings(before.port(), port, pool));
        let mut process = Process::start(Path::new("/usr/sbin/pgbouncer"), &home, Signal::KILL, |command| {
            command.arg(&settings);
        });
        let ready = wait::holds_within(READY_WITHIN, || port::answers(port) || !process.is_running());
        assert!(
            ready && process.is_running(),
            "PgBouncer does not start (`apt-get install pgbouncer`?):\n{}",
            home.log()
        );
        Self { _process: process, _home: home, port }
    }

    /// The URL of one of the cluster's databases, through the pool.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

fn settings(behind: u16, port: u16, pool: usize) -> String {
    format!(
        "[databases]\n\
         * = host=127.0.0.1 port={behind} user=postgres\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = transaction\n\
         default_pool_size = {pool}\n\
         max_client_conn = 500\n"
    )
}
