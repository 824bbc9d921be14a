//! What can be done to a server, each as a dialog that names its effect and its cost. Screens open them; `App::open` adds the
//! server's name and refuses when the dashboard only reads.

pub mod clients;
pub mod config;
pub mod namespace;

use super::App;
use super::dialog::Dialog;
use super::msg::{Effect, Request};
use super::requests;
use super::sample::Namespace;
use crate::format;

/// The largest number of shards of a namespace.
const SHARDS_MAX: u64 = 4_096;

/// Saves everything in the background. Nothing is lost by it, so it asks once and costs little.
pub fn background_save(app: &App) -> Dialog {
    let how = if app.server().is_rkvs() { "without a fork and without a pause" } else { "in a forked process" };
    Dialog::confirm("Background save", "Save", |_| Ok(vec![run(requests::background_save())]))
        .line("effect", format!("writes everything to disk {how}"))
        .line("cost", size_of_everything(app))
}

/// Saves everything and waits.
pub fn save(app: &App) -> Dialog {
    let blocks = if app.server().is_rkvs() {
        "writes everything to disk; this connection waits, clients go on"
    } else {
        "writes everything to disk; BLOCKS ALL CLIENTS until it is done"
    };
    Dialog::confirm("Save", "Save", |_| Ok(vec![run(requests::save())]))
        .line("effect", blocks)
        .line("cost", size_of_everything(app))
}

/// Changes the number of shards of a namespace.
pub fn resize(namespace: &Namespace, shards: Option<&str>) -> Dialog {
    let name = namespace.name.clone();
    let now = namespace.shards;
    let proposed =
        shards.map_or_else(|| now.map_or(String::new(), |now| now.saturating_mul(2).to_string()), str::to_owned);
    Dialog::confirm("Resize shards", "Resize", move |texts| {
        let shards = whole_number(&texts[0], 1, SHARDS_MAX)?;
        if Some(shards) == now {
            return Err(format!("there are {shards} already"));
        }
        Ok(vec![run(requests::resize(&name, shards))])
    })
    .line("namespace", namespace.name.as_str())
    .line("now", shards_and_keys(namespace))
    .line("effect", "keys move in the background while reads and writes go on; can be cancelled")
    .line("cost", cost_of_resize(namespace))
    .renewed({
        let name = namespace.name.clone();
        move |sample| {
            let now = sample.namespace(&name);
            now.map_or_else(Vec::new, |now| vec![("now", shards_and_keys(now)), ("cost", cost_of_resize(now))])
        }
    })
    .field("shards", proposed)
}

/// Takes a change of the number of shards back.
pub fn cancel_resize(namespace: &str) -> Dialog {
    let name = namespace.to_owned();
    Dialog::confirm("Cancel resize", "Cancel resize", move |_| Ok(vec![run(requests::cancel_resize(&name))]))
        .line("namespace", namespace)
        .line("effect", "keys that have moved go back to where they were")
        .line("cost", "as much work as was done so far")
}

/// Sets what is counted to zero.
pub fn reset_statistics() -> Dialog {
    Dialog::confirm("Reset statistics", "Reset", |_| Ok(vec![run(requests::reset_statistics())]))
        .line("effect", "counters of commands, latencies, hits, errors and connections begin at zero again")
        .line("cost", "no data is touched; what was counted is lost, and others who watch see a restart")
}

/// An effect that runs a request.
pub fn run(request: Request) -> Effect {
    Effect::Run(request)
}

/// A number that was typed.
pub fn whole_number(text: &str, min: u64, max: u64) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| format!("a whole number from {min} to {max}"))
}

fn shards_and_keys(namespace: &Namespace) -> String {
    namespace.shards.map_or("unknown".into(), |shards| format!("{shards} shards, {} keys", keys_of(namespace)))
}

fn keys_of(namespace: &Namespace) -> String {
    namespace.keys.map_or("unknown".into(), format::exact)
}

/// Keys move a part of a shard at a time: what is needed beside them is about one shard's.
fn cost_of_resize(namespace: &Namespace) -> String {
    match namespace.used_bytes.zip(namespace.shards.filter(|shards| *shards > 0)) {
        Some((bytes, shards)) => {
            format!("about {} of memory, one shard's, while keys move", format::bytes(bytes / shards))
        }
        None => "memory of about one shard while keys move".into(),
    }
}

fn size_of_everything(app: &App) -> String {
    let info = &app.latest().info;
    let keys = Namespace::keys_of(&Namespace::from_keyspace(info, 0));
    let bytes = info.text("used_memory_human").unwrap_or("unknown");
    format!("reads {} keys, {bytes} in memory", format::exact(keys))
}
