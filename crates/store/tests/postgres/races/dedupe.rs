//! The same event posted to both nodes at once: stored once, and nobody else suffers.

use std::{collections::BTreeMap, sync::Arc};

use fanfare_core::ports::{Store, store::Accepted};
use fanfare_store::conformance::World;

use super::at_once;
use crate::NOW;

const EVENTS: usize = 12;
const POSTERS: usize = 6;

pub(super) async fn one_of_many_is_stored(world: &World, stores: [Arc<dyn Store>; 2]) {
    let application = world.application().await;
    let mut posters = Vec::new();
    for number in 0..POSTERS {
        let mut batch = Vec::new();
        for event in 0..EVENTS {
            // Each in an order of its own.
            let event = (event * (2 * number + 5) + number) % EVENTS;
            let mut message = world.new_message(&application, NOW);
            message.event_id = Some(format!("event-{event}").parse().unwrap());
            batch.push(world.accept_of(message, Vec::new()).await);
        }
        batch.push(world.accept_of(world.new_message(&application, NOW), Vec::new()).await);
        let store = stores[number % 2].clone();
        posters.push(async move {
            let answers = store.accept(batch.clone()).await.unwrap();
            batch.into_iter().zip(answers).collect::<Vec<_>>()
        });
    }
    let answers = at_once(posters).await;
    let mut winners = BTreeMap::new();
    for (item, answer) in answers.iter().flatten() {
        if *answer == Accepted::Stored
            && let Some(event) = &item.message.event_id
        {
            let before = winners.insert(event.clone(), item.message.id);
            assert_eq!(before, None, "{event} was stored twice");
        }
    }
    for (item, answer) in answers.iter().flatten() {
        let stored = world.store.message(application.id, item.message.id, false).await.unwrap();
        assert_eq!(stored.is_some(), *answer == Accepted::Stored);
        match &item.message.event_id {
            None => assert_eq!(*answer, Accepted::Stored, "a mate failed"),
            Some(event) if *answer != Accepted::Stored => {
                assert_eq!(*answer, Accepted::EventIdTaken(winners[event]));
            }
            Some(_) => {}
        }
    }
}
