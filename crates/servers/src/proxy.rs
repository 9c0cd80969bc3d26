//! A TCP proxy that does harm when told to.

use std::{io, net::Ipv4Addr, sync::mpsc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{oneshot, watch},
    task::JoinSet,
};

/// What happens to bytes on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They pass.
    Pass,
    /// Each piece is held so long first.
    Delay(Duration),
    /// They wait until the mode changes, in both directions; new connections open and nothing answers.
    BlackHole,
    /// Requests pass, answers wait: what was asked for happens, and who asked does not learn it.
    HoldAnswers,
    /// New connections are closed at once; open ones go on.
    Refuse,
}

/// How open connections end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Close,
    Reset,
}

/// A proxy before one server. Gone, with its connections, when dropped.
pub struct FaultProxy {
    port: u16,
    mode: watch::Sender<Mode>,
    ends: watch::Sender<(u64, End)>,
    /// Dropped to stop the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl FaultProxy {
    /// Starts one before a port of 127.0.0.1.
    pub fn start(before: u16) -> Self {
        let (mode, modes) = watch::channel(Mode::Pass);
        let (ends, ending) = watch::channel((0, End::Close));
        let (stop, stopped) = oneshot::channel();
        let (tell, port) = mpsc::sync_channel(1);
        let wires = Wires { before, modes, ending };
        let thread = std::thread::spawn(move || serve(wires, stopped, &tell));
        let port = port.recv().unwrap_or_else(|_| panic!("the proxy does not start"));
        Self { port, mode, ends, stop: Some(stop), thread: Some(thread) }
    }

    /// The proxy's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes what happens from now on, on open connections too.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Closes all open connections in an orderly way.
    pub fn cut(&self) {
        self.end(End::Close);
    }

    /// Resets all open connections.
    pub fn reset(&self) {
        self.end(End::Reset);
    }

    fn end(&self, end: End) {
        self.ends.send_modify(|(number, last)| {
            *number += 1;
            *last = end;
        });
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A proxy that panicked has failed its test already.
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
struct Wires {
    before: u16,
    modes: watch::Receiver<Mode>,
    ending: watch::Receiver<(u64, End)>,
}

fn serve(wires: Wires, stopped: oneshot::Receiver<()>, tell: &mpsc::SyncSender<u16>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime for a proxy: {error}"));
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no port for a proxy: {error}"));
        let port = listener.local_addr().map(|address| address.port());
        // Who started it waits for the port.
        let _ = tell.send(port.unwrap_or_else(|error| panic!("no port for a proxy: {error}")));
        tokio::select! {
            biased;
            _ = stopped => {}
            () = accept(&listener, wires) => {}
        }
    });
}

async fn accept(listener: &TcpListener, wires: Wires) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(_) = open.join_next() => {}
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted && *wires.modes.borrow() != Mode::Refuse {
                    open.spawn(connect(client, wires.clone()));
                }
            }
        }
    }
}

async fn connect(mut client: TcpStream, mut wires: Wires) {
    wires.ending.mark_unchanged();
    let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, wires.before)).await else {
        return;
    };
    // Small answers are not to wait for one another here of all places.
    let quick = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
    if quick.is_err() {
        return;
    }
    let changed = tokio::select! {
        biased;
        changed = wires.ending.changed() => changed.is_ok(),
        () = pass(&mut client, &mut server, &wires.modes) => false,
    };
    if changed && wires.ending.borrow().1 == End::Reset {
        // Where this fails the connection is gone already.
        let _ = client.set_zero_linger().and_then(|()| server.set_zero_linger());
    }
}

/// Carries bytes both ways until both sides are done or one fails.
async fn pass(client: &mut TcpStream, server: &mut TcpStream, modes: &watch::Receiver<Mode>) {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    // A failure here is what the test provoked: both sides see their connection end.
    let _ = tokio::try_join!(
        carry(from_client, to_server, modes.clone(), false),
        carry(from_server, to_client, modes.clone(), true),
    );
}

async fn carry(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut modes: watch::Receiver<Mode>,
    answers: bool,
) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        hold(&mut modes, answers).await;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..length]).await?;
    }
}

/// Holds a piece as long as the mode says.
#[expect(clippy::disallowed_methods, reason = "a delay on the wire is one in real time")]
async fn hold(modes: &mut watch::Receiver<Mode>, answers: bool) {
    loop {
        let mode = *modes.borrow_and_update();
        match mode {
            Mode::Pass | Mode::Refuse => return,
            Mode::HoldAnswers if !answers => return,
            Mode::Delay(time) => return tokio::time::sleep(time).await,
            Mode::BlackHole | Mode::HoldAnswers => {
                if modes.changed().await.is_err() {
                    return;
                }
            }
        }
    }
}
