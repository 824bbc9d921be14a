//! `NAMESPACE AUTOSAVE LIST`, `SET name SECONDS n [PATTERN p] [KEEP n]`, `STOP name`

use super::{NONE, facts};
use rkvs_tests::{Server, Value, expect::*, script_of_ours};

#[test]
fn what_cannot_be_is_refused() {
    script_of_ours! {
        "NAMESPACE CREATE a" => ok(),
        "NAMESPACE AUTOSAVE LIST" => array([]),
        "NAMESPACE AUTOSAVE SET none SECONDS 1" => error(NONE),
        "NAMESPACE AUTOSAVE SET a" => error("ERR syntax error"),
        "NAMESPACE AUTOSAVE SET a SECONDS" => error("ERR syntax error"),
        "NAMESPACE AUTOSAVE SET a SECONDS x" => error("ERR value is not an integer or out of range"),
        "NAMESPACE AUTOSAVE SET a SECONDS 0" => error("ERR an autosave interval has at least 1000 ms, not 0"),
        "NAMESPACE AUTOSAVE SET a SECONDS 99999999999" => error_starting("ERR"),
        "NAMESPACE AUTOSAVE SET a SECONDS 5 PATTERN {name}" => error("ERR {name} is no placeholder: there are {ns} and {ts}"),
        "NAMESPACE AUTOSAVE SET a SECONDS 5 PATTERN ../{ns}" => error_starting("ERR a file name has letters"),
        "NAMESPACE AUTOSAVE SET a SECONDS 5 PATTERN all-{ts}" =>
            error("ERR a pattern needs {ns}: else several namespaces are saved to one file"),
        "NAMESPACE CREATE dump" => ok(),
        "NAMESPACE AUTOSAVE SET dump SECONDS 5 PATTERN {ns}" => error("ERR dump.rkvs holds everything: see SAVE"),
        "NAMESPACE AUTOSAVE SET a SECONDS 5 KEEP -1" => error_starting("ERR"),
        "NAMESPACE AUTOSAVE STOP a" => error("ERR there is no autosave of that name"),
        "NAMESPACE AUTOSAVE LIST a" => wrong_arity("namespace|autosave"),
        "NAMESPACE AUTOSAVE foo" => error_starting("ERR unknown subcommand"),
        "NAMESPACE AUTOSAVE" => wrong_arity("namespace|autosave"),
        "NAMESPACE AUTOSAVE SET a SECONDS 1000 KEEP 3" => ok(),
        "NAMESPACE AUTOSAVE SET a SECONDS 2000 PATTERN {ns}" => ok(),
        "NAMESPACE AUTOSAVE STOP a" => ok(),
        "NAMESPACE AUTOSAVE LIST" => array([]),
        "NAMESPACE DELETE a" => ok(),
        "NAMESPACE DELETE dump" => ok(),
    }
}

/// The one task there is.
fn task(reply: &Value) -> Option<std::collections::BTreeMap<String, String>> {
    match reply {
        Value::Array(tasks) => tasks.first().map(facts),
        other => panic!("no list: {other:?}"),
    }
}

#[test]
fn files_appear_until_the_task_or_its_namespace_ends() {
    let server = Server::rkvs();
    let mut client = server.client();
    client.line("NAMESPACE CREATE a");
    client.line("NAMESPACE USE a");
    client.line("SET k v");
    assert_eq!(client.line("NAMESPACE AUTOSAVE SET a SECONDS 1 KEEP 1"), ok());
    let listed = task(&client.line("NAMESPACE AUTOSAVE LIST")).unwrap();
    assert_eq!((&*listed["name"], &*listed["pattern"], &*listed["last_status"]), ("a", "{ns}-{ts}.rkvs", "none"));
    assert_eq!(facts(&client.line("NAMESPACE INFO a"))["autosave"], "1");
    client.until("it is saved", |client| task(&client.line("NAMESPACE AUTOSAVE LIST")).unwrap()["last_status"] == "ok");
    let file = task(&client.line("NAMESPACE AUTOSAVE LIST")).unwrap()["last_file"].clone();
    assert!(file.starts_with("a-2") && server.dir().join(&file).is_file(), "{file}");
    assert_eq!(client.line(&format!("NAMESPACE LOAD {file} AS b")), ok());
    client.line("SET k w");
    client.until("it is saved anew", |client| {
        task(&client.line("NAMESPACE AUTOSAVE LIST")).unwrap()["last_file"] != file
    });
    client.until("the older file is gone", |_| !server.dir().join(&file).exists());
    client.line("SELECT 0");
    assert_eq!(client.line("NAMESPACE DELETE a"), ok());
    assert_eq!(task(&client.line("NAMESPACE AUTOSAVE LIST")), None);
}

#[test]
fn loading_a_namespace_leaves_the_tasks_of_others_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rkvs.toml");
    std::fs::write(&file, "[namespaces.a]\nautosave = 1000\n[namespaces.b]\n").expect("written");
    let server = Server::rkvs_with(&[file.to_str().expect("UTF-8")]);
    let mut client = server.client();
    assert_eq!(task(&client.line("NAMESPACE AUTOSAVE LIST")).expect("as configured")["seconds"], "1000");
    assert_eq!(client.line("NAMESPACE AUTOSAVE STOP a"), ok());
    assert_eq!(client.line("NAMESPACE AUTOSAVE SET b SECONDS 2000"), ok());
    assert_eq!(client.line("NAMESPACE SAVE b"), ok());
    assert_eq!(client.line("NAMESPACE DELETE b"), ok());
    assert_eq!(task(&client.line("NAMESPACE AUTOSAVE LIST")), None);
    assert_eq!(client.line("NAMESPACE CREATE other"), ok());
    assert_eq!(client.line("NAMESPACE SAVE other"), ok());
    assert_eq!(client.line("NAMESPACE DELETE other"), ok());
    assert_eq!(client.line("NAMESPACE LOAD other"), ok());
    assert_eq!(task(&client.line("NAMESPACE AUTOSAVE LIST")), None, "who was stopped stays so");
    // What the configuration names follows the configuration, not a file.
    assert_eq!(client.line("NAMESPACE LOAD b"), ok());
    assert_eq!(task(&client.line("NAMESPACE AUTOSAVE LIST")), None);
}

#[test]
fn a_loaded_namespace_is_saved_on() {
    let server = Server::rkvs();
    let mut client = server.client();
    client.line("NAMESPACE CREATE a");
    assert_eq!(client.line("NAMESPACE AUTOSAVE SET a SECONDS 2000"), ok());
    assert_eq!(client.line("NAMESPACE SAVE a"), ok());
    assert_eq!(client.line("NAMESPACE DELETE a"), ok());
    assert_eq!(client.line("NAMESPACE LOAD a AS copy"), ok());
    assert_eq!(task(&client.line("NAMESPACE AUTOSAVE LIST")), None, "a copy is another namespace");
    assert_eq!(client.line("NAMESPACE LOAD a"), ok());
    assert_eq!(task(&client.line("NAMESPACE AUTOSAVE LIST")).expect("its own")["seconds"], "2000");
}
