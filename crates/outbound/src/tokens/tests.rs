use std::future::{pending, ready};

use async_trait::async_trait;
use fanfare_core::{auth::CredentialsIn, endpoint::WebhookUrl, limits::TOKEN_TIME, time::Timestamp};
use futures::{FutureExt as _, future::join3};
use tokio::sync::oneshot;

use super::*;

/// A clock that a test moves, and on which nobody's time runs out.
#[derive(Default)]
struct Still(AtomicU64);

impl Still {
    fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        unreachable!("tokens are kept by the monotonic clock")
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(Duration::from_secs(self.0.load(Ordering::Relaxed)))
    }

    async fn sleep(&self, _: Duration) {
        pending::<()>().await;
    }
}

fn source(endpoint: u8, secret: &str) -> TokenSource {
    let client = ClientCredentials {
        token_url: WebhookUrl::try_from("https://auth.example/token".to_owned()).unwrap(),
        client_id: Secret::new("id"),
        client_secret: Secret::new(secret),
        scope: None,
        audience: None,
        credentials_in: CredentialsIn::Basic,
    };
    TokenSource { endpoint: EndpointId([endpoint; 20]), client: Arc::new(client), cached: true }
}

fn token(value: &str, lifetime: Option<u64>, clock: &Still) -> Token {
    let granted = Granted { token: Secret::new(value), lifetime: lifetime.map(Duration::from_secs) };
    Token::new(granted, clock.monotonic())
}

fn failure(message: &str) -> Failure {
    Failure::new(FailureKind::Token, message)
}

/// A request that finds nobody before it: the token and whether it is fresh, or the failure.
fn hand(slot: &Slot, clock: &Still, fetched: Result<Token, Failure>) -> Result<(String, bool), String> {
    shown(slot.token(None, clock, TOKEN_TIME, |_| ready(fetched)).now_or_never().unwrap())
}

fn shown(handed: Result<Handed, Failure>) -> Result<(String, bool), String> {
    let handed = handed.map_err(|failure| failure.message)?;
    Ok((handed.token.value.reveal().to_owned(), handed.fresh))
}

fn some(value: &str, fresh: bool) -> Result<(String, bool), String> {
    Ok((value.to_owned(), fresh))
}

#[test]
fn a_token_is_kept_until_shortly_before_it_expires() {
    for (lifetime, kept) in [
        (Some(600), Duration::from_secs(600) - TOKEN_SKEW),
        (None, TOKEN_KEPT),
        (Some(u64::MAX), TOKEN_KEPT_MOST - TOKEN_SKEW),
    ] {
        let (slot, clock) = (Slot::new(&source(1, "s")), Still::default());
        let fetched = token("a", lifetime, &clock);
        assert_eq!(hand(&slot, &clock, Ok(fetched)), some("a", true));
        clock.advance(kept - Duration::from_secs(1));
        assert_eq!(hand(&slot, &clock, Err(failure("not asked"))), some("a", false));
        clock.advance(Duration::from_secs(1));
        let fetched = token("b", lifetime, &clock);
        assert_eq!(hand(&slot, &clock, Ok(fetched)), some("b", true));
    }
}

#[test]
fn a_token_that_is_about_to_expire_is_used_once() {
    let (slot, clock) = (Slot::new(&source(1, "s")), Still::default());
    for (value, lifetime) in [("a", 0), ("b", TOKEN_SKEW.as_secs())] {
        let fetched = token(value, Some(lifetime), &clock);
        assert_eq!(hand(&slot, &clock, Ok(fetched)), some(value, true));
    }
}

#[test]
fn a_failure_is_forgotten_by_the_next() {
    let (slot, clock) = (Slot::new(&source(1, "s")), Still::default());
    assert_eq!(hand(&slot, &clock, Err(failure("down"))), Err("down".to_owned()));
    let fetched = token("a", None, &clock);
    assert_eq!(hand(&slot, &clock, Ok(fetched)), some("a", true));
}

#[test]
fn a_stale_token_is_replaced_once_however_many_found_it_stale() {
    let (slot, clock) = (Slot::new(&source(1, "s")), Still::default());
    let replace = |stale: &Arc<Token>, fetched| {
        slot.token(Some(stale), &clock, TOKEN_TIME, |_| ready(fetched)).now_or_never().unwrap()
    };
    let first = slot.token(None, &clock, TOKEN_TIME, |_| ready(Ok(token("a", None, &clock))));
    let first = first.now_or_never().unwrap().unwrap().token;
    assert_eq!(shown(replace(&first, Ok(token("b", None, &clock)))), some("b", true));
    assert_eq!(shown(replace(&first, Err(failure("not asked")))), some("b", false));
}

#[test]
fn a_stale_token_that_could_not_be_replaced_is_gone() {
    let (slot, clock) = (Slot::new(&source(1, "s")), Still::default());
    let first = slot.token(None, &clock, TOKEN_TIME, |_| ready(Ok(token("a", None, &clock))));
    let first = first.now_or_never().unwrap().unwrap().token;
    let cut_off = slot.token(Some(&first), &clock, TOKEN_TIME, |_| pending());
    assert!(cut_off.now_or_never().is_none());
    let fetched = token("b", None, &clock);
    assert_eq!(hand(&slot, &clock, Ok(fetched)), some("b", true));
}

#[tokio::test]
async fn what_a_call_comes_to_is_for_all_who_waited_for_it() {
    for result in [Ok(()), Err(failure("down"))] {
        let (slot, clock) = (Slot::new(&source(1, "s")), Still::default());
        let (answer, answered) = oneshot::channel::<Result<Token, Failure>>();
        let first = slot.token(None, &clock, TOKEN_TIME, |_| async { answered.await.unwrap() });
        let waiting = || slot.token(None, &clock, TOKEN_TIME, |_| ready(Err(failure("one call is enough"))));
        let server = async { answer.send(result.clone().map(|()| token("a", Some(0), &clock))).unwrap() };
        let (first, second, (third, ())) =
            join3(first, waiting(), async { tokio::join!(biased; waiting(), server) }).await;
        let expected = result.map(|()| ("a".to_owned(), true)).map_err(|failure| failure.message);
        for handed in [first, second, third] {
            assert_eq!(shown(handed), expected);
        }
    }
}

#[test]
fn a_call_that_is_cut_off_leaves_the_next_to_make_its_own() {
    let (slot, clock) = (Slot::new(&source(1, "s")), Still::default());
    let mut cut_off = Box::pin(slot.token(None, &clock, TOKEN_TIME, |_| pending()));
    assert!(cut_off.as_mut().now_or_never().is_none());
    let fetched = token("a", None, &clock);
    let mut waiting = Box::pin(slot.token(None, &clock, TOKEN_TIME, |_| ready(Ok(fetched))));
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(cut_off);
    assert_eq!(shown(waiting.now_or_never().unwrap()), some("a", true));
}

#[test]
fn a_call_that_failed_for_want_of_time_fails_nobody_else() {
    let (slot, clock) = (Slot::new(&source(1, "s")), Still::default());
    let mut cut_off = Box::pin(slot.token(None, &clock, TOKEN_TIME, |_| pending()));
    assert!(cut_off.as_mut().now_or_never().is_none());
    let short = |left: Duration| ready(Err(failure(&format!("had {} s left", left.as_secs()))));
    let mut short = Box::pin(slot.token(None, &clock, TOKEN_TIME, short));
    assert!(short.as_mut().now_or_never().is_none());
    clock.advance(TOKEN_TIME - Duration::from_secs(1));
    let fetched = token("a", None, &clock);
    let mut late = Box::pin(slot.token(None, &clock, TOKEN_TIME, |_| ready(Ok(fetched))));
    assert!(late.as_mut().now_or_never().is_none());
    drop(cut_off);
    assert_eq!(shown(short.now_or_never().unwrap()), Err("had 1 s left".to_owned()));
    assert_eq!(shown(late.now_or_never().unwrap()), some("a", true));
}

#[test]
fn endpoints_and_credentials_never_share_a_token() {
    let (tokens, clock) = (Tokens::new(10), Still::default());
    for (endpoint, secret, value) in [(1, "old", "a"), (2, "old", "b"), (1, "new", "c"), (1, "old", "d")] {
        let slot = tokens.slot(&source(endpoint, secret));
        let fetched = token(value, None, &clock);
        assert_eq!(hand(&slot, &clock, Ok(fetched)), some(value, true));
    }
    assert_eq!(tokens.slots.lock().by_use.len(), 2);
    let slot = tokens.slot(&source(2, "old"));
    assert_eq!(hand(&slot, &clock, Err(failure("not asked"))), some("b", false));
}

#[test]
fn the_token_used_longest_ago_makes_room() {
    let (tokens, clock) = (Tokens::new(2), Still::default());
    for (endpoint, fresh) in [(1, true), (2, true), (1, false), (3, true), (1, false), (2, true)] {
        let slot = tokens.slot(&source(endpoint, "s"));
        let fetched = token("t", None, &clock);
        assert_eq!(hand(&slot, &clock, Ok(fetched)), some("t", fresh), "{endpoint}");
        let slots = tokens.slots.lock();
        assert!(slots.by_use.len() <= 2 && slots.by_endpoint.len() == slots.by_use.len());
    }
}

#[test]
fn tokens_that_will_not_be_used_are_forgotten() {
    let (tokens, clock) = (Tokens::new(10), Still::default());
    for (endpoint, fetched) in [
        (1, Ok(token("a", Some(60), &clock))),
        (2, Ok(token("b", Some(600), &clock))),
        (3, Err(failure("down"))),
    ] {
        drop(hand(&tokens.slot(&source(endpoint, "s")), &clock, fetched));
    }
    let in_use = tokens.slot(&source(4, "s"));
    clock.advance(Duration::from_secs(60));
    tokens.sweep(clock.monotonic());
    let slots = tokens.slots.lock();
    let left: Vec<u8> = slots.by_use.values().map(|slot| slot.endpoint.0[0]).collect();
    assert_eq!((left, slots.by_endpoint.len()), (vec![2, 4], 2));
    drop(in_use);
}
