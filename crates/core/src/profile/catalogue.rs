//! The event types that a profile knows: what a new environment's catalogue holds.

use std::collections::BTreeMap;

use crate::name::EventTypeName;

/// The event types that a profile knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Whether a message of a type that is not in the environment's catalogue is refused.
    pub strict: bool,
    /// Whether `can.candidate.created` is another spelling of `can_candidate_created` (TAL).
    pub dots_are_underscores: bool,
    /// The types, in the order of the profile's text.
    pub types: Vec<CatalogueType>,
}

/// An event type that a profile knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueType {
    /// Its name.
    pub name: EventTypeName,
    /// When it happens, for people.
    pub description: String,
    /// The group it is listed under.
    pub group: Option<String>,
    /// What it is commonly used for.
    pub use_case: Option<String>,
    /// Other spellings of its name.
    pub aliases: Vec<EventTypeName>,
    /// JSON Schemas by version, as a JSON object; the same text as [`crate::environment::EventType::schemas`].
    pub schemas: Option<String>,
}

impl Catalogue {
    /// Whether that is the name of a type, or another spelling of one.
    pub(crate) fn names(&self, name: &EventTypeName) -> bool {
        self.types.iter().any(|kind| kind.name == *name || kind.aliases.contains(name))
    }

    /// Whether that is the name of a type.
    pub(crate) fn is_canonical(&self, name: &EventTypeName) -> bool {
        self.types.iter().any(|kind| kind.name == *name)
    }

    /// The name in the catalogue that `name` is a spelling of; `aliases` are those of the environment's types.
    pub fn canonical<'a>(
        &self,
        name: &'a EventTypeName,
        aliases: &'a BTreeMap<EventTypeName, EventTypeName>,
        is_known: impl Fn(&EventTypeName) -> bool,
    ) -> std::borrow::Cow<'a, EventTypeName> {
        use std::borrow::Cow;
        if let Some(canonical) = aliases.get(name) {
            return Cow::Borrowed(canonical);
        }
        if self.dots_are_underscores && name.as_str().contains('.') && !is_known(name) {
            let spelled = name.as_str().replace('.', "_").parse::<EventTypeName>();
            if let Some(underscored) = spelled.ok().filter(|spelled| is_known(spelled)) {
                return Cow::Owned(underscored);
            }
        }
        Cow::Borrowed(name)
    }
}
