//! The signals that end a server.

use anyhow::{Context as _, Result};
use tokio::signal::unix::{self, SignalKind};

/// SIGINT and SIGTERM, from the moment this is made.
pub(super) struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// What service managers send.
    Terminate,
}

impl Signals {
    /// Begins to listen; from now on they no longer end the process by themselves.
    pub(super) fn listen() -> Result<Self> {
        let listen = |kind| unix::signal(kind).context("cannot listen for signals");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

impl Signal {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }

    /// What a shell sees of a process that it ended: 128 and its number.
    pub(super) fn exit_code(self) -> i32 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}
