//! Our file format: TOML, keys named like the settings, `[namespaces.NAME]` tables.

use std::collections::BTreeSet;

use config::{File, FileFormat, Source, Value, ValueKind};
use rkvs_engine::namespace::check_name;
use toml_edit::{Array, Document};

use super::directives::{Directive, nearest, nearest_name};
use super::load::{Layer, LoadError, Place};
use super::settings::{Change, NAMESPACE_SETTINGS, NamespaceSettings, SETTINGS, Setting, Settings};
use super::value::{Kind, memory_text};
use super::{Origins, setting};

/// Reads a file into a layer. Unlike redis.conf, every name that is none of ours is an error: the file is written for us.
pub(super) fn read(name: &str, text: &str, layer: &mut Layer) -> Result<(), LoadError> {
    let source = Text { name, text, document: None };
    // Parsed once for positions and once for values: `config` knows no lines, `toml_edit` no layers.
    let document = Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        source.place_at(at).refuses(error.message())
    })?;
    let source = Text { document: Some(&document), ..source };
    let values = File::from_str(text, FileFormat::Toml)
        .collect()
        .map_err(|error| Place::in_file(name, None, "").refuses(error.to_string()))?;

    let mut values: Vec<(String, Value)> = values.into_iter().collect();
    values.sort_by_key(|(key, _)| source.offset(&[key]));
    let mut seen = BTreeSet::new();
    for (key, value) in values {
        let place = source.place(&[&key]);
        if key == "namespaces" {
            read_namespaces(&source, value, layer)?;
            continue;
        }
        let Some(setting) = setting(&key.replace('_', "-")) else {
            let reason = match (Directive::named(&key), nearest_name(&key)) {
                (Directive::Unknown, Some(near)) => {
                    format!("unknown setting '{key}' (did you mean '{near}'?)")
                }
                (Directive::Unknown, None) => format!("unknown setting '{key}'"),
                _ => format!("'{key}' is a setting of Redis that this server does not have"),
            };
            return Err(place.refuses(reason));
        };
        if !seen.insert(setting.name) {
            return Err(place.refuses(format!("'{}' is given twice", setting.name)));
        }
        match words_of(value, setting.kind) {
            Ok(words) => layer.take_setting(place, setting, words),
            Err(reason) => layer.refuse(setting.name, place.refuses(reason)),
        }
    }
    Ok(())
}

/// The text of a file, and where its keys stand.
struct Text<'a> {
    name: &'a str,
    text: &'a str,
    document: Option<&'a Document<&'a str>>,
}

impl Text<'_> {
    /// Byte offset of a key, given the keys of the tables around it.
    fn offset(&self, keys: &[&str]) -> Option<usize> {
        let (last, tables) = keys.split_last()?;
        let mut table: &dyn toml_edit::TableLike = self.document?.as_table();
        for key in tables {
            table = table.get(key)?.as_table_like()?;
        }
        let (key, item) = table.get_key_value(last)?;
        key.span().or_else(|| item.span()).map(|span| span.start)
    }

    fn place(&self, keys: &[&str]) -> Place {
        match self.offset(keys) {
            Some(offset) => self.place_at(offset),
            None => Place::in_file(self.name, None, ""),
        }
    }

    fn place_at(&self, offset: usize) -> Place {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        let index = before.iter().filter(|byte| **byte == b'\n').count();
        Place::in_file(self.name, Some(index + 1), self.text.lines().nth(index).unwrap_or_default())
    }
}

/// The words of a TOML value: a scalar is one, an array is one each.
fn words_of(value: Value, kind: Kind) -> Result<Vec<String>, String> {
    match value.kind {
        ValueKind::Boolean(yes) => Ok(vec![if yes { "yes" } else { "no" }.into()]),
        ValueKind::I64(number) => Ok(vec![number.to_string()]),
        ValueKind::I128(number) => Ok(vec![number.to_string()]),
        ValueKind::U64(number) => Ok(vec![number.to_string()]),
        ValueKind::U128(number) => Ok(vec![number.to_string()]),
        ValueKind::Float(number) => Ok(vec![number.to_string()]),
        ValueKind::String(text) => Ok(vec![text]),
        ValueKind::Array(values) if kind.is_list() => {
            let mut words = Vec::with_capacity(values.len());
            for value in values {
                if matches!(value.kind, ValueKind::Array(_)) {
                    return Err("an array within an array is no value".into());
                }
                words.extend(words_of(value, kind)?);
            }
            Ok(words)
        }
        ValueKind::Array(_) => Err("one value is expected, not an array".into()),
        ValueKind::Table(_) => Err("a value is expected, not a table".into()),
        ValueKind::Nil => Err("a value is expected".into()),
    }
}

fn read_namespaces(source: &Text<'_>, value: Value, layer: &mut Layer) -> Result<(), LoadError> {
    const KEY: &str = "namespaces";
    let ValueKind::Table(namespaces) = value.kind else {
        return Err(source.place(&[KEY]).refuses("a table is expected: [namespaces.NAME]"));
    };
    let mut namespaces: Vec<(String, Value)> = namespaces.into_iter().collect();
    namespaces.sort_by_key(|(name, _)| source.offset(&[KEY, name]));
    for (name, value) in namespaces {
        let place = source.place(&[KEY, &name]);
        if let Err(refusal) = check_name(&name) {
            return Err(place.refuses(refusal.to_string()));
        }
        let ValueKind::Table(values) = value.kind else {
            return Err(place.refuses("a table is expected: [namespaces.NAME]"));
        };
        let mut limits = NamespaceSettings::default();
        for (key, value) in values {
            let place = source.place(&[KEY, &name, &key]);
            let spelling = key.replace('-', "_");
            let Some(setting) = NAMESPACE_SETTINGS.iter().find(|setting| setting.name == spelling) else {
                let near = nearest(&spelling, NAMESPACE_SETTINGS.iter().flat_map(Setting::names));
                let hint = near.map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default();
                return Err(place.refuses(format!("unknown setting '{key}' of a namespace{hint}")));
            };
            words_of(value, setting.kind)
                .and_then(|words| {
                    setting.assign(&mut limits, &words, &mut Vec::new()).map_err(|invalid| invalid.to_string())
                })
                .map_err(|reason| place.refuses(reason))?;
        }
        // "0", "1", … are the names of the databases themselves.
        if let Ok(index) = name.parse::<i64>() {
            if limits.db != -1 && limits.db != index {
                return Err(place.refuses(format!("the namespace '{name}' is database {index}, not {}", limits.db)));
            }
            limits.db = index;
        }
        let rival = layer.namespaces.iter().find(|(_, other)| limits.db != -1 && other.db == limits.db);
        if let Some((rival, _)) = rival {
            return Err(place.refuses(format!("database {} already is the namespace '{rival}'", limits.db)));
        }
        layer.namespaces.insert(name, limits);
    }
    Ok(())
}

/// The value of a setting as TOML writes it most naturally.
pub(super) fn toml_value<S>(setting: &Setting<S>, words: &[String]) -> toml_edit::Value {
    let text = words.join(" ");
    match setting.kind {
        Kind::Bool | Kind::Off(_) => (text == "yes").into(),
        Kind::Integer(..) | Kind::Clamped(..) => text.parse::<i64>().map_or_else(|_| text.into(), Into::into),
        Kind::Memory(..) => match text.parse::<u64>() {
            Ok(bytes) if memory_text(bytes) == text && i64::try_from(bytes).is_ok() => (bytes as i64).into(),
            Ok(bytes) => memory_text(bytes).into(),
            Err(_) => text.into(),
        },
        Kind::Octal(..) | Kind::Choice(_) | Kind::Text | Kind::Groups => text.into(),
        Kind::Words => words.iter().map(String::as_str).collect::<Array>().into(),
        Kind::Numbers => {
            let number = |word: &String| -> toml_edit::Value {
                match (word.parse::<i64>(), word.parse::<f64>()) {
                    (Ok(integer), _) => integer.into(),
                    (_, Ok(number)) => number.into(),
                    _ => word.as_str().into(),
                }
            };
            words.iter().map(number).collect::<Array>().into()
        }
    }
}

/// Every setting with its default, unit, bounds and meaning: the text of `configs/default.toml`.
pub fn default_document() -> String {
    let mut text = String::from(
        "# Every setting of rkvs-server with its default. Copy what you change: a file needs no more than that.\n\
         # Later sources win: this file, then environment variables (RKVS_MAXMEMORY=1gb), then flags (--maxmemory 1gb).\n\
         # Settings marked \"live\" also follow CONFIG SET, and CONFIG REWRITE keeps them here.\n",
    );
    let defaults = Settings::default();
    sections(&mut text, SETTINGS, |setting| {
        let words = match setting.name {
            // The one default that is not the same everywhere once it is resolved.
            "dir" => vec![setting.default.to_owned()],
            _ => setting.words(&defaults),
        };
        format!("# {}\n# {}\n{} = {}\n\n", setting.meaning, terms(setting), setting.name, toml_value(setting, &words))
    });
    text.push_str("# Namespaces with limits of their own, one table each; every key is optional.\n");
    for line in ["[namespaces.NAME]"].into_iter().map(str::to_owned).chain(NAMESPACE_SETTINGS.iter().map(|setting| {
        let words = setting.words(&NamespaceSettings::default());
        format!("{} = {} # {} ({})", setting.name, toml_value(setting, &words), setting.meaning, accepted(setting))
    })) {
        text.push_str(&format!("# {line}\n"));
    }
    text
}

/// Every effective value with its origin: the text of `--print-config`.
pub(crate) fn effective_document(settings: &Settings, origins: &Origins) -> String {
    let mut text = format!("# Effective configuration of rkvs-server {}.\n", env!("CARGO_PKG_VERSION"));
    sections(&mut text, SETTINGS, |setting| {
        let words = setting.words(settings);
        let origin = origins.get(setting.name).map_or("default", String::as_str);
        match setting.secret && words.iter().any(|word| !word.is_empty()) {
            true => format!("# {} is set, but not shown # {origin}\n", setting.name),
            false => format!("{} = {} # {origin}\n", setting.name, toml_value(setting, &words)),
        }
    });
    for (name, limits) in &settings.namespaces {
        text.push_str(&format!("\n[namespaces.{}]\n", toml_edit::Key::new(name.as_str()).display_repr()));
        for setting in NAMESPACE_SETTINGS {
            text.push_str(&format!("{} = {}\n", setting.name, toml_value(setting, &setting.words(limits))));
        }
    }
    text
}

/// Writes the settings under their headings.
fn sections<S>(text: &mut String, settings: &[Setting<S>], entry: impl Fn(&Setting<S>) -> String) {
    let mut section = "";
    for setting in settings {
        if setting.section != section {
            section = setting.section;
            if !text.ends_with("\n\n") {
                text.push('\n');
            }
            text.push_str(&format!("# ---- {section} ----\n\n"));
        }
        text.push_str(&entry(setting));
    }
}

/// What a setting accepts, and whether it can change.
fn terms<S>(setting: &Setting<S>) -> String {
    let change = match setting.change {
        Change::Runtime => "live",
        Change::Immutable => "at start only",
        Change::Protected => "live where enable-protected-configs allows",
    };
    format!("({}; {change})", accepted(setting))
}

/// The unit and the bounds of a setting, such as "seconds, 0 to 10".
pub(crate) fn accepted<S>(setting: &Setting<S>) -> String {
    let kind = setting.kind.to_string();
    match setting.unit {
        "" => kind,
        unit if kind.contains(unit) => kind,
        unit if setting.kind.is_list() || setting.kind == Kind::Text => unit.to_owned(),
        unit => format!("{unit}, {kind}"),
    }
}
