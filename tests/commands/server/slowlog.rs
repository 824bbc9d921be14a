//! `SLOWLOG [GET | HELP | LEN | RESET]`

use rkvs_tests::{Server, expect::*, script};

#[test]
fn arguments_are_checked() {
    script! {
        "SLOWLOG RESET" => ok(),
        "SLOWLOG GET" => array([]),
        "SLOWLOG LEN" => int(0),
        "SLOWLOG GET -1" => array([]),
        "SLOWLOG GET -2" => error("ERR count should be greater than or equal to -1"),
        "SLOWLOG GET x" => error("ERR count should be greater than or equal to -1"),
        "SLOWLOG GET 1 2" => error("ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP."),
        "SLOWLOG no-such" => error("ERR unknown subcommand 'no-such'. Try SLOWLOG HELP."),
        "SLOWLOG LEN x" => wrong_arity("slowlog|len"),
        "SLOWLOG HELP" => satisfies("lines, HELP last", |reply| {
            reply.items().is_some_and(|lines| *lines[lines.len() - 2] == simple("HELP"))
        }),
    }
}

#[test]
fn entries_tell_who_asked_what_and_hide_passwords() {
    for server in std::iter::once(Server::rkvs()).chain(Server::redis()) {
        let mut client = server.client();
        let address = client.stream().local_addr().expect("a connected socket has one").to_string();
        client.line("CLIENT SETNAME me");
        assert_eq!(client.line("CONFIG SET slowlog-log-slower-than 0"), ok());
        client.line("SLOWLOG RESET");
        let long = "x".repeat(200);
        client.cmd(&["SET", "k", &long]);
        client.line("CONFIG SET requirepass ''");
        client.line("AUTH wrong");
        let entries = client.line("SLOWLOG GET 4");
        let entries = entries.items().expect("a list");
        let arguments = |index: usize| {
            let entry = entries[index].items().expect("an entry");
            assert_eq!(entry.len(), 6);
            assert_eq!((entry[4].text().as_deref(), entry[5].text().as_deref()), (Some(address.as_str()), Some("me")));
            let words = entry[3].items().expect("arguments");
            words.iter().map(|word| word.text().expect("text")).collect::<Vec<_>>()
        };
        assert_eq!(arguments(0), ["AUTH", "(redacted)"]);
        assert_eq!(arguments(1), ["CONFIG", "SET", "requirepass", "(redacted)"]);
        assert_eq!(arguments(2), ["SET", "k", &format!("{}... (72 more bytes)", "x".repeat(128))]);
        assert_eq!(arguments(3), ["SLOWLOG", "RESET"]);
        let ids: Vec<_> =
            entries.iter().map(|entry| entry.items().and_then(|entry| entry[0].integer()).expect("an id")).collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1] + 1), "{ids:?}");
        assert_eq!(client.line("CONFIG SET slowlog-max-len 2"), ok());
        client.line("PING");
        assert_eq!(client.line("SLOWLOG LEN"), int(2));
    }
}
