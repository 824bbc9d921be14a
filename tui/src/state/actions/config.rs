//! Changing settings, and keeping them.

use super::super::App;
use super::super::dialog::Dialog;
use super::super::requests;
use super::super::sample::Setting;
use super::{run, whole_number};
use crate::format;

/// Changes a setting: old, new and the exact command show while the new value is typed.
pub fn set(app: &App, setting: &Setting, meaning: &str, cost: &str) -> Dialog {
    let arrow = app.options.theme.symbols().arrow;
    let (name, old) = (setting.name.clone(), setting.value.clone());
    let is_secret = setting.is_secret();
    let confirm = {
        let (name, old) = (name.clone(), old.clone());
        move |texts: &[String]| {
            if texts[0] == old && !is_secret {
                return Err("that is the value already".to_owned());
            }
            Ok(vec![run(requests::set(&name, &texts[0]))])
        }
    };
    let preview = {
        let (name, old) = (name.clone(), old.clone());
        move |texts: &[String]| {
            let new = if is_secret { "*".repeat(texts[0].chars().count()) } else { texts[0].clone() };
            vec![
                ("change".into(), changed(&old, &new, arrow)),
                ("command".into(), format!("CONFIG SET {name} {}", quoted(&new))),
            ]
        }
    };
    let mut dialog = Dialog::confirm("Change setting", "Change", confirm).line("setting", name.as_str());
    if !meaning.is_empty() {
        dialog = dialog.line("meaning", meaning);
    }
    let effect = match config_file(app) {
        Some("") => "at once; lost at a restart: there is no file",
        _ => "at once; lost at a restart unless the file is rewritten (w)",
    };
    let dialog = dialog.line("effect", effect).line("cost", cost).preview(preview);
    if is_secret { dialog.secret("new value") } else { dialog.field("new value", old) }
}

/// The file that the server was started with: empty where there is none, absent where that is not known.
fn config_file(app: &App) -> Option<&str> {
    app.latest().info.text("config_file")
}

/// Writes the settings in force to the file that the server was started with.
pub fn rewrite(app: &App) -> Dialog {
    match config_file(app) {
        Some("") => Dialog::message(
            "Rewrite file",
            "The server was started without a configuration file: there is none to write to.",
        ),
        file => Dialog::confirm("Rewrite file", "Rewrite", |_| Ok(vec![run(requests::rewrite())]))
            .line("file", file.unwrap_or("the one that the server was started with"))
            .line("effect", "the settings in force are written to it, so that they outlive a restart")
            .line("cost", "settings that were edited in the file meanwhile are replaced")
            .line("command", "CONFIG REWRITE"),
    }
}

/// Changes from when on a request is slow, and how many of them are kept. Absent where it is not known. `micro` is `µ`, or `u` in
/// ASCII.
pub fn slowlog(threshold_usec: Option<i64>, len_max: Option<u64>, proposed_usec: Option<i64>, micro: &str) -> Dialog {
    const THRESHOLD: &str = "slowlog-log-slower-than";
    const LEN_MAX: &str = "slowlog-max-len";
    let old = [threshold_usec.map(|usec| usec.to_string()), len_max.map(|len| len.to_string())];
    let commands = {
        let old = old.clone();
        move |texts: &[String]| -> Vec<(&str, String)> {
            let new = [THRESHOLD, LEN_MAX].into_iter().zip(texts).zip(&old);
            new.filter(|((_, new), old)| Some(*new) != old.as_ref())
                .map(|((name, new), _)| (name, new.clone()))
                .collect()
        }
    };
    let confirm = {
        let commands = commands.clone();
        move |texts: &[String]| {
            let is_threshold = texts[0].parse::<i64>().is_ok_and(|usec| usec >= -1);
            if !is_threshold {
                return Err("the threshold is a whole number of microseconds; 0 keeps all, -1 none".to_owned());
            }
            whole_number(&texts[1], 0, i64::MAX as u64).map_err(|error| format!("the length is {error}"))?;
            let settings = commands(texts);
            if settings.is_empty() {
                return Err("nothing would change".to_owned());
            }
            Ok(vec![run(requests::set_slowlog(&settings))])
        }
    };
    let preview = move |texts: &[String]| {
        let lines: Vec<_> = commands(texts)
            .into_iter()
            .map(|(name, value)| ("command".to_owned(), format!("CONFIG SET {name} {}", quoted(&value))))
            .collect();
        if lines.is_empty() { vec![("command".to_owned(), "none: nothing would change".to_owned())] } else { lines }
    };
    let [threshold, len] = old.map(|text| text.unwrap_or_default());
    let slower = match threshold_usec {
        None => "unknown".to_owned(),
        Some(..0) => "nothing".to_owned(),
        Some(usec) => format!("from {} on", format::latency_us(usec as f64, micro)),
    };
    let now = if len.is_empty() { slower } else { format!("{slower}, at most {len}") };
    Dialog::confirm("Slowlog", "Change", confirm)
        .line("kept", now)
        .line("effect", "requests from now on; what is kept stays as far as the length allows")
        .line("cost", "entries beyond the length are forgotten; a low threshold makes fast requests a little slower")
        .field("microseconds", proposed_usec.map_or(threshold, |usec| usec.to_string()))
        .field("length", len)
        .preview(preview)
}

/// Empties the slowlog.
pub fn clear_slowlog(total: u64) -> Dialog {
    Dialog::confirm("Clear slowlog", "Clear", |_| Ok(vec![run(requests::clear_slowlog())]))
        .line("effect", format!("{total} entries are forgotten, for everyone"))
        .line("cost", "they cannot be had back; o writes them to a file first")
        .line("command", "SLOWLOG RESET")
}

/// A value as it would be typed: in quotes where it is empty or holds spaces.
pub fn quoted(value: &str) -> String {
    if value.is_empty() || value.contains([' ', '"']) {
        format!("\"{}\"", value.replace('"', "\\\""))
    } else {
        value.to_owned()
    }
}

fn changed(old: &str, new: &str, arrow: &str) -> String {
    if old == new { "none yet".into() } else { format!("{} {arrow} {}", quoted(old), quoted(new)) }
}
