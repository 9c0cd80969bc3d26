//! An example payload of an event type, from the newest version of its schema.
//!
//! An `examples` (or `example`) entry is taken as it stands; without one, the smallest object that the
//! schema's `properties` describe is made up.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::name::EventTypeName;

/// JSON Schemas by version.
pub type Schemas = BTreeMap<String, Value>;

/// The event type that every environment has an example of.
const PING: &str = "svix.ping";
/// Levels of a schema that are followed.
const DEPTH: usize = 16;

/// The built-in example of an event type, if it has one.
pub fn built_in(name: &EventTypeName) -> Option<Value> {
    (name.as_str() == PING).then(|| json!({"success": true}))
}

/// An example of what these schemas describe; always an object.
pub fn of(schemas: &Schemas) -> Value {
    let Some(schema) = newest(schemas).and_then(Value::as_object) else { return json!({}) };
    let example = given(schema).unwrap_or_else(|| made_up(schema, DEPTH));
    if example.is_object() { example } else { json!({}) }
}

/// The schema of the newest version, by number where versions are numbers.
pub fn newest(schemas: &Schemas) -> Option<&Value> {
    let newest = schemas.iter().max_by_key(|(version, _)| (version.parse::<u64>().ok(), version.as_str()));
    newest.map(|(_, schema)| schema)
}

fn given(schema: &Map<String, Value>) -> Option<Value> {
    let first = schema.get("examples").and_then(|examples| match examples {
        Value::Array(examples) => examples.first(),
        Value::Object(_) => Some(examples),
        _ => None,
    });
    let keys = ["example", "default", "const"];
    first.or_else(|| keys.iter().find_map(|key| schema.get(*key))).cloned()
}

fn made_up(schema: &Map<String, Value>, depth: usize) -> Value {
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return first.clone();
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or("object"),
        _ => "object",
    };
    match kind {
        "string" => json!("string"),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(0)),
        "boolean" => json!(true),
        "null" => Value::Null,
        "array" => Value::Array(schema.get("items").map(|item| part(item, depth)).into_iter().collect()),
        _ => properties(schema, depth),
    }
}

fn properties(schema: &Map<String, Value>, depth: usize) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let members = properties.into_iter().flatten();
    Value::Object(members.map(|(name, schema)| (name.clone(), part(schema, depth))).collect())
}

fn part(schema: &Value, depth: usize) -> Value {
    match schema.as_object() {
        Some(schema) if depth > 0 => given(schema).unwrap_or_else(|| made_up(schema, depth - 1)),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests;
