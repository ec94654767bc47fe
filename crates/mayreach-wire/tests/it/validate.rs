//! The part of JSON Schema that the published schemas use. A word it does not know is a failure.

use serde_json::Value;

/// What a value has that its schema does not allow.
pub(crate) fn validate(root: &Value, value: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check(root, root, value, "$", &mut problems);
    problems
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, out: &mut Vec<String>) {
    for (word, wants) in schema.as_object().expect("a schema is an object") {
        let fine = match word.as_str() {
            "$schema"
            | "$id"
            | "$defs"
            | "title"
            | "description"
            | "default"
            | "required"
            | "additionalProperties"
            | "properties"
            | "items" => true,
            "$ref" => {
                let pointer =
                    wants.as_str().and_then(|r| r.strip_prefix('#')).expect("a local ref");
                let target = root.pointer(pointer).unwrap_or_else(|| panic!("{pointer}"));
                check(root, target, value, path, out);
                true
            }
            "type" => is_type(wants, value),
            "enum" => wants.as_array().expect("a list").contains(value),
            "anyOf" => wants.as_array().expect("a list").iter().any(|one| {
                let mut inner = Vec::new();
                check(root, one, value, path, &mut inner);
                inner.is_empty()
            }),
            "minimum" => value.as_i64().is_none_or(|n| n >= wants.as_i64().expect("a number")),
            "maximum" => value.as_i64().is_none_or(|n| n <= wants.as_i64().expect("a number")),
            "minItems" => {
                value.as_array().is_none_or(|l| l.len() as u64 >= wants.as_u64().unwrap())
            }
            "maxItems" => {
                value.as_array().is_none_or(|l| l.len() as u64 <= wants.as_u64().unwrap())
            }
            "pattern" => value.as_str().is_none_or(|text| pattern(wants, text)),
            other => panic!("the schema uses `{other}`"),
        };
        if !fine {
            out.push(format!("{path}: {value} against {word} {wants}"));
        }
    }
    members(root, schema, value, path, out);
}

fn members(root: &Value, schema: &Value, value: &Value, path: &str, out: &mut Vec<String>) {
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (index, item) in list.iter().enumerate() {
            check(root, items, item, &format!("{path}[{index}]"), out);
        }
    }
    let Some(object) = value.as_object() else { return };
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !object.contains_key(name.as_str().expect("a name")) {
            out.push(format!("{path}: no {name}"));
        }
    }
    for (name, member) in object {
        let path = format!("{path}.{name}");
        match (schema.pointer(&format!("/properties/{name}")), schema.get("additionalProperties")) {
            (Some(known), _) => check(root, known, member, &path, out),
            (None, Some(Value::Bool(false))) => out.push(format!("{path}: unknown")),
            (None, Some(more @ Value::Object(_))) => check(root, more, member, &path, out),
            (None, _) => {}
        }
    }
}

fn is_type(wants: &Value, value: &Value) -> bool {
    let one = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the schema uses type `{other}`"),
    };
    match wants {
        Value::String(name) => one(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(one),
        other => panic!("type {other}"),
    }
}

fn pattern(wants: &Value, text: &str) -> bool {
    match wants.as_str().expect("a pattern") {
        "[A-Za-z]" => text.bytes().any(|b| b.is_ascii_alphabetic()),
        "^[^/]+/[^/]+$" => text.split('/').filter(|part| !part.is_empty()).count() == 2,
        other => panic!("the schema uses pattern `{other}`"),
    }
}
