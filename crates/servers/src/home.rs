//! A server's own directory, and the user it runs as: these servers refuse to run as root.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use tempfile::TempDir;

/// Who the servers run as where the tests run as root: Debian's `postgresql` makes this user.
const UNPRIVILEGED: &str = "postgres";

/// The user and group to change to; none where we are unprivileged already.
static USER: LazyLock<Option<(u32, u32)>> =
    LazyLock::new(|| rustix::process::geteuid().is_root().then(|| (id("-u"), id("-g"))));

/// A directory that is removed when dropped.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new(server: &str) -> Self {
        let made = tempfile::Builder::new().prefix(&format!("fanfare-{server}-")).tempdir();
        let home = Self(made.unwrap_or_else(|error| panic!("no directory for {server}: {error}")));
        own(home.path(), 0o700);
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file that the server can read and nobody else.
    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.join(name);
        let written = fs::write(&path, content);
        written.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        own(&path, 0o600);
        path
    }

    /// What the server wrote to its log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.join(LOG)).unwrap_or_default()
    }
}

/// Where servers write what they have to say.
pub(crate) const LOG: &str = "log";

/// A command that runs as the unprivileged user and ends, by that signal, when this process does.
pub(crate) fn unprivileged(program: &Path, at_death: &str) -> Command {
    let mut command = Command::new("setpriv");
    if let Some((user, group)) = *USER {
        command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
    }
    command.arg(format!("--pdeathsig={at_death}")).arg("--").arg(program);
    command
}

/// The newest of a program's versions in Debian's directory for PostgreSQL, else wherever it is found.
pub(crate) fn postgres_program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.exists());
    let number = |path: &PathBuf| path.iter().nth(4).and_then(|part| part.to_str()?.parse::<u32>().ok());
    found.max_by_key(number).unwrap_or_else(|| PathBuf::from(name))
}

fn own(path: &Path, mode: u32) {
    let permitted = fs::set_permissions(path, fs::Permissions::from_mode(mode));
    let owned = permitted.and_then(|()| match *USER {
        Some((user, group)) => chown(path, Some(user), Some(group)),
        None => Ok(()),
    });
    owned.unwrap_or_else(|error| panic!("cannot give {} away: {error}", path.display()));
}

fn id(which: &str) -> u32 {
    let output = Command::new("id").args([which, UNPRIVILEGED]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let id = text.ok().and_then(|text| text.parse().ok());
    id.unwrap_or_else(|| panic!("there is no user `{UNPRIVILEGED}`: run `apt-get install postgresql`"))
}
