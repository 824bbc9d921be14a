//! `CLIENT [GETNAME | HELP | ID | INFO | KILL | LIST | NO-EVICT | NO-TOUCH | PAUSE | REPLY | SETINFO | SETNAME | UNPAUSE]`

use std::time::{Duration, Instant};

use rkvs_tests::{Client, Protocol, Server, Value, binary, expect::*, script, script_of_ours};

/// The text of a reply, whatever kind of string it is.
fn text(reply: &Value) -> String {
    let text = reply.text().unwrap_or_else(|| panic!("{reply:?} is no text"));
    // RESP3 tells the format first.
    text.strip_prefix("txt:").map(str::to_owned).unwrap_or(text)
}

/// A field of a line of CLIENT LIST.
fn field<'l>(line: &'l str, name: &str) -> &'l str {
    let found = line.trim_end().split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("{name} is missing in {line}"))
}

fn id(client: &mut Client) -> i64 {
    client.line("CLIENT ID").integer().expect("an id")
}

#[test]
fn names_are_set_shown_and_checked() {
    script! {
        "CLIENT GETNAME" => nil(),
        "CLIENT SETNAME mine" => ok(),
        "CLIENT GETNAME" => bulk("mine"),
        "CLIENT SETNAME 'a b'" => error("ERR Client names cannot contain spaces, newlines or special characters."),
        r#"CLIENT SETNAME "a\n""# => error("ERR Client names cannot contain spaces, newlines or special characters."),
        "CLIENT GETNAME" => bulk("mine"),
        "CLIENT SETNAME ''" => ok(),
        "CLIENT GETNAME" => nil(),
        "CLIENT SETNAME" => wrong_arity("client|setname"),
        "CLIENT GETNAME x" => wrong_arity("client|getname"),
    }
}

#[test]
fn libraries_introduce_themselves() {
    script_of_ours! {
        "CLIENT SETINFO LIB-NAME redis-py" => ok(),
        "CLIENT SETINFO lib-ver 8.1.0" => ok(),
        "CLIENT SETINFO lib-name 'a b'" => error("ERR lib-name cannot contain spaces, newlines or special characters."),
        "CLIENT SETINFO badger hamster" => error("ERR Unrecognized option 'badger'"),
        "CLIENT SETINFO lib-name" => wrong_arity("client|setinfo"),
        "CLIENT INFO" => satisfies("a line with the library", |reply| {
            reply.text().is_some_and(|line| line.ends_with(" lib-name=redis-py lib-ver=8.1.0\n"))
        }),
    }
}

#[test]
fn unknown_subcommands_are_errors() {
    script! {
        "CLIENT" => wrong_arity("client"),
        "CLIENT no-such" => error("ERR unknown subcommand 'no-such'. Try CLIENT HELP."),
        "CLIENT MAINT_NOTIFICATIONS ON" => error("ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP."),
        "CLIENT HELP" => satisfies("lines, HELP last", |reply| {
            reply.items().is_some_and(|lines| *lines[lines.len() - 2] == simple("HELP"))
        }),
    }
}

#[test]
fn a_line_has_the_fields_of_the_reference_in_its_order() {
    let names = |server: &Server| {
        let line = text(&server.client().line("CLIENT INFO"));
        line.trim_end().split(' ').map(|field| field.split('=').next().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let ours = names(&Server::rkvs());
    if let Some(redis) = Server::redis() {
        let theirs = names(&redis);
        assert_eq!(ours[..theirs.len()], theirs, "7.2 adds fields at the end alone");
    }
    if !binary::rkvs_is_the_reference() {
        assert_eq!(ours.last().map(String::as_str), Some("lib-ver"));
    }
}

#[test]
fn list_and_info_tell_what_a_client_does() {
    let server = Server::rkvs();
    let (mut watched, mut watching) = (server.client_speaking(Protocol::Resp3), server.client());
    let number = id(&mut watched);
    watched.line("CLIENT SETNAME seen");
    watched.line("SELECT 3");
    watched.line("CLIENT NO-EVICT on");
    watched.line("CLIENT NO-TOUCH ON");
    watched.line("MULTI");
    watched.line("SET k v");
    let line = text(&watching.line(&format!("CLIENT LIST ID {number}")));
    for (name, value) in [
        ("id", number.to_string().as_str()),
        ("laddr", &server.addr().to_string()),
        ("name", "seen"),
        ("flags", if binary::rkvs_is_the_reference() { "xe" } else { "xeT" }),
        ("db", "3"),
        ("multi", "1"),
        ("cmd", "set"),
        ("user", "default"),
        ("resp", "3"),
        ("events", "r"),
    ] {
        assert_eq!(field(&line, name), value, "{name} in {line}");
    }
    assert!(field(&line, "tot-mem").parse::<u64>().is_ok_and(|bytes| bytes > 0), "{line}");
    let all = text(&watching.line("CLIENT LIST"));
    assert_eq!(all.lines().count(), 2, "{all}");
    let own = text(&watching.line("CLIENT INFO"));
    assert_eq!((field(&own, "cmd"), field(&own, "flags"), field(&own, "idle")), ("client|info", "N", "0"));
}

#[test]
fn list_takes_a_type_or_ids() {
    // Connections of the ways before may still be about to end.
    let has_lines: fn(&Value) -> bool = |reply| text(reply).lines().count() >= 1;
    let is_empty: fn(&Value) -> bool = |reply| text(reply).is_empty();
    script! {
        "CLIENT LIST TYPE normal" => satisfies("lines", has_lines),
        "CLIENT LIST type PUBSUB" => satisfies("nothing", is_empty),
        "CLIENT LIST TYPE replica" => satisfies("nothing", is_empty),
        "CLIENT LIST TYPE master" => satisfies("nothing", is_empty),
        "CLIENT LIST TYPE foo" => error("ERR Unknown client type 'foo'"),
        r#"CLIENT LIST TYPE "1\x00 2""# => error("ERR Unknown client type '1'"),
        r#"CLIENT KILL TYPE "1\x00""# => error("ERR Unknown client type '1'"),
        r#"CLIENT KILL USER "1\x00""# => error("ERR No such user '1'"),
        r#"HELLO 3 "1\x00""# => error("ERR Syntax error in HELLO option '1'"),
        r#"CONFIG SET "1\x00" x"# => error("ERR Unknown option or number of arguments for CONFIG SET - '1'"),
        r#"LATENCY GRAPH "1\x00""# => error("ERR No samples available for event '1'"),
        "CLIENT LIST ID 999999999 888888888" => satisfies("nothing", is_empty),
        "CLIENT LIST ID x" => error("ERR Invalid client ID"),
        "CLIENT LIST ID" => error("ERR syntax error"),
        "CLIENT LIST TYPE" => error("ERR syntax error"),
        "CLIENT LIST TYPE normal x" => error("ERR syntax error"),
        "CLIENT LIST foo bar" => error("ERR syntax error"),
    }
}

#[test]
fn kill_checks_its_filters() {
    script! {
        "CLIENT KILL" => wrong_arity("client|kill"),
        "CLIENT KILL 1.2.3.4:5" => error("ERR No such client"),
        "CLIENT KILL ID" => error("ERR No such client"),
        "CLIENT KILL ID 0" => error("ERR client-id should be greater than 0"),
        "CLIENT KILL ID -1" => error("ERR client-id should be greater than 0"),
        "CLIENT KILL ID x" => error("ERR client-id should be greater than 0"),
        "CLIENT KILL ID 999999999" => int(0),
        "CLIENT KILL TYPE foo" => error("ERR Unknown client type 'foo'"),
        "CLIENT KILL TYPE master SKIPME no" => int(0),
        "CLIENT KILL USER nobody" => error("ERR No such user 'nobody'"),
        "CLIENT KILL USER default ID 999999999" => int(0),
        "CLIENT KILL SKIPME maybe" => error("ERR syntax error"),
        "CLIENT KILL SKIPME yes TYPE pubsub" => int(0),
        "CLIENT KILL foo bar" => error("ERR syntax error"),
        "CLIENT KILL ID 999999999 TYPE" => error("ERR syntax error"),
        "CLIENT KILL LADDR 1.2.3.4:5 ADDR 1.2.3.4:5" => int(0),
    }
}

#[test]
fn kill_ends_the_clients_that_pass_the_filters() {
    for server in std::iter::once(Server::rkvs()).chain(Server::redis()) {
        let mut killer = server.client();
        let mut kill = |victim: &mut Client, request: &str, expected: Value| {
            assert_eq!(killer.line(request), expected, "{request}");
            assert_eq!(victim.try_rest().0, b"", "{request}: the victim gets nothing more");
        };
        let mut victim = server.client();
        let number = id(&mut victim);
        kill(&mut victim, &format!("CLIENT KILL ID {number}"), int(1));

        let mut victim = server.client();
        let address = victim.stream().local_addr().expect("a connected socket has one");
        assert_eq!(victim.line("PING"), simple("PONG"));
        kill(&mut victim, &format!("CLIENT KILL {address}"), ok());

        let mut victim = server.client();
        assert_eq!(victim.line("PING"), simple("PONG"));
        kill(&mut victim, &format!("CLIENT KILL LADDR {} TYPE normal", server.addr()), int(1));

        let mut own = server.client();
        let number = id(&mut own);
        assert_eq!(own.line(&format!("CLIENT KILL ID {number} SKIPME yes")), int(0));
        assert_eq!(own.line(&format!("CLIENT KILL ID {number} SKIPME no")), int(1), "the reply comes first");
        assert_eq!(own.try_rest().0, b"");
    }
}

#[test]
fn reply_hides_all_replies_or_the_next() {
    for server in std::iter::once(Server::rkvs()).chain(Server::redis()) {
        let exchange = |requests: &str, expected: &str| {
            let mut client = server.client();
            client.raw(requests.as_bytes());
            client.finish_sending();
            assert_eq!(String::from_utf8_lossy(&client.rest()), expected, "{requests:?}");
        };
        exchange("CLIENT REPLY SKIP\r\nPING a\r\nPING b\r\n", "$1\r\nb\r\n");
        exchange("CLIENT REPLY SKIP\r\nno-such\r\nPING b\r\n", "$1\r\nb\r\n");
        exchange(
            "CLIENT REPLY OFF\r\nPING a\r\nno-such\r\nCLIENT REPLY SKIP\r\nPING b\r\nCLIENT REPLY ON\r\nPING c\r\n",
            "+OK\r\n$1\r\nc\r\n",
        );
        exchange("CLIENT REPLY maybe\r\n", "-ERR syntax error\r\n");
    }
}

#[test]
fn switches_take_on_or_off() {
    script! {
        "CLIENT NO-EVICT on" => ok(),
        "CLIENT NO-EVICT OFF" => ok(),
        "CLIENT NO-EVICT maybe" => error("ERR syntax error"),
        "CLIENT REPLY ON" => ok(),
    }
    script_of_ours! {
        "CLIENT NO-TOUCH on" => ok(),
        "CLIENT NO-TOUCH OFF" => ok(),
        "CLIENT NO-TOUCH maybe" => error("ERR syntax error"),
        "CLIENT NO-TOUCH" => wrong_arity("client|no-touch"),
    }
}

#[test]
fn pause_checks_its_arguments() {
    script! {
        "CLIENT PAUSE x" => error("ERR timeout is not an integer or out of range"),
        "CLIENT PAUSE 99999999999999999999" => error("ERR timeout is not an integer or out of range"),
        "CLIENT PAUSE -1" => error("ERR timeout is negative"),
        "CLIENT PAUSE 10 foo" => error("ERR CLIENT PAUSE mode must be WRITE or ALL"),
        "CLIENT PAUSE x foo" => error("ERR CLIENT PAUSE mode must be WRITE or ALL"),
        "CLIENT PAUSE 10 write x"
            => error("ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP."),
        "CLIENT PAUSE 0" => ok(),
        "CLIENT UNPAUSE" => ok(),
        "CLIENT UNPAUSE x" => wrong_arity("client|unpause"),
    }
}

#[test]
fn a_pause_of_writes_lets_reads_pass_and_ends_on_demand() {
    for server in std::iter::once(Server::rkvs()).chain(Server::redis()) {
        let (mut admin, mut writer) = (server.client(), server.client());
        assert_eq!(admin.line("CLIENT PAUSE 100000 WRITE"), ok());
        assert_eq!(admin.line("GET k"), nil());
        writer.send(&["SET", "k", "v"]);
        // The writer's request has arrived when it is blocked.
        let deadline = Instant::now() + Duration::from_secs(10);
        while !text(&admin.line("CLIENT LIST")).lines().any(|line| field(line, "flags") == "b") {
            assert!(Instant::now() < deadline, "the writer waits");
        }
        assert_eq!(admin.line("GET k"), nil());
        assert!(text(&admin.line("INFO clients")).contains("blocked_clients:1\r\n"));
        assert_eq!(admin.line("CLIENT UNPAUSE"), ok());
        assert_eq!(writer.reply(), ok());
        assert!(text(&admin.line("INFO clients")).contains("blocked_clients:0\r\n"));
        assert_eq!(admin.line("GET k"), bulk("v"));
    }
}

#[test]
fn a_pause_of_everything_ends_by_itself() {
    for server in std::iter::once(Server::rkvs()).chain(Server::redis()) {
        let mut client = server.client();
        let started = Instant::now();
        assert_eq!(client.line("CLIENT PAUSE 200"), ok());
        assert_eq!(client.line("PING"), simple("PONG"));
        assert!(started.elapsed() >= Duration::from_millis(190), "waited {:?}", started.elapsed());
    }
}
