//! `RESET`

use rkvs_tests::{Protocol, Server, expect::*};

#[test]
fn makes_the_connection_as_new() {
    let server = Server::rkvs();
    let mut client = server.client_speaking(Protocol::Resp3);
    let mut answers = |line: &str, expected| assert_eq!(client.line(line), expected, "{line}");
    answers("SET k zero", ok());
    answers("SELECT 1", ok());
    answers("CLIENT SETNAME me", ok());
    answers("WATCH k", ok());
    answers("MULTI", ok());
    answers("SET k lost", simple("QUEUED"));
    answers("RESET", simple("RESET"));
    answers("EXEC", error("ERR EXEC without MULTI"));
    answers("GET k", bulk("zero"));
    answers("CLIENT GETNAME", nil());
    answers("HGETALL none", array([]));
    answers("RESET now", wrong_arity("reset"));
}
