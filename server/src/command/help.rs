//! HELP, the subcommand that every container has.

use std::fmt::Write;

use super::args::Args;
use super::context::Context;
use super::documentation::{Arg, ArgKind};
use super::error::CommandResult;
use super::spec::Command;
use super::table::CommandTable;
use crate::resp::Reply;

/// Lists the subcommands of the container that the request names, with their syntax and summaries: the handler of each
/// `… HELP`.
pub fn container_help(_: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    if let Some(container) = CommandTable::of_server().lookup(args.name()) {
        write(container, reply);
    }
    Ok(())
}

fn write(container: &Command, reply: &mut Reply<'_>) {
    let others = || container.subcommands.iter().filter(|command| command.name != "help");
    let own_lines = if container.has_handler() { 2 } else { 0 };
    let syntax_lines: usize = others().map(|command| command.help.len().max(1)).sum();
    reply.array(1 + own_lines + syntax_lines + others().count() + 2);
    let name = container.name.to_ascii_uppercase();
    reply.simple(&format!("{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    if container.has_handler() {
        reply.simple("(no subcommand)");
        reply.simple(&format!("    {}", container.summary));
    }
    for subcommand in others() {
        let name = subcommand.name.to_ascii_uppercase();
        match subcommand.help {
            [] => {
                let mut line = name;
                write_syntax(subcommand.args, " ", &mut line);
                reply.simple(&line);
            }
            lines => lines.iter().for_each(|line| reply.simple(format!("{name} {line}").trim_end())),
        }
        reply.simple(&format!("    {}", subcommand.summary));
    }
    reply.simple("HELP");
    reply.simple("    Prints this help.");
}

/// Appends arguments in the usual notation: `<value>`, `WORD`, `[optional]`, `one|other`, `repeated [repeated ...]`.
fn write_syntax(args: &[Arg], separator: &str, line: &mut String) {
    for (position, arg) in args.iter().enumerate() {
        if position > 0 || separator == " " {
            line.push_str(separator);
        }
        let mut text = String::new();
        match arg.kind {
            ArgKind::PureToken => {}
            ArgKind::OneOf => write_syntax(arg.members, "|", &mut text),
            ArgKind::Block => write_syntax(arg.members, " ", &mut text),
            _ => write!(text, "<{}>", arg.name).expect("writing to a string does not fail"),
        }
        let value = text.trim_start();
        let (open, close) = if arg.optional { ("[", "]") } else { ("", "") };
        let token = arg.token.unwrap_or_default();
        let gap = if token.is_empty() || value.is_empty() { "" } else { " " };
        line.push_str(&format!("{open}{token}{gap}{value}"));
        if arg.multiple_token {
            line.push_str(&format!(" [{token}{gap}{value} ...]"));
        } else if arg.multiple {
            line.push_str(&format!(" [{value} ...]"));
        }
        line.push_str(close);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::{Output, Protocol};

    #[test]
    fn help_lists_subcommands_with_their_syntax_and_itself_last() {
        static GROUP: &[Command] = &[Command {
            name: "thing",
            summary: "Holds commands.",
            subcommands: &[
                Command { name: "help", run: container_help, ..Command::DEFAULT },
                Command {
                    name: "put",
                    summary: "Puts it there.",
                    args: &[
                        Arg::key("key", 0),
                        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::integer("n").token("MAX")]).optional(),
                        Arg::block("pair", &[Arg::string("field"), Arg::string("value")]).multiple(),
                        Arg::pattern("pattern").token("GET").optional().multiple_token(),
                    ],
                    run: container_help,
                    ..Command::DEFAULT
                },
                Command {
                    name: "take",
                    summary: "Takes it away.",
                    args: &[Arg::key("key", 0).multiple()],
                    help: &["<key> [...]", "ALL"],
                    run: container_help,
                    ..Command::DEFAULT
                },
            ],
            ..Command::DEFAULT
        }];
        let table = CommandTable::new(&[&[GROUP]]);
        let mut output = Output::new();
        write(table.lookup(b"thing").expect("declared"), &mut Reply::new(&mut output, Protocol::Resp2));
        let lines = [
            "*8",
            "+THING <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "+PUT <key> [NX|MAX <n>] <field> <value> [<field> <value> ...] [GET <pattern> [GET <pattern> ...]]",
            "+    Puts it there.",
            "+TAKE <key> [...]",
            "+TAKE ALL",
            "+    Takes it away.",
            "+HELP",
            "+    Prints this help.",
            "",
        ];
        assert_eq!(String::from_utf8_lossy(output.buffer()), lines.join("\r\n"));
    }
}
