//! Profiles at the command line: those compiled in, those in files, and environments under them.

use std::{fs, io::Write as _, process::Stdio};

use serde_json::{Value, json};

use crate::{
    binary::{self, Outcome, run},
    server::TestServer,
};

const ACME: &str = "name = \"acme\"\ndescription = \"Acme's\"\nmethods = [\"PUT\"]\n\n[headers]\nX-Acme-Event = \"{event.type}\"\n\n[[events.types]]\nname = \"order.paid\"\naliases = [\"order_paid\"]\ngroup = \"Orders\"\n";
const WRONG: &str = "name = \"wrong\"\nmethods = [\"GET\"]\nsurprise = 1\n";

fn parsed(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

#[test]
fn the_built_in_profiles_are_listed_and_shown() {
    let here = tempfile::tempdir().unwrap();
    let listed = run(here.path(), &["profile", "list"]);
    for name in ["standard", "trimoji", "talview", "qualifio", "jofi", "trutac"] {
        assert!(listed.stdout.lines().any(|line| line.starts_with(&format!("{name} "))), "{listed:?}");
        let shown = run(here.path(), &["profile", "show", name]);
        assert!(shown.stdout.contains(&format!("name = \"{name}\"")), "{shown:?}");
        let as_json = parsed(&run(here.path(), &["profile", "show", name, "--json"]));
        assert_eq!((&as_json["name"], &as_json["text"]), (&json!(name), &json!(shown.stdout)));
    }
    let unknown = run(here.path(), &["profile", "show", "nonsense"]);
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown.stderr.contains("no profile is named nonsense; there are: github, jofi, "),
        "{unknown:?}"
    );
    assert_eq!(parsed(&run(here.path(), &["profile", "list", "--json"]))[0]["name"], "github");
}

#[test]
fn check_tells_every_mistake_of_every_file_with_its_place_and_fails() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("acme.toml"), ACME).unwrap();
    fs::write(here.path().join("wrong.toml"), WRONG).unwrap();
    let good = run(here.path(), &["profile", "check", "acme.toml"]);
    assert_eq!((good.code, good.stdout.as_str()), (Some(0), "acme.toml: profile acme has no mistakes\n"));
    let bad = run(here.path(), &["profile", "check", "acme.toml", "wrong.toml"]);
    assert_eq!(bad.code, Some(1), "{bad:?}");
    assert!(bad.stdout.contains("\nwrong.toml:2:"), "{bad:?}");
    assert!(bad.stdout.contains("\nwrong.toml:3:1: "), "{bad:?}");
    assert_eq!(bad.stderr, "fanfare: 2 mistakes\n");
    let report = parsed(&run(here.path(), &["profile", "check", "--json", "wrong.toml"]));
    assert_eq!(report[0]["mistakes"].as_array().unwrap().len(), 2, "{report}");
    assert_eq!(run(here.path(), &["profile", "check", "none.toml"]).code, Some(1));
}

#[test]
fn render_shows_the_request_of_a_name_or_a_file() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("acme.toml"), ACME).unwrap();
    fs::write(here.path().join("payload.json"), "{ \"n\" : 1.50 }\n").unwrap();
    let words =
        ["profile", "render", "acme.toml", "--payload", "payload.json", "--url", "http://a.example:81/x?y=z"];
    let shown = run(here.path(), &words);
    let expected = "PUT /x?y=z HTTP/1.1\nHost: a.example:81\nX-Acme-Event: order.paid\nContent-Length: 14\n\n{ \"n\" : 1.50 }\n";
    assert_eq!(shown.stdout, expected, "{shown:?}");
    let as_json = parsed(&run(here.path(), &["profile", "render", "trimoji", "--json"]));
    let body: Value = serde_json::from_str(as_json["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["_token"], as_json["sampleSecret"]);
    assert_eq!(as_json["headers"][0]["name"], "User-Agent");
    for (words, why) in [
        (["--method", "POST"], "profile acme does not allow POST, only PUT"),
        (["--payload", "acme.toml"], "the payload is not JSON"),
        (["--event-type", "no spaces"], "may hold only letters"),
    ] {
        let refused = run(here.path(), &[["profile", "render", "acme.toml"].as_slice(), &words].concat());
        assert_ne!(refused.code, Some(0));
        assert!(refused.stderr.contains(why), "{refused:?}");
    }
}

#[test]
fn check_takes_names_too_and_says_what_a_file_replaces() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("mine.toml"), ACME.replace("acme", "stripe")).unwrap();
    let checked = run(here.path(), &["profile", "check", "stripe", "mine.toml"]);
    let replaced = "mine.toml: profile stripe has no mistakes; with --profiles it replaces the built-in one of that name\n";
    assert_eq!(checked.stdout, format!("profile stripe has no mistakes\n{replaced}"), "{checked:?}");
    let report = parsed(&run(here.path(), &["profile", "check", "--json", "stripe", "mine.toml"]));
    assert_eq!((&report[0]["name"], &report[1]["replacesBuiltIn"]), (&json!("stripe"), &json!(true)));
    let unknown = run(here.path(), &["profile", "check", "parcelo"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("no profile is named parcelo; there are: "), "{unknown:?}");
    assert!(unknown.stderr.ends_with("; those in files are found with --profiles DIR\n"), "{unknown:?}");
}

/// What `render` prints is a request that `verify` reads.
#[test]
fn what_render_shows_can_be_verified() {
    const SIGNED: &str = "name = \"mine\"\nmethods = [\"POST\"]\n\n[[signatures]]\nheader = \"X-Sig\"\n\
        algorithm = \"hmac-sha256\"\ncontent = \"{endpoint.url}{body}\"\n\n[secrets]\nchosen = true\n\n\
        [[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\n";
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("mine.toml"), SIGNED).unwrap();
    let shown = run(here.path(), &["profile", "render", "mine.toml", "--url", "https://a.example/x"]);
    let secret = shown.stderr.trim_end().strip_prefix("The secret is a sample: ").unwrap();
    fs::write(here.path().join("shown.http"), &shown.stdout).unwrap();
    let verify = |more: &[&str]| {
        run(
            here.path(),
            &[&["verify", "--profile", "mine.toml", "--secret", secret, "shown.http"], more].concat(),
        )
    };
    let untold = verify(&[]);
    assert!(untold.stdout.contains("unknown signature X-Sig"), "{untold:?}");
    assert!(untold.stdout.contains("tell it with `--value endpoint.url=…`"), "{untold:?}");
    let nothing_wrong = "fanfare: nothing wrong was found, but 1 part could not be checked\n";
    assert!(untold.stderr.ends_with(nothing_wrong), "{untold:?}");
    let told = verify(&["--value", "endpoint.url=https://a.example/x"]);
    assert_eq!(told.code, Some(0), "{told:?}");
}

#[test]
fn render_takes_its_payload_from_standard_input() {
    let here = tempfile::tempdir().unwrap();
    let mut command = binary::command(here.path(), &["profile", "render", "talview", "--payload", "-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"from\":\"stdin\"}").unwrap();
    let outcome = Outcome::from(child.wait_with_output().unwrap());
    assert!(outcome.stdout.ends_with("\n\n{\"from\":\"stdin\"}\n"), "{outcome:?}");
}

#[tokio::test]
async fn an_environment_begins_with_the_event_types_of_its_profile() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("acme.toml"), ACME).unwrap();
    let profiles = directory.path().to_str().unwrap();
    let server = TestServer::start_with(&["--profiles", profiles]).await;
    let created = server.run(&["env", "create", "ours", "--profile", "acme", "--profiles", profiles]);
    assert_eq!(created.code, Some(0), "{created:?}");
    let api = server.api_as(created.stdout.trim());
    let types = api.get("/event-type").await.expect(200);
    assert_eq!(types["data"][0]["name"], "order.paid");
    assert_eq!(types["data"][0]["groupName"], "Orders");
    assert_eq!(types["data"][0]["aliases"], json!(["order_paid"]));
    for (name, least) in [("trimoji", 10), ("talview", 10), ("jofi", 5)] {
        let created = server.run(&["env", "create", name, "--profile", name]);
        assert_eq!(created.code, Some(0), "{created:?}");
        let types = server.api_as(created.stdout.trim()).get("/event-type").await.expect(200);
        assert!(types["data"].as_array().unwrap().len() >= least, "{name}: {types}");
    }
    let unknown = server.run(&["env", "create", "theirs", "--profile", "acme"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("no profile is named acme; there are: github, jofi, "), "{unknown:?}");
    assert!(unknown.stderr.contains("--profiles DIR"), "{unknown:?}");
}

#[test]
fn an_environment_of_an_unknown_profile_makes_nothing() {
    let here = tempfile::tempdir().unwrap();
    let unknown = run(here.path(), &["env", "create", "ours", "--profile", "acme"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("no profile is named acme"), "{unknown:?}");
    assert!(!here.path().join("fanfare-data").exists(), "{unknown:?}");
}

#[tokio::test]
async fn a_server_does_not_start_without_a_profile_that_its_store_uses() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("acme.toml"), ACME).unwrap();
    let profiles = directory.path().to_str().unwrap();
    let mut server = TestServer::start_with(&["--profiles", profiles]).await;
    let created = server.run(&["env", "create", "ours", "--profile", "acme", "--profiles", profiles]);
    assert_eq!(created.code, Some(0), "{created:?}");
    assert!(server.stop().await.success());
    let refused = server.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("uses profile acme"), "{refused:?}");
    assert!(refused.stderr.contains("--profiles DIR"), "{refused:?}");
}

#[tokio::test]
async fn a_profile_that_came_after_the_start_is_told_as_such() {
    let server = TestServer::start().await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("acme.toml"), ACME).unwrap();
    let profiles = directory.path().to_str().unwrap();
    let created = server.run(&["env", "create", "ours", "--profile", "acme", "--profiles", profiles]);
    assert_eq!(created.code, Some(0), "{created:?}");
    let api = server.api_as(created.stdout.trim());
    api.post("/app", json!({"name": "a", "uid": "a"})).await.expect(201);
    let refused = api.post("/app/a/endpoint", json!({"url": "https://example.com/"})).await;
    assert!(refused.text.contains("uses profile acme"), "{}", refused.text);
    refused.expect_error(503, "profile_unknown");
}

#[test]
fn a_server_does_not_start_with_mistakes_in_a_profile() {
    let here = tempfile::tempdir().unwrap();
    fs::create_dir(here.path().join("mine")).unwrap();
    fs::write(here.path().join("mine/wrong.toml"), WRONG).unwrap();
    let refused = run(here.path(), &["serve", "--listen", "127.0.0.1:0", "--profiles", "mine"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("mine/wrong.toml:2:"), "{refused:?}");
    assert!(refused.stderr.contains("mine/wrong.toml:3:1: "), "{refused:?}");
    assert!(!here.path().join("fanfare-data").exists(), "nothing is made before the profiles are sound");
}
