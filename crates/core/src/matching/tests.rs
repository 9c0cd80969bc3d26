use super::*;
use crate::{
    endpoint::{DisableReason, Disabled, EndpointMode},
    id::EndpointId,
    name::{Channel, EventTypeName},
    sample::{NOW, endpoint, message},
};

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
