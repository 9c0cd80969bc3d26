//! Schemas as lists of fields: references followed, parts put together, limits in words.

use serde_json::{Value, json};

use super::{
    reference::{members, text},
    sample,
};

/// How deep fields are shown within fields.
const DEPTH: usize = 3;

/// The schemas of a document, by name.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'a>(pub(super) &'a Value);

/// What an object consists of.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fields {
    pub(super) note: Option<String>,
    pub(super) fields: Vec<Field>,
    /// Further fields, by the condition under which they are there.
    pub(super) variants: Vec<(String, Fields)>,
}

/// A field of an object, or a parameter.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) kind: String,
    pub(super) limits: Vec<String>,
    pub(super) description: String,
    pub(super) inner: Option<Fields>,
}

impl<'a> Schemas<'a> {
    /// A parameter of a path, query or header.
    pub(super) fn parameter(self, parameter: &Value) -> Field {
        let name = text(&parameter["name"]);
        let schema = &parameter["schema"];
        let place = match parameter["in"].as_str() {
            Some("path") => "in the path",
            Some("header") => "a header",
            _ => "in the query",
        };
        Field {
            required: parameter["required"] == true,
            description: text(&parameter["description"]),
            kind: format!("{}, {place}", self.kind(schema)),
            ..self.field(&name, schema, false, DEPTH)
        }
    }

    /// The fields of a body.
    pub(super) fn fields(self, schema: &Value) -> Fields {
        self.fields_within(schema, 0)
    }

    fn fields_within(self, schema: &Value, depth: usize) -> Fields {
        let mut fields = Fields {
            note: Some(text(&schema["description"])).filter(|note| !note.is_empty()),
            ..Fields::default()
        };
        let schema = self.resolve(schema);
        if fields.note.is_none() {
            fields.note = Some(text(&schema["description"])).filter(|note| !note.is_empty());
        }
        self.gather(schema, depth, &mut fields);
        fields
    }

    fn gather(self, schema: &Value, depth: usize, fields: &mut Fields) {
        let schema = self.resolve(schema);
        if schema["type"] == "array" {
            return self.gather(&schema["items"], depth, fields);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.gather(part, depth, fields);
        }
        for variant in schema["oneOf"].as_array().into_iter().flatten() {
            let inner = self.fields_within(variant, depth + 1);
            match self.condition(variant) {
                Some(condition) => fields.variants.push((condition, inner)),
                None => self.gather(variant, depth, fields),
            }
        }
        let required: Vec<_> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, property) in members(&schema["properties"]) {
            fields.fields.push(self.field(name, property, required.contains(&name), depth));
        }
    }

    /// What tells a variant from the others: its field with one value only.
    fn condition(self, variant: &Value) -> Option<String> {
        let variant = self.resolve(variant);
        members(&variant["properties"]).find_map(|(name, property)| {
            match property["enum"].as_array()?.as_slice() {
                [only] => Some(format!("{name} is {only}")),
                _ => None,
            }
        })
    }

    fn field(self, name: &str, schema: &Value, required: bool, depth: usize) -> Field {
        let own = text(&schema["description"]);
        let (core, _) = self.without_null(schema);
        let core = self.resolve(core);
        let described = if own.is_empty() {
            self.without_null(schema).0["description"].as_str().unwrap_or_default()
        } else {
            own.as_str()
        };
        let has_fields = !core["properties"].is_null()
            || !core["allOf"].is_null()
            || !core["oneOf"].is_null()
            || !self.resolve(&core["items"])["properties"].is_null()
            || !self.resolve(&core["items"])["allOf"].is_null();
        let mut inner = (has_fields && depth < DEPTH).then(|| self.fields_within(core, depth + 1));
        if let Some(inner) = &mut inner {
            inner.note = inner.note.take().filter(|note| note != described);
        }
        let described = if described.is_empty() { text(&core["description"]) } else { described.to_owned() };
        Field {
            name: name.to_owned(),
            required,
            kind: self.kind(schema),
            limits: limits(core),
            description: described,
            inner,
        }
    }

    /// The kind of value, in words.
    fn kind(self, schema: &Value) -> String {
        let (core, nullable) = self.without_null(schema);
        let core = self.resolve(core);
        let mut kinds: Vec<&str> = match &core["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ if core["oneOf"].is_array() || core["allOf"].is_array() => vec!["object"],
            _ => vec!["any value"],
        };
        let nullable = nullable || kinds.contains(&"null");
        kinds.retain(|kind| *kind != "null");
        let mut said = match kinds.as_slice() {
            ["array"] => format!("list of {}", plural(&self.kind(&core["items"]))),
            ["object"] if core["additionalProperties"].is_object() => {
                format!("object of {}", plural(&self.kind(&core["additionalProperties"])))
            }
            kinds => kinds.join(" or "),
        };
        match core["format"].as_str() {
            Some("date-time") => said += ", a time",
            Some("uri") => said += ", a URL",
            _ => {}
        }
        if nullable { said + " or null" } else { said }
    }

    /// The schema of a value where it is not null, and whether it may be.
    fn without_null(self, schema: &Value) -> (&Value, bool) {
        let variants = schema["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        match variants {
            [null, other] | [other, null] if null["type"] == "null" => (other, true),
            _ => (schema, false),
        }
    }

    fn resolve<'s>(self, schema: &'s Value) -> &'s Value
    where
        'a: 's,
    {
        let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
        name.map_or(schema, |name| &self.0[name])
    }

    /// A body that could be sent: what must be there, and what is commonly given.
    pub(super) fn example(self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        if schema["type"] == "array" {
            return json!([self.example(&schema["items"])]);
        }
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
        let fields = members(&schema["properties"]).filter_map(|(name, property)| {
            let known = sample::of_name(name);
            let wanted = known.is_some() || required.iter().any(|required| *required == name);
            wanted.then(|| (name.to_owned(), known.unwrap_or_else(|| self.value(property))))
        });
        Value::Object(fields.collect())
    }

    fn value(self, schema: &Value) -> Value {
        let core = self.resolve(self.without_null(schema).0);
        if let Some(given) = core.get("example").or(core.get("default")) {
            return given.clone();
        }
        let kind = core["type"].as_str().or_else(|| core["type"][0].as_str());
        match (kind, core["enum"].get(0)) {
            (_, Some(first)) => first.clone(),
            (Some("integer" | "number"), _) => core.get("minimum").cloned().unwrap_or(json!(1)),
            (Some("boolean"), _) => json!(true),
            (Some("array"), _) => json!([self.value(&core["items"])]),
            (Some("string"), _) if core["format"] == "date-time" => json!("2026-11-21T05:00:00Z"),
            (Some("string"), _) => json!("…"),
            _ => self.example(core),
        }
    }
}

/// What bounds a value, in words.
fn limits(schema: &Value) -> Vec<String> {
    let number = |name: &str| schema[name].as_i64();
    let mut said = Vec::new();
    match (number("minimum"), number("maximum")) {
        (Some(least), Some(most)) => said.push(format!("{least} to {most}")),
        (Some(least), None) if least > 0 => said.push(format!("at least {least}")),
        (None, Some(most)) => said.push(format!("at most {most}")),
        _ => {}
    }
    match (number("minLength"), number("maxLength")) {
        (_, Some(most)) => said.push(format!("at most {most} characters")),
        (Some(least), None) => said.push(format!("at least {least} characters")),
        _ => {}
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> = values
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        said.push(format!("one of {}", values.join(", ")));
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        said.push(format!("matches {pattern}"));
    }
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        said.push(format!("{default} unless given"));
    }
    said
}

fn plural(kind: &str) -> String {
    match kind {
        "any value" => "any values".to_owned(),
        kind => match kind.split_once([' ', ',']) {
            Some((noun, _)) if !noun.ends_with('s') => kind.replacen(noun, &format!("{noun}s"), 1),
            _ => format!("{kind}s"),
        },
    }
}
