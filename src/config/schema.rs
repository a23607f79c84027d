//! The JSON Schema, generated from the table of options.

use serde_json::{Map, Value, json};

use super::options::{ROOT, Section, Shape};

/// The JSON Schema of a configuration file, for completion in editors.
pub fn schema() -> Value {
    let mut schema = section(&ROOT, true);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "Quarterdeck configuration".into();
    schema
}

/// `whole`: keys that are required are; where a table lays over another nothing is, and in a directory of files the
/// top level isn't either.
fn section(of: &Section, whole: bool) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in of.keys {
        let mut value = shape(&key.shape, whole);
        if let Value::Object(value) = &mut value {
            let default = match key.default {
                "" | "required" => String::new(),
                default => format!(" Default: {default}."),
            };
            value.insert("description".into(), format!("{}{default}", key.about).into());
        }
        if key.default == "required" && whole && !of.name.is_empty() {
            required.push(key.name);
        }
        properties.insert(key.name.into(), value);
    }
    let mut schema = json!({
        "type": "object",
        "description": of.about,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn shape(shape_of: &Shape, whole: bool) -> Value {
    match shape_of {
        Shape::Text | Shape::Template | Shape::Condition => json!({ "type": "string" }),
        Shape::Duration => {
            json!({ "type": "string", "pattern": r"^\s*(\d+\s*[a-zA-Z]+\s*)+$", "examples": ["10s", "1m 30s"] })
        }
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::List(item) => json!({ "type": "array", "items": shape(item, true) }),
        Shape::Section(below) => section(below, whole),
        Shape::Named(below) => json!({ "type": "object", "additionalProperties": section(below, whole) }),
        Shape::Overrides(below) => json!({ "type": "object", "additionalProperties": section(below, false) }),
        Shape::Map(value) => json!({ "type": "object", "additionalProperties": shape(value, whole) }),
        Shape::Any => json!({}),
        Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(|one| shape(one, whole)).collect::<Vec<_>>() }),
    }
}
