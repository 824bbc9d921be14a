//! What `o` writes of a screen: what `--once` tells of the same view, in the same fields, of the rows that are shown in their order.

use serde_json::Value as Json;

use crate::output::views::{Reading, View};
use crate::output::{Format, Picture, json, writer};
use crate::state::App;
use crate::state::tab::Tab;

/// The screens whose rows are those of the view; the others write all that the view tells.
const LISTS: [Tab; 5] = [Tab::Namespaces, Tab::Commands, Tab::Clients, Tab::Slowlog, Tab::Config];

/// The ending of a file's name and its contents; nothing where the server does not tell what the view is about.
pub(super) fn rows(app: &App, tab: Tab, format: Format) -> Option<(&'static str, String)> {
    let view = View::of(tab)?;
    let sample = app.sample();
    let mut rows = view.rows(&Reading { now: sample, before: app.sample_before(), namespace: None })?;
    if LISTS.contains(&tab) {
        let shown = app.list_of(tab).rows.iter();
        rows = shown.filter_map(|row| rows.get_mut(row.index).map(std::mem::take)).collect();
    }
    let mut contents = Vec::new();
    writer(format, false, &mut contents).write(&Picture { view, sample, rows }).ok()?;
    let ending = if format == Format::Csv { "csv" } else { "json" };
    Some((ending, String::from_utf8(contents).ok()?))
}

/// The same of rows that no view has: names of fields with their values, the same ones in each row.
pub(super) fn file(rows: &[Vec<(&str, Json)>], format: Format) -> Option<(&'static str, String)> {
    if format != Format::Csv {
        let object =
            |row: &Vec<(&str, Json)>| row.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        // A row a line, for who looks at it.
        let lines = rows.iter().map(|row| String::from_utf8(json::harmless(&Json::Object(object(row))).ok()?).ok());
        let lines: Option<Vec<_>> = lines.collect();
        return Some(("json", format!("[\n{}\n]\n", lines?.join(",\n"))));
    }
    let mut out = csv::Writer::from_writer(Vec::new());
    let names = rows.first().into_iter().flatten().map(|(name, _)| *name);
    out.write_record(names).ok()?;
    for row in rows {
        let fields = row.iter().map(|(_, value)| match value {
            Json::Null => String::new(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        });
        out.write_record(fields).ok()?;
    }
    Some(("csv", String::from_utf8(out.into_inner().ok()?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_no_control_character() {
        let name = "a\u{1b}[2J\u{9b}2J\u{7f}\u{202e}\n";
        let (_, file) = file(&[vec![("name", name.into())]], Format::Json).unwrap();
        let is_harmful = |character: char| (character.is_control() && character != '\n') || character == '\u{202e}';
        assert!(!file.contains(is_harmful), "{file:?}");
        let read: Json = serde_json::from_str(&file).unwrap();
        assert_eq!(read[0]["name"], name);
    }
}
