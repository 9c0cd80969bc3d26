//! Examples: a value for fields whose names say what they hold, and the command to paste.

use serde_json::{Value, json};

use super::reference::{Operation, Reference};

/// What a field of that name could hold.
pub(super) fn of_name(name: &str) -> Option<Value> {
    Some(match name {
        "eventType" => json!("invoice.paid"),
        "payload" => json!({"invoice": "in_42", "amount": 4200}),
        "url" => json!("https://customer.example/webhooks"),
        "uid" => json!("customer-42"),
        "since" => json!("2026-11-21T05:00:00Z"),
        _ => return None,
    })
}

/// The call as a command.
pub(super) fn curl(reference: &Reference, operation: &Operation) -> String {
    let path = operation.path.replace('{', "$").replace('}', "").to_uppercase();
    let path: String = path
        .split('/')
        .zip(operation.path.split('/'))
        .map(|(variable, own)| if own.starts_with('{') { variable.to_owned() } else { own.to_owned() })
        .collect::<Vec<_>>()
        .join("/");
    let method = match operation.method.as_str() {
        "GET" => String::new(),
        "HEAD" => " --head".to_owned(),
        method => format!(" -X {method}"),
    };
    let mut command = format!("curl{method} \"{}{path}\"", reference.url);
    if operation.needs_key {
        command += " \\\n  -H \"Authorization: Bearer $KEY\"";
    }
    if let Some(example) = &operation.example {
        command += &format!(" \\\n  -H 'Content-Type: application/json' \\\n  -d '{example}'");
    }
    command
}
