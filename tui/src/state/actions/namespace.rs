//! What can be done to namespaces.

use std::sync::Arc;

use super::{run, whole_number};
use crate::format;
use crate::state::App;
use crate::state::dialog::Dialog;
use crate::state::msg::Effect;
use crate::state::requests::{self, NewNamespace};
use crate::state::sample::{Autosave, Namespace, Server};

/// Database indexes of namespaces.
const DB_MAX: u64 = 65_535;
/// Seconds from one autosave to the next.
const AUTOSAVE_S_MAX: u64 = 365 * 86_400;
/// Files that an autosave keeps.
const KEEP_MAX: u64 = u32::MAX as u64;

/// Makes a namespace.
pub fn create(name: Option<&str>) -> Dialog {
    Dialog::confirm("New namespace", "Create", |texts| {
        let [name, db, shards, max_keys, max_value_size, maxmemory] = texts else { return Ok(Vec::new()) };
        if name.is_empty() {
            return Err("a name, please".into());
        }
        let number = |what: &str, text: &str, min, max| {
            let number = typed(text).map(|text| whole_number(text, min, max)).transpose();
            number.map_err(|error| format!("{what}: {error}"))
        };
        let bytes = |what: &str, text: &str| {
            let bytes = typed(text).map(size).transpose().map_err(|error| format!("{what}: {error}"))?;
            Ok::<_, String>(bytes.map(|bytes| bytes.to_string()))
        };
        let new = NewNamespace {
            db: number("db", db, 0, DB_MAX)?,
            shards: number("shards", shards, 1, super::SHARDS_MAX)?,
            max_keys: number("max keys", max_keys, 0, u64::MAX)?,
            max_value_size: bytes("max value size", max_value_size)?,
            maxmemory: bytes("max memory", maxmemory)?,
            maxmemory_policy: None,
        };
        Ok(vec![run(requests::create_namespace(name, new))])
    })
    .line("effect", "a keyspace of its own; what is left empty the server chooses, and limits nothing")
    .line("cost", "less than 8 KB until it holds keys")
    .field("name", name.unwrap_or_default())
    .field("db", "")
    .field("shards", "")
    .field("max keys", "")
    .field("max value size", "")
    .field("max memory", "")
}

/// Removes a namespace with everything in it.
pub fn delete(namespace: &Namespace) -> Dialog {
    let name = namespace.name.clone();
    Dialog::confirm("Delete namespace", "Delete", move |_| Ok(vec![run(requests::delete_namespace(&name))]))
        .line("namespace", named(namespace))
        .line("effect", "removes it with all its keys; clients that are in it get errors from then on")
        .line("cost", holds(namespace))
        .must_type(&namespace.name)
}

/// Deletes all keys of a namespace, or of a database of a plain server.
pub fn flush(server: &Server, namespace: &Namespace) -> Dialog {
    let keyspace = server.keyspace(&namespace.name, namespace.db);
    Dialog::confirm("Delete all keys", "Flush", move |_| {
        let keyspace = keyspace.clone().ok_or("its database is not known yet")?;
        Ok(vec![run(requests::flush(keyspace))])
    })
    .line("namespace", named(namespace))
    .line("effect", format!("deletes all its keys at once{}", if server.is_rkvs() { "; its limits stay" } else { "" }))
    .line("cost", holds(namespace))
    .must_type(&namespace.name)
}

/// Saves one namespace to a file.
pub fn save(namespace: &Namespace) -> Dialog {
    let name = namespace.name.clone();
    Dialog::confirm("Save namespace", "Save", move |texts| {
        let file = texts.first().and_then(|file| typed(file));
        Ok(vec![run(requests::save_namespace(&name, file))])
    })
    .line("namespace", named(namespace))
    .line("effect", EFFECT_OF_SAVE)
    .line("cost", format!("reads {}", holds(namespace)))
    .line("", "without a file it is called like the namespace")
    .field("file", "")
}

/// Saves a namespace to a file, and asks which one; one is proposed.
pub fn save_any(app: &App, proposed: &str) -> Dialog {
    let known = Known::of(app);
    let shown = known.clone();
    Dialog::confirm("Save namespace", "Save", move |texts| {
        let [name, file] = texts else { return Ok(Vec::new()) };
        known.check(name)?;
        Ok(vec![run(requests::save_namespace(name, typed(file)))])
    })
    .line("effect", EFFECT_OF_SAVE)
    .line("", "without a file it is called like the namespace")
    .preview(move |texts| vec![("cost".into(), format!("reads {}", shown.holds(&texts[0])))])
    .field("namespace", proposed)
    .field("file", "")
}

const EFFECT_OF_SAVE: &str = "writes it to a file in the server's directory, over one of that name; clients go on";

/// Loads a namespace from a file: `FILE [AS name]`.
pub fn load(argument: Option<&str>) -> Dialog {
    let words: Vec<&str> = argument.unwrap_or_default().split_whitespace().collect();
    let (file, name) = match words[..] {
        [file, r#as, name] if r#as.eq_ignore_ascii_case("as") => (file, name),
        [file, ..] => (file, ""),
        [] => ("", ""),
    };
    Dialog::confirm("Load namespace", "Load", |texts| {
        let [file, name] = texts else { return Ok(Vec::new()) };
        if file.is_empty() {
            return Err("the name of a file, please".into());
        }
        Ok(vec![run(requests::load_namespace(file, typed(name)))])
    })
    .line("effect", "makes a new namespace of a file in the server's directory; one of that name must not be there")
    .line("cost", "memory for all its keys")
    .line("", "without a name it is called as in the file")
    .field("file", file)
    .field("as name", name)
}

/// Saves a namespace at intervals, or ends that; `autosave` is the one there is.
pub fn autosave(namespace: &Namespace, autosave: Option<&Autosave>, seconds: Option<&str>) -> Dialog {
    let name = namespace.name.clone();
    let interval_s = interval_of(autosave, Some(namespace));
    let pattern = autosave.map_or(String::new(), |autosave| autosave.pattern.clone());
    Dialog::confirm("Autosave", "Set", move |texts| {
        let [seconds, keep] = texts else { return Ok(Vec::new()) };
        autosave_effects(&name, interval_s.is_some(), &pattern, seconds, keep)
    })
    .line("namespace", named(namespace))
    .line("now", now(interval_s, autosave))
    .line("effect", EFFECT_OF_AUTOSAVE)
    .line("cost", format!("each time reads {}", holds(namespace)))
    .line("", KEEP)
    .field("seconds", proposed_seconds(seconds, interval_s))
    .field("keep", proposed_keep(autosave))
}

/// Saves a namespace at intervals, or ends that, and asks which one; one is proposed.
pub fn autosave_any(app: &App, proposed: &str, seconds: Option<&str>) -> Dialog {
    let known = Known::of(app);
    let (existing, namespace) = (known.autosave(proposed), known.namespace(proposed));
    let seconds = proposed_seconds(seconds, interval_of(existing, namespace));
    let keep = proposed_keep(existing);
    let shown = known.clone();
    Dialog::confirm("Autosave", "Set", move |texts| {
        let [name, seconds, keep] = texts else { return Ok(Vec::new()) };
        known.check(name)?;
        let existing = known.autosave(name);
        let is_on = interval_of(existing, known.namespace(name)).is_some();
        autosave_effects(name, is_on, existing.map_or("", |autosave| &autosave.pattern), seconds, keep)
    })
    .line("effect", EFFECT_OF_AUTOSAVE)
    .line("", KEEP)
    .preview(move |texts| {
        let existing = shown.autosave(&texts[0]);
        let now = now(interval_of(existing, shown.namespace(&texts[0])), existing);
        vec![("now".into(), now), ("cost".into(), format!("each time reads {}", shown.holds(&texts[0])))]
    })
    .field("namespace", proposed)
    .field("seconds", seconds)
    .field("keep", keep)
}

const EFFECT_OF_AUTOSAVE: &str = "writes it to a new file each time, where something changed; 0 seconds ends that";
const KEEP: &str = "keep: files that stay; 0 keeps all of them";

fn interval_of(autosave: Option<&Autosave>, namespace: Option<&Namespace>) -> Option<u64> {
    let interval_s = autosave.map(|autosave| autosave.seconds).or(namespace?.autosave_s);
    interval_s.filter(|seconds| *seconds > 0)
}

fn now(interval_s: Option<u64>, autosave: Option<&Autosave>) -> String {
    match (interval_s, autosave) {
        (None, _) => "off".to_owned(),
        (Some(seconds), Some(autosave)) => format!("every {seconds} s, {}", kept(autosave.keep)),
        (Some(seconds), None) => format!("every {seconds} s"),
    }
}

fn proposed_seconds(typed: Option<&str>, interval_s: Option<u64>) -> String {
    typed.map_or_else(|| interval_s.unwrap_or(300).to_string(), str::to_owned)
}

fn proposed_keep(autosave: Option<&Autosave>) -> String {
    autosave.map_or_else(|| "5".to_owned(), |autosave| autosave.keep.to_string())
}

fn autosave_effects(name: &str, is_on: bool, pattern: &str, seconds: &str, keep: &str) -> Result<Vec<Effect>, String> {
    let seconds = whole_number(seconds, 0, AUTOSAVE_S_MAX).map_err(|error| format!("seconds: {error}"))?;
    if seconds == 0 {
        if !is_on {
            return Err("it is off already".into());
        }
        return Ok(vec![run(requests::stop_autosave(name))]);
    }
    let keep = whole_number(keep, 0, KEEP_MAX).map_err(|error| format!("keep: {error}"))?;
    // What the files are called stays as it is.
    Ok(vec![run(requests::set_autosave(name, seconds, keep, typed(pattern)))])
}

/// What is known of namespaces when a dialog opens that asks for one.
#[derive(Clone)]
struct Known {
    namespaces: Option<Arc<Vec<Namespace>>>,
    autosaves: Option<Arc<Vec<Autosave>>>,
}

impl Known {
    fn of(app: &App) -> Self {
        let sample = app.latest();
        Self { namespaces: sample.namespaces.clone(), autosaves: sample.autosaves.clone() }
    }

    fn namespace(&self, name: &str) -> Option<&Namespace> {
        self.namespaces.as_ref()?.iter().find(|namespace| namespace.name == name)
    }

    fn autosave(&self, name: &str) -> Option<&Autosave> {
        self.autosaves.as_ref()?.iter().find(|autosave| autosave.name == name)
    }

    fn check(&self, name: &str) -> Result<(), String> {
        if name.is_empty() {
            return Err("the name of a namespace, please".into());
        }
        let is_unknown = self.namespaces.is_some() && self.namespace(name).is_none();
        if is_unknown { Err(format!("there is no namespace {name}")) } else { Ok(()) }
    }

    fn holds(&self, name: &str) -> String {
        self.namespace(name).map_or_else(|| "an unknown number of keys".to_owned(), holds)
    }
}

/// Changes the limits of a namespace.
pub fn limits(namespace: &Namespace) -> Dialog {
    let name = namespace.name.clone();
    let now = [namespace.max_keys, namespace.max_value_size, namespace.maxmemory].map(|limit| limit.unwrap_or(0));
    let or_none = |limit: u64, text: String| if limit == 0 { "none".to_owned() } else { text };
    Dialog::confirm("Limits", "Change", move |texts| {
        let [max_keys, max_value_size, maxmemory] = texts else { return Ok(Vec::new()) };
        let limits = [
            ("max_keys", "max keys", whole_number(max_keys, 0, u64::MAX)),
            ("max_value_size", "max value size", size(max_value_size)),
            ("maxmemory", "max memory", size(maxmemory)),
        ];
        let (mut changed, mut changes) = (Vec::new(), Vec::new());
        for ((parameter, label, limit), now) in limits.into_iter().zip(now) {
            let limit = limit.map_err(|error| format!("{label}: {error}"))?;
            if limit != now {
                changed.push((parameter, limit));
                changes.push(format!("{label} {now} to {limit}"));
            }
        }
        if changes.is_empty() {
            return Err("nothing is different".into());
        }
        Ok(vec![run(requests::set_limits(&name, &changed, &changes.join(", ")))])
    })
    .line("namespace", named(namespace))
    .line("max keys", format!("{} now", or_none(now[0], format::exact(now[0]))))
    .line("max value", format!("{} now", or_none(now[1], format::bytes(now[1]))))
    .line("max memory", format!("{} now", or_none(now[2], format::bytes(now[2]))))
    .line("effect", "writes beyond a limit are refused from then on; what is there stays. 0 is no limit")
    .line("cost", "none")
    .field("max keys", now[0].to_string())
    .field("max value size", now[1].to_string())
    .field("max memory", now[2].to_string())
}

/// How many files of an autosave stay.
pub fn kept(keep: u64) -> String {
    if keep == 0 { "keeps all".into() } else { format!("keeps {}", format::exact(keep)) }
}

/// What was typed, if anything was.
fn typed(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A size that was typed: bytes, or with a unit as in redis.conf: `64mb`, `1G`.
fn size(text: &str) -> Result<u64, String> {
    let lower = text.to_ascii_lowercase();
    let digits_end = lower.find(|character: char| !character.is_ascii_digit()).unwrap_or(lower.len());
    let (digits, unit) = lower.split_at(digits_end);
    // Other than in redis.conf a single letter is a power of 1024 as well: so sizes are shown here.
    let factor = match unit.trim() {
        "" | "b" => Some(1),
        "k" | "kb" => Some(1 << 10),
        "m" | "mb" => Some(1 << 20),
        "g" | "gb" => Some(1 << 30),
        "t" | "tb" => Some(1_u64 << 40),
        _ => None,
    };
    let bytes = digits.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    bytes.ok_or_else(|| "bytes, or a number with k, m or g".to_owned())
}

fn named(namespace: &Namespace) -> String {
    match namespace.db {
        Some(db) if db.to_string() != namespace.name => format!("{} (db {db})", namespace.name),
        _ => namespace.name.clone(),
    }
}

fn holds(namespace: &Namespace) -> String {
    let keys = namespace.keys.map_or("an unknown number of".to_owned(), format::exact);
    let plural = if namespace.keys == Some(1) { "key" } else { "keys" };
    match namespace.used_bytes {
        Some(bytes) => format!("{keys} {plural}, {}", format::bytes(bytes)),
        None => format!("{keys} {plural}"),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};
    use ratatui::layout::Size;

    use super::*;
    use crate::state::Options;
    use crate::state::dialog::Outcome;
    use crate::state::keyspace::Keyspace;
    use crate::state::msg::Msg;
    use crate::state::sample::Sample;
    use crate::state::update::update;

    /// The commands that confirming sends once this was typed, a word a field; or what is wrong.
    fn confirmed(mut dialog: Dialog, fields: &[&str]) -> Result<(Vec<String>, Option<Keyspace>), String> {
        let mut outcome = Outcome::Open;
        for (index, text) in fields.iter().enumerate() {
            dialog.fields[index].input = crate::state::input::Input::new(*text);
        }
        // The verb stands before the first field, going round.
        for code in [KeyCode::BackTab, KeyCode::Enter] {
            outcome = dialog.key(KeyEvent::from(code));
        }
        let Outcome::Confirmed(effects) = outcome else { return Err(dialog.error.unwrap_or_default()) };
        let [Effect::Run(request)] = &effects[..] else { panic!("{effects:?}") };
        assert!(request.is_change);
        let words = request.commands.iter().map(|words| {
            let words: Vec<_> = words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
            words.join(" ")
        });
        Ok((words.collect(), request.keyspace.clone()))
    }

    fn sends(dialog: Dialog, fields: &[&str]) -> String {
        confirmed(dialog, fields).unwrap().0.join("; ")
    }

    fn sessions() -> Namespace {
        Namespace {
            db: Some(20),
            keys: Some(1_200),
            used_bytes: Some(4_096),
            max_keys: Some(10),
            max_value_size: Some(0),
            maxmemory: Some(1 << 30),
            ..Namespace::named("sessions".into())
        }
    }

    #[test]
    fn a_namespace_is_created_with_what_was_filled_in() {
        assert_eq!(sends(create(None), &["a"]), "NAMESPACE CREATE a");
        let fields = ["a", "7", "64", "1000", "4k", "1GB"];
        let all = "NAMESPACE CREATE a DB 7 SHARDS 64 MAXKEYS 1000 MAXVALUESIZE 4096 MAXMEMORY 1073741824";
        assert_eq!(sends(create(Some("x")), &fields), all);
        assert_eq!(confirmed(create(None), &[""]), Err("a name, please".into()));
        assert!(confirmed(create(None), &["a", "", "0"]).is_err_and(|error| error.starts_with("shards: ")));
        assert!(
            confirmed(create(None), &["a", "", "", "", "", "9x"]).is_err_and(|error| error.starts_with("max memory: "))
        );
    }

    #[test]
    fn what_cannot_be_had_back_wants_the_name_typed() {
        let rkvs = Server { rkvs_version: Some("0.4.0".into()), ..Server::default() };
        for dialog in [delete(&sessions()), flush(&rkvs, &sessions())] {
            assert!(dialog.is_destructive);
            assert_eq!(confirmed(dialog, &["session"]), Err("type sessions to go on".into()));
        }
        assert_eq!(sends(delete(&sessions()), &["sessions"]), "NAMESPACE DELETE sessions");
        for (server, keyspace) in
            [(rkvs, Keyspace::Named("sessions".into())), (Server::default(), Keyspace::Numbered(20))]
        {
            let flushed = confirmed(flush(&server, &sessions()), &["sessions"]);
            assert_eq!(flushed, Ok((vec!["FLUSHDB ASYNC".into()], Some(keyspace))));
        }
    }

    #[test]
    fn files_and_names_are_optional() {
        assert_eq!(sends(save(&sessions()), &[""]), "NAMESPACE SAVE sessions");
        assert_eq!(sends(save(&sessions()), &["x.rkvs"]), "NAMESPACE SAVE sessions x.rkvs");
        assert_eq!(sends(load(Some("x.rkvs")), &[]), "NAMESPACE LOAD x.rkvs");
        assert_eq!(sends(load(Some("x as y")), &[]), "NAMESPACE LOAD x AS y");
        assert!(confirmed(load(None), &[""]).is_err());
    }

    #[test]
    fn an_autosave_keeps_its_pattern_and_ends_with_zero_seconds() {
        let existing = Autosave { seconds: 60, keep: 3, pattern: "{ns}.x".into(), ..Autosave::default() };
        let set = "NAMESPACE AUTOSAVE SET sessions SECONDS 60 KEEP 3 PATTERN {ns}.x";
        assert_eq!(sends(autosave(&sessions(), Some(&existing), None), &[]), set);
        assert_eq!(
            sends(autosave(&sessions(), None, Some("30")), &[]),
            "NAMESPACE AUTOSAVE SET sessions SECONDS 30 KEEP 5"
        );
        assert_eq!(sends(autosave(&sessions(), Some(&existing), None), &["0"]), "NAMESPACE AUTOSAVE STOP sessions");
        assert_eq!(confirmed(autosave(&sessions(), None, Some("0")), &[]), Err("it is off already".into()));
    }

    #[test]
    fn a_dialog_that_asks_for_a_namespace_tells_of_the_one_that_was_typed() {
        let jobs =
            Autosave { name: "jobs".into(), seconds: 60, keep: 3, pattern: "{ns}.x".into(), ..Autosave::default() };
        let sample = Sample {
            at_ms: 1,
            namespaces: Some(Arc::new(vec![sessions(), Namespace::named("jobs".into())])),
            autosaves: Some(Arc::new(vec![jobs])),
            ..Sample::default()
        };
        let mut app = App::new(Options::default(), Size::new(80, 24));
        update(&mut app, Msg::Sample(Box::new(sample)), 1);
        let dialog = || autosave_any(&app, "jobs", None);
        let told = |fields: &[&str]| {
            let mut dialog = dialog();
            for (field, text) in dialog.fields.iter_mut().zip(fields) {
                field.input = crate::state::input::Input::new(*text);
            }
            let told: Vec<String> = dialog.previewed().into_iter().map(|(_, words)| words).collect();
            told.join("; ")
        };
        assert_eq!(told(&[]), "every 60 s, keeps 3; each time reads an unknown number of keys");
        assert_eq!(told(&["sessions"]), "off; each time reads 1,200 keys, 4.0K");
        assert_eq!(sends(dialog(), &[]), "NAMESPACE AUTOSAVE SET jobs SECONDS 60 KEEP 3 PATTERN {ns}.x");
        assert_eq!(sends(dialog(), &["sessions", "9"]), "NAMESPACE AUTOSAVE SET sessions SECONDS 9 KEEP 3");
        assert_eq!(sends(dialog(), &["jobs", "0"]), "NAMESPACE AUTOSAVE STOP jobs");
        assert_eq!(confirmed(dialog(), &["sessions", "0"]), Err("it is off already".into()));
        assert_eq!(confirmed(dialog(), &["nosuch"]), Err("there is no namespace nosuch".into()));
        assert_eq!(sends(save_any(&app, "jobs"), &["sessions", "x"]), "NAMESPACE SAVE sessions x");
        assert!(confirmed(save_any(&app, "jobs"), &["nosuch"]).is_err());
        assert!(confirmed(save_any(&app, "jobs"), &[""]).is_err());
    }

    #[test]
    fn only_limits_that_differ_are_sent() {
        assert_eq!(confirmed(limits(&sessions()), &[]), Err("nothing is different".into()));
        let words = "NAMESPACE CONFIG SET sessions max_value_size 1024 maxmemory 0";
        assert_eq!(sends(limits(&sessions()), &["10", "1k", "0"]), words);
    }

    #[test]
    fn sizes_are_read_as_they_are_shown() {
        let cases = [("0", Some(0)), ("12", Some(12)), ("1.5g", None), ("2 MB", Some(2 << 20)), ("1T", Some(1 << 40))];
        for (text, bytes) in cases {
            assert_eq!(size(text).ok(), bytes, "{text}");
        }
        assert_eq!(size("99999999999999t").ok(), None);
    }
}
