use serde_json::json;

use super::{fields::Schemas, reference::Reference, *};

fn field<'f>(fields: &'f Fields, name: &str) -> &'f Field {
    fields.fields.iter().find(|field| field.name == name).unwrap()
}

#[test]
fn fields_say_their_type_their_limits_and_what_is_within() {
    let schemas = json!({
        "Inner": {"type": "object", "properties": {"deep": {"type": "boolean", "description": "Deep."}}},
        "Whole": {"allOf": [
            {"type": "object", "required": ["rate"], "properties": {
                "rate": {"type": "integer", "minimum": 1, "maximum": 9, "description": "How fast."},
                "at": {"type": ["string", "null"], "format": "date-time", "maxLength": 30},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "inner": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Inner", "description": "What is in it."}]},
            }},
            {"oneOf": [
                {"type": "object", "properties": {"kind": {"type": "string", "enum": ["a"]}, "x": {"type": "string"}}},
                {"type": "object", "properties": {"kind": {"type": "string", "enum": ["b"]}}},
            ]},
        ]},
    });
    let fields = Schemas(&schemas).fields(&json!({"$ref": "#/components/schemas/Whole"}));
    let rate = field(&fields, "rate");
    assert_eq!(
        (rate.kind.as_str(), rate.required, rate.description.as_str()),
        ("integer", true, "How fast.")
    );
    assert_eq!(rate.limits, ["1 to 9"]);
    let at = field(&fields, "at");
    assert_eq!(
        (at.kind.as_str(), at.limits.join("; ").as_str()),
        ("string, a time or null", "at most 30 characters")
    );
    assert_eq!(field(&fields, "labels").kind, "object of strings");
    let inner = field(&fields, "inner");
    assert_eq!((inner.kind.as_str(), inner.description.as_str()), ("object or null", "What is in it."));
    assert_eq!(field(inner.inner.as_ref().unwrap(), "deep").description, "Deep.");
    let conditions: Vec<_> = fields.variants.iter().map(|(condition, _)| condition.as_str()).collect();
    assert_eq!(conditions, ["kind is \"a\"", "kind is \"b\""]);
    assert_eq!(field(&fields.variants[0].1, "x").kind, "string");
}

#[test]
fn a_schema_within_itself_ends() {
    let schemas =
        json!({"Tree": {"type": "object", "properties": {"of": {"$ref": "#/components/schemas/Tree"}}}});
    let mut fields = Schemas(&schemas).fields(&json!({"$ref": "#/components/schemas/Tree"}));
    let mut depth = 0;
    while let Some(inner) = fields.fields.pop().and_then(|field| field.inner) {
        (fields, depth) = (inner, depth + 1);
    }
    assert!((1..10).contains(&depth), "{depth}");
}

#[test]
fn an_example_has_what_must_be_there() {
    let document = json!({
        "info": {"description": "About **it**."},
        "paths": {"/api/v1/app/{app_id}/msg": {"post": {
            "operationId": "v1.message.create", "summary": "Post.", "tags": ["Message"],
            "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["eventType", "count"],
                "properties": {"eventType": {"type": "string"}, "count": {"type": "integer", "minimum": 3}, "other": {"type": "string"}}}}}},
            "responses": {"202": {"description": "Stored"}},
        }}},
    });
    let reference = Reference::of(&document.to_string(), "http://here");
    let operation = &reference.groups[0].operations[0];
    assert_eq!(
        sample::curl(&reference, operation),
        "curl -X POST \"http://here/api/v1/app/$APP_ID/msg\" \\\n  -H \"Authorization: Bearer $KEY\" \\\n  \
         -H 'Content-Type: application/json' \\\n  -d '{\"count\":3,\"eventType\":\"invoice.paid\"}'"
    );
    assert_eq!((operation.id.as_str(), operation.summary.as_str()), ("message-create-post", "Post"));
}

#[test]
fn text_is_escaped_around_what_is_marked() {
    assert_eq!(
        inline("a `<b>` **c** <d>").into_string(),
        "a <code>&lt;b&gt;</code> <strong>c</strong> &lt;d&gt;"
    );
}
