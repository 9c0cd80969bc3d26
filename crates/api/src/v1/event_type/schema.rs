//! JSON Schemas of event types: one object per version, each checked when it is given.
//!
//! Nothing is fetched while checking: a schema that refers to others by URL is refused.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::ApiError;

/// Schemas by version.
pub(crate) type Schemas = BTreeMap<String, Value>;

/// Checks schemas and turns them into the text that the catalogue keeps.
pub(crate) fn to_text(schemas: &Schemas) -> Result<String, ApiError> {
    for (version, schema) in schemas {
        check(version, schema)?;
    }
    serde_json::to_string(schemas).map_err(|error| ApiError::internal(error.to_string()))
}

/// The schemas in a catalogue entry.
pub(crate) fn from_text(text: &str) -> Result<Schemas, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::internal(format!("stored schemas: {error}")))
}

/// The schema of the newest version, by number where versions are numbers.
pub(crate) fn newest(schemas: &Schemas) -> Option<&Map<String, Value>> {
    let newest = schemas.iter().max_by_key(|(version, _)| (version.parse::<u64>().ok(), version.as_str()));
    newest.and_then(|(_, schema)| schema.as_object())
}

fn check(version: &str, schema: &Value) -> Result<(), ApiError> {
    let invalid = |msg: String| ApiError::invalid(&["body", "schemas", version], msg);
    if !schema.is_object() {
        return Err(invalid("must be a JSON object".to_owned()));
    }
    let built = jsonschema::options().build(schema);
    built.map(drop).map_err(|error| invalid(format!("is not a valid JSON Schema: {error}")))
}
