//! `NAMESPACE SAVE name [file]` and `NAMESPACE LOAD file [AS name]`

use super::{NONE, facts};
use rkvs_tests::{Server, expect::*, script_of_ours};

#[test]
fn a_namespace_is_saved_and_loaded_under_any_name() {
    script_of_ours! {
        "NAMESPACE CREATE a SHARDS 2 MAXKEYS 10" => ok(),
        "NAMESPACE USE a" => ok(),
        "SET k v" => ok(),
        "HSET h f v" => int(1),
        "NAMESPACE SAVE a" => ok(),
        "NAMESPACE SAVE a copy" => ok(),
        "SELECT 0" => ok(),
        "NAMESPACE LOAD a" => error("NAMESPACEEXISTS a namespace of that name exists"),
        "NAMESPACE LOAD a.rkvs AS b" => ok(),
        "NAMESPACE USE b" => ok(),
        "GET k" => bulk("v"),
        "HGET h f" => bulk("v"),
        "SET k other" => ok(),
        "NAMESPACE CONFIG GET b m*keys" => map([("max_keys", "10")]),
        "SELECT 0" => ok(),
        "NAMESPACE DELETE a" => ok(),
        "NAMESPACE LOAD copy" => ok(),
        "NAMESPACE USE a" => ok(),
        "GET k" => bulk("v"),
        "NAMESPACE LOAD copy AS a:b AS c" => error("ERR syntax error"),
        "NAMESPACE LOAD copy AS" => error("ERR syntax error"),
        "NAMESPACE LOAD copy a" => error("ERR syntax error"),
        "NAMESPACE LOAD copy AS a/b" => error_starting("ERR"),
        "NAMESPACE LOAD none" => error("ERR cannot open none.rkvs: No such file or directory (os error 2)"),
        "NAMESPACE SAVE none" => error(NONE),
        "NAMESPACE SAVE a ../a" => error("ERR a file name starts with no dot"),
        "NAMESPACE SAVE a x/y" => error("ERR a file name has letters, digits, or any of . _ -, not '/' (at 1)"),
        "NAMESPACE SAVE a dump" => error("ERR this file holds everything: see SAVE"),
        "NAMESPACE SAVE a b c" => error("ERR syntax error"),
        "NAMESPACE SAVE" => wrong_arity("namespace|save"),
        "NAMESPACE LOAD" => wrong_arity("namespace|load"),
        "MULTI" => ok(),
        "NAMESPACE SAVE a" => error("ERR Command not allowed inside a transaction"),
        "DISCARD" => ok(),
        "SELECT 0" => ok(),
        "NAMESPACE DELETE a" => ok(),
        "NAMESPACE DELETE b" => ok(),
    }
}

#[test]
fn a_file_that_does_not_hold_one_namespace_changes_nothing() {
    let server = Server::rkvs();
    let mut client = server.client();
    client.line("SET k v");
    assert_eq!(client.line("SAVE"), ok());
    std::fs::rename(server.dir().join("dump.rkvs"), server.dir().join("all.rkvs")).unwrap();
    let several = "BADFILE all.rkvs: it holds 16 namespaces, not one";
    assert_eq!(client.line("NAMESPACE LOAD all AS a"), error(several));
    std::fs::write(server.dir().join("text.rkvs"), "* * * * * root true\n").unwrap();
    assert!(
        matches!(client.line("NAMESPACE LOAD text AS a"), rkvs_tests::Value::Error(text) if text.starts_with(b"BADFILE "))
    );
    assert_eq!(client.line("NAMESPACE USE a"), error(NONE));
    assert_eq!(facts(&client.line("NAMESPACE INFO 0"))["keys"], "1");
}

#[test]
fn rdb_files_do_as_well() {
    script_of_ours! {
        "CONFIG SET snapshot-format rdb" => ok(),
        "NAMESPACE CREATE r MAXVALUESIZE 100" => ok(),
        "NAMESPACE USE r" => ok(),
        "SET k v PX 100000000" => ok(),
        "NAMESPACE SAVE r" => ok(),
        "NAMESPACE LOAD r AS q" => ok(),
        "NAMESPACE USE q" => ok(),
        "GET k" => bulk("v"),
        "PTTL k" => between(1, 100_000_000),
        "NAMESPACE CONFIG GET q max_value_size" => map([("max_value_size", "100")]),
        "CONFIG SET snapshot-format auto" => ok(),
        "SELECT 0" => ok(),
        "NAMESPACE DELETE r" => ok(),
        "NAMESPACE DELETE q" => ok(),
    }
}
