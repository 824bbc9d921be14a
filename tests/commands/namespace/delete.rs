//! `NAMESPACE DELETE name`

use super::NONE;
use rkvs_tests::{Server, expect::*, script_of_ours};

#[test]
fn keys_go_with_their_namespace() {
    script_of_ours! {
        "NAMESPACE DELETE a" => error(NONE),
        "NAMESPACE CREATE a" => ok(),
        "NAMESPACE USE a" => ok(),
        "SET k v" => ok(),
        "NAMESPACE USE 0" => ok(),
        "NAMESPACE DELETE a" => ok(),
        "NAMESPACE DELETE a" => error(NONE),
        "NAMESPACE USE a" => error(NONE),
        "NAMESPACE CREATE a" => ok(),
        "NAMESPACE USE a" => ok(),
        "GET k" => nil(),
        "SELECT 0" => ok(),
        "NAMESPACE DELETE a" => ok(),
        "NAMESPACE DELETE 0" => error("ERR the numbered databases cannot be deleted"),
        "NAMESPACE DELETE 15" => error("ERR the numbered databases cannot be deleted"),
        r#"NAMESPACE DELETE "\xff""# => error(NONE),
        "NAMESPACE DELETE" => wrong_arity("namespace|delete"),
        "NAMESPACE DELETE a b" => wrong_arity("namespace|delete"),
    }
}

#[test]
fn sessions_inside_are_told_until_they_leave() {
    let server = Server::rkvs();
    let (mut one, mut other) = (server.client(), server.client());
    one.line("NAMESPACE CREATE a DB 30");
    other.line("NAMESPACE USE a");
    assert_eq!(other.line("SET k v"), ok());
    assert_eq!(other.line("WATCH k"), ok());
    assert_eq!(one.line("NAMESPACE DELETE a"), ok());
    let gone = error("NONAMESPACE the namespace was deleted");
    assert_eq!(other.line("GET k"), gone);
    assert_eq!(other.line("HSET h f v"), gone);
    assert_eq!(other.line("PING"), simple("PONG"));
    assert_eq!(one.line("SELECT 30"), error("ERR DB index is out of range"));
    // One of the same name and index is another.
    assert_eq!(one.line("NAMESPACE CREATE a DB 30"), ok());
    assert_eq!(other.line("GET k"), gone);
    assert_eq!(other.line("UNWATCH"), ok());
    assert_eq!(other.line("SELECT 0"), ok());
    assert_eq!(other.line("GET k"), nil());
}
