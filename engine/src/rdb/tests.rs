//! Streams and payloads made by hand, and from drawn values.

use std::io::BufReader;

use proptest::prelude::*;

use super::*;
use crate::fuzz::rdb as property;
use crate::value::hash::HashLimits;

/// What a stream reads as, one line for each event, or the error it ends in.
fn listing(stream: &[u8]) -> String {
    fn try_listing(stream: &[u8], lines: &mut Vec<String>) -> Result<()> {
        let mut reader = Reader::new(BufReader::with_capacity(5, stream))?.ignoring_checksum();
        while let Some(event) = reader.read_event()? {
            lines.push(match event {
                Event::Aux { name, value } => format!("aux {}={}", name.escape_ascii(), value.escape_ascii()),
                Event::Database(index) => format!("db {index}"),
                Event::SizeHint { keys, deadlines } => format!("sizes {keys} {deadlines}"),
                Event::Entry(Entry { key, metadata, value }) => {
                    let Metadata { deadline_ms, frequency, idle_seconds } = metadata;
                    let mut line = format!("{}: {}", key.escape_ascii(), shown(&value));
                    deadline_ms.iter().for_each(|deadline_ms| line += &format!(" until {deadline_ms}"));
                    frequency.iter().for_each(|frequency| line += &format!(" frequency {frequency}"));
                    idle_seconds.iter().for_each(|seconds| line += &format!(" idle {seconds}"));
                    line
                }
            });
        }
        if reader.empty_keys() > 0 {
            lines.push(format!("{} empty", reader.empty_keys()));
        }
        assert_eq!(reader.offset(), stream.len() as u64);
        Ok(())
    }
    let mut lines = Vec::new();
    if let Err(error) = try_listing(stream, &mut lines) {
        lines.push(error.to_string());
    }
    lines.join("; ")
}

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::String(text) => format!("{:?}", text.escape_ascii().to_string()),
        Value::Hash(pairs) => {
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(field, value)| format!("{}={}", field.escape_ascii(), value.escape_ascii()))
                .collect();
            format!("{{{}}}", pairs.join(" "))
        }
    }
}

fn pairs(all: &[(&str, &str)]) -> Pairs {
    all.iter().map(|(field, value)| (field.as_bytes(), value.as_bytes())).collect()
}

fn texts(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// A listpack behind its length, as it stands in a stream.
fn listpack_string(all: &[&str]) -> Vec<u8> {
    let mut builder = listpack::Builder::new(Vec::new());
    all.iter().for_each(|text| builder.push(text.as_bytes()));
    string(&builder.finish())
}

fn string(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    string::write(&mut out, text, None).expect("a vector takes all");
    out
}

fn stream(header: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut stream = header.as_bytes().to_vec();
    parts.iter().for_each(|part| stream.extend_from_slice(part));
    stream
}

const END: &[u8] = &[255, 0, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn streams_read_as_what_they_hold() {
    let zipmap = string(&zipmap::tests::pack(&[(b"f".to_vec(), b"v".to_vec()), (b"g".to_vec(), b"1".to_vec())]));
    let ziplist = string(&ziplist::tests::pack(&texts(&["f", "v", "7", "-300"])));
    let listpack = listpack_string(&["f", "v", "7", "-300"]);
    let triples = listpack_string(&["f", "v", "0", "7", "-300", "0"]);
    let cases: &[(Vec<u8>, &str)] = &[
        (stream("REDIS0001", &[&[255]]), ""),
        (stream("REDIS0004", &[b"\x00\x01k\x01v", &[255]]), r#"k: "v""#),
        (stream("REDIS0005", &[END]), ""),
        (stream("VALKEY080", &[END]), ""),
        (stream("VALKEY081", &[b"\xfa\x01a\xc0\x07\xfe\x03\xfb\x40\x40\x01", END]), "aux a=7; db 3; sizes 64 1"),
        (stream("REDIS0003", &[b"\xfd\x01\0\0\0\x00\x01k\x01v", &[255]]), r#"k: "v" until 1000"#),
        (stream("REDIS0003", &[b"\xfd\xff\xff\xff\xff\x00\x01k\x01v", &[255]]), r#"k: "v" until 0"#),
        (stream("REDIS0010", &[b"\xfc\x01\0\0\0\0\0\0\0\x00\x01k\x01v", END]), r#"k: "v" until 1"#),
        (stream("REDIS0010", &[b"\xfc\0\0\0\0\0\0\0\x80\x00\x01k\x01v", END]), r#"k: "v" until 0"#),
        // The reference takes this time for none.
        (stream("REDIS0010", &[b"\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x00\x01k\x01v", END]), r#"k: "v""#),
        // What is said of an entry holds for it alone.
        (
            stream("REDIS0010", &[b"\xf9\x08\xf8\x41\x00\xfe\x01\x00\x01k\x01v\x00\x01l\x01w", END]),
            r#"db 1; k: "v" frequency 8 idle 256; l: "w""#,
        ),
        (stream("REDIS0012", &[b"\xf4\x01\x02\x03\x00\x01k\x01v", END]), r#"k: "v""#),
        (stream("REDIS0010", &[b"\x04\x01h\x02\x01f\x01v\x01g\xc1\xd4\xfe", END]), "h: {f=v g=-300}"),
        (stream("REDIS0002", &[b"\x09\x01h", &zipmap, &[255]]), "h: {f=v g=1}"),
        (stream("REDIS0006", &[b"\x0d\x01h", &ziplist, END]), "h: {f=v 7=-300}"),
        (stream("REDIS0010", &[b"\x10\x01h", &listpack, END]), "h: {f=v 7=-300}"),
        // Fields that could have deadlines, but have none.
        (stream("REDIS0012", &[b"\x16\x01h\x01\x00\x01f\x01v", END]), "h: {f=v}"),
        (stream("REDIS0012", &[b"\x17\x01h", &triples, END]), "h: {f=v 7=-300}"),
        (stream("REDIS0012", &[b"\x18\x01h12345678\x01\x00\x01f\x01v", END]), "h: {f=v}"),
        (stream("REDIS0012", &[b"\x19\x01h12345678", &triples, END]), "h: {f=v 7=-300}"),
        (stream("VALKEY080", &[b"\x16\x01h\x01\x01f\x01v\xff\xff\xff\xff\xff\xff\xff\xff", END]), "h: {f=v}"),
        // Empty collections are passed over with what was said of them.
        (
            stream("REDIS0010", &[b"\xf9\x08\x04\x01h\x00\x10\x01h\x07\x07\0\0\0\0\0\xff\x00\x01k\x01v", END]),
            r#"k: "v"; 2 empty"#,
        ),
    ];
    for (stream, expected) in cases {
        assert_eq!(listing(stream), *expected, "{}", stream.escape_ascii());
        for len in 0..stream.len() {
            assert!(listing(&stream[..len]).contains(": "), "{len} bytes of {}", stream.escape_ascii());
        }
    }
}

#[test]
fn streams_that_cannot_be_loaded_say_what_and_where() {
    let odd = listpack_string(&["f", "v", "7"]);
    let deadline = listpack_string(&["f", "v", "1"]);
    let cases: &[(Vec<u8>, &str)] = &[
        (b"".to_vec(), "at byte 0: no RDB file"),
        (b"REDIS001".to_vec(), "at byte 0: no RDB file"),
        (b"RKVS00010 and more".to_vec(), "at byte 0: no RDB file"),
        (b"REDIS001x and more".to_vec(), "at byte 0: no RDB file"),
        (stream("REDIS0000", &[END]), "at byte 0: RDB version 0 is not one that can be read"),
        (stream("REDIS0013", &[END]), "at byte 0: RDB version 13 is not one that can be read"),
        (stream("REDIS0080", &[END]), "at byte 0: RDB version 80 is not one that can be read"),
        (stream("VALKEY011", &[END]), "at byte 0: RDB version 11 is not one that can be read"),
        (stream("VALKEY082", &[END]), "at byte 0: RDB version 82 is not one that can be read"),
        (stream("REDIS0010", &[]), "at byte 9: ends inside an opcode or a type"),
        (stream("REDIS0010", &[b"\xfe\xc0"]), "at byte 10: a string's encoding where a number belongs"),
        (stream("REDIS0010", &[b"\x1b\x01k"]), "at byte 9: a type or an opcode that is not known"),
        (stream("REDIS0010", &[b"\xf2"]), "at byte 9: a type or an opcode that is not known"),
        (stream("REDIS0010", &[b"\x00\x01k\x05v"]), r#"at byte 13, in key "k": ends inside a string"#),
        (
            stream("REDIS0010", &[b"\x04\x01h\x02\x01f\x01v\x01f\x01w"]),
            r#"at byte 12, in key "h": a hash has the field "f" twice"#,
        ),
        (
            stream("REDIS0010", &[b"\x10\x01h", &odd]),
            r#"at byte 12, in key "h": damaged listpack: a field without a value at its byte"#,
        ),
        (
            stream("REDIS0010", &[b"\x0d\x01h\x01x"]),
            r#"at byte 12, in key "h": damaged ziplist: no header, or no end at its byte 0"#,
        ),
        (
            stream("REDIS0010", &[b"\x09\x01h\x01x"]),
            r#"at byte 12, in key "h": damaged zipmap: no number of pairs, or no end at its byte 0"#,
        ),
        (stream("REDIS0010", &[b"\x01\x01k\x01\x01v"]), r#"at byte 9, in key "k": a list cannot be loaded"#),
        (stream("REDIS0010", &[b"\x0b\x01k"]), r#"at byte 9, in key "k": a set cannot be loaded"#),
        (stream("REDIS0010", &[b"\x05\x01k"]), r#"at byte 9, in key "k": a sorted set cannot be loaded"#),
        (stream("REDIS0010", &[b"\x15\x01k"]), r#"at byte 9, in key "k": a stream cannot be loaded"#),
        (stream("REDIS0012", &[b"\x1a\x01k"]), r#"at byte 9, in key "k": a stream cannot be loaded"#),
        (stream("VALKEY081", &[b"\x17\x01k"]), r#"at byte 9, in key "k": a path hash cannot be loaded"#),
        (
            stream("REDIS0012", &[b"\x16\x01h\x01\x05\x01f\x01v"]),
            r#"at byte 12, in key "h": a hash whose fields have deadlines cannot"#,
        ),
        (
            stream("REDIS0012", &[b"\x17\x01h", &deadline]),
            r#"at byte 12, in key "h": a hash whose fields have deadlines cannot"#,
        ),
        (
            stream("REDIS0012", &[b"\x18\x01h12345678\x01\x05\x01f\x01v"]),
            r#"at byte 20, in key "h": a hash whose fields have deadlines cannot"#,
        ),
        (
            stream("VALKEY080", &[b"\x16\x01h\x01\x01f\x01v\0\0\0\0\0\0\0\0"]),
            r#"at byte 12, in key "h": a hash whose fields have deadlines cannot"#,
        ),
        (stream("REDIS0010", &[b"\x06\x01k"]), r#"at byte 9, in key "k": a value of a module cannot be loaded"#),
        (
            stream("REDIS0010", &[b"\xf7\x81\0\0\0\0\0\0\0\0"]),
            "at byte 9: data of a module (type AAAAAAAAA) cannot be loaded",
        ),
        (
            stream("REDIS0010", &[b"\xf5\x0b#!lua\ncode\n"]),
            "at byte 9: a function library that begins with \"#!lua\" cannot be loaded",
        ),
        (stream("REDIS0010", &[b"\xf6"]), "at byte 9: a function of a release candidate of Redis 7.0 cannot be loaded"),
        (stream("VALKEY080", &[b"\xf3"]), "at byte 9: the import of a slot by a cluster cannot be loaded"),
    ];
    for (stream, expected) in cases {
        let listing = listing(stream);
        assert!(listing.starts_with(expected), "{listing}");
    }
}

#[test]
fn checksums_are_checked_where_there_are_some() {
    let whole = {
        let mut writer = Writer::new(Vec::new(), Settings::default()).expect("a vector takes all");
        writer.entry(b"k", &Metadata::default(), Content::String(b"v")).expect("a vector takes all");
        writer.finish().expect("a vector takes all")
    };
    let end_of = |stream: &[u8]| {
        let mut reader = Reader::new(stream)?;
        while reader.read_event()?.is_some() {}
        Ok::<u64, Error>(reader.offset())
    };
    assert_eq!(end_of(&whole).expect("it is whole"), whole.len() as u64);
    let mut other = whole.clone();
    other[13] = b'w';
    let error = end_of(&other).expect_err("a byte has changed").to_string();
    assert!(error.starts_with("at byte 15: the checksum is "), "{error}");
    let checksum_at = other.len() - 8;
    other[checksum_at..].fill(0);
    assert!(end_of(&other).is_ok(), "none was computed");
    // What follows belongs to somebody else.
    let followed = [&whole[..], b"*1\r\n"].concat();
    let mut rest = &followed[..];
    let mut reader = Reader::new(&mut rest).expect("it has a header");
    while reader.read_event().expect("it is whole").is_some() {}
    let error = reader.check_nothing_follows().expect_err("something follows");
    assert_eq!(error.offset(), whole.len() as u64);
    assert_eq!(rest, b"*1\r\n");
    let mut reader = Reader::new(&whole[..]).expect("it has a header");
    while reader.read_event().expect("it is whole").is_some() {}
    reader.check_nothing_follows().expect("nothing follows");
}

/// Every form that a value can have, in a stream that is small enough to be damaged everywhere.
fn every_form() -> Vec<u8> {
    let compressible = "ab".repeat(20);
    let mut compressed = Vec::new();
    string::write(&mut compressed, compressible.as_bytes(), Some(&mut lzf::Compressor::default())).expect("a vector");
    let zipmap = string(&zipmap::tests::pack(&[(b"f".to_vec(), b"v".to_vec())]));
    let ziplist = string(&ziplist::tests::pack(&texts(&["f", "-1", "17", "text"])));
    let listpack = listpack_string(&["f", "-1", "17", "text"]);
    let parts: &[&[u8]] = &[
        b"\xfa\x09redis-ver\x067.0.15\xfe\x00\xfb\x06\x01\x00\x01k",
        &compressed,
        b"\xfc\x01\0\0\0\0\0\0\0\xf9\x05\x00\x01i\xc1\xe8\x03\x04\x01h\x02\x01f\x01v\x01g\xc0\x05\x09\x01z",
        &zipmap,
        b"\xf8\x40\x40\x0d\x01l",
        &ziplist,
        b"\x10\x01p",
        &listpack,
        b"\xfe\x02\x00\x00\x00\xff",
    ];
    let mut stream = stream("REDIS0010", parts);
    let checksum = checksum::Crc64::of(&stream);
    stream.extend(checksum.to_le_bytes());
    stream
}

#[test]
fn every_single_bit_that_changes_is_noticed() {
    let whole = every_form();
    let all = |stream: &[u8]| {
        let mut reader = Reader::new(stream)?;
        while reader.read_event()?.is_some() {}
        Ok::<(), Error>(())
    };
    assert!(all(&whole).is_ok(), "{}", listing(&whole));
    property::stream(&whole);
    for len in 0..whole.len() {
        assert!(all(&whole[..len]).is_err(), "{len} bytes");
        property::stream(&whole[..len]);
    }
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        // The version may become one that has no checksum, and the checksum is then what follows.
        let version_at = 5..9;
        assert!(all(&flipped).is_err() || version_at.contains(&(bit / 8)), "bit {bit}");
        property::stream(&flipped);
    }
}

fn dumped(content: Content<'_>) -> Vec<u8> {
    Encoder::new(Settings::default()).dump(content)
}

/// A hash and its payload.
type Dumped = (&'static [(&'static str, &'static str)], &'static [u8]);

/// Answers of Redis 7.0.15 to DUMP, after `SET k VALUE` or `HSET k FIELD VALUE …`.
#[test]
fn payloads_are_those_of_the_reference() {
    let strings: &[(&str, &[u8])] = include!("tests/dumped_strings.in");
    for (text, payload) in strings {
        assert_eq!(
            dumped(Content::String(text.as_bytes())).escape_ascii().to_string(),
            payload.escape_ascii().to_string()
        );
        assert_eq!(restore(payload, u64::MAX).expect("it is one"), Value::String(Cow::Borrowed(text.as_bytes())));
    }
    let hashes: &[Dumped] = include!("tests/dumped_hashes.in");
    for (fields, payload) in hashes {
        let pairs = pairs(fields);
        assert_eq!(dumped(Content::Hash(&pairs)).escape_ascii().to_string(), payload.escape_ascii().to_string());
        assert_eq!(restore(payload, u64::MAX).expect("it is one"), Value::Hash(Cow::Owned(pairs)));
    }
}

#[test]
fn payloads_that_are_none_are_told_as_the_reference_does() {
    let whole = dumped(Content::String(b"value"));
    let version_at = whole.len() - 10;
    for len in 0..whole.len() {
        let error = restore(&whole[..len], u64::MAX).expect_err("it is cut off").to_string();
        assert_eq!(error, "DUMP payload version or checksum are wrong");
    }
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = restore(&flipped, u64::MAX).expect_err("a bit has changed").to_string();
        assert_eq!(error, "DUMP payload version or checksum are wrong");
    }
    let sealed = |body: &[u8], version: u16| {
        let mut payload = [body, &version.to_le_bytes()].concat();
        let checksum = checksum::Crc64::of(&payload);
        payload.extend(checksum.to_le_bytes());
        restore(&payload, u64::MAX).map(|value| shown(&value)).map_err(|error| {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            source.unwrap_or_else(|| error.to_string())
        })
    };
    let value = &whole[..version_at];
    for version in [0, 1, 10, 12, 80, 81] {
        assert_eq!(sealed(value, version).as_deref(), Ok(r#""value""#), "version {version}");
    }
    for version in [13, 79, 82, 0xffff] {
        assert_eq!(sealed(value, version), Err("DUMP payload version or checksum are wrong".to_owned()));
    }
    let deadline = b"\x16\x01\x01f\x01v\x01\0\0\0\0\0\0\0";
    let cases: &[(&[u8], u16, &str)] = &[
        (b"", 10, "at byte 0: ends inside a type"),
        (b"\x00", 10, "at byte 1: ends inside a string"),
        (b"\x04\x00", 10, "at byte 0: a collection without elements"),
        (b"\x04\x02\x01f\x01v\x01f\x01w", 10, "at byte 1: a hash has the field \"f\" twice"),
        (b"\x01\x01\x01v", 10, "at byte 0: a list cannot be loaded: it is not supported"),
        (b"\xff", 10, "at byte 0: a type or an opcode that is not known"),
        (deadline, 80, "at byte 1: a hash whose fields have deadlines cannot be loaded: it is not supported"),
    ];
    for (body, version, error) in cases {
        assert_eq!(sealed(body, *version), Err((*error).to_owned()));
    }
    // Type 22 is another thing with Redis, where the first length is no deadline.
    assert_eq!(sealed(b"\x16\x01\x00\x01f\x01v", 12).as_deref(), Ok("{f=v}"));
    // As with the reference, what stands behind a value is not looked at.
    assert_eq!(sealed(b"\x00\x01vmore", 10).as_deref(), Ok("\"v\""));
}

#[test]
fn hashes_are_packed_within_the_limits() {
    let kind = |fields: &[(&str, &str)], packed_entries_max, packed_value_max| {
        let hash_limits = HashLimits { packed_entries_max, packed_value_max };
        Encoder::new(Settings { hash_limits, ..Settings::default() }).dump(Content::Hash(&pairs(fields)))[0]
    };
    assert_eq!(kind(&[("f", "v")], 1, 1), kind::HASH_LISTPACK);
    assert_eq!(kind(&[("f", "v")], 0, 1), kind::HASH);
    assert_eq!(kind(&[("f", "v"), ("g", "w")], 1, 1), kind::HASH);
    assert_eq!(kind(&[("f", "vv")], 1, 1), kind::HASH);
    assert_eq!(kind(&[("ff", "v")], 1, 1), kind::HASH);
}

#[test]
fn frequencies_are_those_of_a_keyspace_on_another_scale() {
    let frequency = |frequency| Metadata { frequency, ..Metadata::default() }.access_frequency();
    assert_eq!([None, Some(0), Some(5), Some(6), Some(7), Some(8), Some(255)].map(frequency), [0, 0, 0, 1, 2, 3, 3]);
    for kept in 0..4 {
        assert_eq!(frequency(Some(Metadata::frequency_of(kept))), kept);
    }
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|integer| integer.to_string().into_bytes()),
        (-300i64..300).prop_map(|integer| integer.to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..80),
        (0usize..5000, 1usize..40).prop_map(|(len, period)| (0..len).map(|at| (at % period) as u8).collect()),
    ]
}

fn value() -> impl Strategy<Value = Value<'static>> {
    let hash = prop::collection::btree_map(text(), text(), 1..200);
    prop_oneof![
        3 => text().prop_map(|text| Value::String(Cow::Owned(text))),
        1 => hash.prop_map(|hash| {
            let pairs = hash.iter().map(|(field, value)| (&field[..], &value[..])).collect();
            Value::Hash(Cow::Owned(pairs))
        }),
    ]
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let deadline_ms = prop::option::of(0..=i64::MAX.cast_unsigned());
    (deadline_ms, any::<Option<u8>>(), any::<Option<u64>>())
        .prop_map(|(deadline_ms, frequency, idle_seconds)| Metadata { deadline_ms, frequency, idle_seconds })
}

fn settings() -> impl Strategy<Value = Settings> {
    let version = prop::sample::select(vec![Version::Rdb10, Version::Rdb11]);
    (version, any::<[bool; 2]>(), 0usize..200, 0usize..100).prop_map(
        |(version, [compress, checksum], packed_entries_max, packed_value_max)| {
            let hash_limits = HashLimits { packed_entries_max, packed_value_max };
            Settings { version, compress, checksum, hash_limits }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(
        settings in settings(),
        databases in prop::collection::vec((any::<u64>(), prop::collection::vec((text(), metadata(), value()), 0..8)), 0..3),
    ) {
        let mut writer = Writer::new(Vec::new(), settings)?;
        writer.aux(b"redis-ver", b"7.2.4")?;
        for (index, entries) in &databases {
            writer.database(*index)?;
            writer.size_hint(entries.len() as u64, 0)?;
            let (first, second) = entries.split_at(entries.len() / 2);
            for (key, metadata, value) in first {
                writer.entry(key, metadata, value.into())?;
            }
            let (mut encoder, mut encoded) = (Encoder::new(settings), Vec::new());
            for (key, metadata, value) in second {
                encoder.entry(&mut encoded, key, metadata, value.into())?;
            }
            writer.encoded(&encoded)?;
        }
        let bytes = writer.bytes();
        let stream = writer.finish()?;
        prop_assert_eq!(stream.len() as u64, bytes + 9);

        let mut reader = Reader::new(&stream[..])?;
        prop_assert_eq!(reader.version(), settings.version.number());
        let is_aux = matches!(reader.read_event()?, Some(Event::Aux { name: b"redis-ver", value: b"7.2.4" }));
        prop_assert!(is_aux);
        for (index, entries) in &databases {
            let found = reader.read_event()?;
            prop_assert!(matches!(found, Some(Event::Database(found)) if found == *index));
            let found = reader.read_event()?;
            let is_size = matches!(found, Some(Event::SizeHint { keys, deadlines: 0 }) if keys == entries.len() as u64);
            prop_assert!(is_size);
            for (key, metadata, value) in entries {
                let Some(Event::Entry(entry)) = reader.read_event()? else { panic!("an entry is missing") };
                prop_assert_eq!(entry, Entry { key, metadata: *metadata, value: value.clone() });
            }
        }
        prop_assert!(reader.read_event()?.is_none());
    }

    #[test]
    fn what_is_dumped_is_restored(settings in settings(), value in value()) {
        let payload = Encoder::new(settings).dump((&value).into());
        prop_assert_eq!(restore(&payload, u64::MAX)?, value);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        property::stream(&bytes);
        property::stream(&[b"REDIS0010", &bytes[..]].concat());
        property::payload(&bytes);
        property::packed(&bytes);
    }
}
