//! What can be done to keys, each as a dialog. Names are spelled as [`show::spelled`] does, so that any bytes can be read and
//! typed; the requests hold the exact bytes.

use super::browser::{Change, Facts, Ttl, name};
use super::show::{self, spelled, unescape};
use crate::format;
use crate::keymap::Action;
use crate::state::App;
use crate::state::actions::run;
use crate::state::dialog::Dialog;
use crate::state::input::INPUT_SIZE_MAX;
use crate::state::keyspace::Keyspace;
use crate::state::list::RowId;
use crate::state::msg::Effect;
use crate::state::requests::{self, Key};
use crate::state::tab::Tab;
use crate::text;

/// Keys that one request deletes.
const BATCH: usize = 500;
/// Columns of a name in a dialog.
const NAME_WIDTH: usize = 200;
/// Columns of a name in an event.
const LABEL_WIDTH: usize = 60;
/// The longest time to live that can be set, in seconds: some three thousand years.
const TTL_MAX_S: u64 = 100_000_000_000;

/// A name for a dialog.
fn shown(key: &RowId) -> String {
    show::name(name(key), NAME_WIDTH, "…")
}

/// A name for an event.
fn label(key: &RowId) -> String {
    show::name(name(key), LABEL_WIDTH, "…")
}

fn known(facts: Option<&Facts>, now_ms: u64) -> String {
    let Some(facts) = facts else { return "unknown".into() };
    let bytes = facts.bytes.map_or(String::new(), |bytes| format!(", {}", format::bytes(bytes)));
    format!("{}{bytes}, {}", facts.kind, lifetime(facts.ttl(now_ms), now_ms))
}

fn lifetime(ttl: Ttl, now_ms: u64) -> String {
    match ttl {
        Ttl::Never => "does not expire".into(),
        Ttl::At(deadline_ms) => format!("expires in {}", seconds_left(deadline_ms, now_ms)),
        Ttl::Gone => "not there any more".into(),
    }
}

fn seconds_left(deadline_ms: u64, now_ms: u64) -> String {
    format!("{} s", format::exact(deadline_ms.saturating_sub(now_ms).div_ceil(1_000)))
}

/// The dialog of an action on a key of that keyspace, of which this much is known.
pub(super) fn on_key(
    app: &mut App,
    action: Action,
    key: &RowId,
    keyspace: Keyspace,
    argument: Option<&str>,
) -> Option<Dialog> {
    let now_ms = app.now_ms;
    let browser = &mut app.screens.keys;
    let opened = browser.opened.as_ref().filter(|opened| opened.key == *key).and_then(|opened| opened.facts.clone());
    let facts = opened.or_else(|| browser.key(key)?.facts.as_deref().cloned());
    let namespace = browser.target.as_ref().map_or(String::new(), |target| target.name.clone());
    let now = known(facts.as_ref(), now_ms);
    let name = name(key).to_vec();
    let label = label(key);
    let dialog = match action {
        Action::Delete => {
            let number = browser.expect(Change::Delete(key.clone()));
            let confirm = move |_: &[String]| {
                let request = requests::delete_key(Key { keyspace: &keyspace, name: &name, shown: &label });
                Ok(vec![run(request.reply_to(Tab::Keys, number))])
            };
            let dialog = Dialog::confirm("Delete key", "Delete", confirm).destructive();
            dialog.line("effect", "the key and its value are gone").line("cost", "memory is freed in the background")
        }
        Action::Expire => {
            let number = browser.expect(Change::Expire(key.clone()));
            let proposed = match facts.map(|facts| facts.ttl(now_ms)) {
                Some(Ttl::At(deadline_ms)) => deadline_ms.saturating_sub(now_ms).div_ceil(1_000).to_string(),
                _ => String::new(),
            };
            let proposed = argument.map_or(proposed, str::to_owned);
            let confirm = move |texts: &[String]| {
                let key = Key { keyspace: &keyspace, name: &name, shown: &label };
                let request = match duration_s(&texts[0])? {
                    Some(seconds) => requests::expire_key(key, seconds),
                    None => requests::persist_key(key),
                };
                Ok(vec![run(request.reply_to(Tab::Keys, number))])
            };
            Dialog::confirm("Time to live", "Set", confirm)
                .line("effect", "the key expires after that time: 90, 10m, 1h30m, 7d; empty: never")
                .line("cost", "the key is gone once the time is over; it cannot be had back")
                .field("time to live", proposed)
        }
        Action::Rename | Action::CopyKey => {
            let is_copy = action == Action::CopyKey;
            // The new name is known once it was typed: the server is made to repeat it, so that the answer tells it.
            let number = browser.expect(if is_copy { Change::Copy } else { Change::Rename(key.clone()) });
            let proposed = argument.map_or_else(|| spelled(&name), str::to_owned);
            let proposed = if proposed.len() > INPUT_SIZE_MAX { String::new() } else { proposed };
            let (title, verb) = if is_copy { ("Copy key", "Copy") } else { ("Rename key", "Rename") };
            let confirm = move |texts: &[String]| {
                let new = unescape(&texts[0])?;
                if new.is_empty() {
                    return Err("a name is missing".into());
                }
                if new == name {
                    return Err("that is its name already".into());
                }
                let key = Key { keyspace: &keyspace, name: &name, shown: &label };
                let request = if is_copy { requests::copy_key(key, &new) } else { requests::rename_key(key, &new) };
                Ok(vec![run(request.reply_to(Tab::Keys, number))])
            };
            let dialog = Dialog::confirm(title, verb, confirm);
            let dialog = if is_copy {
                dialog
                    .line("effect", "a second key with the same value; one of that name is never replaced")
                    .line("cost", "memory and time for the whole value; others may wait that long")
            } else {
                dialog
                    .line("effect", "the key has another name; one of that name is never replaced")
                    .line("cost", "none; whoever asks for the old name finds nothing")
            };
            dialog.exact_field("new name", proposed)
        }
        _ => return None,
    };
    let mut dialog = dialog;
    dialog.lines.insert(0, ("key".into(), shown(key)));
    dialog.lines.insert(1, ("now".into(), now));
    dialog.lines.insert(0, ("namespace".into(), text::harmless(namespace.as_bytes()).into_owned()));
    Some(dialog)
}

/// Deletes many keys that were loaded; `what` says which.
pub(super) fn delete_many(app: &mut App, ids: Vec<RowId>, what: &str, keyspace: Keyspace) -> Dialog {
    let browser = &mut app.screens.keys;
    let namespace = browser.target.as_ref().map_or(String::new(), |target| target.name.clone());
    let samples: Vec<String> = ids.iter().take(3).map(|id| show::name(name(id), 40, "…")).collect();
    let count = ids.len();
    let ellipsis = if count > samples.len() { ", …" } else { "" };
    let number = browser.expect(Change::DeleteMany { ids: ids.clone(), now: BATCH, keyspace: keyspace.clone() });
    Dialog::confirm("Delete keys", "Delete", move |_| Ok(vec![delete_batch(&ids, number, keyspace.clone())]))
        .line("namespace", text::harmless(namespace.as_bytes()))
        .line("keys", format!("{} keys: {what}", format::exact(count as u64)))
        .line("such as", format!("{}{ellipsis}", samples.join(", ")))
        .line("effect", "these keys and their values are gone; keys that were not loaded stay")
        .line("cost", format!("{BATCH} keys at a time; memory is freed in the background"))
        .must_type("delete")
}

/// The first batch of keys that are to be deleted.
pub(super) fn delete_batch(ids: &[RowId], number: u64, keyspace: Keyspace) -> Effect {
    let batch = &ids[..ids.len().min(BATCH)];
    let names: Vec<&[u8]> = batch.iter().map(name).collect();
    run(requests::delete_keys(keyspace, &names, ids.len() - batch.len()).reply_to(Tab::Keys, number))
}

/// The batches that follow the one that was answered.
pub(super) fn delete_rest(app: &mut App, mut ids: Vec<RowId>, now: usize, keyspace: Keyspace) -> Option<Effect> {
    let rest = ids.split_off(now.min(ids.len()));
    if app.screens.keys.target.as_ref().is_some_and(|target| target.keyspace == keyspace) {
        app.screens.keys.remove(&ids);
    }
    if rest.is_empty() {
        return None;
    }
    let change = Change::DeleteMany { ids: rest.clone(), now: BATCH, keyspace: keyspace.clone() };
    let number = app.screens.keys.expect(change);
    Some(delete_batch(&rest, number, keyspace))
}

/// Seconds from `90`, `10m`, `1h30m`, `7d`; none when nothing was typed.
fn duration_s(text: &str) -> Result<Option<u64>, String> {
    let wrong = || "a time from 1 s on: 90, 10m, 1h30m, 7d".to_owned();
    let (mut total, mut number): (u64, Option<u64>) = (0, None);
    for character in text.chars().filter(|character| !character.is_whitespace()) {
        if let Some(digit) = character.to_digit(10) {
            let so_far = number.unwrap_or(0).checked_mul(10).and_then(|so_far| so_far.checked_add(digit.into()));
            number = Some(so_far.ok_or_else(wrong)?);
            continue;
        }
        let unit_s = match character.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(wrong()),
        };
        let part = number.take().and_then(|number| number.checked_mul(unit_s)).ok_or_else(wrong)?;
        total = total.checked_add(part).ok_or_else(wrong)?;
    }
    let total = total.checked_add(number.unwrap_or(0)).ok_or_else(wrong)?;
    if text.is_empty() {
        return Ok(None);
    }
    Some(total).filter(|total| (1..=TTL_MAX_S).contains(total)).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("", Some(None)),
            ("90", Some(Some(90))),
            ("10m", Some(Some(600))),
            ("1h 30m", Some(Some(5_400))),
            ("7d", Some(Some(604_800))),
        ] {
            assert_eq!(duration_s(text).ok(), seconds, "{text}");
        }
        for text in ["0", "-1", "m", "1x", "99999999999999999999", "184467440737095516d"] {
            assert!(duration_s(text).is_err(), "{text}");
        }
    }
}
