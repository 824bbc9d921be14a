//! Names as an attacker would choose them, and samples full of them.

use std::sync::Arc;

use rkvs_tui::state::sample::{
    Autosave, Clients, Command, Info, Namespace, Resize, Sample, Server, Setting, Shard, Shards, SlowCommand, Slowlog,
};

/// How many names there are.
pub(crate) const NAMES: usize = 1_000;
/// The longest name, in bytes.
pub(crate) const SIZE_MAX: usize = 1024 * 1024;

const PIECES: [&str; 16] = [
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]52;c;aGFja2Vk\x1b\\",
    "\x1bP+q544e\x1b\\",
    "\u{9b}31m",
    "\u{9d}0;x\u{9c}",
    "\u{202e}drow\u{2066}x\u{2069}",
    "\u{200b}\u{200d}\u{feff}\u{2060}",
    "\r\n\n\u{85}\u{2028}",
    "\0\x07\x08\x7f",
    "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}",
    "👩\u{200d}👩\u{200d}👧🏳\u{fe0f}\u{200d}🌈",
    "\u{e0001}\u{e0061}\u{fff9}\u{ad}",
    "%s%n{}\\x1b\\",
    "ｗｉｄｅ漢字",
    "\u{fffd}\u{10ffff}\u{e000}",
];

/// One of the names; each is different.
pub(crate) fn name(number: usize) -> String {
    let pieces = [number, number / 16, number / 7 + 3].map(|piece| PIECES[piece % PIECES.len()]);
    let name = format!("{}{number}{}", pieces[0], pieces[1..].concat());
    match number {
        0 => name.repeat(SIZE_MAX / name.len()),
        number if number % 97 == 0 => name.repeat(200),
        _ => name,
    }
}

/// A name that need not be text.
pub(crate) fn bytes(number: usize) -> Vec<u8> {
    let mut bytes = name(number).into_bytes();
    bytes.splice(0..0, [0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf4, 0x90]);
    bytes
}

/// A server of which everything is hostile, and so many of everything.
pub(crate) fn sample(at_ms: u64, count: usize) -> Sample {
    let numbers = 1..=count;
    let one_line = |number: usize| name(number).replace(['\n', '\r'], "\x1b").replace(' ', "\u{a0}");
    let server = Server { address: name(1), rkvs_version: Some(name(2)), redis_version: Some(name(3)) };
    let fields = ["role", "os", "used_memory_human", "maxmemory_policy", "rdb_last_bgsave_status", "mem_allocator"];
    let info: Vec<String> =
        fields.iter().zip(4..).map(|(field, number)| format!("{field}:{}", one_line(number))).collect();
    let resize = |number| Resize {
        state: if number % 2 == 0 { "moving".into() } else { name(number) },
        last_result: Some(name(number)),
        progress: Some(0.5),
        ..Resize::default()
    };
    // The largest of them stands among the first rows.
    let namespaces = numbers.clone().map(|number| Namespace {
        polled_at_ms: at_ms,
        db: Some(number as u64),
        keys: Some(number as u64),
        maxmemory_policy: Some(name(number)),
        resize: number.is_multiple_of(5).then(|| resize(number)),
        ..Namespace::named(name(number % count))
    });
    let commands = numbers.clone().map(|number| Command { name: name(number % count), calls: 5, ..Command::default() });
    let clients: Vec<String> = numbers
        .clone()
        .map(|number| {
            let text = one_line(number % count);
            format!(
                "id={number} addr={text} name={text} lib-name={text} cmd={text} flags={text} user={text} db=0 age=1\n"
            )
        })
        .collect();
    let entries = numbers.clone().take(512).map(|number| SlowCommand {
        id: number as u64,
        at_s: at_ms / 1_000,
        usec: 10_000,
        args: vec![name(number), name(number % count)],
        client: name(number),
        client_name: name(number),
    });
    let autosaves = numbers.clone().map(|number| Autosave {
        name: name(number % count),
        pattern: name(number),
        last_status: name(number),
        last_error: name(number),
        last_file: name(number),
        ..Autosave::default()
    });
    let settings = numbers.map(|number| Setting { name: name(number), value: name(number % count) });
    Sample {
        at_ms,
        server,
        info: Arc::new(Info::parse(&info.join("\n"))),
        namespaces: Some(Arc::new(namespaces.collect())),
        commands: Some(Arc::new(commands.collect())),
        clients: Some(Arc::new(Clients::parse(&clients.concat()))),
        shards: Some(Arc::new(Shards {
            namespace: name(0),
            shards: vec![Shard { keys: 1, ..Shard::default() }],
            resize: Some(resize(2)),
        })),
        slowlog: Some(Arc::new(Slowlog {
            total: 512,
            threshold_usec: Some(-1),
            len_max: Some(512),
            entries: entries.collect(),
        })),
        config: Some(Arc::new(settings.collect())),
        autosaves: Some(Arc::new(autosaves.collect())),
        slow_parts: vec![(name(5), 60)],
        refusals: vec![("config".into(), name(6))],
    }
}
