//! `DEBUG subcommand …`

use rkvs_tests::{Server, Value, expect::*, script, script_of_ours};

use super::prose;

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

#[test]
fn digests_are_those_of_the_reference() {
    let none = "0".repeat(40);
    script! {
        "DEBUG DIGEST" => simple(&none),
        "SET a hello" => ok(),
        "DEBUG DIGEST" => simple("7bba0c6c0ba7cf343554878a513cce31a28c4abb"),
        "DEBUG DIGEST-VALUE a no-such" => array([simple("36b23a1456b2dce2c3ed252c456761301dba8060"), simple(&none)]),
        "DEBUG DIGEST-VALUE" => array([]),
        "SET n 12345" => ok(),
        "DEBUG DIGEST-VALUE n" => array([simple("e1cf90774e995ae03de66e8109dc5cb9d9c2dc83")]),
        "HSET h f v g 17" => int(2),
        "DEBUG DIGEST-VALUE h" => array([simple("1f6eaa767070417428e3b00c42829231ed5661ab")]),
        "EXPIRE h 10000" => int(1),
        "DEBUG DIGEST-VALUE h" => array([simple("f9eb5489ac49ab20e9f55bf407e85daaf7f82028")]),
        "DEBUG DIGEST" => simple("788e491d828d2e8ad10915b04b620b64c14f6924"),
        "DEBUG DIGEST x" => error("ERR unknown subcommand or wrong number of arguments for 'DIGEST'. Try DEBUG HELP."),
    }
}

#[test]
fn digests_of_many_keys_agree_whatever_their_encoding() {
    let digest = |server: &Server| {
        let mut client = server.client();
        for (db, limit) in [("0", "128"), ("7", "1")] {
            client.cmd(&["SELECT", db]);
            client.cmd(&["CONFIG", "SET", "hash-max-listpack-entries", limit]);
            for i in 0..300_u32 {
                client.cmd(&["SET", &format!("s{i}"), &"v".repeat((i * 37) as usize)]);
                client.cmd(&["SET", &format!("n{i}"), &(i64::from(i) * -77_777_777_777).to_string(), "EX", "10000"]);
                client.cmd(&["HSET", &format!("h{}", i % 20), &i.to_string(), &"w".repeat((i * 11) as usize), "", "x"]);
            }
        }
        client.line("DEBUG DIGEST")
    };
    let ours = digest(&Server::rkvs());
    assert_eq!(ours.text().expect("a digest").len(), 40);
    if let Some(redis) = Server::redis() {
        assert_eq!(ours, digest(&redis));
    }
}

#[test]
fn serialized_lengths_are_those_of_the_reference_without_compression() {
    let lengths = |server: &Server| {
        let mut client = server.client();
        client.line("CONFIG SET rdbcompression no");
        client.line("CONFIG SET hash-max-listpack-value 20000 hash-max-listpack-entries 512");
        let mut requests: Vec<Vec<String>> = Vec::new();
        for value in ["0", "127", "128", "-128", "-129", "32767", "32768", "-32769", "2147483647", "2147483648", "007"]
        {
            requests.push(vec!["SET".into(), format!("s{value}"), value.into()]);
            requests.push(vec!["HSET".into(), "small".into(), value.into(), format!("{value}1")]);
        }
        for value in [63, 64, 100, 4_095, 4_096, 16_383, 16_384, 16_390] {
            requests.push(vec!["SET".into(), format!("long{value}"), "x".repeat(value)]);
            requests.push(vec!["HSET".into(), format!("long-field{value}"), "f".into(), "x".repeat(value)]);
        }
        for integer in
            [-1, 4_095, 4_096, -4_096, -4_097, 8_388_607, 8_388_608, 2_147_483_647, 2_147_483_648_i64, i64::MIN]
        {
            requests.push(vec!["HSET".into(), "integers".into(), integer.to_string(), "v".into()]);
        }
        for i in 0..600 {
            requests.push(vec!["HSET".into(), "table".into(), i.to_string(), "v".repeat(i)]);
        }
        requests.push(vec!["APPEND".into(), "changed".into(), "123".into()]);
        requests.push(vec!["APPEND".into(), "changed".into(), "456".into()]);
        client.pipeline(&requests);
        let mut keys: Vec<_> = requests.iter().map(|request| request[1].clone()).collect();
        keys.sort();
        keys.dedup();
        keys.into_iter()
            .map(|key| {
                let text = client.cmd(&["DEBUG", "OBJECT", &key]).text().expect("a description");
                let field = |name: &str| text.split(' ').find_map(|word| word.strip_prefix(name)).map(str::to_owned);
                let encoding = field("encoding:").expect("it is told");
                (key, encoding, field("serializedlength:").expect("it is told"))
            })
            .collect::<Vec<_>>()
    };
    let ours = lengths(&Server::rkvs());
    assert!(ours.contains(&("s127".into(), "int".into(), "2".into())), "{ours:?}");
    if let Some(redis) = Server::redis() {
        assert_eq!(ours, lengths(&redis));
    }
}

#[test]
fn objects_tell_what_is_kept_and_nothing_else() {
    fn fields(reply: &Value) -> Vec<String> {
        let text = reply.text().unwrap_or_default();
        text.split(' ').skip(1).filter_map(|word| Some(word.split_once(':')?.0.to_owned())).collect()
    }
    script_of_ours! {
        "SET k v" => ok(),
        "DEBUG OBJECT k" => satisfies("a frequency in place of a time", |reply| {
            fields(reply) == ["at", "refcount", "encoding", "serializedlength", "frequency"]
        }),
        "DEBUG OBJECT k" => satisfies("an address", |reply| !reply.text().unwrap_or_default().contains("at:0x0 ")),
    }
}

#[test]
fn a_database_can_be_populated() {
    let wrong = "ERR unknown subcommand or wrong number of arguments for 'POPULATE'. Try DEBUG HELP.";
    script! {
        "SET key:1 own" => ok(),
        "DEBUG POPULATE 3" => ok(),
        "MGET key:0 key:1 key:2 key:3" => array([bulk("value:0"), bulk("own"), bulk("value:2"), nil()]),
        "DEBUG POPULATE 12 p 10" => ok(),
        "GET p:11" => bulk("value:11\0\0"),
        "DEBUG POPULATE 1 q 4" => ok(),
        "GET q:0" => bulk("valu"),
        "DEBUG POPULATE 1 r 0" => ok(),
        "GET r:0" => bulk("value:0"),
        "DEBUG POPULATE x" => error("ERR value is out of range, must be positive"),
        "DEBUG POPULATE -1" => error("ERR value is out of range, must be positive"),
        "DEBUG POPULATE 1 r -1" => error("ERR value is out of range, must be positive"),
        "DEBUG POPULATE" => error(wrong),
        "DEBUG POPULATE 1 2 3 4" => error(wrong),
        "DBSIZE" => int(17),
    }
}

#[test]
fn tables_are_described() {
    let no_table = "ERR The value stored at the specified key is not represented using an hash table";
    script! {
        "DEBUG HTSTATS 99" => error("ERR Out of range database"),
        "DEBUG HTSTATS x" => error("ERR value is not an integer or out of range"),
        "DEBUG HTSTATS-KEY k" => error("ERR no such key"),
        "SET k v" => ok(),
        "DEBUG HTSTATS-KEY k" => error(no_table),
        "HSET h f v" => int(1),
        "DEBUG HTSTATS-KEY h" => error(no_table),
        "DEBUG HTSTATS 0" => satisfies("the number of keys", |reply| prose(reply).contains(" number of elements: 2\n")),
        format!("HSET h f {}", "v".repeat(100)) => int(0),
        "DEBUG HTSTATS-KEY h" => satisfies("the number of fields", |reply| {
            prose(reply).contains(" number of elements: 1\n")
        }),
        "DEBUG HTSTATS 9" => satisfies("that there is nothing", |reply| prose(reply).starts_with("[Dictionary HT]\n")),
    }
}

#[test]
fn without_a_file_there_is_nothing_to_rewrite() {
    let server = Server::rkvs();
    let refused = error("ERR The server is running without a config file");
    assert_eq!(server.client().line("DEBUG CONFIG-REWRITE-FORCE-ALL"), refused);
}
