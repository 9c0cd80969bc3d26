//! Ctrl-C and `kill`: a run ends early but in order, so that no server of our own is left behind.

use std::io;

use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// From here on SIGINT and SIGTERM cancel a token instead of ending the process.
pub(crate) struct Interrupts {
    stop: CancellationToken,
    _listening: JoinSet<()>,
}

impl Interrupts {
    /// Starts listening.
    pub(crate) fn listen() -> io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let stop = CancellationToken::new();
        let cancelled = stop.clone();
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            tokio::select! {
                biased;
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            cancelled.cancel();
        });
        Ok(Self { stop, _listening: listening })
    }

    /// The token that a signal cancels.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}
