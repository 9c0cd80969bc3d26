//! The body read backwards: a skeleton's own members must be there and say what the rest of the request says.

use serde_json::Value as Json;

use super::{Check, reading::Reading, values};
use crate::render::{Form, Member, Node, Value};

/// The way to a member, such as `data.id`; empty for the body itself.
type Path<'p> = &'p str;

impl Reading<'_> {
    pub(super) fn body(&mut self) {
        let size = self.captured.body.len();
        let Form::Skeleton(skeleton) = &self.verifier.profile.wire.body.form else {
            return self
                .checks
                .push(Check::right("body", format!("{size} bytes: the payload and nothing around it")));
        };
        let Ok(body) = serde_json::from_slice::<Json>(self.captured.body) else {
            return self.checks.push(Check::wrong("body", format!("{size} bytes that are not JSON")));
        };
        let check = match self.node(skeleton, &body, "") {
            Ok(()) => Check::right("body", format!("{size} bytes, of the profile's shape")),
            Err(why) => Check::wrong("body", why),
        };
        self.checks.push(check);
    }

    fn node(&mut self, node: &Node, found: &Json, path: Path<'_>) -> Result<(), String> {
        match (node, found) {
            (Node::Value(Value::Payload), _) => Ok(()),
            (Node::Value(value), _) => self.value(*value, found, path),
            (Node::Object(members), Json::Object(_)) => self.object(members, found, path),
            (Node::Array(nodes), Json::Array(items)) if nodes.len() == items.len() => {
                let mut pairs = nodes.iter().zip(items).enumerate();
                pairs.try_for_each(|(at, (node, item))| self.item(node, item, &within(path, &at.to_string())))
            }
            (Node::Literal(text), _) if serde_json::from_str::<Json>(text).ok().as_ref() == Some(found) => {
                Ok(())
            }
            _ => Err(format!("{} is not as the profile writes it", named(path))),
        }
    }

    /// A value that this message or endpoint has not keeps its place in an array, as `null`.
    fn item(&mut self, node: &Node, found: &Json, path: Path<'_>) -> Result<(), String> {
        if found.is_null() && self.may_miss(node) {
            return Ok(());
        }
        self.node(node, found, path)
    }

    fn object(&mut self, members: &[Member], found: &Json, path: Path<'_>) -> Result<(), String> {
        for member in members {
            let Member::Field { name, value } = member else { continue };
            let name: String = serde_json::from_str(name.trim_end_matches(':')).unwrap_or_default();
            let path = within(path, &name);
            match found.get(&name) {
                Some(found) => self.node(value, found, &path)?,
                // A value that this message or endpoint has not is left out.
                None if self.may_miss(value) => {}
                None => return Err(format!("{} is missing", named(&path))),
            }
        }
        Ok(())
    }

    fn may_miss(&self, node: &Node) -> bool {
        match node {
            Node::Value(Value::Secret) => self.verifier.keys.is_empty(),
            Node::Value(value) => value.may_be_absent(),
            _ => false,
        }
    }

    fn value(&mut self, value: Value, found: &Json, path: Path<'_>) -> Result<(), String> {
        let text = match found {
            Json::String(text) if !value.is_bare() => Some(text.clone()),
            Json::Number(number) if value.is_bare() => Some(number.to_string()),
            Json::Bool(known) if value.is_bare() => Some(known.to_string()),
            _ => None,
        };
        let text = text.filter(|text| values::is_text_of(value, text));
        let text = text.ok_or_else(|| format!("{} is not as the profile writes it", named(path)))?;
        if value == Value::Secret {
            let check = self.secret(format!("body {path}"), &text);
            self.checks.push(check);
            return Ok(());
        }
        self.take(value, text).map_err(|why| format!("{} {why}", named(path)))
    }
}

fn within(path: Path<'_>, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn named(path: Path<'_>) -> String {
    if path.is_empty() { "the body".to_owned() } else { format!("`{path}`") }
}
