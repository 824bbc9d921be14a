//! Replies byte by byte, and read back by `redis-protocol`.

use proptest::prelude::*;
use redis_protocol::resp2;
use redis_protocol::resp3;

use super::*;

fn written(protocol: Protocol, write: impl FnOnce(&mut Reply<'_>)) -> Vec<u8> {
    let mut out = Output::new();
    write(&mut Reply::new(&mut out, protocol));
    out.chunks().collect::<Vec<_>>().concat()
}

fn both(write: impl Fn(&mut Reply<'_>)) -> (String, String) {
    let text = |protocol| String::from_utf8(written(protocol, &write)).unwrap();
    (text(Protocol::Resp2), text(Protocol::Resp3))
}

#[test]
fn each_type_has_its_form_in_both_versions() {
    let same = |text: &str| (text.to_owned(), text.to_owned());
    let forms = |resp2: &str, resp3: &str| (resp2.to_owned(), resp3.to_owned());
    assert_eq!(both(|reply| reply.ok()), same("+OK\r\n"));
    assert_eq!(both(|reply| reply.simple("PONG")), same("+PONG\r\n"));
    assert_eq!(both(|reply| reply.integer(7)), same(":7\r\n"));
    assert_eq!(both(|reply| reply.integer(i64::MIN)), same(":-9223372036854775808\r\n"));
    assert_eq!(both(|reply| reply.bulk(b"")), same("$0\r\n\r\n"));
    assert_eq!(both(|reply| reply.bulk(b"0123456789")), same("$10\r\n0123456789\r\n"));
    assert_eq!(both(|reply| reply.bulk_integer(-12)), same("$3\r\n-12\r\n"));
    assert_eq!(both(|reply| reply.bulk_display(format_args!("{:>12}", "x"))), same("$12\r\n           x\r\n"));
    assert_eq!(both(|reply| reply.null()), forms("$-1\r\n", "_\r\n"));
    assert_eq!(both(|reply| reply.null_array()), forms("*-1\r\n", "_\r\n"));
    assert_eq!(both(|reply| reply.array(100)), same("*100\r\n"));
    assert_eq!(both(|reply| reply.map(5)), forms("*10\r\n", "%5\r\n"));
    assert_eq!(both(|reply| reply.set(3)), forms("*3\r\n", "~3\r\n"));
    assert_eq!(both(|reply| reply.push(2)), forms("*2\r\n", ">2\r\n"));
    assert_eq!(both(|reply| reply.double(1.5)), forms("$3\r\n1.5\r\n", ",1.5\r\n"));
    assert_eq!(both(|reply| reply.double(f64::NEG_INFINITY)), forms("$4\r\n-inf\r\n", ",-inf\r\n"));
    assert_eq!(
        both(|reply| reply.double(1.0 / 3.0)),
        forms("$18\r\n0.3333333333333333\r\n", ",0.3333333333333333\r\n")
    );
    assert_eq!(both(|reply| reply.boolean(true)), forms(":1\r\n", "#t\r\n"));
    assert_eq!(both(|reply| reply.boolean(false)), forms(":0\r\n", "#f\r\n"));
    assert_eq!(both(|reply| reply.verbatim(b"txt", b"hello")), forms("$5\r\nhello\r\n", "=9\r\ntxt:hello\r\n"));
    assert_eq!(both(|reply| reply.big_number(b"-123")), forms("$4\r\n-123\r\n", "(-123\r\n"));
}

#[test]
fn an_error_is_one_line_whatever_it_quotes() {
    let error = |text: &[u8]| written(Protocol::Resp2, |reply| reply.error_bytes(text));
    assert_eq!(error(b"ERR no"), b"-ERR no\r\n");
    assert_eq!(error(b"ERR unknown command 'a\r\n+OK\r\nb'\r\n"), b"-ERR unknown command 'a  +OK  b'\r\n");
    assert_eq!(error(b"ERR \xff\0"), b"-ERR \xff\0\r\n");
    assert_eq!(error(b"\r\n"), b"-\r\n");
}

#[test]
fn late_lengths_end_up_in_front() {
    let write = |inner: usize, outer: usize| {
        both(move |reply| {
            let all = reply.begin_array();
            for _ in 0..outer {
                let map = reply.begin_map();
                for _ in 0..inner {
                    reply.integer(1);
                    reply.bulk(b"v");
                }
                reply.end_map(map, inner);
            }
            let set = reply.begin_set();
            reply.end_set(set, 0);
            reply.end_array(all, outer + 1);
        })
    };
    let expected = |inner: usize, outer: usize| {
        both(move |reply| {
            reply.array(outer + 1);
            for _ in 0..outer {
                reply.map(inner);
                for _ in 0..inner {
                    reply.integer(1);
                    reply.bulk(b"v");
                }
            }
            reply.set(0);
        })
    };
    for (inner, outer) in [(0, 0), (1, 1), (5, 8), (4, 9), (12, 100), (600, 3)] {
        assert_eq!(write(inner, outer), expected(inner, outer));
    }
}

#[test]
fn late_lengths_move_shared_values_along() {
    let value = Arc::new(vec![b'x'; SHARED_LEN_MIN]);
    let deferred = written(Protocol::Resp2, |reply| {
        reply.bulk_shared(&value);
        let array = reply.begin_array();
        for _ in 0..100 {
            reply.bulk_shared(&value);
        }
        reply.end_array(array, 100);
    });
    let direct = written(Protocol::Resp2, |reply| {
        reply.bulk(&value);
        reply.array(100);
        for _ in 0..100 {
            reply.bulk(&value);
        }
    });
    assert!(deferred == direct);
}

#[test]
fn only_large_values_are_shared() {
    for (len, copies) in [(SHARED_LEN_MIN - 1, 1), (SHARED_LEN_MIN, 2)] {
        let (mut out, value) = (Output::new(), Arc::new(vec![b'x'; len]));
        Reply::new(&mut out, Protocol::Resp3).bulk_shared(&value);
        assert_eq!(Arc::strong_count(&value), copies);
        assert_eq!(out.len_bytes(), len + "$16384\r\n\r\n".len());
    }
}

/// A reply as a tree, to be written by us and read by `redis-protocol`.
#[derive(Clone, Debug)]
enum Tree {
    Simple(String),
    Error(String),
    Integer(i64),
    Bulk(Vec<u8>),
    Null,
    Boolean(bool),
    Double(f64),
    Verbatim(Vec<u8>),
    Array(Vec<Tree>),
    LateArray(Vec<Tree>),
    Push(Vec<Tree>),
    Map(Vec<(i64, Tree)>),
    Set(Vec<i64>),
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        "[a-zA-Z ]{0,10}".prop_map(Tree::Simple),
        "ERR [a-z' \r\n]{0,10}".prop_map(Tree::Error),
        any::<i64>().prop_map(Tree::Integer),
        prop::collection::vec(any::<u8>(), 0..120).prop_map(Tree::Bulk),
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Boolean),
        any::<f64>().prop_filter("a number", |value| !value.is_nan()).prop_map(Tree::Double),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Tree::Verbatim),
        prop::collection::btree_set(any::<i64>(), 0..12).prop_map(|set| Tree::Set(set.into_iter().collect())),
    ];
    leaf.prop_recursive(3, 60, 12, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..12).prop_map(Tree::Array),
            prop::collection::vec(inner.clone(), 0..12).prop_map(Tree::LateArray),
            prop::collection::btree_map(any::<i64>(), inner, 0..12)
                .prop_map(|map| Tree::Map(map.into_iter().collect())),
        ]
    })
}

fn write(reply: &mut Reply<'_>, tree: &Tree) {
    match tree {
        Tree::Simple(text) => reply.simple(text),
        Tree::Error(text) => reply.error_line(text),
        Tree::Integer(value) => reply.integer(*value),
        Tree::Bulk(bytes) => reply.bulk(bytes),
        Tree::Null => reply.null(),
        Tree::Boolean(value) => reply.boolean(*value),
        Tree::Double(value) => reply.double(*value),
        Tree::Verbatim(text) => reply.verbatim(b"txt", text),
        Tree::Array(items) => {
            reply.array(items.len());
            items.iter().for_each(|item| write(reply, item));
        }
        Tree::LateArray(items) => {
            let begun = reply.begin_array();
            items.iter().for_each(|item| write(reply, item));
            reply.end_array(begun, items.len());
        }
        Tree::Push(items) => {
            reply.push(items.len());
            items.iter().for_each(|item| write(reply, item));
        }
        Tree::Map(pairs) => {
            reply.map(pairs.len());
            for (key, value) in pairs {
                reply.integer(*key);
                write(reply, value);
            }
        }
        Tree::Set(items) => {
            reply.set(items.len());
            items.iter().for_each(|item| reply.integer(*item));
        }
    }
}

fn clean(text: &str) -> String {
    text.trim_matches(['\r', '\n']).replace(['\r', '\n'], " ")
}

fn resp2_frame(tree: &Tree) -> resp2::types::OwnedFrame {
    use resp2::types::OwnedFrame as Frame;
    let all = |items: &[Tree]| Frame::Array(items.iter().map(resp2_frame).collect());
    match tree {
        Tree::Simple(text) => Frame::SimpleString(text.clone().into_bytes()),
        Tree::Error(text) => Frame::Error(clean(text)),
        Tree::Integer(value) => Frame::Integer(*value),
        Tree::Bulk(bytes) | Tree::Verbatim(bytes) => Frame::BulkString(bytes.clone()),
        Tree::Null => Frame::Null,
        Tree::Boolean(value) => Frame::Integer(i64::from(*value)),
        Tree::Double(value) => {
            let mut digits = Vec::new();
            write_f64(&mut digits, *value);
            Frame::BulkString(digits)
        }
        Tree::Array(items) | Tree::LateArray(items) | Tree::Push(items) => all(items),
        Tree::Map(pairs) => {
            Frame::Array(pairs.iter().flat_map(|(key, value)| [Frame::Integer(*key), resp2_frame(value)]).collect())
        }
        Tree::Set(items) => Frame::Array(items.iter().map(|item| Frame::Integer(*item)).collect()),
    }
}

fn resp3_frame(tree: &Tree) -> resp3::types::OwnedFrame {
    use resp3::types::{OwnedFrame as Frame, VerbatimStringFormat};
    let number = |value: &i64| Frame::Number { data: *value, attributes: None };
    let all = |items: &[Tree]| items.iter().map(resp3_frame).collect();
    match tree {
        Tree::Simple(text) => Frame::SimpleString { data: text.clone().into_bytes(), attributes: None },
        Tree::Error(text) => Frame::SimpleError { data: clean(text), attributes: None },
        Tree::Integer(value) => number(value),
        Tree::Bulk(bytes) => Frame::BlobString { data: bytes.clone(), attributes: None },
        Tree::Null => Frame::Null,
        Tree::Boolean(value) => Frame::Boolean { data: *value, attributes: None },
        Tree::Double(value) => Frame::Double { data: *value, attributes: None },
        Tree::Verbatim(text) => {
            Frame::VerbatimString { data: text.clone(), format: VerbatimStringFormat::Text, attributes: None }
        }
        Tree::Array(items) | Tree::LateArray(items) => Frame::Array { data: all(items), attributes: None },
        Tree::Push(items) => Frame::Push { data: all(items), attributes: None },
        Tree::Map(pairs) => Frame::Map {
            data: pairs.iter().map(|(key, value)| (number(key), resp3_frame(value))).collect(),
            attributes: None,
        },
        Tree::Set(items) => Frame::Set { data: items.iter().map(number).collect(), attributes: None },
    }
}

proptest! {
    #[test]
    fn redis_protocol_reads_what_was_written(
        tree in prop_oneof![4 => any_tree(), 1 => prop::collection::vec(any_tree(), 1..4).prop_map(Tree::Push)],
    ) {
        let bytes = written(Protocol::Resp2, |reply| write(reply, &tree));
        prop_assert_eq!(resp2::decode::decode(&bytes).unwrap(), Some((resp2_frame(&tree), bytes.len())));
        let bytes = written(Protocol::Resp3, |reply| write(reply, &tree));
        prop_assert_eq!(resp3::decode::complete::decode(&bytes).unwrap(), Some((resp3_frame(&tree), bytes.len())));
    }

    #[test]
    fn no_error_text_starts_a_second_reply(text in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n')], 0..40)) {
        let line = written(Protocol::Resp2, |reply| reply.error_bytes(&text));
        let inner = line.strip_prefix(b"-").and_then(|line| line.strip_suffix(b"\r\n")).unwrap();
        prop_assert!(!inner.iter().any(|byte| matches!(byte, b'\r' | b'\n')));
    }
}
