//! Reading messages.

use fanfare_core::{
    message::{Message, Payload},
    ports::store::{ChangeError, DeliveryFilter, MessageFilter},
};

use super::{
    World,
    world::{at, first, unowned},
};

/// The payload is there for who asks for it.
pub async fn reads_with_and_without_payload(world: &World) {
    let application = world.application().await;
    let message = world.new_message(&application, at(1));
    world.post(message.clone(), vec![]).await;
    let bare = Message { payload: Payload::Expunged, ..message.clone() };
    for (with_payload, wanted) in [(true, message.clone()), (false, bare)] {
        let found = world.store.message(application.id, message.id, with_payload).await.unwrap();
        assert_eq!(found, Some(wanted.clone()));
        let filter = MessageFilter::default();
        let page = world.store.messages(application.id, filter, first(9), with_payload).await.unwrap();
        assert_eq!((page.items, page.done), (vec![wanted], true));
    }
}

/// A message is found by the platform's event id, within its application.
pub async fn finds_by_event_id(world: &World) {
    let (application, other) = (world.application().await, world.application().await);
    let event_id: fanfare_core::name::EventId = "evt-1".parse().unwrap();
    let message = Message { event_id: Some(event_id.clone()), ..world.new_message(&application, at(1)) };
    let id = world.post(message, vec![]).await;
    let found = world.store.message_of_event(application.id, event_id.clone()).await.unwrap();
    assert_eq!(found, Some(id));
    assert_eq!(world.store.message_of_event(other.id, event_id).await.unwrap(), None);
    let unknown = "evt-2".parse().unwrap();
    assert_eq!(world.store.message_of_event(application.id, unknown).await.unwrap(), None);
}

/// An expunged payload is gone; the message stays.
pub async fn expunges(world: &World) {
    let application = world.application().await;
    let id = world.post(world.new_message(&application, at(1)), vec![]).await;
    for _ in 0..2 {
        let audit = world.audit("message.expunge", id);
        let answer = world.store.expunge_message(application.id, id, audit).await.unwrap();
        assert_eq!(answer, Ok(()));
        let message = world.store.message(application.id, id, true).await.unwrap().unwrap();
        assert_eq!(message.payload, Payload::Expunged);
    }
    let audit = world.audit("message.expunge", "none");
    let answer = world.store.expunge_message(application.id, world.id(), audit).await.unwrap();
    assert_eq!(answer, Err(ChangeError::NotFound));
}

/// By channel, tag and type; names that merely contain the wanted one do not agree.
pub async fn filters(world: &World) {
    let application = world.application().await;
    let mut ids = Vec::new();
    for (event_type, channel, tag) in [("a", "x", "red"), ("b", "xx", "redder"), ("a.b", "y", "blue")] {
        let message = Message {
            event_type: event_type.parse().unwrap(),
            channels: [channel.parse().unwrap(), "all".parse().unwrap()].into(),
            tags: [tag.parse().unwrap()].into(),
            event_id: Some(format!("order-{tag}-7").parse().unwrap()),
            ordering_key: Some(format!("customer {tag}").parse().unwrap()),
            replace_key: Some(format!("cart {tag}").parse().unwrap()),
            ..world.new_message(&application, at(1))
        };
        ids.push(world.post(message, vec![]).await);
    }
    ids.push(world.post(world.new_message(&application, at(1)), vec![]).await);
    let list = async |filter: MessageFilter| -> Vec<usize> {
        let page = world.store.messages(application.id, filter, first(9), false).await.unwrap();
        let place = |id| ids.iter().position(|known| *known == id).unwrap();
        page.items.iter().map(|message| place(message.id)).collect()
    };
    let any = MessageFilter::default;
    assert_eq!(list(any()).await, [0, 1, 2, 3]);
    assert_eq!(list(MessageFilter { channel: Some("x".parse().unwrap()), ..any() }).await, [0]);
    assert_eq!(list(MessageFilter { channel: Some("all".parse().unwrap()), ..any() }).await, [0, 1, 2]);
    assert_eq!(list(MessageFilter { tag: Some("red".parse().unwrap()), ..any() }).await, [0]);
    for (text, found) in [
        ("order-", &[0, 1, 2][..]),
        ("order-red-", &[0]),
        ("redd", &[1]),
        ("customer blue", &[2]),
        ("cart blue", &[2]),
        ("%", &[]),
        ("xx", &[]),
    ] {
        assert_eq!(list(MessageFilter { text: Some(text.to_owned()), ..any() }).await, found, "{text}");
    }
    let types = Some(vec!["a".parse().unwrap(), "b".parse().unwrap()]);
    assert_eq!(list(MessageFilter { event_types: types, ..any() }).await, [0, 1]);
    assert_eq!(list(MessageFilter { event_types: Some(vec![]), ..any() }).await, [0_usize; 0]);
}

/// `before` is exclusive, `after` inclusive, to the microsecond.
pub async fn filters_by_time(world: &World) {
    let application = world.application().await;
    for seconds in [10, 20, 30] {
        world.post(world.new_message(&application, at(seconds)), vec![]).await;
    }
    let list = async |after, before| -> Vec<i64> {
        let filter = MessageFilter { after, before, ..MessageFilter::default() };
        let page = world.store.messages(application.id, filter, first(9), false).await.unwrap();
        page.items.iter().map(|message| (message.created_at.0 - at(0).0) / 1_000_000).collect()
    };
    assert_eq!(list(Some(at(20)), None).await, [20, 30]);
    assert_eq!(list(None, Some(at(20))).await, [10]);
    assert_eq!(list(Some(at(10)), Some(at(30))).await, [10, 20]);
    let late = fanfare_core::time::Timestamp(at(20).0 + 1);
    assert_eq!(list(Some(late), Some(at(30))).await, [0_i64; 0]);
}

/// A message is none in another application.
pub async fn belongs_to_its_application(world: &World) {
    let (application, other) = (world.application().await, world.application().await);
    let id = world.post(world.new_message(&application, at(1)), vec![]).await;
    assert_eq!(world.store.message(other.id, id, true).await.unwrap(), None);
    let page = world.store.messages(other.id, MessageFilter::default(), first(9), true).await.unwrap();
    assert_eq!(page.items, []);
    let audit = world.audit("message.expunge", id);
    let answer = world.store.expunge_message(other.id, id, audit).await.unwrap();
    assert_eq!(answer, Err(ChangeError::NotFound));
}

/// A horizon is so many messages back, of all or of an endpoint; what is older is left out where asked.
pub async fn looks_back_so_far(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let mut ids = Vec::new();
    for number in 0..6 {
        let targets = if number % 2 == 0 { vec![unowned(endpoint.id, at(9))] } else { Vec::new() };
        ids.push(world.post(world.new_message(&application, at(number)), targets).await);
    }
    let horizon =
        async |endpoint, from, rows| world.store.horizon(application.id, endpoint, from, rows).await.unwrap();
    assert_eq!(horizon(None, None, 2).await, Some(ids[3]));
    assert_eq!(horizon(None, Some(ids[4]), 1).await, Some(ids[2]));
    assert_eq!((horizon(None, None, 5).await, horizon(None, None, 6).await), (Some(ids[0]), None));
    assert_eq!(horizon(Some(endpoint.id), None, 1).await, Some(ids[2]));
    assert_eq!(horizon(Some(endpoint.id), Some(ids[2]), 1).await, None);
    let filter = MessageFilter { oldest: Some(ids[3]), ..MessageFilter::default() };
    let page = world.store.messages(application.id, filter.clone(), first(9), false).await.unwrap();
    assert_eq!(page.items.iter().map(|message| message.id).collect::<Vec<_>>(), ids[3..]);
    let of = DeliveryFilter { of_messages: filter, ..DeliveryFilter::default() };
    let page =
        world.store.delivered_messages(application.id, endpoint.id, of, first(9), false).await.unwrap();
    assert_eq!(page.items.iter().map(|found| found.message.id).collect::<Vec<_>>(), [ids[4]]);
}
