//! What can be done to namespaces.

use super::{run, whole_number};
use crate::format;
use crate::state::dialog::Dialog;
use crate::state::msg::Request;
use crate::state::sample::{Autosave, Namespace};

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
        let number = |what: &str, text: &String, max| {
            let number = whole_number(text, if what == "shards" { 1 } else { 0 }, max);
            number.map_err(|error| format!("{what}: {error}"))
        };
        let amount = |what: &str, text: &String| size(text).map_err(|error| format!("{what}: {error}"));
        let mut words = vec!["NAMESPACE".to_owned(), "CREATE".into(), name.clone()];
        let mut option = |word: &str, number: u64| words.extend([word.to_owned(), number.to_string()]);
        if !db.is_empty() {
            option("DB", number("db", db, DB_MAX)?);
        }
        if !shards.is_empty() {
            option("SHARDS", number("shards", shards, super::SHARDS_MAX)?);
        }
        if !max_keys.is_empty() {
            option("MAXKEYS", number("max keys", max_keys, u64::MAX)?);
        }
        if !max_value_size.is_empty() {
            option("MAXVALUESIZE", amount("max value size", max_value_size)?);
        }
        if !maxmemory.is_empty() {
            option("MAXMEMORY", amount("max memory", maxmemory)?);
        }
        Ok(vec![run(Request::change(format!("create {name}"), words))])
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
    Dialog::confirm("Delete namespace", "Delete", move |_| {
        Ok(vec![run(Request::change(format!("delete {name}"), ["NAMESPACE", "DELETE", name.as_str()]))])
    })
    .line("namespace", named(namespace))
    .line("effect", "removes it with all its keys; clients that are in it get errors from then on")
    .line("cost", holds(namespace))
    .must_type(&namespace.name)
}

/// Deletes all keys of a namespace.
pub fn flush(namespace: &Namespace) -> Dialog {
    let name = namespace.name.clone();
    let db = namespace.db;
    Dialog::confirm("Delete all keys", "Flush", move |_| {
        let Some(db) = db else { return Err("its database is not known yet".into()) };
        Ok(vec![run(Request::change(format!("flush {name}"), ["FLUSHDB", "ASYNC"]).in_db(db))])
    })
    .line("namespace", named(namespace))
    .line("effect", "deletes all its keys at once; limits and settings stay")
    .line("cost", holds(namespace))
    .must_type(&namespace.name)
}

/// Saves one namespace to a file.
pub fn save(namespace: &Namespace) -> Dialog {
    let name = namespace.name.clone();
    Dialog::confirm("Save namespace", "Save", move |texts| {
        let mut words = vec!["NAMESPACE", "SAVE", name.as_str()];
        words.extend(texts.first().filter(|file| !file.is_empty()).map(String::as_str));
        Ok(vec![run(Request::change(format!("save {name}"), words).patient())])
    })
    .line("namespace", named(namespace))
    .line("effect", "writes it to a file in the server's directory, over one of that name; clients go on")
    .line("cost", format!("reads {}", holds(namespace)))
    .line("", "without a file it is called like the namespace")
    .field("file", "")
}

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
        let mut words = vec!["NAMESPACE", "LOAD", file.as_str()];
        if !name.is_empty() {
            words.extend(["AS", name.as_str()]);
        }
        Ok(vec![run(Request::change(format!("load {file}"), words).patient())])
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
    let interval_s = autosave.map(|autosave| autosave.seconds).or(namespace.autosave_s).filter(|seconds| *seconds > 0);
    let pattern = autosave.map(|autosave| autosave.pattern.clone());
    let is_on = interval_s.is_some();
    let now = match (interval_s, autosave) {
        (None, _) => "off".to_owned(),
        (Some(seconds), Some(autosave)) => format!("every {seconds} s, {}", kept(autosave.keep)),
        (Some(seconds), None) => format!("every {seconds} s"),
    };
    let proposed = seconds.map_or_else(|| interval_s.unwrap_or(300).to_string(), str::to_owned);
    Dialog::confirm("Autosave", "Set", move |texts| {
        let [seconds, keep] = texts else { return Ok(Vec::new()) };
        let seconds = whole_number(seconds, 0, AUTOSAVE_S_MAX).map_err(|error| format!("seconds: {error}"))?;
        if seconds == 0 {
            if !is_on {
                return Err("it is off already".into());
            }
            let words = ["NAMESPACE", "AUTOSAVE", "STOP", name.as_str()];
            return Ok(vec![run(Request::change(format!("stop the autosave of {name}"), words))]);
        }
        let keep = whole_number(keep, 0, KEEP_MAX).map_err(|error| format!("keep: {error}"))?;
        let (seconds, keep) = (seconds.to_string(), keep.to_string());
        let mut words = vec!["NAMESPACE", "AUTOSAVE", "SET", &name, "SECONDS", &seconds, "KEEP", &keep];
        // What the files are called stays as it is.
        words.extend(
            pattern.as_deref().filter(|pattern| !pattern.is_empty()).into_iter().flat_map(|it| ["PATTERN", it]),
        );
        Ok(vec![run(Request::change(format!("autosave {name} every {seconds} s"), words))])
    })
    .line("namespace", named(namespace))
    .line("now", now)
    .line("effect", "writes it to a new file each time, where something changed; 0 seconds ends that")
    .line("cost", format!("each time reads {}", holds(namespace)))
    .line("", "keep: files that stay; 0 keeps all of them")
    .field("seconds", proposed)
    .field("keep", autosave.map_or_else(|| "5".to_owned(), |autosave| autosave.keep.to_string()))
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
        let mut words = vec!["NAMESPACE".to_owned(), "CONFIG".into(), "SET".into(), name.clone()];
        let mut changes = Vec::new();
        for ((parameter, label, limit), now) in limits.into_iter().zip(now) {
            let limit = limit.map_err(|error| format!("{label}: {error}"))?;
            if limit != now {
                words.extend([parameter.to_owned(), limit.to_string()]);
                changes.push(format!("{label} {now} to {limit}"));
            }
        }
        if changes.is_empty() {
            return Err("nothing is different".into());
        }
        Ok(vec![run(Request::change(format!("{name}: {}", changes.join(", ")), words))])
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

    use super::*;
    use crate::state::dialog::Outcome;
    use crate::state::msg::Effect;

    /// The commands that confirming sends once this was typed, a word a field; or what is wrong.
    fn confirmed(mut dialog: Dialog, fields: &[&str]) -> Result<(Vec<String>, Option<u64>), String> {
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
        Ok((words.collect(), request.db))
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
        for dialog in [delete(&sessions()), flush(&sessions())] {
            assert!(dialog.is_destructive);
            assert_eq!(confirmed(dialog, &["session"]), Err("type sessions to go on".into()));
        }
        assert_eq!(sends(delete(&sessions()), &["sessions"]), "NAMESPACE DELETE sessions");
        assert_eq!(confirmed(flush(&sessions()), &["sessions"]), Ok((vec!["FLUSHDB ASYNC".into()], Some(20))));
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
