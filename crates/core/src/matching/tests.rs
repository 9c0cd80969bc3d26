use std::sync::LazyLock;

use super::*;
use crate::{
    endpoint::{DisableReason, Disabled, EndpointMode},
    id::EndpointId,
    name::{Channel, EventTypeName},
    profile,
    sample::{NOW, endpoint, message},
};

static STANDARD: LazyLock<Profile> = LazyLock::new(|| built_in("standard"));

fn built_in(name: &str) -> Profile {
    profile::built_in().into_iter().find(|profile| profile.name.as_str() == name).unwrap()
}

fn plain(endpoint: &Endpoint) -> Candidate<'_> {
    Candidate { endpoint, filter: None, profile: &STANDARD }
}

/// Shorthand for endpoints without a filter of their own or a scope.
fn wants(endpoint: &Endpoint, message: &Message) -> bool {
    super::wants(plain(endpoint), &Subject::new(message))
}

fn filters_agree(endpoint: &Endpoint, message: &Message) -> bool {
    super::filters_agree(plain(endpoint), &Subject::new(message))
}

fn types(names: &[&str]) -> EventFilter {
    EventFilter::Types(names.iter().map(|name| name.parse::<EventTypeName>().unwrap()).collect())
}

fn channels(names: &[&str]) -> std::collections::BTreeSet<Channel> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// The sample message is an `invoice.paid`.
#[test]
fn types_and_channels() {
    let (everything, star) = (EventFilter::Unfiltered, EventFilter::Wildcard);
    let (this, others) =
        (types(&["a", "invoice.paid"]), types(&["invoice", "invoice.paid.late", "Invoice.Paid"]));
    for (filter, of_endpoint, of_message, wanted) in [
        (&everything, None, &[][..], true),
        (&star, None, &[], true),
        (&this, None, &[], true),
        (&others, None, &[], false),
        (&everything, None, &["eu"], true),
        (&everything, Some(&["eu"][..]), &[], false),
        (&everything, Some(&["eu"]), &["eu"], true),
        (&everything, Some(&["eu", "us"]), &["asia", "us"], true),
        (&everything, Some(&["eu"]), &["EU"], false),
        (&star, Some(&["eu"]), &["us"], false),
        (&this, Some(&["eu"]), &["eu"], true),
        (&others, Some(&["eu"]), &["eu"], false),
        (&this, Some(&["eu"]), &["us"], false),
    ] {
        let (mut endpoint, mut message) = (endpoint(), message("{}"));
        endpoint.event_filter = filter.clone();
        endpoint.channels = of_endpoint.map(channels);
        message.channels = channels(of_message);
        assert_eq!(wants(&endpoint, &message), wanted, "{filter:?} {of_endpoint:?} {of_message:?}");
    }
}

#[test]
fn a_disabled_endpoint_wants_nothing_and_misses_what_it_filters() {
    let (mut endpoint, message) = (endpoint(), message("{}"));
    endpoint.disabled = Some(Disabled { at: NOW, reason: DisableReason::ByHand });
    assert!(!wants(&endpoint, &message));
    assert!(filters_agree(&endpoint, &message));
}

#[test]
fn a_paused_endpoint_goes_on_collecting() {
    let mut endpoint = endpoint();
    endpoint.paused = true;
    assert!(wants(&endpoint, &message("{}")));
}

#[test]
fn an_endpoint_in_test_mode_gets_only_what_is_for_it_alone() {
    let (mut endpoint, mut message) = (endpoint(), message("{}"));
    endpoint.mode = EndpointMode::Test;
    assert!(!wants(&endpoint, &message));
    assert!(!filters_agree(&endpoint, &message), "nor does a recovery bring it anything");
    message.only = Some(endpoint.id);
    assert!(wants(&endpoint, &message));
}

#[test]
fn a_message_for_one_endpoint_reaches_it_alone_whatever_it_filters() {
    let (mut endpoint, mut message) = (endpoint(), message("{}"));
    endpoint.event_filter = types(&["other"]);
    message.only = Some(endpoint.id);
    assert!(wants(&endpoint, &message));
    message.only = Some(EndpointId([9; 20]));
    endpoint.event_filter = EventFilter::Wildcard;
    assert!(!wants(&endpoint, &message));
}

#[test]
fn an_endpoint_with_a_scope_gets_only_messages_that_say_it() {
    let mut profile = STANDARD.clone();
    profile.endpoints.scope_from = Some("payload.website.id".parse().unwrap());
    let (account, mut website) = (endpoint(), endpoint());
    website.scope = Some("42".parse().unwrap());
    for (payload, wanted) in [
        (r#"{"website": {"id": "42"}}"#, true),
        (r#"{"website": {"id": 42}}"#, true),
        (r#"{"website": {"id": 421}}"#, false),
        (r#"{"website": {"id": null}}"#, false),
        (r#"{"website": 42}"#, false),
        ("{}", false),
    ] {
        let message = message(payload);
        let subject = Subject::new(&message);
        let from = |endpoint| Candidate { endpoint, filter: None, profile: &profile };
        assert_eq!(super::wants(from(&website), &subject), wanted, "{payload}");
        assert_eq!(super::wants(from(&website), &subject), wanted, "the same when asked again");
        assert!(super::wants(from(&account), &subject), "{payload}");
        assert!(!wants(&website, &message), "where messages say no scope, none is of this one");
    }
}

#[test]
fn a_filter_that_cannot_be_evaluated_does_not_match_and_is_counted() {
    let mut endpoint = endpoint();
    endpoint.filter = Some("payload.n == 1".to_owned());
    let filter = Filter::parse("payload.n == 1").unwrap();
    for (payload, wanted, failures) in [(r#"{"n": 1}"#, true, 0), (r#"{"n": 2}"#, false, 0), ("{}", false, 1)]
    {
        let message = message(payload);
        let subject = Subject::new(&message);
        let candidate = Candidate { filter: Some(&filter), ..plain(&endpoint) };
        assert_eq!(super::wants(candidate, &subject), wanted, "{payload}");
        assert_eq!((candidate.work(&message) > 0, plain(&endpoint).work(&message)), (true, 0));
        assert_eq!(subject.failures(), failures, "{payload}");
        assert!(
            !super::wants(plain(&endpoint), &subject),
            "a filter that does not compile lets nothing pass"
        );
        assert_eq!(subject.failures(), failures + 1);
    }
}

#[test]
fn the_payload_is_not_looked_at_unless_somebody_asks() {
    let mut endpoint = endpoint();
    (endpoint.filter, endpoint.event_filter) = (Some("payload.n == 1".to_owned()), types(&["other"]));
    let message = message("{}");
    let subject = Subject::new(&message);
    assert!(!super::wants(plain(&endpoint), &subject));
    assert!(subject.variables.borrow().is_empty() && subject.failures() == 0);
}

#[test]
fn tal_b2_each_candidate_is_judged_by_what_its_own_profile_shows() {
    let mut endpoint = endpoint();
    endpoint.filter = Some("payload.tenant_id == 9".to_owned());
    let filter = Filter::parse("payload.tenant_id == 9").unwrap();
    let (talview, message) = (built_in("talview"), message(r#"{"tenant_id": 9}"#));
    let subject = Subject::new(&message);
    let of = |profile| Candidate { endpoint: &endpoint, filter: Some(&filter), profile };
    for _ in 0..2 {
        assert!(super::wants(of(&STANDARD), &subject));
        assert!(!super::wants(of(&talview), &subject));
    }
}
