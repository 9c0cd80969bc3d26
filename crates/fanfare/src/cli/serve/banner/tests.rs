use fanfare_core::{id::EndpointId, secret::Secret};

use super::*;

fn render(address: &str, welcome: &Welcome) -> String {
    let banner = Banner { address: address.parse().unwrap(), store: &StoreConfig::default(), welcome };
    banner.render(Colours::none())
}

#[test]
fn the_first_start_shows_the_key_and_lines_to_paste() {
    let key = Some(Secret::new("sk_live_0123456789"));
    let welcome = Welcome { inbox: Some(EndpointId([0; 20])), key, link: None, no_environment: false };
    insta::assert_snapshot!(render("127.0.0.1:8071", &welcome));
}

#[test]
fn later_starts_show_no_key() {
    let welcome = Welcome {
        inbox: Some(EndpointId([0; 20])),
        key: None,
        link: Some(Secret::new("ONE_TIME")),
        no_environment: false,
    };
    insta::assert_snapshot!(render("0.0.0.0:8071", &welcome));
}
