//! `SAVE`, `BGSAVE [SCHEDULE]`, `LASTSAVE`; what becomes of a server that is killed is in `tests/durability`.

use rkvs_tests::{Server, expect::*, script};

#[test]
fn everything_is_saved() {
    script! {
        "SET k v" => ok(),
        "SAVE" => ok(),
        "SAVE now" => wrong_arity("save"),
        "BGSAVE now" => error("ERR syntax error"),
        "BGSAVE SCHEDULE SCHEDULE" => error("ERR syntax error"),
        "LASTSAVE" => satisfies("a time of these years", |reply| matches!(reply, rkvs_tests::Value::Integer(1_700_000_000..))),
        "LASTSAVE now" => wrong_arity("lastsave"),
        "MULTI" => ok(),
        "SAVE" => error("ERR Command not allowed inside a transaction"),
        "DISCARD" => ok(),
    }
}

#[test]
fn a_background_save_ends_by_itself() {
    let server = Server::rkvs();
    let mut client = server.client();
    client.line("SET k v");
    assert!(info(&mut client, "rdb_changes_since_last_save") > 0);
    assert_eq!(client.line("BGSAVE"), simple("Background saving started"));
    client.until("the save has ended", |client| info(client, "rdb_saves") == 1);
    assert_eq!(info(&mut client, "rdb_changes_since_last_save"), 0);
    assert!(server.dir().join("dump.rkvs").is_file());
    assert_eq!(client.line("MULTI"), ok());
    assert_eq!(client.line("BGSAVE SCHEDULE"), simple("QUEUED"));
    assert_eq!(client.line("EXEC"), array([simple("Background saving scheduled")]));
    client.until("the save has ended", |client| info(client, "rdb_saves") == 2);
}

/// A number that INFO persistence tells.
fn info(client: &mut rkvs_tests::Client, name: &str) -> i64 {
    let text = super::prose(&client.line("INFO persistence"));
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    found.and_then(|number| number.trim().parse().ok()).unwrap_or_else(|| panic!("{name} is not in {text}"))
}
