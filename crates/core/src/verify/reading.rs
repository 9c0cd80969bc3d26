//! Reading a request part by part: what it was written with, and what is wrong with it.

use super::{Captured, Check, Verifier, values};
use crate::{
    render::{HeaderTemplate, Template, Value},
    sign::Encoding,
    time::Timestamp,
};

/// A request that is being read.
pub(super) struct Reading<'a> {
    pub(super) verifier: &'a Verifier<'a>,
    pub(super) captured: &'a Captured<'a>,
    /// The values that it shows, and those that were told.
    pub(super) found: values::Found,
    pub(super) checks: Vec<Check>,
}

/// How often a header is there.
pub(super) enum Line<'a> {
    Missing,
    Once(&'a str),
    Several(usize),
}

impl<'a> Reading<'a> {
    pub(super) fn new(verifier: &'a Verifier<'a>, captured: &'a Captured<'a>) -> Self {
        Self { verifier, captured, found: verifier.known.clone(), checks: Vec::new() }
    }

    pub(super) fn into_checks(self) -> Vec<Check> {
        self.checks
    }

    pub(super) fn header(&self, name: &str) -> Line<'a> {
        let headers = self.captured.headers.iter();
        let mut found = headers.filter(|(theirs, _)| theirs.eq_ignore_ascii_case(name));
        match (found.next(), found.count()) {
            (None, _) => Line::Missing,
            (Some((_, value)), 0) => Line::Once(value),
            (Some(_), more) => Line::Several(more + 1),
        }
    }

    pub(super) fn method(&mut self) {
        let methods: Vec<_> = self.verifier.profile.methods.iter().map(|method| method.as_str()).collect();
        let method = self.captured.method;
        self.checks.push(match methods.contains(&method) {
            true => Check::right("method", method),
            false => {
                Check::wrong("method", format!("{method}, where the profile has {}", methods.join(", ")))
            }
        });
    }

    pub(super) fn headers(&mut self) {
        let before = self.checks.len();
        let headers = &self.verifier.profile.wire.headers;
        let mut right = 0;
        for header in headers {
            match self.profile_header(header) {
                Some(check) => self.checks.push(check),
                None => right += 1,
            }
        }
        if !headers.is_empty() {
            let all = if right == headers.len() { "all" } else { "the others" };
            let detail = format!("{all} as the profile writes them ({right})");
            self.checks.insert(before, Check::right("headers", detail));
        }
    }

    /// What there is to say about a header, unless it is simply right.
    fn profile_header(&mut self, header: &HeaderTemplate) -> Option<Check> {
        let part = format!("header {}", header.name);
        let text = match self.header(&header.name) {
            Line::Once(text) => text,
            Line::Several(times) => return Some(Check::wrong(part, format!("comes {times} times"))),
            Line::Missing if self.may_be_absent(&header.value) => return None,
            Line::Missing => return Some(Check::wrong(part, "missing")),
        };
        match self.read(&header.value, Encoding::default(), text) {
            Ok(Some(secret)) => Some(self.secret(part, &secret)),
            Ok(None) => None,
            Err(why) => Some(Check::wrong(part, why)),
        }
    }

    /// What shows a secret must be there where one was given.
    fn may_be_absent(&self, template: &Template) -> bool {
        template.may_be_absent() && (self.verifier.keys.is_empty() || !template.names(Value::Secret))
    }

    /// Takes what a template was filled with; the secret apart, if it is among it.
    pub(super) fn read(
        &mut self,
        template: &Template,
        encoding: Encoding,
        text: &str,
    ) -> Result<Option<String>, String> {
        let mut read = values::read(template, encoding, text, &self.found)
            .or_else(|| values::read(template, encoding, text, &[]))
            .ok_or_else(|| format!("is not of the form `{template}`"))?;
        let secret = read.iter().position(|(value, _)| *value == Value::Secret);
        let secret = secret.map(|at| read.remove(at).1);
        for (value, text) in read {
            self.take(value, text)?;
        }
        Ok(secret)
    }

    /// Notes a value; an error if another place has another text for it.
    pub(super) fn take(&mut self, value: Value, text: String) -> Result<(), String> {
        match self.found.iter().find(|(known, _)| *known == value) {
            Some((_, known)) if *known != text => {
                Err(format!("says `{value}` is `{text}`, but elsewhere it is `{known}`"))
            }
            Some(_) => Ok(()),
            None => {
                self.found.push((value, text));
                Ok(())
            }
        }
    }

    /// Compares a secret that stands in the request as it is (TRI-4, TRI-5).
    pub(super) fn secret(&self, part: String, text: &str) -> Check {
        let keys = &self.verifier.keys;
        match keys.iter().any(|key| key.is(text)) {
            true => Check::right(part, "holds the secret"),
            false if keys.is_empty() => {
                Check::unchecked(part, "holds a secret; none was given to compare it with")
            }
            false => Check::wrong(part, "holds another secret than the one given"),
        }
    }

    pub(super) fn timestamp(&mut self, now: Timestamp) {
        let Some(time) = values::attempt_time(&self.found) else { return };
        let (age, ahead) = (now.since(time), time.since(now));
        let detail = match ahead.is_zero() {
            true => format!("{time}, {} s old", age.as_secs()),
            false => format!("{time}, {} s ahead of the clock here", ahead.as_secs()),
        };
        let too_far = self.verifier.tolerance.filter(|tolerance| age.max(ahead) > *tolerance);
        self.checks.push(match too_far {
            Some(most) => {
                let old = if ahead.is_zero() { "too old" } else { "in the future" };
                Check::wrong(
                    "timestamp",
                    format!("{old}: {detail}; at most {} s are allowed", most.as_secs()),
                )
            }
            None => Check::right("timestamp", detail),
        });
    }
}
