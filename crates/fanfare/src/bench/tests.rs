//! The load generator must never wait for an answer that cannot come.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::client::Client;
use crate::receiver::within;

const SOON: Duration = Duration::from_secs(10);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

fn request() -> Request<Full<Bytes>> {
    Request::get("/").header("host", "localhost").body(Full::new(Bytes::new())).unwrap()
}

/// hyper ends a connection that was closed while idle without a word to a request that came to it just then;
/// only dropping the connection tells it.
#[tokio::test]
async fn a_request_on_a_connection_that_was_closed_while_idle_gets_an_error() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async || {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        stream.write_all(ANSWER).await.unwrap();
        stream
    };
    let mut client = Client::new(address);
    let (reply, stream) = tokio::join!(client.send(request()), serve());
    assert_eq!(reply.unwrap().status, 200);
    drop(stream);
    // Once another exchange has gone through, this runtime has seen the end of the connection too.
    let mut other = Client::new(address);
    let (reply, _stream) = tokio::join!(other.send(request()), serve());
    assert_eq!(reply.unwrap().status, 200);
    let again = within(SOON, client.send(request())).await.expect("an answer or the end of the connection");
    assert!(again.is_err(), "{again:?}");
}
