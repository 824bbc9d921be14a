//! The client libraries people use, doing what people do with them, with the handshake they come with.
//!
//! The Python and Node.js clients run as programs of their own ([`scripts`]) that are given the server's address in
//! `RKVS_ADDR`; what they need is installed by `tests/run`. The Rust clients are compiled in with the feature
//! `clients`. Each runs against the server under test, and against the reference where that is installed.

#[cfg(feature = "clients")]
mod fred_client;
#[cfg(feature = "clients")]
mod redis_rs;
mod scripts;

use rkvs_tests::{Server, binary};

/// Runs `test` on the server under test and, where it is installed, on the reference.
fn on_both(test: impl Fn(&str, &Server)) {
    test("the server under test", &Server::rkvs());
    if !binary::rkvs_is_the_reference()
        && let Some(redis) = Server::redis()
    {
        test("the reference (so the test is wrong)", &redis);
    }
}

#[cfg(not(feature = "clients"))]
#[test]
fn rust_clients() {
    rkvs_tests::skip::skipped("clients: redis-rs and fred", "built without the feature `clients`; see tests/run");
}
