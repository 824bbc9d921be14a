//! One command as COMMAND DOCS describes it.

use crate::command::documentation::Arg;
use crate::command::spec::Command;
use crate::resp::{Deferred, Reply};

/// Writes a map from each command's name to its documentation.
pub(super) fn write_all(commands: &[&Command], reply: &mut Reply<'_>) {
    reply.map(commands.len());
    for command in commands {
        reply.bulk(command.full_name().as_bytes());
        write(command, reply);
    }
}

fn write(command: &Command, reply: &mut Reply<'_>) {
    let mut map = Map::begin(reply);
    map.text("summary", command.summary);
    map.text("since", command.since);
    map.text("group", command.group.name());
    map.text("complexity", command.complexity);
    let flags: Vec<&str> = [(command.deprecated.is_some(), "deprecated"), (command.internal, "syscmd")]
        .into_iter()
        .filter_map(|(set, name)| set.then_some(name))
        .collect();
    map.names("doc_flags", &flags);
    if let Some(deprecation) = &command.deprecated {
        map.text("deprecated_since", deprecation.since);
        map.text("replaced_by", deprecation.replaced_by);
    }
    if !command.history.is_empty() {
        let reply = map.field("history");
        reply.set(command.history.len());
        for change in command.history {
            reply.array(2);
            reply.bulk(change.version.as_bytes());
            reply.bulk(change.text.as_bytes());
        }
    }
    if !command.args.is_empty() {
        write_args(command.args, map.field("arguments"));
    }
    if command.is_container() {
        let reply = map.field("subcommands");
        reply.map(command.subcommands.len());
        for subcommand in command.subcommands {
            reply.bulk(subcommand.full_name().as_bytes());
            write(subcommand, reply);
        }
    }
    map.end();
}

fn write_args(args: &[Arg], reply: &mut Reply<'_>) {
    reply.array(args.len());
    for arg in args {
        let mut map = Map::begin(reply);
        map.text("name", arg.name);
        map.text("type", arg.kind.name());
        if let Some(index) = arg.key_spec_index {
            map.field("key_spec_index").integer(index.into());
        }
        let texts = [("token", arg.token), ("since", arg.since), ("deprecated_since", arg.deprecated_since)];
        for (name, text) in texts {
            if let Some(text) = text {
                map.text(name, text);
            }
        }
        let flags: Vec<&str> =
            [(arg.optional, "optional"), (arg.multiple, "multiple"), (arg.multiple_token, "multiple_token")]
                .into_iter()
                .filter_map(|(set, name)| set.then_some(name))
                .collect();
        map.names("flags", &flags);
        if !arg.members.is_empty() {
            write_args(arg.members, map.field("arguments"));
        }
        map.end();
    }
}

/// A map whose fields are counted while they are written.
struct Map<'a, 'b> {
    reply: &'a mut Reply<'b>,
    begun: Deferred,
    pairs: usize,
}

impl<'a, 'b> Map<'a, 'b> {
    fn begin(reply: &'a mut Reply<'b>) -> Self {
        let begun = reply.begin_map();
        Self { reply, begun, pairs: 0 }
    }

    /// Writes a field's name; its value is to be written next.
    fn field(&mut self, name: &str) -> &mut Reply<'b> {
        self.pairs += 1;
        self.reply.bulk(name.as_bytes());
        self.reply
    }

    fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.field(name).bulk(text.as_bytes());
        }
    }

    /// Writes a set of names, unless it is empty.
    fn names(&mut self, name: &str, names: &[&str]) {
        if !names.is_empty() {
            let reply = self.field(name);
            reply.set(names.len());
            for name in names {
                reply.simple(name);
            }
        }
    }

    fn end(self) {
        self.reply.end_map(self.begun, self.pairs);
    }
}
