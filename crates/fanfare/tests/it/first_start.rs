//! The first minute of a newcomer: start it with nothing configured, paste what it prints, see the delivery.

use std::time::Duration;

use serde_json::Value;

use crate::{
    SOON,
    api::Api,
    receiver::{pause, within},
    server::TestServer,
};

/// The quoted or bare words of a shell command line without escapes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').unwrap(),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

fn path_of<'a>(url: &'a str, server: &TestServer) -> &'a str {
    url.strip_prefix(&server.url()).unwrap_or_else(|| panic!("{url} is not at {}", server.url()))
}

#[tokio::test]
async fn the_printed_commands_work_when_pasted() {
    let server = TestServer::start_with(&[]).await;
    let printed = server.log();
    let commands: Vec<_> =
        printed.lines().filter(|line| line.trim().starts_with("curl ")).map(words).collect();
    let [post, look] = &commands[..] else { panic!("two commands are printed: {printed}") };

    let after =
        |flag: &str| post.windows(2).filter(|pair| pair[0] == flag).map(|pair| pair[1].clone()).collect();
    let headers: Vec<String> = after("-H");
    let key = headers.iter().find_map(|header| header.strip_prefix("Authorization: Bearer ")).unwrap();
    let data: Vec<String> = after("-d");
    let body: Value = serde_json::from_str(&data[0]).unwrap();
    let path = path_of(&post[1], &server).strip_prefix("/api/v1").unwrap();
    let answer = Api::new(server.address(), key).post(path, body).await.expect(202);

    let id = answer["id"].as_str().unwrap();
    let shown = within(SOON, async {
        while !server.get(path_of(&look[1], &server)).await.contains(id) {
            pause(Duration::from_millis(10)).await;
        }
    });
    assert!(shown.await.is_some(), "the inbox does not show {id}");
}

#[tokio::test]
async fn the_key_is_shown_once_and_goes_on_working() {
    let mut server = TestServer::start_with(&[]).await;
    let first = server.log();
    let key = first.split_whitespace().find(|word| word.starts_with("sk_live_")).unwrap().to_owned();
    assert!(server.stop().await.success());
    server.launch().await;
    let second = server.log()[first.len()..].to_owned();
    assert!(!second.contains("sk_live_"), "{second}");
    server.api_as(&key).get("/app/demo").await.expect(200);
}
