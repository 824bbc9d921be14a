//! `COMMAND [COUNT | DOCS | GETKEYS | GETKEYSANDFLAGS | HELP | INFO | LIST]`
//!
//! What is told about each command is compared with the reference elsewhere; here it is how one asks for it.

use rkvs_tests::{Value, expect::*, script};

/// A map, with any values.
fn fields<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Map(pairs.map(|(name, value)| (bulk(name), value)).to_vec())
}

/// A set of simple strings.
fn names<const N: usize>(names: [&str; N]) -> Value {
    Value::Set(names.map(simple).to_vec())
}

/// STRLEN as COMMAND INFO describes it.
fn strlen() -> Value {
    let begin_search = fields([("type", bulk("index")), ("spec", fields([("index", int(1))]))]);
    let range = fields([("lastkey", int(0)), ("keystep", int(1)), ("limit", int(0))]);
    let find_keys = fields([("type", bulk("range")), ("spec", range)]);
    let spec = fields([("flags", names(["RO"])), ("begin_search", begin_search), ("find_keys", find_keys)]);
    array([
        bulk("strlen"),
        int(2),
        names(["readonly", "fast"]),
        int(1),
        int(1),
        int(1),
        names(["@read", "@string", "@fast"]),
        names([]),
        Value::Set(vec![spec]),
        names([]),
    ])
}

#[test]
fn info_describes_what_is_asked_for_and_is_nil_for_the_rest() {
    script! {
        "COMMAND INFO STRLEN" => array([strlen()]),
        "COMMAND INFO no-such strlen client|no-such strlen|x" => array([nil(), strlen(), nil(), nil()]),
        "COMMAND INFO command|COUNT" => satisfies("a subcommand by its full name", |reply| {
            reply.items().and_then(|all| all.first()?.items()?.first()?.text()).is_some_and(|name| name == "command|count")
        }),
    }
}

#[test]
fn info_without_names_describes_all_as_command_does() {
    let is_all: fn(&Value) -> bool = |reply| {
        reply
            .items()
            .is_some_and(|all| all.len() > 30 && all.iter().all(|one| one.items().is_some_and(|one| one.len() == 10)))
    };
    script! {
        "COMMAND" => satisfies("ten facts about each command", is_all),
        "COMMAND INFO" => satisfies("ten facts about each command", is_all),
        "COMMAND COUNT" => satisfies("a number", |reply| reply.integer().is_some_and(|count| count > 30)),
    }
}

#[test]
fn docs_leave_out_what_is_unknown() {
    let described: fn(&Value) -> bool = |reply| match reply {
        Value::Map(all) => all.len() == 1 && all[0].0 == bulk("strlen"),
        Value::Array(all) => all.len() == 2 && all[0] == bulk("strlen"),
        _ => false,
    };
    script! {
        "COMMAND DOCS no-such" => Value::Map(vec![]),
        "COMMAND DOCS no-such StrLen" => satisfies("STRLEN alone", described),
    }
}

#[test]
fn list_takes_one_filter() {
    script! {
        "COMMAND LIST FILTERBY PATTERN strle?" => bulks(["strlen"]),
        "COMMAND LIST filterby pattern STRLEN" => bulks(["strlen"]),
        "COMMAND LIST FILTERBY PATTERN command|c*" => bulks(["command|count"]),
        "COMMAND LIST FILTERBY MODULE any" => array([]),
        "COMMAND LIST FILTERBY ACLCAT no-such" => array([]),
        "COMMAND LIST FILTERBY ACLCAT @hash" => array([]),
        "COMMAND LIST FILTERBY ACLCAT Transaction" => unordered(bulks(["multi", "exec", "discard", "watch", "unwatch"])),
        "COMMAND LIST FILTERBY COLOUR blue" => error("ERR syntax error"),
        "COMMAND LIST FILTERBY PATTERN" => error("ERR syntax error"),
        "COMMAND LIST FILTERBY PATTERN a b" => error("ERR syntax error"),
        "COMMAND LIST EVERYTHING" => error("ERR syntax error"),
    }
}

#[test]
fn keys_are_found_in_a_command_line() {
    let key = |name: &str, flags: Value| array([bulk(name), flags]);
    script! {
        "COMMAND GETKEYS MSET a 1 b 2" => bulks(["a", "b"]),
        "COMMAND GETKEYS object encoding k" => bulks(["k"]),
        "COMMAND GETKEYSANDFLAGS SET k v" => array([key("k", names(["OW", "update"]))]),
        "COMMAND GETKEYSANDFLAGS SET k v Get" => array([key("k", names(["RW", "access", "update"]))]),
        "COMMAND GETKEYSANDFLAGS RENAME a b" => array([
            key("a", names(["RW", "access", "delete"])),
            key("b", names(["OW", "update"])),
        ]),
        "COMMAND GETKEYS no-such k" => error("ERR Invalid command specified"),
        "COMMAND GETKEYS object no-such k" => error("ERR Invalid command specified"),
        "COMMAND GETKEYS ping x" => error("ERR The command has no key arguments"),
        "COMMAND GETKEYS get a b" => error("ERR Invalid number of arguments specified for command"),
        "COMMAND GETKEYS object x" => error("ERR Invalid command specified"),
    }
}

#[test]
fn help_ends_with_itself() {
    script! {
        "COMMAND HELP" => satisfies("lines, HELP last", |reply| {
            reply.items().is_some_and(|lines| {
                *lines[0] == simple("COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
                    && *lines[lines.len() - 2] == simple("HELP")
            })
        }),
    }
}

#[test]
fn wrong_numbers_of_arguments_name_the_subcommand() {
    script! {
        "COMMAND COUNT x" => wrong_arity("command|count"),
        "COMMAND HELP x" => wrong_arity("command|help"),
        "COMMAND GETKEYS get" => wrong_arity("command|getkeys"),
        "COMMAND GETKEYSANDFLAGS" => wrong_arity("command|getkeysandflags"),
        "COMMAND no-such" => error("ERR unknown subcommand 'no-such'. Try COMMAND HELP."),
    }
}
