//! `SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]`

use rkvs_tests::{Server, expect::*, script};

#[test]
fn wrong_options_stop_nothing() {
    script! {
        "SHUTDOWN foo" => error("ERR syntax error"),
        "SHUTDOWN NOSAVE SAVE" => error("ERR syntax error"),
        "SHUTDOWN NOSAVE ABORT" => error("ERR syntax error"),
        "SHUTDOWN SAVE FORCE NOW ABORT" => error("ERR syntax error"),
        "SHUTDOWN ABORT NOW" => error("ERR syntax error"),
        "SHUTDOWN ABORT" => error("ERR No shutdown in progress."),
        "SHUTDOWN ABORT abort" => error("ERR No shutdown in progress."),
        "MULTI" => ok(),
        "SHUTDOWN" => error("ERR Command not allowed inside a transaction"),
        "DISCARD" => ok(),
    }
}

#[test]
fn the_server_ends_without_a_reply_and_with_exit_code_0() {
    for request in ["SHUTDOWN", "SHUTDOWN NOSAVE", "shutdown nosave now force", "SHUTDOWN SAVE FORCE"] {
        for mut server in std::iter::once(Server::rkvs()).chain(Server::redis()) {
            let (mut client, mut other) = (server.client(), server.client());
            assert_eq!(other.line("PING"), simple("PONG"));
            client.raw(format!("{request}\r\n").as_bytes());
            assert_eq!(client.try_rest().0, b"", "{request}");
            assert_eq!(other.try_rest().0, b"", "{request}");
            assert_eq!(server.wait().code(), Some(0), "{request}");
        }
    }
}
