//! `DUMP key`

use rkvs_tests::{expect::*, script};

#[test]
fn payloads_are_those_of_the_reference() {
    script! {
        "DUMP missing" => nil(),
        "SET text 'hello world'" => ok(),
        "DUMP text" => bulk(b"\x00\x0bhello world\x0a\x00\x0b\xfcI\xb9\xa6\xc7\xa04"),
        "SET n -129" => ok(),
        "DUMP n" => bulk(b"\x00\xc1\x7f\xff\x0a\x00\x17`\x82(T\x80\x84\x80"),
        "HSET h f v" => int(1),
        "DUMP h" => bulk(b"\x10\x0d\x0d\x00\x00\x00\x02\x00\x81f\x02\x81v\x02\xff\x0a\x00 \xf1=D#T\x08\x9d"),
        "HSET h f vv" => int(0),
        "HSET h f v" => int(0),
        "DUMP h" => bulk(b"\x10\x0d\x0d\x00\x00\x00\x02\x00\x81f\x02\x81v\x02\xff\x0a\x00 \xf1=D#T\x08\x9d"),
        "DUMP" => wrong_arity("dump"),
        "DUMP a b" => wrong_arity("dump"),
    }
}

#[test]
fn a_hash_that_has_outgrown_its_packed_form_is_dumped_as_a_table() {
    let long = "x".repeat(65);
    script! {
        format!("HSET h f {long}") => int(1),
        "HSET h f v" => int(0),
        "OBJECT ENCODING h" => bulk("hashtable"),
        "DUMP h" => satisfies("a hash written field by field", |reply| {
            reply.bytes().is_some_and(|payload| payload.starts_with(b"\x04\x01\x01f\x01v"))
        }),
    }
}

#[test]
fn an_expired_key_has_no_payload() {
    script! {
        "SET k v PXAT 1" => ok(),
        "DUMP k" => nil(),
    }
}
