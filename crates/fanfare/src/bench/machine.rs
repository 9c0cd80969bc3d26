//! What the run cost on this machine, as the kernel tells: processor time, peak memory, file system.

use std::{fmt, fs, path::Path, thread::available_parallelism};

use serde::Serialize;

/// Clock ticks per second in `/proc` (`USER_HZ`, the same on every Linux).
const TICKS_PER_SECOND: f64 = 100.0;

/// Where the run took place and what it used.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Machine {
    /// Processors that this process may use.
    pub(crate) cores: usize,
    /// Processor seconds of this process while the phases ran.
    pub(crate) generator_cpu_seconds: f64,
    /// Processor seconds of a server of our own meanwhile.
    pub(crate) server_cpu_seconds: Option<f64>,
    /// Peak resident memory of a server of our own, in MiB.
    pub(crate) server_peak_mib: Option<f64>,
    /// The file system under a data directory of our own. On `tmpfs` a sync costs nothing.
    pub(crate) data_file_system: Option<String>,
}

impl Machine {
    /// Its fixed properties, with nothing used yet.
    pub(crate) fn describe(data: Option<&Path>) -> Self {
        Self {
            cores: available_parallelism().map_or(1, usize::from),
            data_file_system: data.and_then(file_system),
            ..Self::default()
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "machine           {} cores; cpu: generator {:.2} s",
            self.cores, self.generator_cpu_seconds
        )?;
        if let Some(seconds) = self.server_cpu_seconds {
            write!(f, ", server {seconds:.2} s")?;
        }
        if let Some(mib) = self.server_peak_mib {
            write!(f, "; server memory at most {mib:.0} MiB")?;
        }
        if let Some(kind) = &self.data_file_system {
            write!(f, "; data on {kind}")?;
            if kind == "tmpfs" {
                write!(f, " (where a sync costs nothing: not a durable figure)")?;
            }
        }
        writeln!(f)
    }
}

/// Processor seconds that the process `pid` has used.
pub(crate) fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the command in parentheses and may hold anything; the rest is numbers.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(11).map(|field| field.parse::<f64>().ok());
    Some((times.next()?? + times.next()??) / TICKS_PER_SECOND)
}

/// The largest resident memory that the process `pid` has had, in MiB.
pub(crate) fn peak_mib(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

fn file_system(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let over = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (at, kind) = (fields.next()?, fields.next()?);
        path.starts_with(at).then_some((at.len(), kind))
    });
    // Of mounts at the same place the last one counts.
    over.max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_this_very_process() {
        let pid = std::process::id();
        assert!(cpu_seconds(pid).unwrap() >= 0.0);
        assert!(peak_mib(pid).unwrap() > 0.1);
        assert_eq!(file_system(Path::new("/proc")).as_deref(), Some("proc"));
    }
}
