//! One command as COMMAND INFO describes it.

use crate::command::flags::{Categories, Flags};
use crate::command::keys::{BeginSearch, FindKeys, KeyFlags, KeySpec};
use crate::command::spec::Command;
use crate::command::table::CommandTable;
use crate::resp::Reply;

/// Writes all commands.
pub(super) fn write_all(table: &CommandTable, reply: &mut Reply<'_>) {
    reply.array(table.top_level().len());
    for command in table.top_level() {
        write(command, reply);
    }
}

/// Writes the ten parts of a command's description.
pub(super) fn write(command: &Command, reply: &mut Reply<'_>) {
    reply.array(10);
    reply.bulk(command.full_name().as_bytes());
    reply.integer(command.arity.number());
    write_flags(command.flags, reply);
    let range = command.derived.legacy_range;
    for position in [range.first, range.last, range.step] {
        reply.integer(position);
    }
    write_categories(command.derived.categories, reply);
    reply.set(command.tips.len());
    for tip in command.tips {
        reply.bulk(tip.as_bytes());
    }
    let specs = command.keys.specs();
    reply.set(specs.len());
    for spec in specs {
        write_key_spec(spec, reply);
    }
    // The reference answers with a set only where there are none.
    if command.is_container() {
        reply.array(command.subcommands.len());
    } else {
        reply.set(0);
    }
    for subcommand in command.subcommands {
        write(subcommand, reply);
    }
}

/// Writes what happens to keys as a set of names.
pub(super) fn write_key_flags(flags: KeyFlags, reply: &mut Reply<'_>) {
    reply.set(flags.len());
    for (_, name) in KeyFlags::NAMES.iter().filter(|(flag, _)| flags.contains(*flag)) {
        reply.simple(name);
    }
}

fn write_flags(flags: Flags, reply: &mut Reply<'_>) {
    let shown = || Flags::NAMES.iter().filter(|(flag, _)| flags.contains(*flag));
    reply.set(shown().count());
    for (_, name) in shown() {
        reply.simple(name);
    }
}

fn write_categories(categories: Categories, reply: &mut Reply<'_>) {
    reply.set(categories.len());
    for (_, name) in Categories::NAMES.iter().filter(|(category, _)| categories.contains(*category)) {
        reply.simple(&format!("@{name}"));
    }
}

fn write_key_spec(spec: &KeySpec, reply: &mut Reply<'_>) {
    reply.map(if spec.notes.is_empty() { 3 } else { 4 });
    if !spec.notes.is_empty() {
        reply.bulk(b"notes");
        reply.bulk(spec.notes.as_bytes());
    }
    reply.bulk(b"flags");
    write_key_flags(spec.flags, reply);
    reply.bulk(b"begin_search");
    match spec.begin {
        BeginSearch::Index(index) => write_search("index", &[("index", index.into())], reply),
        BeginSearch::Keyword { word, start_from } => {
            begin_search("keyword", 2, reply);
            reply.bulk(b"keyword");
            reply.bulk(word.as_bytes());
            reply.bulk(b"startfrom");
            reply.integer(start_from.into());
        }
        BeginSearch::Unknown => write_search("unknown", &[], reply),
    }
    reply.bulk(b"find_keys");
    match spec.find {
        FindKeys::Range { last, step, limit } => {
            let fields = [("lastkey", last.into()), ("keystep", step.into()), ("limit", limit.into())];
            write_search("range", &fields, reply);
        }
        FindKeys::KeyNum { count, first, step } => {
            let fields = [("keynumidx", count.into()), ("firstkey", first.into()), ("keystep", step.into())];
            write_search("keynum", &fields, reply);
        }
        FindKeys::Unknown => write_search("unknown", &[], reply),
    }
}

/// Begins one half of a key specification; `fields` pairs follow.
fn begin_search(kind: &str, fields: usize, reply: &mut Reply<'_>) {
    reply.map(2);
    reply.bulk(b"type");
    reply.bulk(kind.as_bytes());
    reply.bulk(b"spec");
    reply.map(fields);
}

fn write_search(kind: &str, fields: &[(&str, i64)], reply: &mut Reply<'_>) {
    begin_search(kind, fields.len(), reply);
    for (name, value) in fields {
        reply.bulk(name.as_bytes());
        reply.integer(*value);
    }
}
