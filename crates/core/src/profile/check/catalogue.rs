//! The event types that a profile knows.

use std::collections::BTreeSet;

use serde_json::value::RawValue;
use toml::Spanned;

use super::event_type;
use crate::{
    limits::SCHEMAS_BYTES,
    name::EventTypeName,
    profile::{Catalogue, CatalogueType, mistakes::Mistakes, section::Section},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum CatalogueWord {
    /// Messages of any type are accepted.
    #[default]
    Open,
    /// Only messages of types in the catalogue.
    Strict,
}

pub(super) fn catalogue(mut section: Section<'_, '_>) -> Catalogue {
    let word: CatalogueWord = section.value("catalogue").unwrap_or_default();
    let dots_are_underscores = section.value("dots_are_underscores").unwrap_or_default();
    let mut names = BTreeSet::new();
    let types = section.sections("types");
    let types = types.into_iter().filter_map(|kind| catalogue_type(kind, &mut names)).collect();
    section.end();
    Catalogue { strict: word == CatalogueWord::Strict, dots_are_underscores, types }
}

fn catalogue_type(
    mut section: Section<'_, '_>,
    names: &mut BTreeSet<EventTypeName>,
) -> Option<CatalogueType> {
    let mistakes = section.mistakes;
    let mut own = |text: &Spanned<String>| {
        let name = event_type(text, mistakes)?;
        if !names.insert(name.clone()) {
            mistakes.about(text, format!("the name or alias `{name}` comes twice"));
        }
        Some(name)
    };
    let name = section.required("name").and_then(|text| own(&text));
    let aliases = section.list::<String>("aliases");
    let aliases = aliases.iter().flat_map(|aliases| aliases.get_ref()).filter_map(own).collect();
    let kind = name.map(|name| CatalogueType {
        name,
        description: section.text("description").unwrap_or_default(),
        group: section.text("group"),
        use_case: section.text("use_case"),
        aliases,
        schemas: section.spanned("schema").and_then(|text| schemas(&text, mistakes)),
    });
    if kind.is_some() {
        section.end();
    }
    kind
}

/// The schema as the first version of the type's schemas.
fn schemas(text: &Spanned<String>, mistakes: &Mistakes<'_>) -> Option<String> {
    let schema: &RawValue = match serde_json::from_str(text.get_ref()) {
        Ok(schema) => schema,
        Err(error) => {
            mistakes.about(text, format!("this is not JSON: {error}"));
            return None;
        }
    };
    let schemas = format!("{{\"1\":{schema}}}");
    if !schema.get().starts_with('{') {
        mistakes.about(text, "a JSON Schema is a JSON object");
    } else if schemas.len() > SCHEMAS_BYTES {
        mistakes.about(text, format!("longer than {SCHEMAS_BYTES} bytes"));
    }
    Some(schemas)
}
