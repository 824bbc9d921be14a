//! `AUTH [username] password`

use rkvs_tests::{Server, binary, expect::*, script};

const WRONG_PASSWORD: &str = "WRONGPASS invalid username-password pair or user is disabled.";

#[test]
fn without_a_password_there_is_nothing_to_prove() {
    script! {
        "AUTH secret" => error(
            "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
             configuration is correct?"
        ),
        "AUTH default anything" => ok(),
        "AUTH nobody anything" => error(WRONG_PASSWORD),
        "AUTH a b c" => error("ERR syntax error"),
        "AUTH" => wrong_arity("auth"),
    }
}

#[test]
fn the_password_opens_the_connection_for_good() {
    let flags = ["--requirepass", "secret"];
    let mut servers = vec![Server::rkvs_with(&flags)];
    servers.extend(Server::redis_with(&flags).filter(|_| !binary::rkvs_is_the_reference()));
    for server in servers {
        let mut client = server.client();
        let mut answers = |line: &str, expected| assert_eq!(client.line(line), expected, "{line}");
        answers("GET k", error("NOAUTH Authentication required."));
        answers("AUTH wrong", error(WRONG_PASSWORD));
        answers("AUTH default wrong", error(WRONG_PASSWORD));
        answers("GET k", error("NOAUTH Authentication required."));
        answers("AUTH secret", ok());
        answers("GET k", nil());
        // A later mistake takes nothing away.
        answers("AUTH wrong", error(WRONG_PASSWORD));
        answers("GET k", nil());
        answers("AUTH default secret", ok());
    }
}
