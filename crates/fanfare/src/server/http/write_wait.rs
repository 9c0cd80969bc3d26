//! An end to answers that nobody takes: a client that sends requests and never reads would hold a connection,
//! and the answer in memory, for ever.
//!
//! A stream whose writes fail once none of them could write a byte for [`API_WRITE_WAIT`]. While bytes go
//! out, nothing is counted and nothing allocated.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use fanfare_core::{limits::API_WRITE_WAIT, ports::Clock};
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that waits only so long until what is written is taken.
pub(super) struct WriteWait<S> {
    stream: S,
    clock: Arc<dyn Clock>,
    /// Runs while a write waits.
    deadline: Option<BoxFuture<'static, ()>>,
    ran_out: bool,
}

impl<S> WriteWait<S> {
    pub(super) fn new(stream: S, clock: Arc<dyn Clock>) -> Self {
        Self { stream, clock, deadline: None, ran_out: false }
    }

    /// Whether a write failed because nothing was taken for too long.
    pub(super) fn has_run_out(&self) -> bool {
        self.ran_out
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    /// What becomes of an attempt to write: one that waits does so until the deadline.
    fn bounded<T>(&mut self, context: &mut Context<'_>, attempt: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if attempt.is_ready() {
            self.deadline = None;
            return attempt;
        }
        let clock = &self.clock;
        let deadline = self.deadline.get_or_insert_with(|| {
            let clock = Arc::clone(clock);
            Box::pin(async move { clock.sleep(API_WRITE_WAIT).await })
        });
        ready!(deadline.as_mut().poll(context));
        self.deadline = None;
        self.ran_out = true;
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read its answer")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteWait<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteWait<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(context, attempt)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.bounded(context, attempt)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    // A socket keeps nothing back: neither of these waits for the client.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
