//! `QUIT`

use rkvs_tests::{Server, expect::*};

#[test]
fn answers_and_closes() {
    let server = Server::rkvs();
    let mut client = server.client();
    assert_eq!(client.line("QUIT"), ok());
    assert_eq!(client.rest(), b"");
}

#[test]
fn takes_the_transaction_along() {
    let server = Server::rkvs();
    let mut client = server.client();
    client.line("MULTI");
    client.line("SET k v");
    assert_eq!(client.line("QUIT"), ok());
    assert_eq!(server.client().line("EXISTS k"), int(0));
}
