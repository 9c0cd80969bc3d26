//! Body skeletons: JSON with placeholders, parsed when a profile is loaded.
//!
//! `$name` stands for a value, `...$payload` within an object for the payload's members. What the skeleton
//! is rendered to has no spaces of its own; the payload keeps all of its bytes.

use std::collections::BTreeSet;

use super::{
    template::TemplateError,
    value::{Place, Value, may_be_in_name, name_at},
};

/// How deep a skeleton may nest.
const DEPTH: usize = 32;

/// A part of a skeleton.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// JSON text that is the same in every request.
    Literal(String),
    Value(Value),
    Object(Vec<Member>),
    Array(Vec<Node>),
}

/// What stands in an object of a skeleton.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Member {
    /// A name, as JSON text with its colon, and its value.
    Field { name: String, value: Node },
    /// The payload's members, but for those with one of these names.
    Spread { reserved: BTreeSet<String> },
}

type Parsed<T> = Result<T, TemplateError>;

/// Parses a skeleton. A mistake that leaves the JSON whole does not hide the next.
pub(crate) fn parse(text: &str, place: Place) -> Result<Node, Vec<TemplateError>> {
    let mut parser = Parser { text, at: 0, place, errors: Vec::new() };
    match parser.document() {
        Ok(node) if parser.errors.is_empty() => Ok(node),
        Ok(_) => Err(parser.errors),
        Err(error) => Err([parser.errors, vec![error]].concat()),
    }
}

impl Node {
    /// Whether it names `wanted` somewhere.
    pub(crate) fn names(&self, wanted: Value) -> bool {
        self.any(&|value| value == wanted)
    }

    /// Whether one of the values that it names is such a one.
    pub(crate) fn any(&self, is: &dyn Fn(Value) -> bool) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Value(value) => is(*value),
            Self::Array(nodes) => nodes.iter().any(|node| node.any(is)),
            Self::Object(members) => members.iter().any(|member| match member {
                Member::Field { value, .. } => value.any(is),
                Member::Spread { .. } => is(Value::Payload),
            }),
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    place: Place,
    errors: Vec<TemplateError>,
}

impl<'t> Parser<'t> {
    fn document(&mut self) -> Parsed<Node> {
        self.space();
        if !self.rest().starts_with(['{', '[']) {
            return Err(self.error("a body template is a JSON object or array"));
        }
        let node = self.node(0)?;
        self.space();
        if self.rest().is_empty() { Ok(node) } else { Err(self.error("nothing may follow the JSON")) }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn error(&self, message: impl Into<String>) -> TemplateError {
        TemplateError::new(self.at, message)
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Takes `token`, and the space before and after it, if it comes next.
    fn take(&mut self, token: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
            self.space();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.take(token) { Ok(()) } else { Err(self.error(format!("expected `{token}` here"))) }
    }

    fn node(&mut self, depth: usize) -> Parsed<Node> {
        if depth > DEPTH {
            return Err(self.error(format!("nested deeper than {DEPTH}")));
        }
        if self.take("{") {
            return self.object(depth);
        }
        if self.take("[") {
            return self.array(depth);
        }
        match self.rest().chars().next() {
            Some('$') => Ok(self.value().map_or(Node::Array(Vec::new()), Node::Value)),
            Some('"') => self.text(),
            _ => self.scalar().map(|text| Node::Literal(text.to_owned())),
        }
    }

    fn array(&mut self, depth: usize) -> Parsed<Node> {
        let mut nodes = Vec::new();
        while !self.take("]") {
            if !nodes.is_empty() {
                self.expect(",")?;
            }
            nodes.push(self.node(depth + 1)?);
        }
        Ok(Node::Array(nodes))
    }

    fn object(&mut self, depth: usize) -> Parsed<Node> {
        let mut members = Vec::new();
        let mut names = BTreeSet::new();
        while !self.take("}") {
            if !members.is_empty() {
                self.expect(",")?;
            }
            members.push(self.member(depth, &mut names)?);
        }
        for member in &mut members {
            if let Member::Spread { reserved } = member {
                reserved.clone_from(&names);
            }
        }
        if members.iter().filter(|member| matches!(member, Member::Spread { .. })).count() > 1 {
            self.errors.push(self.error("an object can spread the payload only once"));
        }
        Ok(Node::Object(members))
    }

    fn member(&mut self, depth: usize, names: &mut BTreeSet<String>) -> Parsed<Member> {
        if self.rest().starts_with("...") {
            return self.spread();
        }
        if !self.rest().starts_with('"') {
            return Err(self.error("expected a name in double quotes, or `...$payload`"));
        }
        let start = self.at;
        let text = self.string()?;
        let name = serde_json::from_str(text).map_err(|_| TemplateError::new(start, "not a JSON string"))?;
        if !names.insert(name) {
            self.errors.push(TemplateError::new(start, format!("the name {text} comes twice")));
        }
        self.expect(":")?;
        Ok(Member::Field { name: format!("{text}:"), value: self.node(depth + 1)? })
    }

    fn spread(&mut self) -> Parsed<Member> {
        self.at += "...".len();
        let start = self.at;
        let only = TemplateError::new(start, "only `$payload` can be spread");
        if !self.rest().starts_with('$') {
            return Err(only);
        }
        if self.value().is_some_and(|value| value != Value::Payload) {
            self.errors.push(only);
        }
        Ok(Member::Spread { reserved: BTreeSet::new() })
    }

    /// The value that a placeholder stands for; none, and a mistake, if there is no such one here.
    fn value(&mut self) -> Option<Value> {
        let start = self.at;
        let name = &self.rest()[1..];
        let name = &name[..name.find(|c| !may_be_in_name(c)).unwrap_or(name.len())];
        self.at += 1 + name.len();
        let value = Value::named(name, self.place);
        value.map_err(|message| self.errors.push(TemplateError::new(start, message))).ok()
    }

    /// A string that is sent as it stands. One that names a value was not meant so.
    fn text(&mut self) -> Parsed<Node> {
        let start = self.at;
        let text = self.string()?;
        for (at, mark) in text.match_indices(['$', '{']) {
            let Some(name) = name_at(&text[at + 1..]) else { continue };
            if mark == "$" || text[at + 1 + name.len()..].starts_with('}') {
                let escape = if mark == "$" { "\\u0024" } else { "\\u007b" };
                let message = format!(
                    "within quotes this is sent as it stands: write ${name} without quotes, or `{escape}` for a \
                     `{mark}` that is meant"
                );
                self.errors.push(TemplateError::new(start + at, message));
            }
        }
        Ok(Node::Literal(text.to_owned()))
    }

    /// A JSON string, its quotes included.
    fn string(&mut self) -> Parsed<&'t str> {
        let bytes = self.rest().as_bytes();
        let mut end = 1;
        while bytes.get(end).is_some_and(|byte| *byte != b'"') {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        match self.rest().get(..=end) {
            Some(text) => self.literal(text),
            None => Err(self.error("a string that never ends")),
        }
    }

    fn scalar(&mut self) -> Parsed<&'t str> {
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, ',' | '}' | ']' | ':' | '"' | '$');
        let rest = self.rest();
        self.literal(&rest[..rest.find(ends).unwrap_or(rest.len())])
    }

    fn literal(&mut self, text: &'t str) -> Parsed<&'t str> {
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(_) => {
                self.at += text.len();
                Ok(text)
            }
            Err(_) => Err(self.error("expected a JSON value or a `$placeholder`")),
        }
    }
}
