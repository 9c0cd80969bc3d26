//! What this very process answers needs no connection; everything else is guarded as ever.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use fanfare_core::ports::{FailureKind, Response};
use fanfare_outbound::{Local, OutboundConfig};
use url::Url;

use crate::{
    receiver::{Receiver, both, reactor_turn},
    sender::{Sender, TIMEOUT, answered, failed, options, request},
};

/// Answers one URL, or hangs.
struct Here {
    url: String,
    hangs: bool,
    taken: Mutex<Vec<(String, Bytes)>>,
}

#[async_trait]
impl Local for Here {
    fn answers(&self, url: &Url) -> bool {
        url.as_str() == self.url
    }

    async fn answer(&self, _: &Url, head: &[u8], body: &Bytes) -> Response {
        self.taken.lock().unwrap().push((String::from_utf8(head.to_vec()).unwrap(), body.clone()));
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Response { status: 418, retry_after: None, body: Bytes::from_static(b"short") }
    }
}

fn here(sender: &Sender, url: &str, hangs: bool) -> Arc<Here> {
    let taken = Mutex::default();
    let here = Arc::new(Here { url: url.to_owned(), hangs, taken });
    let local: Arc<dyn Local> = Arc::clone(&here) as _;
    sender.transport.answer_locally(Arc::downgrade(&local));
    here
}

#[tokio::test]
async fn what_is_ours_is_answered_in_place_with_what_would_stand_on_the_wire() {
    let (sender, receiver) = (Sender::with(OutboundConfig::default()), Receiver::bind().await);
    let url = receiver.url("/in/token?a=b");
    let here = here(&sender, &url, false);
    let outcome =
        sender.send(request(&url, &[("X-Note", "Hi"), ("x-note", "Again")], "{}"), &options(1)).await;
    assert_eq!(outcome.remote, None);
    assert_eq!(answered(outcome).status, 418);
    let head = format!(
        "POST /in/token?a=b HTTP/1.1\r\nHost: {}\r\nX-Note: Hi\r\nx-note: Again\r\nContent-Length: 2\r\n\r\n",
        receiver.address
    );
    assert_eq!(*here.taken.lock().unwrap(), [(head, Bytes::from_static(b"{}"))]);
    receiver.expect_nobody().await;
}

#[tokio::test]
async fn everything_else_at_the_same_address_is_refused_as_ever() {
    let (sender, receiver) = (Sender::with(OutboundConfig::default()), Receiver::bind().await);
    let here = here(&sender, &receiver.url("/in/token"), false);
    for path in ["/", "/in/other", "/metrics"] {
        failed(sender.post(&receiver.url(path)).await, FailureKind::AddressRefused);
    }
    assert!(here.taken.lock().unwrap().is_empty());
    receiver.expect_nobody().await;
}

#[tokio::test]
async fn who_answers_here_has_no_more_time_than_others() {
    let sender = Sender::with(OutboundConfig::default());
    let url = "https://hooks.example/in/token";
    let _here = here(&sender, url, true);
    let (outcome, ()) = both(sender.post(url), async {
        reactor_turn().await;
        sender.clock.advance(TIMEOUT);
    })
    .await;
    let failure = failed(outcome, FailureKind::Timeout);
    assert_eq!(failure.message, "hooks.example took longer than 15 s: it had not answered");
}

#[tokio::test]
async fn once_nobody_answers_here_the_network_is_asked() {
    let (sender, receiver) = (Sender::with(OutboundConfig::default()), Receiver::bind().await);
    let url = receiver.url("/in/token");
    drop(here(&sender, &url, false));
    failed(sender.post(&url).await, FailureKind::AddressRefused);
    receiver.expect_nobody().await;
}
