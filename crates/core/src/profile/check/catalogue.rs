//! The event types that a profile knows.

use std::collections::BTreeSet;

use serde_json::value::RawValue;
use toml::Spanned;

use super::event_type;
use crate::{
    limits::SCHEMAS_BYTES,
    name::EventTypeName,
    profile::{
        Catalogue, CatalogueType, ProfileError,
        file::{CatalogueWord, EventsSection, TypeSection},
        position::Source,
    },
};

pub(super) fn catalogue(section: EventsSection, source: Source<'_>) -> Result<Catalogue, ProfileError> {
    let mut names = BTreeSet::new();
    let mut types = Vec::with_capacity(section.types.len());
    for kind in section.types {
        types.push(catalogue_type(kind.into_inner(), &mut names, source)?);
    }
    Ok(Catalogue {
        strict: section.catalogue == CatalogueWord::Strict,
        dots_are_underscores: section.dots_are_underscores,
        types,
    })
}

fn catalogue_type(
    section: TypeSection,
    names: &mut BTreeSet<EventTypeName>,
    source: Source<'_>,
) -> Result<CatalogueType, ProfileError> {
    let mut own = |text: &Spanned<String>| {
        let name = event_type(text, source)?;
        if names.insert(name.clone()) {
            Ok(name)
        } else {
            Err(source.error(text, format!("the name or alias {name} comes twice")))
        }
    };
    Ok(CatalogueType {
        name: own(&section.name)?,
        aliases: section.aliases.iter().map(own).collect::<Result<_, _>>()?,
        description: section.description,
        group: section.group,
        use_case: section.use_case,
        schemas: section.schema.as_ref().map(|text| schemas(text, source)).transpose()?,
    })
}

/// The schema as the first version of the type's schemas.
fn schemas(text: &Spanned<String>, source: Source<'_>) -> Result<String, ProfileError> {
    let schema: &RawValue = serde_json::from_str(text.get_ref())
        .map_err(|error| source.error(text, format!("this is not JSON: {error}")))?;
    if !schema.get().starts_with('{') {
        return Err(source.error(text, "a JSON Schema is a JSON object"));
    }
    let schemas = format!("{{\"1\":{schema}}}");
    if schemas.len() > SCHEMAS_BYTES {
        return Err(source.error(text, format!("longer than {SCHEMAS_BYTES} bytes")));
    }
    Ok(schemas)
}
