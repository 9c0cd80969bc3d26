//! Closing so that the client can read the answer: a connection that is closed while bytes still arrive is
//! reset, and the reset overtakes the answer that says why the request was refused (RFC 9112 §9.6).

use std::io;

use fanfare_core::{
    limits::{API_DRAIN_BYTES, API_LINGER},
    ports::Clock,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Ends our side, then reads and drops what still comes until the client ends its side or a bound is reached.
pub(super) async fn until_read(mut stream: TcpStream, clock: &dyn Clock) {
    let reading = async {
        let mut chunk = vec![0; 16 * 1024];
        let mut read = 0;
        stream.shutdown().await?;
        while read < API_DRAIN_BYTES {
            match stream.read(&mut chunk).await? {
                0 => break,
                bytes => read += bytes,
            }
        }
        io::Result::Ok(())
    };
    tokio::select! {
        biased;
        // An error here is the client's way of closing: nothing is left to be told.
        _ = reading => {}
        () = clock.sleep(API_LINGER) => {}
    }
}
