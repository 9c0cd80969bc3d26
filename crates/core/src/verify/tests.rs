use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    endpoint::Credentials,
    message::Message,
    profile::built_in,
    render::{Rendering, render},
    sample::{Counting, NOW, credentials, endpoint, message},
};

mod parts;
mod round_trip;

/// A request that tests may change.
#[derive(Debug, Clone)]
struct Sent {
    method: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn by(profile: &Profile, credentials: &Credentials, message: &Message) -> Self {
        let rendering = Rendering { profile, endpoint: &endpoint(), credentials, message, now: NOW };
        let request = render(&rendering).unwrap();
        let headers = request.headers.iter();
        Self {
            method: request.method.as_str().to_owned(),
            headers: headers.map(|header| (header.name.clone(), header.value.reveal().to_owned())).collect(),
            body: request.body.to_vec(),
        }
    }

    fn captured(&self) -> Captured<'_> {
        Captured { method: &self.method, headers: &self.headers, body: &self.body }
    }

    fn header(&mut self, name: &str) -> &mut String {
        let found = self.headers.iter_mut().find(|(theirs, _)| theirs.eq_ignore_ascii_case(name));
        &mut found.unwrap_or_else(|| panic!("no header {name}")).1
    }

    fn remove(&mut self, name: &str) {
        self.headers.retain(|(theirs, _)| !theirs.eq_ignore_ascii_case(name));
    }
}

fn profile(lines: &str) -> Profile {
    Profile::parse(&format!("name = \"test\"\nmethods = [\"POST\"]\n{lines}")).unwrap()
}

/// A profile that signs the body with text secrets.
fn signing(algorithm: &str, encoding: &str, more: &str) -> Profile {
    profile(&format!(
        "[[signatures]]\nheader = \"X-Sig\"\nalgorithm = \"{algorithm}\"\nencoding = \"{encoding}\"\n{more}\n\
         [secrets]\nchosen = true\n[[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\n"
    ))
}

fn secrets(texts: &[&str]) -> Vec<Secret> {
    texts.iter().map(|text| Secret::new(*text)).collect()
}

/// What is not right, as `part: detail`.
fn complaints(checks: &[Check]) -> Vec<String> {
    let complaints = checks.iter().filter(|check| check.outcome != Verdict::Right);
    complaints.map(|check| format!("{}: {}", check.part, check.detail)).collect()
}
