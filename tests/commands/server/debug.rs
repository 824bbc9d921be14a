//! `DEBUG subcommand …`

use rkvs_tests::{Server, Value, expect::*, script, script_of_ours};

#[test]
fn values_of_all_types_are_written() {
    let numbers = || vec![int(0), int(1), int(2)];
    script! {
        "DEBUG PROTOCOL STRING" => bulk("Hello World"),
        "DEBUG PROTOCOL integer" => int(12_345),
        "DEBUG PROTOCOL double" => double("3.141"),
        "DEBUG PROTOCOL null" => nil(),
        "DEBUG PROTOCOL array" => Value::Array(numbers()),
        "DEBUG PROTOCOL set" => Value::Set(numbers()),
        "DEBUG PROTOCOL foo" => error("ERR Wrong protocol type name. Please use one of the following: \
            string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"),
        "DEBUG PROTOCOL" => error("ERR unknown subcommand or wrong number of arguments for 'PROTOCOL'. Try DEBUG HELP."),
    }
}

#[test]
fn bytes_are_those_of_the_reference() {
    let types = ["string", "integer", "double", "null", "array", "set", "map", "verbatim", "true", "bignum", "false"];
    let ask = |server: &Server, hello: &str| {
        let mut client = server.client();
        client.raw(hello.as_bytes());
        client.raw(types.map(|name| format!("DEBUG PROTOCOL {name}\r\n")).concat().as_bytes());
        client
            .raw(b"DEBUG PROTOCOL attrib\r\nDEBUG PROTOCOL push\r\nDEBUG ERROR 'EX a'\r\nDEBUG ERROR \"A b\\nc\"\r\n");
        client.finish_sending();
        let bytes = String::from_utf8_lossy(&client.rest()).into_owned();
        // HELLO's own reply differs in version and id.
        bytes[bytes.find("Hello World").expect("the first value")..].to_owned()
    };
    let (ours, theirs) = (Server::rkvs(), Server::redis());
    for hello in ["", "HELLO 3\r\n"] {
        let mine = ask(&ours, hello);
        assert!(mine.contains("-EX a\r\n-A b c\r\n"), "{mine}");
        if let Some(redis) = &theirs {
            assert_eq!(mine, ask(redis, hello));
        }
    }
}

#[test]
fn objects_are_described() {
    fn described(reply: &Value, encoding: &str) -> bool {
        reply
            .text()
            .is_some_and(|text| text.starts_with("Value at:0x") && text.contains(&format!(" encoding:{encoding} ")))
    }
    script! {
        "SET n 12" => ok(),
        "DEBUG OBJECT n" => satisfies("an integer", |reply| described(reply, "int")),
        "SET s text" => ok(),
        "debug object s" => satisfies("a short string", |reply| described(reply, "embstr")),
        "HSET h f v" => int(1),
        "DEBUG OBJECT h" => satisfies("a listpack", |reply| described(reply, "listpack")),
        "DEBUG OBJECT no-such" => error("ERR no such key"),
        "DEBUG OBJECT a b" => error("ERR unknown subcommand or wrong number of arguments for 'OBJECT'. Try DEBUG HELP."),
    }
}

#[test]
fn active_expiry_can_be_switched_off() {
    script! {
        "DEBUG SET-ACTIVE-EXPIRE 0" => ok(),
        "SET k v PX 1" => ok(),
        "DEBUG SLEEP 0.3" => ok(),
        "DBSIZE" => int(1),
        "DEBUG SET-ACTIVE-EXPIRE 1" => ok(),
        "DEBUG SLEEP 0" => ok(),
        "DEBUG SLEEP x" => ok(),
        "DEBUG SLEEP" => error("ERR unknown subcommand or wrong number of arguments for 'SLEEP'. Try DEBUG HELP."),
        "DEBUG LOG hello" => ok(),
        "DEBUG" => wrong_arity("debug"),
        "DEBUG no-such" => error("ERR unknown subcommand or wrong number of arguments for 'no-such'. Try DEBUG HELP."),
        "DEBUG HELP" => satisfies("lines, HELP last", |reply| {
            reply.items().is_some_and(|lines| *lines[lines.len() - 2] == simple("HELP"))
        }),
    }
    script_of_ours! {
        "DEBUG STRINGMATCH-LEN 5 a*a" => int(1),
        "DEBUG STRINGMATCH-LEN 5 a*b" => int(0),
    }
}

#[test]
fn it_is_off_unless_permitted() {
    for server in std::iter::once(Server::rkvs_with(&["--enable-debug-command", "no"]))
        .chain(Server::redis_with(&["--enable-debug-command", "no"]))
    {
        let expected = "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it \
                        from a local connection, otherwise you need to set this option in the configuration file, and then \
                        restart the server.";
        assert_eq!(server.client().line("DEBUG SLEEP 0"), error(expected));
    }
}
