//! The contract of the output, from the fields of the views: for people (`OUTPUT.md`) and as JSON Schema (`rkvs-tui schema`).

use std::fmt::Write;

use serde_json::{Value, json};

use super::json::VERSION;
use super::views::{self, View};

/// JSON Schema of the lines of a view.
pub fn schema(view: &View) -> Value {
    let fields = view.fields();
    let property = |kind: &str, is_always: bool| if is_always { json!([kind]) } else { json!([kind, "null"]) };
    let properties: serde_json::Map<String, Value> = fields
        .iter()
        .map(|field| {
            let kind = property(field.kind.json_type(), field.is_always);
            (field.name.to_owned(), json!({ "type": kind, "description": field.meaning }))
        })
        .collect();
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let text = json!({ "type": ["string", "null"] });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("rkvs-tui --view {} --format json", view.name()),
        "description": view.meaning,
        "type": "object",
        "required": ["version", "view", "at_ms", "server", "rows"],
        "properties": {
            "version": { "const": VERSION },
            "view": { "const": view.name() },
            "at_ms": { "type": "integer" },
            "server": {
                "type": "object",
                "required": ["address", "rkvs_version", "redis_version"],
                "properties": { "address": { "type": "string" }, "rkvs_version": text, "redis_version": text },
            },
            "rows": {
                "type": "array",
                "items": { "type": "object", "required": names, "properties": properties },
            },
        },
    })
}

/// The fields of all views, as sections of `OUTPUT.md`.
pub fn sections() -> String {
    let mut out = String::new();
    for view in views::ALL {
        let _ = writeln!(
            out,
            "\n### {}\n\n{}.\n\n| Field | Type | Meaning |\n|---|---|---|",
            view.name(),
            capital(view.meaning)
        );
        for field in view.fields() {
            let or_null = if field.is_always { "" } else { " or null" };
            let _ = writeln!(out, "| `{}` | {}{or_null} | {} |", field.name, field.kind.json_type(), field.meaning);
        }
    }
    out
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

#[cfg(test)]
mod tests {
    #[test]
    fn output_md_tells_every_field() {
        let document = include_str!("../../OUTPUT.md");
        assert!(document.ends_with(&super::sections()), "the end of OUTPUT.md is to be:\n{}", super::sections());
    }
}
