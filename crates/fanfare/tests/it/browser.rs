//! The web pages in a real browser: Debian's Chromium, driven by the scripts in `tests/browser`. Each journey has
//! a server of its own. `cargo xtask test` installs what they need; pictures of all pages are left in
//! `target/screenshots`.

use std::{path::Path, process::Command};

use crate::server::TestServer;

async fn journey(name: &str) {
    journey_on(TestServer::start().await, name).await;
}

async fn journey_on(server: TestServer, name: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace's root");
    let packages = root.join("target/node");
    let installed = packages.join("node_modules/playwright-core");
    assert!(installed.exists(), "{} is missing: `cargo xtask test` installs it", installed.display());
    let log = server.log();
    let link =
        log.split_whitespace().find(|word| word.contains("/console/enter?link=")).expect("a link is printed");
    let mut command = Command::new("node");
    command.current_dir(packages).arg(root.join("crates/fanfare/tests/browser/run.mjs")).arg(name);
    command.env("BASE", server.url()).env("KEY", server.key()).env("LINK", link);
    command.env("SHOTS", root.join("target/screenshots"));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {}\n{complaint}", output.status);
}

#[tokio::test]
async fn a_customer_makes_tests_and_deletes_an_endpoint() {
    journey("portal-with-script").await;
}

#[tokio::test]
async fn everything_works_without_script() {
    journey("portal-without-script").await;
}

#[tokio::test]
async fn the_portals_pages_are_accessible_in_both_themes_and_on_a_phone() {
    journey("portal-pages").await;
}

#[tokio::test]
async fn the_consoles_pages_are_accessible_in_both_themes_and_on_a_phone() {
    journey("console-pages").await;
}

#[tokio::test]
async fn deliveries_appear_as_they_happen() {
    journey("live-with-script").await;
}

#[tokio::test]
async fn the_newest_deliveries_are_there_without_script_too() {
    journey("live-without-script").await;
}

#[tokio::test]
async fn a_customer_recovers_a_range_and_sees_its_progress() {
    journey("recover-with-script").await;
}

#[tokio::test]
async fn a_range_is_recovered_without_script_too() {
    journey("recover-without-script").await;
}

#[tokio::test]
async fn an_operator_sees_and_cancels_replays() {
    journey("replays").await;
}

#[tokio::test]
async fn the_api_is_described_to_anybody() {
    journey("docs").await;
}

#[tokio::test]
async fn an_operator_manages_an_environment() {
    journey("operator").await;
}

#[tokio::test]
async fn markup_is_shown_as_text_everywhere() {
    journey("injection").await;
}

#[tokio::test]
async fn strangers_see_and_change_nothing() {
    journey("strangers").await;
}

#[tokio::test]
async fn the_receivers_that_are_shown_work() {
    journey("receivers").await;
}

#[tokio::test]
async fn each_profile_offers_what_it_allows() {
    journey("profiles").await;
}

/// One that may deliver to no private network: its own inboxes are no exception, for they are not reached by one.
async fn guarded() -> TestServer {
    TestServer::start_with(&[]).await
}

#[tokio::test]
async fn an_inbox_shows_live_what_arrives_and_whether_it_is_genuine() {
    journey_on(guarded().await, "inbox-with-script").await;
}

#[tokio::test]
async fn an_inbox_works_without_script() {
    journey_on(guarded().await, "inbox-without-script").await;
}

#[tokio::test]
async fn an_inbox_is_bounded_its_customers_own_and_no_way_into_the_network() {
    journey_on(guarded().await, "inbox-bounds").await;
}

#[tokio::test]
async fn an_inbox_checks_by_the_rules_of_each_profile() {
    journey_on(guarded().await, "inbox-profiles").await;
}

#[tokio::test]
async fn a_portal_looks_like_its_platform_and_is_framed_by_it_alone() {
    journey("embed").await;
}

#[tokio::test]
async fn cookies_reach_into_frames_only_where_a_site_may_frame() {
    journey_on(TestServer::start_with(&["--public-url", "https://hooks.example.com"]).await, "embed-cookies")
        .await;
}

#[tokio::test]
async fn whoever_may_only_look_changes_nothing_and_all_sessions_end_at_once() {
    journey("access").await;
}
