//! Inboxes with an address of their own, and what arrived there.

use std::time::Duration;

use fanfare_core::{
    id::{ApplicationId, InboxId},
    inbox::{ArrivalSummary, Inbox, InboxAnswer, InboxToken, NewArrival},
    ports::{Entropy, store::ChangeError},
    secret::Sealed,
    verify::Verdict,
};

use super::{World, world::at};

/// Gives the same byte over and over.
struct Same(u8);

impl Entropy for Same {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn token(number: u8) -> InboxToken {
    InboxToken::random(&Same(number))
}

fn inbox(world: &World, application: ApplicationId, number: u8) -> Inbox {
    Inbox {
        id: world.id(),
        application,
        token: token(number),
        answer: InboxAnswer { status: 503, after: Duration::from_secs(5) },
        created_at: at(i64::from(number)),
        expires_at: at(100),
    }
}

fn arrival(number: u8, verdict: Option<Verdict>) -> NewArrival {
    let method = "POST".to_owned();
    NewArrival { at: at(i64::from(number)), method, body_bytes: 7, verdict, request: Sealed(vec![number; 3]) }
}

async fn make(world: &World, inbox: &Inbox, most: usize) -> Result<(), ChangeError> {
    let audit = world.audit("inbox.create", inbox.id);
    world.store.create_inbox(inbox.clone(), most, audit).await.unwrap()
}

async fn numbers(world: &World, inbox: &Inbox) -> Vec<u64> {
    let arrivals = world.store.arrivals(inbox.application, inbox.id).await.unwrap();
    arrivals.iter().map(|arrival| arrival.number).collect()
}

/// An inbox is found by its application and its token until it expires.
pub async fn keeps_inboxes_until_they_expire(world: &World) {
    let application = world.application().await.id;
    let (first, second) = (inbox(world, application, 1), inbox(world, application, 2));
    for inbox in [&first, &second] {
        make(world, inbox, 5).await.unwrap();
        assert_eq!(world.store.inbox_at(inbox.token.clone(), at(99)).await.unwrap().as_ref(), Some(inbox));
        assert_eq!(world.store.inbox_at(inbox.token.clone(), at(100)).await.unwrap(), None);
    }
    assert_eq!(world.store.inboxes(application, at(99)).await.unwrap(), [first, second]);
    assert_eq!(world.store.inboxes(application, at(100)).await.unwrap(), []);
    assert_eq!(world.store.inbox_at(token(3), at(9)).await.unwrap(), None);
}

/// Under another application nothing of an inbox is found or changed.
pub async fn belong_to_their_application(world: &World) {
    let (own, other) = (world.application().await.id, world.application().await.id);
    let mine = inbox(world, own, 1);
    make(world, &mine, 5).await.unwrap();
    assert!(world.store.keep_arrival(own, mine.id, arrival(1, None), 9).await.unwrap());
    assert_eq!(world.store.inboxes(other, at(9)).await.unwrap(), []);
    assert_eq!(world.store.arrivals(other, mine.id).await.unwrap(), []);
    assert_eq!(world.store.arrival(other, mine.id, 1).await.unwrap(), None);
    assert!(!world.store.keep_arrival(other, mine.id, arrival(1, None), 9).await.unwrap());
    let theirs = Inbox { application: other, ..mine.clone() };
    let audit = || world.audit("inbox.update", mine.id);
    assert_eq!(world.store.change_inbox(theirs, audit()).await.unwrap(), Err(ChangeError::NotFound));
    assert_eq!(world.store.delete_inbox(other, mine.id, audit()).await.unwrap(), Err(ChangeError::NotFound));
    assert_eq!(numbers(world, &mine).await, [1]);
    let nobody = inbox(world, world.id(), 2);
    assert_eq!(make(world, &nobody, 5).await, Err(ChangeError::NotFound));
}

/// There are no more than may be; those that have expired do not count.
pub async fn hold_no_more_than_may_be(world: &World) {
    let application = world.application().await.id;
    for number in [1, 2] {
        make(world, &inbox(world, application, number), 2).await.unwrap();
    }
    assert_eq!(make(world, &inbox(world, application, 3), 2).await, Err(ChangeError::Full));
    let later = Inbox { created_at: at(100), expires_at: at(200), ..inbox(world, application, 4) };
    make(world, &later, 2).await.unwrap();
    assert_eq!(world.store.inboxes(application, at(100)).await.unwrap(), [later]);
}

/// What arrives is numbered and kept; the oldest make room.
pub async fn keep_the_newest_of_what_arrives(world: &World) {
    let application = world.application().await.id;
    let inbox = inbox(world, application, 1);
    make(world, &inbox, 5).await.unwrap();
    let verdicts = [None, Some(Verdict::Right), Some(Verdict::Unchecked), Some(Verdict::Wrong)];
    for (number, verdict) in (1..).zip(verdicts) {
        assert!(world.store.keep_arrival(application, inbox.id, arrival(number, verdict), 3).await.unwrap());
    }
    let arrivals = world.store.arrivals(application, inbox.id).await.unwrap();
    let summary = |number, verdict| ArrivalSummary {
        number,
        at: at(i64::try_from(number).unwrap()),
        method: "POST".to_owned(),
        body_bytes: 7,
        verdict,
    };
    assert_eq!(arrivals, [summary(4, verdicts[3]), summary(3, verdicts[2]), summary(2, verdicts[1])]);
    let kept = world.store.arrival(application, inbox.id, 4).await.unwrap();
    assert_eq!(kept, Some(Sealed(vec![4; 3])));
    assert_eq!(world.store.arrival(application, inbox.id, 1).await.unwrap(), None);
    let gone: InboxId = world.id();
    assert!(!world.store.keep_arrival(application, gone, arrival(5, None), 3).await.unwrap());
}

/// What an inbox answers and how long it lives can change; deleting takes along what arrived. Each is audited.
pub async fn are_changed_and_deleted(world: &World) {
    let application = world.application().await.id;
    let before = inbox(world, application, 1);
    make(world, &before, 5).await.unwrap();
    let answer = InboxAnswer { status: 410, after: Duration::ZERO };
    let after = Inbox { answer, expires_at: at(300), ..before.clone() };
    world.store.change_inbox(after.clone(), world.audit("inbox.update", after.id)).await.unwrap().unwrap();
    assert_eq!(world.store.inbox_at(token(1), at(200)).await.unwrap(), Some(after.clone()));
    world.store.keep_arrival(application, after.id, arrival(1, None), 3).await.unwrap();
    let audit = world.audit("inbox.delete", after.id);
    world.store.delete_inbox(application, after.id, audit).await.unwrap().unwrap();
    assert_eq!(world.store.inbox_at(token(1), at(1)).await.unwrap(), None);
    assert_eq!(numbers(world, &after).await, [0; 0]);
    let rows = world.subject.audit_rows().await;
    let actions: Vec<_> = rows.iter().rev().take(3).map(|(_, action, _)| action.as_str()).collect();
    assert_eq!(actions, ["inbox.delete", "inbox.update", "inbox.create"]);
}

/// What has expired is erased with all that is in it, slice by slice, and nothing else.
pub async fn are_erased_when_they_have_expired(world: &World) {
    let application = world.application().await.id;
    let (old, young) =
        (inbox(world, application, 1), Inbox { expires_at: at(300), ..inbox(world, application, 2) });
    for inbox in [&old, &young] {
        make(world, inbox, 5).await.unwrap();
        for number in 1..=3 {
            world.store.keep_arrival(application, inbox.id, arrival(number, None), 9).await.unwrap();
        }
    }
    while world.store.retain_payloads(0, at(200), 2).await.unwrap() {}
    assert_eq!(world.store.inboxes(application, at(50)).await.unwrap(), std::slice::from_ref(&young));
    assert_eq!(numbers(world, &old).await, [0; 0]);
    assert_eq!(numbers(world, &young).await, [3, 2, 1]);
}

/// With a deleted application its inboxes take nothing more, and are erased.
pub async fn are_erased_with_their_application(world: &World) {
    let (gone, stays) = (world.application().await.id, world.application().await.id);
    let (theirs, mine) = (inbox(world, gone, 1), inbox(world, stays, 2));
    for inbox in [&theirs, &mine] {
        make(world, inbox, 5).await.unwrap();
        world.store.keep_arrival(inbox.application, inbox.id, arrival(1, None), 9).await.unwrap();
    }
    let audit = world.audit("application.delete", gone);
    world.store.delete_application(gone, audit).await.unwrap().unwrap();
    assert_eq!(world.store.inbox_at(token(1), at(1)).await.unwrap(), None);
    while world.store.erase_applications(1).await.unwrap() {}
    assert_eq!(world.store.inboxes(gone, at(1)).await.unwrap(), []);
    assert_eq!((numbers(world, &theirs).await, numbers(world, &mine).await), (vec![], vec![1]));
}
