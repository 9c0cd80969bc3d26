//! A server's process: started by a thread that never ends, signalled with all its children, ended when dropped.

use std::{
    fs::File,
    io,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{LazyLock, mpsc},
    time::Duration,
};

use rustix::process::{Pid, Signal};

use crate::{home, wait};

/// How long a server may take to end when told to.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

type Job = Box<dyn FnOnce() + Send>;

/// The kernel ends a child when the *thread* that started it ends: so all are started by this one.
static STARTER: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| {
    let (sender, jobs) = mpsc::channel::<Job>();
    std::thread::spawn(move || jobs.into_iter().for_each(|job| job()));
    sender
});

/// A running server.
pub(crate) struct Process {
    child: Child,
    /// What ends it at once when it is dropped.
    end: Signal,
}

impl Process {
    /// Starts a program as the unprivileged user, its output in the home's log.
    pub(crate) fn start(
        program: &Path,
        home: &home::Home,
        end: Signal,
        with: impl FnOnce(&mut Command),
    ) -> Self {
        let name = match end {
            Signal::QUIT => "QUIT",
            _ => "KILL",
        };
        let mut command = home::unprivileged(program, name);
        with(&mut command);
        let log = File::options().create(true).append(true).open(home.join(home::LOG));
        let log = log.unwrap_or_else(|error| panic!("cannot open a log: {error}"));
        let errors = log.try_clone().unwrap_or_else(|error| panic!("cannot open a log: {error}"));
        command.current_dir(home.path()).stdin(Stdio::null()).stdout(log).stderr(errors);
        let child =
            start(command).unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        Self { child, end }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal to the server alone.
    pub(crate) fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// Sends a signal to the server and to the processes it has started.
    pub(crate) fn signal_all(&self, signal: Signal) {
        let server = self.pid();
        // The server first: stopped or dead, it starts no more of them.
        let mine = children(server);
        send(server, signal);
        mine.into_iter().chain(children(server)).for_each(|child| send(child, signal));
    }

    /// Waits until it has ended; kills it when it does not.
    pub(crate) fn wait(&mut self) {
        if !wait::holds_within(ENDS_WITHIN, || !self.is_running()) {
            self.signal_all(Signal::KILL);
            // Only its exit status is lost when waiting fails: it was killed.
            let _ = self.child.wait();
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            // A paused one would not hear the other signal.
            self.signal_all(Signal::CONT);
            self.signal(self.end);
            self.wait();
        }
    }
}

fn start(mut command: Command) -> io::Result<Child> {
    let (answer, started) = mpsc::sync_channel(1);
    let job = move || {
        // Who asked is waiting for the answer below.
        let _ = answer.send(command.spawn());
    };
    let gone = || io::Error::other("the thread that starts servers is gone");
    STARTER.send(Box::new(job)).map_err(|_| gone())?;
    started.recv().map_err(|_| gone())?
}

fn send(to: Pid, signal: Signal) {
    // One that has ended meanwhile needs no signal.
    let _ = rustix::process::kill_process(to, signal);
}

/// The processes that this one has started and that still run.
fn children(of: Pid) -> Vec<Pid> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| parent(*pid) == Some(of.as_raw_nonzero().get())).filter_map(Pid::from_raw).collect()
}

fn parent(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}
