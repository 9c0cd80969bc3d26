use super::*;
use crate::{
    endpoint::{DisableReason, Disabled, EventFilter},
    profile::Moment,
};

fn told(template: &str, moment: Moment, endpoint: &Endpoint) -> String {
    let profile = profile(&format!(
        "[lifecycle]\nevent_type = \"ping\"\non = [\"create\"]\ntemplate = '''{template}'''"
    ));
    String::from_utf8(profile.lifecycle.unwrap().payload(moment, endpoint).to_vec()).unwrap()
}

#[test]
fn tru_10_a_hook_is_told_about_itself() {
    let trutac = built_in().into_iter().find(|profile| profile.name.as_str() == "trutac").unwrap();
    let ping = trutac.lifecycle.unwrap();
    assert!(ping.tells(Moment::Created) && ping.tells(Moment::Updated));
    assert_eq!(ping.event_type.as_str(), "ping");
    let mut endpoint = endpoint();
    endpoint.event_filter = EventFilter::Types(["clocking".parse().unwrap()].into());
    let payload = ping.payload(Moment::Created, &endpoint);
    let expected = format!(
        r#"{{"action":"created","hook":{{"id":"{}","payloadUrl":"https://customer.example/hook?a=1","active":true,"events":["clocking"]}}}}"#,
        endpoint.id
    );
    assert_eq!(payload, expected);
}

#[test]
fn every_placeholder_of_a_lifecycle_template() {
    let all = r#"[$action, $endpoint.active, $endpoint.events, $endpoint.scope, {"s": $endpoint.scope}, $application.id]"#;
    let mut endpoint = endpoint();
    endpoint.disabled = Some(Disabled { at: NOW, reason: DisableReason::ByHand });
    let id = endpoint.application;
    assert_eq!(told(all, Moment::Updated, &endpoint), format!(r#"["updated",false,["*"],null,{{}},"{id}"]"#));
    endpoint.event_filter = EventFilter::Wildcard;
    endpoint.scope = Some("site \"7\"".parse().unwrap());
    assert_eq!(
        told(r#"{"events": $endpoint.events, "scope": $endpoint.scope}"#, Moment::Updated, &endpoint),
        r#"{"events":["*"],"scope":"site \"7\""}"#
    );
}
