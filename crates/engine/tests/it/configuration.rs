//! A change of configuration governs the very next message, whoever made it.

use fanfare_core::{application::Application, delivery::DeliveryState, name::Uid, ports::store::Named};
use fanfare_engine::{
    accept::PostError,
    configure::{
        application::ApplicationDraft,
        endpoint::{EndpointDraft, NewEndpoint},
    },
};

use crate::harness::{Answer, TestNode, seconds};

#[tokio::test(start_paused = true)]
async fn an_endpoint_made_by_another_process_gets_the_very_next_message() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.post().await;
    // Straight into the store: the engine is told nothing.
    let draft = EndpointDraft::to("http://b.test/".parse().unwrap());
    let made = node.configure().create_endpoint(&node.application, NewEndpoint::http(draft)).await.unwrap();
    let message = node.post().await;
    node.until_state(&message, &made, DeliveryState::Succeeded).await;
    assert_eq!((node.net.count("a.test"), node.net.count("b.test")), (2, 1));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_deleted_by_another_process_gets_nothing_more() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.post().await;
    node.until_called("a.test", 1).await;
    node.configure().delete_endpoint(&node.application, &Named::Id(endpoint.id)).await.unwrap();
    let message = node.post().await;
    assert_eq!(node.find_delivery(message.application, message.id, endpoint.id).await, None);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn only_messages_of_the_changed_application_are_matched_again() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    let other = node.another_application("other").await;
    node.endpoint_of(&other, "b.test", |_| {}).await;
    node.post_many(5).await;
    let mut to_other = node.event();
    to_other.application = Named::Id(other.id);
    node.post_event(to_other.clone()).await;
    let before = node.store.calls("application_config");
    let draft = EndpointDraft::to("http://c.test/".parse().unwrap());
    node.configure().create_endpoint(&other, NewEndpoint::http(draft)).await.unwrap();
    let mut events: Vec<_> = (0..5).map(|_| node.event()).collect();
    events.push(to_other);
    let posted = node.post_together(events).await;
    assert!(posted.iter().all(Result::is_ok));
    assert_eq!(node.store.calls("application_config"), before + 1);
    node.until_called("c.test", 1).await;
    node.until_called("a.test", 10).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_uid_that_another_process_moved_leads_to_its_new_application_at_once() {
    let mut node = TestNode::start().await;
    let uid: Uid = "acme".parse().unwrap();
    let other = node.another_application("other").await;
    node.endpoint("old.test").await;
    node.endpoint_of(&other, "new.test", |_| {}).await;
    let environment = node.application.environment;
    let first = node.application.clone();
    let configure = node.configure();
    let give = async |application: &Application, uid: Option<Uid>| {
        let name = Named::Id(application.id);
        let change = |draft: &mut ApplicationDraft| draft.uid.clone_from(&uid);
        configure.change_application(environment, &name, change).await.unwrap();
    };
    give(&first, Some(uid.clone())).await;
    let mut event = node.event();
    event.application = Named::Uid(uid.clone());
    node.post_event(event.clone()).await;
    node.until_called("old.test", 1).await;
    give(&first, None).await;
    give(&other, Some(uid.clone())).await;
    let message = node.post_event(event.clone()).await;
    assert_eq!(message.application, other.id);
    node.until_called("new.test", 1).await;
    configure.delete_application(environment, &Named::Id(other.id)).await.unwrap();
    give(&first, Some(uid)).await;
    assert_eq!(node.post_event(event).await.application, first.id, "also where it was deleted");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_archived_event_type_takes_no_more_messages() {
    let mut node = TestNode::start().await;
    let (environment, name) = (node.application.environment, "thing.happened".parse().unwrap());
    let configure = node.configure();
    node.post().await;
    let event_type =
        fanfare_engine::configure::event_type::EventTypeDraft { archived: true, ..Default::default() };
    configure.put_event_type(environment, name, event_type).await.unwrap();
    let event = node.event();
    assert_eq!(node.engine.post(event).await.unwrap_err(), PostError::EventTypeArchived);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_by_another_process_holds_within_a_second_or_two() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.max_concurrency = Some(1)).await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(1)));
    node.post_many(20).await;
    node.until_called("a.test", 1).await;
    let name = Named::Id(endpoint.id);
    node.configure().set_endpoint_paused(&node.application, &name, true).await.unwrap();
    node.pass(seconds(30)).await;
    assert!(node.net.count("a.test") <= 3, "{} were sent", node.net.count("a.test"));
    node.configure().set_endpoint_paused(&node.application, &name, false).await.unwrap();
    node.until_count(DeliveryState::Succeeded, 20).await;
    assert_eq!(node.net.count("a.test"), 20);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_changed_url_holds_for_retries_too() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("old.test").await;
    node.net.usually("old.test", Answer::Status(500));
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Retrying).await;
    node.change(&endpoint, |draft| draft.url = "http://new.test/".parse().unwrap()).await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!((node.net.count("old.test"), node.net.count("new.test")), (1, 1));
    node.finish().await;
}
