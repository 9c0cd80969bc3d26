use parking_lot::Mutex;
use tokio::io::AsyncReadExt;

use super::{super::Answers, *};

const BOUNDS: Bounds = Bounds { head: 1_000, body: 100 };

#[derive(Default)]
struct Kept {
    answers: Answers,
    requests: Mutex<Vec<WireRequest>>,
    refused: Mutex<Vec<WireError>>,
}

#[async_trait]
impl WireInbox for Kept {
    async fn receive(&self, request: WireRequest, _: SocketAddr) -> Reply {
        self.requests.lock().push(request);
        self.answers.next()
    }

    async fn refuse(&self, why: WireError, _: SocketAddr) {
        self.refused.lock().push(why);
    }
}

async fn started(answers: &str) -> (WireReceiver, Arc<Kept>) {
    let kept = Arc::new(Kept { answers: answers.parse().unwrap(), ..Kept::default() });
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    (WireReceiver::start(address, BOUNDS, kept.clone()).await.unwrap(), kept)
}

/// All that comes back until the receiver ends the connection.
async fn exchange(receiver: &WireReceiver, parts: &[&str]) -> String {
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    for part in parts {
        stream.write_all(part.as_bytes()).await.unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn requests_of_one_connection_are_answered_in_turn() {
    let (receiver, kept) = started("503+Retry-After=1,204").await;
    let first = "POST /1 HTTP/1.1\r\ncontent-length: 1\r\n\r\na";
    let second = "POST /2 HTTP/1.1\r\nCONNECTION: close\r\n\r\n";
    let answer = exchange(&receiver, &[first, second]).await;
    insta::assert_snapshot!(answer.replace('\r', ""), @r"
    HTTP/1.1 503 Service Unavailable
    Retry-After: 1
    Content-Length: 0

    HTTP/1.1 204 No Content
    Connection: close
    ");
    let targets: Vec<_> = kept.requests.lock().iter().map(|request| request.target.clone()).collect();
    assert_eq!(targets, ["/1", "/2"]);
}

#[tokio::test]
async fn a_sender_that_waits_is_told_to_go_on() {
    let (receiver, kept) = started("200").await;
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    let head = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ok").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(kept.requests.lock()[0].body, "ok");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_told() {
    let (receiver, kept) = started("200").await;
    let large = exchange(&receiver, &["POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n"]).await;
    assert!(large.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{large}");
    let nonsense = exchange(&receiver, &["\u{16}\u{3}\u{1} client hello\r\n\r\n"]).await;
    assert!(nonsense.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{nonsense}");
    assert_eq!(kept.refused.lock().len(), 2);
    assert!(kept.requests.lock().is_empty());
}

#[tokio::test]
async fn a_connection_can_be_closed_without_an_answer() {
    let (receiver, kept) = started("close").await;
    assert_eq!(exchange(&receiver, &["POST / HTTP/1.1\r\n\r\n"]).await, "");
    assert_eq!(kept.requests.lock().len(), 1);
}

#[tokio::test]
async fn a_sender_that_is_never_answered_may_give_up() {
    let (receiver, kept) = started("hang,200").await;
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the connection ends when the sender gives up");
    assert_eq!(kept.requests.lock().len(), 1);
}

#[tokio::test]
async fn what_was_received_is_answered_before_the_end() {
    let (receiver, kept) = started("200:50ms").await;
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut count = receiver.answering.0.subscribe();
    count.wait_for(|count| *count == 1).await.unwrap();
    receiver.answered().await;
    drop(receiver);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(kept.requests.lock().len(), 1);
}
