//! `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`

use rkvs_engine::rdb::{Content, Encoder, Settings};
use rkvs_tests::{Server, expect::*, script, script_of_ours};

/// The string `v`, and the hash of the field `f` with that value.
const STRING: &str = r#""\x00\x01v\x0a\x00\x91\x08\xce\xb2\x198\x8a\xce""#;
const HASH: &str = r#""\x10\x0d\x0d\x00\x00\x00\x02\x00\x81f\x02\x81v\x02\xff\x0a\x00 \xf1=D#T\x08\x9d""#;

#[test]
fn makes_the_value_again() {
    script! {
        format!("RESTORE s 0 {STRING}") => ok(),
        "GET s" => bulk("v"),
        "TTL s" => int(-1),
        format!("RESTORE h 0 {HASH}") => ok(),
        "HGETALL h" => map([("f", "v")]),
        "OBJECT ENCODING h" => bulk("listpack"),
        "HSET h g w" => int(1),
        "RESTORE s 0" => wrong_arity("restore"),
    }
}

#[test]
fn a_key_that_is_there_is_replaced_only_when_asked() {
    script! {
        "SET s before EX 1000" => ok(),
        format!("RESTORE s 0 {STRING}") => error("BUSYKEY Target key name already exists."),
        "RESTORE s x bad" => error("BUSYKEY Target key name already exists."),
        "GET s" => bulk("before"),
        format!("RESTORE s 0 {HASH} replace") => ok(),
        "HGET s f" => bulk("v"),
        "TTL s" => int(-1),
        "SET s v PXAT 1" => ok(),
        format!("RESTORE s 0 {STRING}") => ok(),
        format!("RESTORE s 0 {STRING} REPLACE REPLACE") => ok(),
    }
}

#[test]
fn the_time_to_live_is_relative_or_absolute() {
    script! {
        format!("RESTORE a 5000000 {STRING}") => ok(),
        "PTTL a" => between(4_000_000, 5_000_000),
        format!("RESTORE b 33177117420123 {STRING} ABSTTL") => ok(),
        "PEXPIRETIME b" => int(33_177_117_420_123),
        format!("RESTORE c 0 {STRING} ABSTTL") => ok(),
        "TTL c" => int(-1),
        format!("RESTORE d -1 {STRING}") => error("ERR Invalid TTL value, must be >= 0"),
        format!("RESTORE d x {STRING}") => error("ERR value is not an integer or out of range"),
        format!("RESTORE d '' {STRING}") => error("ERR value is not an integer or out of range"),
        "EXISTS d" => int(0),
    }
}

#[test]
fn what_has_expired_already_takes_the_place_of_what_was_there() {
    script! {
        "SET s before" => ok(),
        format!("RESTORE s 1 {STRING} ABSTTL REPLACE") => ok(),
        "EXISTS s" => int(0),
        format!("RESTORE s 1 {STRING} ABSTTL") => ok(),
        "EXISTS s" => int(0),
        "SET s before" => ok(),
        "RESTORE s 1 bad ABSTTL REPLACE" => error("ERR DUMP payload version or checksum are wrong"),
        "GET s" => bulk("before"),
    }
}

#[test]
fn options_are_checked_before_anything_else() {
    script! {
        "SET busy v" => ok(),
        "RESTORE busy x bad FOO" => error("ERR syntax error"),
        format!("RESTORE s 0 {STRING} IDLETIME") => error("ERR syntax error"),
        format!("RESTORE s 0 {STRING} IDLETIME -1") => error("ERR Invalid IDLETIME value, must be >= 0"),
        format!("RESTORE s 0 {STRING} IDLETIME x") => error("ERR value is not an integer or out of range"),
        format!("RESTORE s 0 {STRING} FREQ -1") => error("ERR Invalid FREQ value, must be >= 0 and <= 255"),
        format!("RESTORE s 0 {STRING} FREQ 256") => error("ERR Invalid FREQ value, must be >= 0 and <= 255"),
        format!("RESTORE s 0 {STRING} FREQ x") => error("ERR value is not an integer or out of range"),
        format!("RESTORE s 0 {STRING} FREQ 1 IDLETIME 1") => error("ERR syntax error"),
        format!("RESTORE s 0 {STRING} IDLETIME 1 FREQ 1") => error("ERR syntax error"),
        "EXISTS s" => int(0),
        format!("RESTORE s 0 {STRING} IDLETIME 1 IDLETIME 9223372036854775807") => ok(),
        format!("RESTORE s 0 {STRING} REPLACE FREQ 0 FREQ 255") => ok(),
        "GET s" => bulk("v"),
    }
}

#[test]
fn payloads_that_are_none_are_refused() {
    const WRONG: &str = "ERR DUMP payload version or checksum are wrong";
    const BAD: &str = "ERR Bad data format";
    script! {
        "RESTORE s 0 ''" => error(WRONG),
        "RESTORE s 0 short" => error(WRONG),
        "RESTORE s 0 'long enough to have a checksum'" => error(WRONG),
        // A bit that has changed, and a version nobody has written yet.
        r#"RESTORE s 0 "\x00\x01w\x0a\x00\x91\x08\xce\xb2\x198\x8a\xce""# => error(WRONG),
        r#"RESTORE s 0 "\x00\x01v\xff\xff\x91\x08\xce\xb2\x198\x8a\xce""# => error(WRONG),
        // Checksums that fit nonsense: no value, a string that is cut off, no type, a hash without fields.
        r#"RESTORE s 0 "\x0a\x00\x5d\x9b\x5c\x40\x0f\x7f\xa2\xda""# => error(BAD),
        r#"RESTORE s 0 "\x00\x20\x76\x0a\x00\x5a\x88\x5a\xd1\xcb\x53\x3f\x16""# => error(BAD),
        r#"RESTORE s 0 "\x1b\x0a\x00\xd7\x07\x22\x40\x3d\x25\xea\x7d""# => error(BAD),
        r#"RESTORE s 0 "\x04\x00\x0a\x00\x93\x31\x96\xc0\x27\x92\x95\xbf""# => error(BAD),
        "EXISTS s" => int(0),
    }
}

/// The reference looks closely only with `sanitize-dump-payload yes`, and has lists.
#[test]
fn payloads_are_always_looked_at_closely() {
    const BAD: &str = "ERR Bad data format";
    const LIST: &str = "ERR Bad data format: a list cannot be loaded: it is not supported";
    script_of_ours! {
        // A hash with a field twice, and a list.
        r#"RESTORE s 0 "\x04\x02\x01\x66\x01\x76\x01\x66\x01\x77\x0a\x00\xa2\xab\x60\xbb\x0f\xc3\xfd\xc7""# => error(BAD),
        r#"RESTORE s 0 "\x01\x01\x01\x76\x0a\x00\xdb\x46\x73\xba\x1b\xce\x13\x18""# => error(LIST),
        "EXISTS s" => int(0),
    }
}

/// A few bytes can stand for many.
#[test]
fn a_string_is_no_longer_than_strings_may_be() {
    let server = Server::rkvs_with(&["--proto-max-bulk-len", "1048576"]);
    let mut client = server.client();
    for (len, reply) in
        [(1_048_576, ok()), (1_048_577, error("ERR string exceeds maximum allowed size (proto-max-bulk-len)"))]
    {
        let text = vec![b'x'; len];
        let payload = Encoder::new(Settings::default()).dump(Content::String(&text));
        assert_eq!(client.cmd(&[&b"RESTORE"[..], b"k", b"0", &payload, b"REPLACE"]), reply);
        assert_eq!(client.line("STRLEN k"), int(1_048_576));
    }
}

/// Moves a value of every kind by its payload, which stays the same.
#[test]
fn payloads_survive_the_way_there_and_back() {
    let server = Server::rkvs();
    let mut client = server.client();
    let many = (0..200).map(|n| format!("field:{n} {n}")).collect::<Vec<_>>().join(" ");
    for set in [
        "SET k 0".to_owned(),
        "SET k -9223372036854775808".to_owned(),
        format!("SET k {}", "compressible".repeat(1000)),
        "SETRANGE k 3000 x".to_owned(),
        "HSET k name Ada born 1815 '' '' n -300".to_owned(),
        format!("HSET k {many}"),
    ] {
        client.line("DEL k");
        assert!(!client.line(&set).is_error(), "{set}");
        let value = client.line("DEBUG DIGEST-VALUE k");
        let payload = client.line("DUMP k");
        let bytes = payload.bytes().expect("a payload").to_vec();
        client.line("DEL k");
        assert_eq!(client.cmd(&[&b"RESTORE"[..], b"k", b"0", &bytes]), ok());
        assert_eq!(client.line("DEBUG DIGEST-VALUE k"), value, "{set}");
        if bytes[0] != 4 {
            assert_eq!(client.line("DUMP k"), payload, "{set}");
        }
    }
}
