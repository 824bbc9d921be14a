//! `NAMESPACE LIST`

use rkvs_tests::{Server, expect::*, script_of_ours};

#[test]
fn names_stand_in_the_order_of_their_indexes() {
    let server = Server::rkvs_with(&["--databases", "3"]);
    let mut client = server.client();
    assert_eq!(client.line("NAMESPACE LIST"), bulks(["0", "1", "2"]));
    client.line("NAMESPACE CREATE late DB 20");
    client.line("NAMESPACE CREATE first");
    client.line("NAMESPACE CREATE second");
    assert_eq!(client.line("NAMESPACE LIST"), bulks(["0", "1", "2", "first", "second", "late"]));
    client.line("NAMESPACE DELETE first");
    client.line("NAMESPACE CREATE third");
    assert_eq!(client.line("NAMESPACE LIST"), bulks(["0", "1", "2", "third", "second", "late"]));
}

#[test]
fn takes_no_arguments() {
    script_of_ours! {
        "NAMESPACE LIST x" => wrong_arity("namespace|list"),
        "NAMESPACE" => wrong_arity("namespace"),
        "NAMESPACE NOSUCH" => error("ERR unknown subcommand 'NOSUCH'. Try NAMESPACE HELP."),
    }
}
