//! A request from a file, as `fanfare listen --save` wrote it or somebody copied it from a terminal.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use fanfare_core::limits::{RECEIVED_BODY_BYTES, RECEIVED_HEAD_BYTES};
use tokio::io::AsyncReadExt as _;

use super::super::listen::BOUNDS;
use crate::receiver::{Progress, WireRequest, parse};

/// A captured request.
#[derive(Debug)]
pub(super) struct Capture {
    pub(super) request: WireRequest,
    /// What was done to read it, for people.
    pub(super) notes: Vec<String>,
}

/// Reads a file, or standard input for `-`.
pub(super) async fn read(path: &Path) -> Result<Capture> {
    let most = (RECEIVED_HEAD_BYTES + RECEIVED_BODY_BYTES) as u64;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        tokio::io::stdin()
            .take(most + 1)
            .read_to_end(&mut bytes)
            .await
            .context("cannot read standard input")?;
    } else {
        let file =
            tokio::fs::File::open(path).await.with_context(|| format!("cannot read {}", path.display()))?;
        let read = file.take(most + 1).read_to_end(&mut bytes).await;
        read.with_context(|| format!("cannot read {}", path.display()))?;
    }
    ensure!(bytes.len() as u64 <= most, "a capture has at most {most} bytes");
    understand(&bytes)
}

/// Lines of the head may end in LF alone. Without `content-length` all that follows the head is the body.
pub(super) fn understand(bytes: &[u8]) -> Result<Capture> {
    ensure!(!bytes.is_empty(), "there is no request: the input is empty");
    let mut notes = Vec::new();
    let (mut request, taken) = match parse(bytes, BOUNDS).map_err(|why| anyhow!("{why}"))? {
        Progress::Whole(request, taken) => (*request, taken),
        Progress::InHead => bail!("the request ends within its head: an empty line must follow the headers"),
        Progress::InBody { there, of: Some(of), .. } => {
            bail!("the body has {there} of the {of} bytes that content-length says: the capture was cut off")
        }
        Progress::InBody { of: None, .. } => {
            bail!("the request ends within its chunks: the capture was cut off")
        }
    };
    let rest = &bytes[taken..];
    let framed = ["content-length", "transfer-encoding"].iter().any(|name| request.header(name).is_some());
    if framed && !rest.is_empty() {
        notes.push(format!("left out: {} bytes after the end of the body", rest.len()));
    } else if !framed {
        request.body = bytes::Bytes::copy_from_slice(rest);
    }
    Ok(Capture { request, notes })
}

#[cfg(test)]
mod tests;
