//! The OpenAPI document, read once into what the pages show.

use serde_json::{Map, Value};

use super::fields::{Field, Fields, Schemas};

/// All of the API.
pub(crate) struct Reference {
    /// What it begins with; paragraphs with `code` and **strong** in them.
    pub(super) about: String,
    /// The body of a refusal, and that of 422.
    pub(super) refusal: Fields,
    pub(super) invalid: Fields,
    /// Its operations, by what they are about.
    pub(super) groups: Vec<Group>,
    /// Where it is.
    pub(super) url: String,
}

/// Operations about one thing.
pub(super) struct Group {
    pub(super) name: String,
    /// Its name in addresses.
    pub(super) slug: String,
    pub(super) operations: Vec<Operation>,
}

/// What can be done.
pub(super) struct Operation {
    /// Unique in its group, and fit for an address.
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) needs_key: bool,
    pub(super) parameters: Vec<Field>,
    pub(super) body: Option<Fields>,
    /// An example of its body.
    pub(super) example: Option<Value>,
    pub(super) answers: Vec<Answer>,
}

/// What comes back.
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) description: String,
    pub(super) media: Option<String>,
    pub(super) body: Option<Fields>,
}

impl Reference {
    /// Reads a document that this program made; a part that is not as expected is left out.
    pub(crate) fn of(document: &str, url: &str) -> Self {
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        let schemas = Schemas(&document["components"]["schemas"]);
        let mut groups: Vec<Group> = Vec::new();
        for (path, methods) in members(&document["paths"]) {
            for (method, operation) in members(methods) {
                let name = operation["tags"][0].as_str().unwrap_or("Other");
                let operation = Operation::of(schemas, path, method, operation);
                match groups.iter_mut().find(|group| group.name == name) {
                    Some(group) => group.operations.push(operation),
                    None => groups.push(Group::new(name, operation)),
                }
            }
        }
        groups.sort_by_key(|group| (order(&group.name), group.name.clone()));
        let named = |name: &str| schemas.fields(&document["components"]["schemas"][name]);
        Self {
            about: text(&document["info"]["description"]),
            refusal: named("ErrorOut"),
            invalid: named("ValidationErrorOut"),
            groups,
            url: url.to_owned(),
        }
    }
}

/// What a reader needs first comes first.
fn order(name: &str) -> usize {
    let first = ["Application", "Endpoint", "Event Type", "Message", "Message Attempt", "Delivery", "Replay"];
    first.iter().position(|known| *known == name).unwrap_or(first.len())
}

impl Group {
    fn new(name: &str, first: Operation) -> Self {
        let slug = name.to_lowercase().replace(' ', "-");
        Self { name: name.to_owned(), slug, operations: vec![first] }
    }

    pub(super) fn href(&self) -> String {
        format!("/docs/{}", self.slug)
    }
}

impl Operation {
    fn of(schemas: Schemas<'_>, path: &str, method: &str, operation: &Value) -> Self {
        let name = text(&operation["operationId"]);
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        Self {
            id: format!("{}-{method}", name.trim_start_matches("v1.").replace('.', "-")),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]).trim_end_matches('.').to_owned(),
            description: text(&operation["description"]),
            needs_key: operation.get("security").is_none(),
            parameters: parameters.iter().map(|parameter| schemas.parameter(parameter)).collect(),
            body: (!body.is_null()).then(|| schemas.fields(body)),
            example: (!body.is_null()).then(|| schemas.example(body)),
            answers: members(&operation["responses"])
                .map(|(status, answer)| Answer::of(schemas, status, answer))
                .collect(),
        }
    }
}

impl Answer {
    /// Whether it says why something was not done.
    pub(super) fn is_refusal(&self) -> bool {
        self.status.starts_with(['4', '5'])
    }

    fn of(schemas: Schemas<'_>, status: &str, answer: &Value) -> Self {
        let content = members(&answer["content"]).next();
        Self {
            status: status.to_owned(),
            description: text(&answer["description"]),
            media: content.map(|(media, _)| media.to_owned()),
            body: content.map(|(_, content)| schemas.fields(&content["schema"])),
        }
    }
}

/// The members of an object; none of anything else.
pub(super) fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

/// A text; nothing where there is none.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
