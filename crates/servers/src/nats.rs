//! A NATS server with JetStream.

use std::{path::Path, time::Duration};

use rustix::process::Signal;

use crate::{home::Home, port, process::Process, wait};

const READY_WITHIN: Duration = Duration::from_secs(20);
const STARTS: usize = 3;

/// A running server whose streams are kept in its directory. Stopped and removed when dropped.
pub struct NatsServer {
    process: Option<Process>,
    home: Home,
    port: u16,
}

impl NatsServer {
    /// Starts one.
    pub fn start() -> Self {
        let home = Home::new("nats");
        for _ in 0..STARTS {
            let port = port::free();
            if let Some(process) = start(&home, port) {
                return Self { process: Some(process), home, port };
            }
        }
        panic!("nats-server does not start (`apt-get install nats-server`?):\n{}", home.log());
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops it as an administrator does.
    pub fn stop(&mut self) {
        self.end(Signal::TERM);
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.end(Signal::KILL);
    }

    /// Starts a stopped server with what it kept, on the same port.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "nats-server is still running");
        self.process = start(&self.home, self.port);
        assert!(self.process.is_some(), "nats-server does not come back:\n{}", self.home.log());
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut process) = self.process.take() {
            process.signal(signal);
            process.wait();
        }
    }
}

fn start(home: &Home, port: u16) -> Option<Process> {
    let mut process = Process::start(Path::new("nats-server"), home, Signal::KILL, |command| {
        command.args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--jetstream", "--store_dir"]);
        command.arg(home.path());
    });
    let ready = wait::holds_within(READY_WITHIN, || port::answers(port) || !process.is_running());
    (ready && process.is_running()).then_some(process)
}
