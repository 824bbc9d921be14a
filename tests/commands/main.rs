//! What each command does, seen from outside: one file per command, in the folder of its group.
//!
//! A test is a table of requests and replies ([`rkvs_tests::script!`]), which runs over RESP2 and RESP3, one by one and
//! pipelined, on the server under test and on the reference where it is installed. Tests that need a second
//! connection or a setting start a [`rkvs_tests::Server`] themselves.

mod batch;
mod completeness;
mod connection;
mod hash;
mod introspection;
mod keyspace;
mod namespace;
mod server;
mod string;
mod transaction;
