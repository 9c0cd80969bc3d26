use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::{Recorder, Script};
use super::*;

const LIMIT: Duration = Duration::from_secs(10);

async fn post(receiver: &Receiver, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    let head = format!("POST /x HTTP/1.1\r\nhost: x\r\nwebhook-id: {body}\r\ncontent-length: {}", body.len());
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await.unwrap();
    stream
}

async fn status_line(mut stream: TcpStream) -> String {
    let mut bytes = vec![0; 15];
    stream.read_exact(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn fails_first_then_accepts_and_counts() {
    let recorder = Recorder::new(Script::failing_first(1));
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    assert_eq!(status_line(post(&receiver, "a").await).await, "HTTP/1.1 500 In");
    assert_eq!(status_line(post(&receiver, "a").await).await, "HTTP/1.1 200 OK");
    assert_eq!(recorder.times_by_id().into_iter().collect::<Vec<_>>(), [("a".to_owned(), 2)]);
}

#[tokio::test]
async fn a_hanging_receiver_records_and_never_answers() {
    let recorder = Recorder::new(Script::hanging());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    let mut stream = post(&receiver, "b").await;
    let received = recorder.wait_until(LIMIT, |all| all.len() == 1).await.unwrap();
    assert_eq!((received[0].path.as_str(), received[0].status), ("/x", None::<StatusCode>));
    let mut byte = [0];
    assert_eq!(stream.try_read(&mut byte).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(receiver);
    assert_eq!(stream.read(&mut byte).await.unwrap_or(0), 0, "dropping the receiver closes its connections");
}
