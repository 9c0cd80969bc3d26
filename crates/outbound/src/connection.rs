//! One connection: bytes out, bytes in, over TCP or TLS. It knows nothing of HTTP.

use std::{
    future::{Future, poll_fn},
    io::{self, IoSlice},
    net::IpAddr,
    pin::{Pin, pin},
    task::{Context, Poll, Waker, ready},
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// Room for one read. Answers to webhooks are small, and idle connections keep this much.
const READ_BYTES: usize = 4096;

pub(crate) struct Connection {
    stream: Stream,
    /// What came in and was not taken yet.
    pub(crate) received: BytesMut,
    pub(crate) remote: IpAddr,
}

pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// How sending ended.
pub(crate) enum Sent {
    /// All of it is on its way.
    Whole,
    /// The other side answered or hung up before it had everything; the error if writing met one.
    Cut(Option<io::Error>),
}

impl Connection {
    pub(crate) fn new(stream: Stream, remote: IpAddr) -> Self {
        Self { stream, received: BytesMut::new(), remote }
    }

    /// Writes `head` and `body`, in one system call where the socket takes them. While it does not, listens:
    /// a receiver that turns a large request down says so and reads no further, which `answered` recognises
    /// in what was received.
    pub(crate) async fn send(&mut self, head: &[u8], body: &[u8], answered: impl Fn(&[u8]) -> bool) -> Sent {
        let mut written = 0;
        poll_fn(|cx| {
            loop {
                match self.poll_send(cx, head, body, &mut written) {
                    Poll::Ready(Ok(())) => return Poll::Ready(Sent::Whole),
                    Poll::Ready(Err(error)) => return Poll::Ready(Sent::Cut(Some(error))),
                    Poll::Pending => {}
                }
                match ready!(self.poll_receive(cx)) {
                    Ok(0) => return Poll::Ready(Sent::Cut(None)),
                    Ok(_) if answered(&self.received) => return Poll::Ready(Sent::Cut(None)),
                    Ok(_) => {}
                    Err(error) => return Poll::Ready(Sent::Cut(Some(error))),
                }
            }
        })
        .await
    }

    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        head: &[u8],
        body: &[u8],
        written: &mut usize,
    ) -> Poll<io::Result<()>> {
        while *written < head.len() + body.len() {
            let of_head = (*written).min(head.len());
            let slices = [IoSlice::new(&head[of_head..]), IoSlice::new(&body[*written - of_head..])];
            match ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, &slices))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => *written += count,
            }
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Waits for more bytes; 0 is the end.
    pub(crate) async fn receive(&mut self) -> io::Result<usize> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    /// Whether nothing has happened on the connection since it was last used: no byte and no end. Anything
    /// else means that it cannot be used again.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        self.received.is_empty() && self.poll_receive(&mut cx).is_pending()
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.received.reserve(READ_BYTES);
        let read = pin!(self.stream.read_buf(&mut self.received));
        match ready!(read.poll(cx)) {
            // TLS without the closing alert. Whether something is missing is for the framing to say.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(0)),
            result => Poll::Ready(result),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
