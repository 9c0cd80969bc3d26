//! `fanfare listen`, `send` and `verify`, together and against a server.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdout, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    binary::{self, Outcome},
    server::{TestServer, free_address},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// systems.md, section F.
const CLOCKING: &str = r#"{"action":"created","clocking":{"id":"CLOCKING-ID-123","driverId":"DRIVER-ID-123","clockingTimeStamp":"2018-01-01T09:01:53","isClockIn":true}}"#;
const CLOCKING_SHA1: &str = "b6e18b57577bc054fb1864f0ddb56f380f3f8aa9";

/// A running `fanfare listen --json`.
struct Listener {
    child: Child,
    lines: BufReader<ChildStdout>,
    url: String,
    directory: TempDir,
}

impl Listener {
    fn start(options: &[&str]) -> Self {
        Self::start_on(0, options)
    }

    fn start_on(port: u16, options: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = port.to_string();
        let mut command = binary::command(directory.path(), &["listen", "--json", "--port", &port]);
        let mut child = command.args(options).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut listener = Self { child, lines, url: String::new(), directory };
        listener.url = listener.line()["url"].as_str().expect("it says where it listens").to_owned();
        listener
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|why| panic!("{line:?}: {why}"))
    }

    fn end(self) -> (Outcome, TempDir) {
        (self.child.wait_with_output().unwrap().into(), self.directory)
    }
}

fn send(server: &TestServer, payload: &str, more: &[&str]) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    let url = server.url();
    let words = ["send", "--server", &url, "--key", server.key(), "--event-type", "invoice.paid"];
    with_input(binary::command(directory.path(), &[&words[..], more].concat()), payload)
}

fn with_input(mut command: std::process::Command, input: &str) -> Outcome {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its options does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap().into()
}

fn verify(capture: &str, options: &[&str]) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    with_input(binary::command(directory.path(), &[&["verify"], options].concat()), capture)
}

fn clocking(signature: &str) -> String {
    let length = CLOCKING.len();
    format!(
        "POST /hook HTTP/1.1\r\nHost: localhost:4567\r\nTT-Hook-Signature: {signature}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nTT-Hook-Event: clocking\r\n\r\n{CLOCKING}"
    )
}

#[tokio::test]
async fn what_is_sent_is_listened_to_saved_and_verified() {
    let server = TestServer::start().await;
    let script = ["--answer", "503+Retry-After=0,204", "--count", "2", "--timeout", "60", "--save", "caught"];
    let mut listener = Listener::start(&[&["--secret", SECRET], &script[..]].concat());
    let api = server.api();
    api.post("/app", json!({"name": "a", "uid": "a"})).await.expect(201);
    let endpoint = json!({"url": format!("{}hook", listener.url), "secret": SECRET, "retrySchedule": [1]});
    api.post("/app/a/endpoint", endpoint).await.expect(201);

    let payload = r#"{"amount": 1.10, "big": 12345678901234567890123, "é": "🃏"}"#;
    let sent = send(&server, payload, &["--app", "a", "--channel", "x", "--idempotency-key", "k"]);
    assert_eq!((sent.code, sent.stderr.as_str()), (Some(0), ""), "{sent:?}");
    let id = sent.stdout.trim();
    assert!(id.starts_with("msg_"), "{sent:?}");
    let again = send(&server, payload, &["--app", "a", "--channel", "x", "--idempotency-key", "k", "--json"]);
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["id"], id, "the idempotency key holds");

    for answer in ["503, Retry-After: 0", "204"] {
        let line = listener.line();
        assert_eq!((&line["verdict"], &line["answer"]), (&"right".into(), &answer.into()), "{line}");
        assert_eq!((&line["request"], &line["body"]), (&"POST /hook HTTP/1.1".into(), &payload.into()));
        let names: Vec<_> = line["headers"].as_array().unwrap().iter().map(|header| &header[0]).collect();
        assert!(names.contains(&&json!("webhook-id")) && names.contains(&&json!("Host")), "{line}");
    }
    let (ended, directory) = listener.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");

    let saved = std::fs::read_to_string(directory.path().join("caught/0001.http")).unwrap();
    let verified = verify(&saved, &["--secret", SECRET]);
    assert_eq!((verified.code, verified.stderr.as_str()), (Some(0), ""), "{verified:?}");
    let tampered = verify(&saved.replace("1.10", "9.10"), &["--secret", SECRET]);
    assert_eq!(tampered.code, Some(1), "{tampered:?}");
    assert!(tampered.stdout.contains("WRONG   signature webhook-signature"), "{tampered:?}");
}

#[test]
fn a_known_request_is_verified_by_its_profile() {
    let right =
        verify(&clocking(&format!("sha1={CLOCKING_SHA1}")), &["--profile", "trutac", "--secret", "s3cr3t"]);
    assert_eq!(right.code, Some(0), "{right:?}");
    assert!(right.stdout.contains("HMAC-SHA1 matches") && !right.stdout.contains('\u{1b}'), "{right:?}");

    let another =
        verify(&clocking(&format!("sha1={CLOCKING_SHA1}")), &["--profile", "trutac", "--secret", "other"]);
    assert!(another.stdout.contains("the body was changed, or the secret is another one"), "{another:?}");
    assert_eq!(another.stderr, "fanfare: the request does not match: 1 part is wrong\n");

    let unknown = verify(&clocking(&format!("sha1={CLOCKING_SHA1}")), &["--profile", "trutac", "--json"]);
    let found: Value = serde_json::from_str(&unknown.stdout).unwrap();
    assert_eq!((unknown.code, &found["verdict"]), (Some(1), &"unchecked".into()), "{unknown:?}");
}

#[test]
fn old_requests_are_verified_as_of_their_time() {
    let body = r#"{"test": 2432232314}"#;
    let capture = format!(
        "POST / HTTP/1.1\nuser-agent: Fanfare/0.1\ncontent-type: application/json\n\
         webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\n\
         webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n\n{body}"
    );
    let with = |options: &[&str]| verify(&capture, &[&["--secret", SECRET], options].concat());
    assert!(with(&[]).stdout.contains("WRONG   timestamp"), "{:?}", with(&[]));
    for options in [&["--at", "1614265331"][..], &["--at", "2021-02-25T15:02:10Z"], &["--any-age"]] {
        assert_eq!(with(options).code, Some(0), "{options:?}: {:?}", with(options));
    }
}

#[test]
fn a_profile_may_come_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let text = "name = \"mine\"\nmethods = [\"POST\"]\n[[signatures]]\nheader = \"TT-Hook-Signature\"\n\
                algorithm = \"hmac-sha1\"\nformat = \"sha1={signature}\"\n[secrets]\nchosen = true\n\
                [[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\n";
    let run = |text: &str| {
        std::fs::write(directory.path().join("mine.toml"), text).unwrap();
        let words = ["verify", "--profile", "mine.toml", "--secret", "s3cr3t"];
        with_input(binary::command(directory.path(), &words), &clocking(&format!("sha1={CLOCKING_SHA1}")))
    };
    assert_eq!(run(text).code, Some(0), "{:?}", run(text));
    let broken = run(&text.replace("hmac-sha1", "md5"));
    assert!(broken.stderr.contains("mine.toml:5:"), "{broken:?}");
    std::fs::write(directory.path().join("mine.toml"), text).unwrap();
    let by_name = ["verify", "--profiles", ".", "--profile", "mine", "--secret", "s3cr3t"];
    let capture = clocking(&format!("sha1={CLOCKING_SHA1}"));
    let found = with_input(binary::command(directory.path(), &by_name), &capture);
    assert_eq!(found.code, Some(0), "{found:?}");
    let unknown = with_input(binary::command(directory.path(), &["verify", "--profile", "mine"]), &capture);
    assert!(unknown.stderr.contains("no profile is named mine; there are: github, "), "{unknown:?}");
}

/// The worked example of docs/profiles.md, tried as it says there.
#[tokio::test]
async fn a_profile_of_ones_own_is_tried_as_the_docs_say() {
    let (_, parcelo) = include_str!("../../../../docs/profiles.md").split_once("```toml\n").unwrap();
    let parcelo = parcelo.split_once("```").unwrap().0.replace("https = \"required\"", "https = \"free\"");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("parcelo.toml");
    std::fs::write(&file, parcelo).unwrap();
    let (profiles, file) = (directory.path().to_str().unwrap(), file.to_str().unwrap());
    let server = TestServer::start_with(&["--profiles", profiles, "--allow-network", "127.0.0.0/8"]).await;
    let made = server.run(&["env", "create", "acme", "--profile", "parcelo", "--profiles", profiles]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let api = server.api_as(made.stdout.trim());
    api.post("/app", json!({"name": "a", "uid": "a"})).await.expect(201);
    let port = free_address().port();
    let endpoint = json!({"url": format!("http://127.0.0.1:{port}/"), "eventTypes": ["parcel.delivered"]});
    let endpoint = api.post("/app/a/endpoint", endpoint).await.expect(201);
    let id = endpoint["id"].as_str().unwrap();
    let secret = api.get(&format!("/app/a/endpoint/{id}/secret")).await.expect(200);
    let secret = secret["key"].as_str().unwrap();

    let expected = ["--profile", file, "--secret", secret, "--count", "1", "--timeout", "60"];
    let mut listener = Listener::start_on(port, &expected);
    let message = json!({"eventType": "parcel.delivered", "payload": {"number": "P-1", "to": "Zoë"}});
    api.post("/app/a/msg", message).await.expect(202);
    let line = listener.line();
    assert_eq!(line["verdict"], "right", "{line}");
    let body: Value = serde_json::from_str(line["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["kind"], &body["parcel"]["to"]), (&json!("parcel.delivered"), &json!("Zoë")));
    assert_eq!(listener.end().0.code, Some(0));
}

#[test]
fn requests_that_do_not_match_end_listen_with_an_error() {
    let mut listener = Listener::start(&["--profile", "trutac", "--secret", "other", "--count", "1"]);
    let address = listener.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(clocking(&format!("sha1={CLOCKING_SHA1}")).as_bytes()).unwrap();
    let mut status = String::new();
    BufReader::new(&stream).read_line(&mut status).unwrap();
    assert_eq!(status, "HTTP/1.1 200 OK\r\n");
    let line = listener.line();
    assert_eq!(line["verdict"], "wrong", "{line}");
    assert_eq!(line["headers"][1][0], "TT-Hook-Signature", "{line}");
    let (ended, _) = listener.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), "fanfare: 1 of 1 request did not match\n"));
}

#[test]
fn too_few_requests_are_an_error() {
    let (ended, _) = Listener::start(&["--count", "2", "--timeout", "1"]).end();
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, "fanfare: received 0 requests where 2 were expected\n");
}

#[tokio::test]
async fn send_says_why_it_was_refused() {
    let server = TestServer::start().await;
    for (payload, more, word) in [
        ("{}", &["--app", "nobody"][..], "refused with 404: The application does not exist"),
        ("{}", &["--app", "nobody", "--channel", "a b"], "body.channels"),
        ("[]", &["--app", "a"], "standard input: a payload is a JSON object"),
        ("{", &["--app", "a"], "standard input is not JSON"),
        ("", &["--app", "a", "--payload", "missing.json"], "missing.json"),
        ("{}", &["--app", "a", "--url", "ftp://x"], "http:// or https://"),
        ("{}", &["--app", "a", "--url", "http://127.0.0.1:1"], "is a server running there?"),
        ("{}", &["--app", "a", "--key", "sk_wrong"], "refused with 401"),
        ("{}", &["--app", "a", "--ca-file", "missing.pem"], "missing.pem"),
    ] {
        let options: Vec<_> = more.iter().copied().filter(|word| !word.is_empty()).collect();
        let outcome = replacing(&server, payload, &options);
        assert_eq!(outcome.code, Some(1), "{more:?}: {outcome:?}");
        assert!(outcome.stderr.contains(word) && outcome.stdout.is_empty(), "{more:?}: {outcome:?}");
    }
}

/// `send` with options of which the given ones come in the place of the usual ones.
fn replacing(server: &TestServer, payload: &str, more: &[&str]) -> Outcome {
    let (url, directory) = (server.url(), tempfile::tempdir().unwrap());
    let usual = [("--url", url.as_str()), ("--key", server.key()), ("--event-type", "a")];
    let usual =
        usual.iter().filter(|(name, _)| !more.contains(name)).flat_map(|(name, value)| [*name, *value]);
    let words: Vec<_> = ["send"].into_iter().chain(usual).chain(more.iter().copied()).collect();
    with_input(binary::command(directory.path(), &words), payload)
}

#[test]
fn bad_options_are_refused_by_name() {
    for (words, word) in [
        (&["listen", "--answer", "99"][..], "200 to 599"),
        (&["listen", "--port", "70000"], "--port"),
        (&["listen", "--count", "0"], "--count"),
        (&["listen", "--profile", "nope"], "no profile is named nope; there are: github, jofi, "),
        (&["listen", "--profile", "talview", "--secret", "x"], "knows no secrets"),
        (&["listen", "--basic", "nobody"], "USER:PASSWORD"),
        (&["listen", "--basic", "a:b", "--bearer", "c"], "cannot be used with"),
        (&["listen", "--listen", "192.0.2.1:1"], "cannot listen on 192.0.2.1:1"),
        (&["verify", "--value", "endpoint.uri=1"], "did you mean `endpoint.url`?"),
        (&["verify", "--value", "endpoint.url"], "NAME=TEXT"),
        (&["verify", "--at", "yesterday"], "RFC 3339"),
        (&["verify", "missing.http"], "missing.http"),
        (&["verify"], "the input is empty"),
        (&["send", "--app", "a"], "--event-type"),
    ] {
        let outcome = binary::run(Path::new("/"), words);
        assert!(matches!(outcome.code, Some(1 | 2)), "{words:?}: {outcome:?}");
        assert!(outcome.stderr.contains(word), "{words:?}: {outcome:?}");
    }
}
