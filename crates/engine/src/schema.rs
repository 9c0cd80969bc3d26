//! JSON Schemas of event types, and what of a payload does not fit them.
//!
//! Nothing is fetched: a schema that refers to others by URL is refused. Patterns give up after so many steps.

use std::{collections::HashMap, sync::OnceLock};

use fanfare_core::{
    environment::EventType,
    example::{Schemas, newest},
    limits::{PATTERN_STEPS, PAYLOAD_MISTAKE_BYTES, PAYLOAD_MISTAKES},
    message::Payload,
    name::EventTypeName,
    ports::store::{StoreError, StoreResult},
};
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// What of a payload does not fit, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The way there: names of members and indices of items.
    pub path: Vec<String>,
    /// What is wrong, without the payload's own values.
    pub message: String,
}

/// Checks that a schema is one; the error says what is wrong.
pub fn check(schema: &Value) -> Result<(), String> {
    compile(schema).map(drop)
}

fn compile(schema: &Value) -> Result<Validator, String> {
    if !schema.is_object() {
        return Err("must be a JSON object".to_owned());
    }
    let patterns = PatternOptions::fancy_regex().backtrack_limit(PATTERN_STEPS);
    let built = jsonschema::options().with_pattern_options(patterns).build(schema);
    built.map_err(|error| format!("is not a valid JSON Schema: {}", cut(error.to_string())))
}

/// The enforced schemas of an environment's catalogue, each compiled when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Enforced(HashMap<EventTypeName, Enforce>);

#[derive(Debug)]
struct Enforce {
    schemas: String,
    validator: OnceLock<Result<Validator, String>>,
}

impl Enforced {
    /// Those of the types whose payloads are to be checked.
    pub(crate) fn of<'t>(types: impl IntoIterator<Item = &'t EventType>) -> Self {
        let enforce = |kind: &EventType| {
            let schemas = kind.schemas.clone().filter(|_| kind.validate)?;
            Some((kind.name.clone(), Enforce { schemas, validator: OnceLock::new() }))
        };
        Self(types.into_iter().filter_map(enforce).collect())
    }

    /// What of this payload does not fit the newest schema of its type.
    pub(crate) fn mistakes(&self, kind: &EventTypeName, payload: &Payload) -> StoreResult<Vec<Mistake>> {
        let (Some(enforce), Some(bytes)) = (self.0.get(kind), payload.bytes()) else { return Ok(Vec::new()) };
        let validator = enforce.validator.get_or_init(|| compile_newest(&enforce.schemas));
        let validator = validator.as_ref().map_err(|error| {
            StoreError::Broken(format!("the schema of event type {kind} cannot be used: {error}"))
        })?;
        let value: Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) => {
                let message = format!("is no JSON, which its event type's schema needs: {error}");
                return Ok(vec![Mistake { path: Vec::new(), message }]);
            }
        };
        Ok(validator.iter_errors(&value).take(PAYLOAD_MISTAKES).map(|error| mistake(&error)).collect())
    }
}

fn compile_newest(schemas: &str) -> Result<Validator, String> {
    let schemas: Schemas = serde_json::from_str(schemas).map_err(|error| error.to_string())?;
    compile(newest(&schemas).unwrap_or(&Value::Object(serde_json::Map::new())))
}

fn mistake(error: &jsonschema::ValidationError<'_>) -> Mistake {
    let path = error.instance_path().as_str().split('/').skip(1);
    let unescaped = path.map(|part| cut(part.replace("~1", "/").replace("~0", "~")));
    Mistake { path: unescaped.collect(), message: cut(error.masked().to_string()) }
}

/// A text within the bound, cut where it is longer.
fn cut(mut text: String) -> String {
    if text.len() > PAYLOAD_MISTAKE_BYTES {
        text.truncate(text.floor_char_boundary(PAYLOAD_MISTAKE_BYTES));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;
