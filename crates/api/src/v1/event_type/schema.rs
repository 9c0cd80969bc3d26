//! JSON Schemas of event types, between the wire and the text that the catalogue keeps.

use fanfare_core::example::Schemas;

use crate::error::ApiError;

/// The text that the catalogue keeps; the engine checks it.
pub(crate) fn to_text(schemas: &Schemas) -> Result<String, ApiError> {
    serde_json::to_string(schemas).map_err(|error| ApiError::internal(error.to_string()))
}

/// The schemas in a catalogue entry.
pub(crate) fn from_text(text: &str) -> Result<Schemas, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::internal(format!("stored schemas: {error}")))
}
