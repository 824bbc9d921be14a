//! `CLIENT …`: this connection's properties, and the other connections.
//!
//! `own` holds what a connection says about itself, `list` shows connections, `kill` ends them, `pause` makes them wait.

mod kill;
mod list;
mod own;
mod pause;

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "client",
    summary: "Holds the commands about client connections.",
    since: "2.4.0",
    complexity: "That of the subcommand.",
    group: Group::Connection,
    arity: Arity::AtLeast(2),
    subcommands: &[
        Command {
            name: "getname",
            summary: "Returns the connection's name.",
            since: "2.6.9",
            complexity: "O(1)",
            group: Group::Connection,
            arity: Arity::Exactly(2),
            flags: NOSCRIPT.with(LOADING).with(STALE),
            run: own::getname,
            ..Command::DEFAULT
        },
        Command {
            name: "help",
            summary: "Lists the subcommands of CLIENT.",
            since: "5.0.0",
            complexity: "O(1)",
            group: Group::Connection,
            arity: Arity::Exactly(2),
            flags: LOADING.with(STALE),
            run: container_help,
            ..Command::DEFAULT
        },
        Command {
            name: "id",
            summary: "Returns the connection's number.",
            since: "5.0.0",
            complexity: "O(1)",
            group: Group::Connection,
            arity: Arity::Exactly(2),
            flags: NOSCRIPT.with(LOADING).with(STALE),
            run: own::id,
            ..Command::DEFAULT
        },
        Command {
            name: "info",
            summary: "Describes this connection.",
            since: "6.2.0",
            complexity: "O(1)",
            group: Group::Connection,
            arity: Arity::Exactly(2),
            flags: NOSCRIPT.with(LOADING).with(STALE),
            tips: &["nondeterministic_output"],
            run: list::info,
            ..Command::DEFAULT
        },
        Command {
            name: "kill",
            summary: "Closes connections.",
            since: "2.4.0",
            complexity: "O(N), N being the number of connections",
            group: Group::Connection,
            arity: Arity::AtLeast(3),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            args: &[Arg::one_of(
                "filter",
                &[
                    Arg::string("ip:port").deprecated_since("2.8.12"),
                    Arg::one_of(
                        "new-format",
                        &[
                            Arg::integer("client-id").token("ID").since("2.8.12").optional(),
                            Arg::one_of(
                                "normal_master_slave_pubsub",
                                &[
                                    Arg::word("normal", "NORMAL"),
                                    Arg::word("master", "MASTER").since("3.2.0"),
                                    Arg::word("slave", "SLAVE"),
                                    Arg::word("replica", "REPLICA").since("5.0.0"),
                                    Arg::word("pubsub", "PUBSUB"),
                                ],
                            )
                            .token("TYPE")
                            .since("2.8.12")
                            .optional(),
                            Arg::string("username").token("USER").optional(),
                            Arg::string("ip:port").token("ADDR").optional(),
                            Arg::string("ip:port").token("LADDR").since("6.2.0").optional(),
                            Arg::string("yes/no").token("SKIPME").optional(),
                        ],
                    )
                    .multiple(),
                ],
            )],
            history: &[
                change("2.8.12", "Takes filters."),
                change("2.8.12", "Takes `ID`."),
                change("3.2.0", "`TYPE` knows `master`."),
                change("5.0.0", "`TYPE` knows `replica`; `slave` still works."),
                change("6.2.0", "Takes `LADDR`."),
            ],
            help: &["<ip:port>", "<option> <value> [<option> <value> [...]]"],
            run: kill::kill,
            ..Command::DEFAULT
        },
        Command {
            name: "list",
            summary: "Describes all connections, or those asked for.",
            since: "2.4.0",
            complexity: "O(N), N being the number of connections",
            group: Group::Connection,
            arity: Arity::AtLeast(2),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            tips: &["nondeterministic_output"],
            args: &[
                Arg::one_of(
                    "normal_master_replica_pubsub",
                    &[
                        Arg::word("normal", "NORMAL"),
                        Arg::word("master", "MASTER"),
                        Arg::word("replica", "REPLICA"),
                        Arg::word("pubsub", "PUBSUB"),
                    ],
                )
                .token("TYPE")
                .since("5.0.0")
                .optional(),
                Arg::block("id", &[Arg::integer("client-id").multiple()]).token("ID").since("6.2.0").optional(),
            ],
            history: &[
                change("2.8.12", "Shows `id`."),
                change("5.0.0", "Takes `TYPE`."),
                change("6.0.0", "Shows `user`."),
                change("6.2.0", "Shows `argv-mem`, `tot-mem`, `laddr` and `redir`; takes `ID`."),
                change("7.0.0", "Shows `resp`, `multi-mem`, `rbs` and `rbp`."),
                change("7.0.3", "Shows `ssub`."),
                change("7.2.0", "Shows `lib-name` and `lib-ver`."),
            ],
            help: &["[options ...]"],
            run: list::list,
            ..Command::DEFAULT
        },
        Command {
            name: "no-evict",
            summary: "Exempts this connection from being closed to free memory.",
            since: "7.0.0",
            complexity: "O(1)",
            group: Group::Connection,
            arity: Arity::Exactly(3),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            args: &[Arg::one_of("enabled", &[Arg::word("on", "ON"), Arg::word("off", "OFF")])],
            help: &["(ON|OFF)"],
            run: own::no_evict,
            ..Command::DEFAULT
        },
        Command {
            name: "no-touch",
            summary: "Lets this connection use keys without marking them as used.",
            since: "7.2.0",
            complexity: "O(1)",
            group: Group::Connection,
            arity: Arity::Exactly(3),
            flags: NOSCRIPT.with(LOADING).with(STALE),
            args: &[Arg::one_of("enabled", &[Arg::word("on", "ON"), Arg::word("off", "OFF")])],
            help: &["(ON|OFF)"],
            run: own::no_touch,
            ..Command::DEFAULT
        },
        Command {
            name: "pause",
            summary: "Makes clients wait for a while.",
            since: "2.9.50",
            complexity: "O(1)",
            group: Group::Connection,
            arity: Arity::AtLeast(3),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            args: &[
                Arg::integer("timeout"),
                Arg::one_of("mode", &[Arg::word("write", "WRITE"), Arg::word("all", "ALL")]).since("6.2.0").optional(),
            ],
            history: &[change("6.2.0", "Takes `WRITE` and `ALL`.")],
            run: pause::pause,
            ..Command::DEFAULT
        },
        Command {
            name: "reply",
            summary: "Chooses whether this connection gets replies.",
            since: "3.2.0",
            complexity: "O(1)",
            group: Group::Connection,
            arity: Arity::Exactly(3),
            flags: NOSCRIPT.with(LOADING).with(STALE),
            args: &[Arg::one_of(
                "on_off_skip",
                &[Arg::word("on", "ON"), Arg::word("off", "OFF"), Arg::word("skip", "SKIP")],
            )],
            help: &["(ON|OFF|SKIP)"],
            run: own::reply,
            ..Command::DEFAULT
        },
        Command {
            name: "setinfo",
            summary: "Tells the server which client library is in use.",
            since: "7.2.0",
            complexity: "O(1)",
            group: Group::Connection,
            arity: Arity::Exactly(4),
            flags: NOSCRIPT.with(LOADING).with(STALE),
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            args: &[Arg::one_of(
                "attr",
                &[Arg::string("libname").token("LIB-NAME"), Arg::string("libver").token("LIB-VER")],
            )],
            help: &["<option> <value>"],
            run: own::setinfo,
            ..Command::DEFAULT
        },
        Command {
            name: "setname",
            summary: "Names this connection.",
            since: "2.6.9",
            complexity: "O(1)",
            group: Group::Connection,
            arity: Arity::Exactly(3),
            flags: NOSCRIPT.with(LOADING).with(STALE),
            args: &[Arg::string("connection-name")],
            help: &["<name>"],
            run: own::setname,
            ..Command::DEFAULT
        },
        Command {
            name: "unpause",
            summary: "Ends the wait that CLIENT PAUSE began.",
            since: "6.2.0",
            complexity: "O(N), N being the number of waiting clients",
            group: Group::Connection,
            arity: Arity::Exactly(2),
            flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE),
            run: pause::unpause,
            ..Command::DEFAULT
        },
    ],
    ..Command::DEFAULT
}];
