use super::*;
use crate::{profile::built_in, sample::NOW};

#[test]
fn every_built_in_profile_has_a_specimen_of_every_type_and_the_same_one_twice() {
    for profile in built_in() {
        let types = profile.events.types.iter().map(|kind| Some(kind.name.clone()));
        for event_type in types.chain([None]) {
            let wishes = Wishes { event_type, ..Wishes::default() };
            let render = || Specimen::of(&profile, wishes.clone(), NOW).render(&profile, NOW).unwrap();
            let request = render();
            assert!(request == render(), "{}", profile.name);
            serde_json::from_slice::<serde_json::Map<_, _>>(&request.body).unwrap();
        }
    }
}

#[test]
fn a_secret_says_that_it_is_a_sample() {
    for profile in built_in() {
        let specimen = Specimen::of(&profile, Wishes::default(), NOW);
        let Some(secret) = specimen.secret() else { continue };
        profile.check_existing_secret(secret).unwrap();
        let text = secret.reveal();
        // `sample` as it stands, in base64, in hexadecimal.
        let beginnings = ["sample", "whsec_c2FtcGxl", "73616d706c65"];
        assert!(beginnings.iter().any(|sample| text.starts_with(sample)), "{}: {text}", profile.name);
    }
}

#[test]
fn wishes_are_heard() {
    let profile = &built_in()[0];
    let wishes = Wishes {
        event_type: Some("my.type".parse().unwrap()),
        payload: Some(Bytes::from_static(b"{ \"n\": 1.50 }")),
        url: Some("http://other.example/".parse().unwrap()),
        method: Some(Method::Post),
    };
    let specimen = Specimen::of(profile, wishes, NOW);
    assert_eq!(specimen.message.event_type.as_str(), "my.type");
    let request = specimen.render(profile, NOW).unwrap();
    assert_eq!(&request.body[..], b"{ \"n\": 1.50 }");
    assert_eq!(specimen.endpoint.url.as_str(), "http://other.example/");
}
