//! Samples made from recorded ones: with more traffic behind them, with huge numbers, with names that are hard to draw.

use std::sync::Arc;

use rkvs_tui::state::sample::{Info, Sample};
use serde_json::Value;

/// What grows with traffic, and how much in a second.
pub(crate) struct Traffic {
    from: Sample,
    to: Sample,
    seconds: f64,
}

const COUNTERS: [&str; 8] = [
    "total_commands_processed",
    "total_net_input_bytes",
    "total_net_output_bytes",
    "keyspace_hits",
    "keyspace_misses",
    "used_cpu_user",
    "used_cpu_sys",
    "total_connections_received",
];

impl Traffic {
    pub(crate) fn between(from: &Sample, to: &Sample) -> Self {
        Self { from: from.clone(), to: to.clone(), seconds: (to.at_ms - from.at_ms) as f64 / 1_000.0 }
    }

    /// A sample after that many seconds more of the traffic.
    pub(crate) fn later(&self, sample: &Sample, seconds: f64) -> Sample {
        let mut later = sample.clone();
        let factor = seconds / self.seconds;
        let grown = |now: u64, from: u64, to: u64| now + (to.saturating_sub(from) as f64 * factor) as u64;
        let counters = COUNTERS.into_iter().filter_map(|name| {
            let number = |sample: &Sample| sample.info.number(name);
            Some((name, number(sample)? + (number(&self.to)? - number(&self.from)?) * factor))
        });
        let is_whole = |name: &str| !name.starts_with("used_cpu");
        let counters =
            counters.map(|(name, n)| (name, if is_whole(name) { format!("{n:.0}") } else { format!("{n:.6}") }));
        later.info = with_fields(&sample.info, counters);
        for namespace in later.namespaces.iter_mut().flat_map(Arc::make_mut) {
            let (Some(from), Some(to)) = (self.from.namespace(&namespace.name), self.to.namespace(&namespace.name))
            else {
                continue;
            };
            for (now, from, to) in [
                (&mut namespace.hits, from.hits, to.hits),
                (&mut namespace.misses, from.misses, to.misses),
                (&mut namespace.reads, from.reads, to.reads),
                (&mut namespace.writes, from.writes, to.writes),
            ] {
                *now = now.zip(from).zip(to).map(|((now, from), to)| grown(now, from, to));
            }
        }
        let find = |sample: &Sample, name: &str| {
            sample
                .commands
                .as_ref()?
                .iter()
                .find(|command| command.name == name)
                .map(|command| (command.calls, command.usec))
        };
        for command in later.commands.iter_mut().flat_map(Arc::make_mut) {
            if let (Some(from), Some(to)) = (find(&self.from, &command.name), find(&self.to, &command.name)) {
                command.calls = grown(command.calls, from.0, to.0);
                command.usec = grown(command.usec, from.1, to.1);
            }
        }
        later
    }
}

fn with_fields(info: &Info, fields: impl IntoIterator<Item = (&'static str, String)>) -> Arc<Info> {
    let mut lines: Vec<String> = info.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    lines.extend(fields.into_iter().map(|(name, value)| format!("{name}:{value}")));
    Arc::new(Info::parse(&lines.join("\r\n")))
}

/// Makes the used memory a part of what it is.
pub(crate) fn used_bytes(sample: &mut Sample, part: f64) {
    let scaled = sample.info.number("used_memory").map(|bytes| ("used_memory", format!("{:.0}", bytes * part)));
    sample.info = with_fields(&sample.info, scaled);
    for namespace in sample.namespaces.iter_mut().flat_map(Arc::make_mut) {
        namespace.used_bytes = namespace.used_bytes.map(|bytes| (bytes as f64 * part) as u64);
    }
}

/// Numbers that say which one, when, or how often stay as they are.
const NOT_HUGE: [&str; 14] = [
    "at_ms",
    "polled_at_ms",
    "at_s",
    "last_save_s",
    "since_s",
    "last_time_s",
    "id",
    "db",
    "shard",
    "shards",
    "target",
    "progress",
    "last_from",
    "last_to",
];
/// What the others become times.
const HUGE: f64 = 987_654_321.0;

/// Every number of a sample as large as on the largest server there will ever be, or larger.
pub(crate) fn huge(sample: &Sample) -> Sample {
    let mut json = serde_json::to_value(sample).expect("samples can be written");
    for part in ["namespaces", "commands", "shards", "slowlog", "autosaves"] {
        if let Some(part) = json.get_mut(part) {
            enlarge(part);
        }
    }
    let mut huge: Sample = serde_json::from_value(json).expect("it is one still");
    let lines = sample.info.iter().map(|(name, value)| match value.parse::<u64>() {
        Ok(number) if number > 1 && !name.ends_with("_time") && !name.contains("port") => {
            format!("{name}:{}", (number as f64 * HUGE) as u64)
        }
        _ => format!("{name}:{value}"),
    });
    huge.info = Arc::new(Info::parse(&lines.collect::<Vec<_>>().join("\r\n")));
    huge
}

fn enlarge(json: &mut Value) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(enlarge),
        Value::Object(fields) => {
            let fields = fields.iter_mut().filter(|(name, _)| !NOT_HUGE.contains(&name.as_str()));
            fields.for_each(|(_, value)| enlarge(value));
        }
        Value::Number(number) => {
            if let Some(count) = number.as_u64() {
                *number = ((count as f64 * HUGE) as u64).into();
            } else if let Some(float) = number.as_f64() {
                *json = (float * HUGE).into();
            }
        }
        _ => {}
    }
}

/// Names that are wide, combined, right to left, long.
const WIDE: [&str; 8] = [
    "会话缓存",
    "кэш-сессий",
    "👨‍👩‍👧‍👦-family-🏳️‍🌈",
    "cafe\u{301}-au-lait",
    "ذاكرة-التخزين",
    "ﾊﾝｶｸ-ｶﾅ",
    "한국어-이름공간",
    "a-name-that-is-as-long-as-names-of-namespaces-may-become-when-people-put-everything-they-know-into-them",
];

/// Every name of a sample one that is hard to draw.
pub(crate) fn wide(sample: &Sample) -> Sample {
    let mut wide = sample.clone();
    let name = |index: usize| WIDE[index % WIDE.len()];
    for (index, namespace) in wide.namespaces.iter_mut().flat_map(Arc::make_mut).rev().enumerate() {
        namespace.name = if index < WIDE.len() { name(index).into() } else { format!("{}{index}", name(index)) };
    }
    for (index, command) in wide.commands.iter_mut().flat_map(Arc::make_mut).enumerate() {
        command.name = format!("{}|{}", name(index), command.name);
    }
    if let Some(clients) = wide.clients.as_mut().map(Arc::make_mut) {
        let lines: Vec<String> = clients
            .clients
            .iter()
            .enumerate()
            .map(|(index, client)| {
                let fields = client.iter().map(|(field, value)| match field {
                    "name" | "lib-name" | "user" => format!("{field}={}", name(index)),
                    _ => format!("{field}={value}"),
                });
                fields.collect::<Vec<_>>().join(" ")
            })
            .collect();
        *clients = rkvs_tui::state::sample::Clients::parse(&lines.join("\n"));
    }
    if let Some(shards) = wide.shards.as_mut().map(Arc::make_mut) {
        shards.namespace = name(0).into();
    }
    for (index, entry) in wide.slowlog.iter_mut().flat_map(|log| &mut Arc::make_mut(log).entries).enumerate() {
        entry.args.push(name(index).into());
        entry.client_name = name(index + 1).into();
    }
    for (index, setting) in wide.config.iter_mut().flat_map(Arc::make_mut).enumerate() {
        if index % 3 == 0 {
            setting.value = name(index).into();
        }
    }
    for (index, autosave) in wide.autosaves.iter_mut().flat_map(Arc::make_mut).enumerate() {
        autosave.name = name(index).into();
        autosave.last_file = format!("{}.rkvs", name(index));
    }
    wide
}
