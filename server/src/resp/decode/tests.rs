//! The reader beside `redis-protocol` and beside what redis-server 7.0.15 answered to the same bytes.

use proptest::prelude::*;
use redis_protocol::resp2::decode::decode as decode_frame;
use redis_protocol::resp2::encode::encode as encode_frame;
use redis_protocol::resp2::types::{OwnedFrame, Resp2Frame};

use super::*;
use crate::resp::fuzz::{self, Transcript, transcript};

/// Encodes a request with `redis-protocol`.
fn encode(args: &[Vec<u8>]) -> Vec<u8> {
    let frame = OwnedFrame::Array(args.iter().cloned().map(OwnedFrame::BulkString).collect());
    let mut bytes = vec![0; frame.encode_len(false)];
    encode_frame(&mut bytes, &frame, false).unwrap();
    bytes
}

fn requests(data: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let Transcript { requests, error } = transcript(data, &[], &Limits::default());
    assert_eq!(error, None);
    requests
}

fn strings(words: &[&str]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

/// Streams that break the protocol, and the error redis-server 7.0.15 sends before it closes.
const MALFORMED: &[(&[u8], &str)] = &[
    (b"*3\r\nPING\r\n", "Protocol error: expected '$', got 'P'"),
    (b"*1\r\n\xffabc\r\n", "Protocol error: expected '$', got '\\xff'"),
    (b"*1\r\n\r\n", "Protocol error: expected '$', got ' '"),
    (b"*1\r\n\n\r\n", "Protocol error: expected '$', got ' '"),
    (b"*2\r\n*1\r\n$4\r\nPING\r\n", "Protocol error: expected '$', got '*'"),
    (b"*1\r\n$-1\r\n", "Protocol error: invalid bulk length"),
    (b"*1\r\n$04\r\nPING\r\n", "Protocol error: invalid bulk length"),
    (b"*1\r\n$+4\r\nPING\r\n", "Protocol error: invalid bulk length"),
    (b"*1\r\n$4xxPING\r\n", "Protocol error: invalid bulk length"),
    (b"*1\r\n$\r\n", "Protocol error: invalid bulk length"),
    (b"*1\r\n$abc\r\n", "Protocol error: invalid bulk length"),
    (b"*1\r\n$536870913\r\n", "Protocol error: invalid bulk length"),
    (b"*1\r\n$99999999999999999999\r\n", "Protocol error: invalid bulk length"),
    (b"*-9223372036854775809\r\nPING\r\n", "Protocol error: invalid multibulk length"),
    (b"*2147483648\r\n", "Protocol error: invalid multibulk length"),
    (b"*\r\n", "Protocol error: invalid multibulk length"),
    (b"*1 \r\n", "Protocol error: invalid multibulk length"),
    (b"*01\r\n", "Protocol error: invalid multibulk length"),
    (b"*-0\r\nPING\r\n", "Protocol error: invalid multibulk length"),
    (b"*+1\r\n", "Protocol error: invalid multibulk length"),
    (b"ECHO \"abc\r\n", "Protocol error: unbalanced quotes in request"),
    (b"ECHO 'a'b\n", "Protocol error: unbalanced quotes in request"),
];

#[test]
fn malformed_streams_get_the_reference_error_at_every_split() {
    for (stream, message) in MALFORMED {
        for cut in 0..stream.len() {
            let Transcript { requests, error } = transcript(stream, &[cut, stream.len()], &Limits::default());
            assert_eq!(requests, Vec::<Vec<Vec<u8>>>::new(), "{}", stream.escape_ascii());
            let error = error.unwrap_or_else(|| panic!("accepted: {}", stream.escape_ascii()));
            assert_eq!(error.message().escape_ascii().to_string().replace("\\'", "'"), *message);
        }
    }
}

/// Streams the reference waits on, answers nothing to, or reads against expectation.
#[test]
fn odd_but_harmless_streams_are_read_as_the_reference_does() {
    let ping = || vec![strings(&["PING"])];
    // Nothing looks at the byte behind `\r`, nor at the two behind an argument.
    assert_eq!(requests(b"*1\r\n$4\rxPINGyz"), ping());
    assert_eq!(requests(b"*1\rx$4\r\nPING\r\n"), ping());
    for empty in ["*0\r\n", "*-1\r\n", "*-9223372036854775808\r\n", "\r\n", "\n", "   \r\n", "\r\r\n"] {
        assert_eq!(requests(format!("{empty}PING\r\n").as_bytes()), ping(), "{empty:?}");
    }
    assert_eq!(requests(b"$4\r\nPING\r\n"), [strings(&["$4"]), strings(&["PING"])]);
    let waiting: &[&[u8]] = &[
        b"*1\r\nx",
        b"*1\r\n\0abc\r\n",
        b"*1\0\r\n",
        b"*1\r\n$4\0\r\nPING\r\n",
        b"PING\0\r\nPING\r\n",
        b"PING\r",
        b"*2147483647\r\n",
        b"*1\r\n$536870912\r\n",
    ];
    for stream in waiting {
        assert_eq!(requests(stream), Vec::<Vec<Vec<u8>>>::new(), "{}", stream.escape_ascii());
    }
}

#[test]
fn lines_may_be_64_kib_long_and_no_longer() {
    let error = |stream: &[u8]| transcript(stream, &[], &Limits::default()).error;
    let digits = |prefix: &str, len: usize| [prefix.as_bytes(), &vec![b'1'; len]].concat();
    assert_eq!(error(&digits("*", 65535)), None);
    assert_eq!(error(&digits("*", 65536)), Some(ProtocolError::MultibulkLineTooLong));
    assert_eq!(error(&digits("*1\r\n$", 65535)), None);
    assert_eq!(error(&digits("*1\r\n$", 65536)), Some(ProtocolError::BulkLineTooLong));
    assert_eq!(error(&digits("", 65536)), None);
    assert_eq!(error(&digits("", 65537)), Some(ProtocolError::InlineTooLong));
    assert_eq!(requests(&[digits("", 65536), b"\n".to_vec()].concat())[0][0].len(), 65536);
}

#[test]
fn strangers_may_send_ten_arguments_of_16_kib() {
    let limits = Limits { authenticated: false, ..Limits::default() };
    let error = |stream: &[u8]| transcript(stream, &[], &limits).error;
    assert_eq!(error(b"*10\r\n"), None);
    assert_eq!(error(b"*11\r\n"), Some(ProtocolError::UnauthenticatedMultibulkLength));
    assert_eq!(error(b"*1\r\n$16384\r\n"), None);
    assert_eq!(error(b"*1\r\n$16385\r\n"), Some(ProtocolError::UnauthenticatedBulkLength));
    // The general limits come first.
    assert_eq!(error(b"*9999999999\r\n"), Some(ProtocolError::InvalidMultibulkLength));
    assert_eq!(error(b"*1\r\n$16385000000000\r\n"), Some(ProtocolError::InvalidBulkLength));
    assert_eq!(transcript(b"a b c d e f g h i j k l\r\n", &[], &limits).requests[0].len(), 12);
}

#[test]
fn a_length_without_its_bytes_costs_no_memory() {
    let mut args = Vec::new();
    for stream in ["*2147483647\r\n", "*1\r\n$536870912\r\n", "*2147483647\r\n$1\r\na\r\n$536870912\r\nabc"] {
        let mut decoder = Decoder::default();
        let decoded = decoder.next(stream.as_bytes(), &Limits::default(), &mut args).unwrap();
        assert!(matches!(decoded, Decoded::Incomplete { .. }));
        assert!(decoder.heap_bytes() <= 128, "{stream:?} holds {}", decoder.heap_bytes());
        assert!(args.capacity() <= 8);
    }
}

#[test]
fn missing_bytes_are_told_once_the_length_is_known() {
    let mut decoder = Decoder::default();
    let next = |decoder: &mut Decoder, buf: &[u8]| decoder.next(buf, &Limits::default(), &mut Vec::new()).unwrap();
    assert_eq!(next(&mut decoder, b""), Decoded::Incomplete { missing: 1 });
    assert_eq!(next(&mut decoder, b"*1\r\n$10"), Decoded::Incomplete { missing: 1 });
    assert_eq!(next(&mut decoder, b"*1\r\n$10\r\nabc"), Decoded::Incomplete { missing: 9 });
    assert_eq!(next(&mut decoder, b"*1\r\n$10\r\nabcdefghij\r\n"), Decoded::Request { consumed: 21 });
    assert!(!decoder.is_interrupted());
}

#[test]
fn an_interrupted_request_keeps_its_ranges_while_others_use_the_scratch() {
    let limits = Limits::default();
    let (mut one, mut other, mut args) = (Decoder::default(), Decoder::default(), Vec::new());
    let stream = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
    assert!(matches!(one.next(&stream[..18], &limits, &mut args), Ok(Decoded::Incomplete { .. })));
    assert_eq!(other.next(b"*1\r\n$4\r\nPING\r\n", &limits, &mut args), Ok(Decoded::Request { consumed: 14 }));
    assert_eq!(one.next(stream, &limits, &mut args), Ok(Decoded::Request { consumed: stream.len() }));
    assert_eq!(args.iter().map(|arg| arg.of(stream)).collect::<Vec<_>>(), [&b"SET"[..], b"k", b"v"]);
    assert_eq!(one.heap_bytes(), 0);
}

/// Byte by byte, a million arguments and a line of 64 KiB: quadratic work would take minutes here.
#[test]
fn cost_is_linear_however_the_bytes_arrive() {
    let mut stream = b"*100000\r\n".to_vec();
    stream.extend(b"$1\r\na\r\n".repeat(100_000));
    stream.extend(vec![b'x'; 65_000]);
    stream.push(b'\n');
    let requests = transcript(&stream, &[1], &Limits::default()).requests;
    assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), [100_000, 1]);
}

#[test]
fn whole_requests_use_the_scratch_they_are_given() {
    let stream = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n".repeat(64);
    let (mut decoder, mut args, mut start) = (Decoder::default(), Vec::with_capacity(3), 0);
    let (place, capacity) = (args.as_ptr(), args.capacity());
    while start < stream.len() {
        match decoder.next(&stream[start..], &Limits::default(), &mut args).unwrap() {
            Decoded::Request { consumed } => start += consumed,
            other => panic!("{other:?}"),
        }
        assert_eq!((args.as_ptr(), args.capacity(), decoder.heap_bytes()), (place, capacity, 0));
    }
}

#[test]
fn a_pipeline_of_ten_thousand_is_read_in_order() {
    let expected: Vec<Vec<Vec<u8>>> = (0..10_000).map(|n| strings(&["ECHO", &n.to_string()])).collect();
    let stream: Vec<u8> = expected.iter().flat_map(|args| encode(args)).collect();
    assert_eq!(transcript(&stream, &[16 * 1024], &Limits::default()).requests, expected);
}

fn any_request() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let arg = prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..12),
        1 => prop::collection::vec(any::<u8>(), 90..120),
        1 => prop::collection::vec(any::<u8>(), 990..1010),
    ];
    prop::collection::vec(arg, 1..6)
}

/// Pieces that streams go wrong with, so that chance finds the corners.
fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any_request().prop_map(|args| encode(&args)),
        prop::collection::vec(any::<u8>(), 0..8),
        prop::sample::select(vec![
            "*",
            "$",
            "\r\n",
            "\n",
            "\r",
            "\0",
            "1",
            "0",
            "-1",
            "3",
            "10",
            "64",
            "99999999999",
            "*1\r\n",
            "*2\r\n",
            "$4\r\nPING\r\n",
            "$0\r\n\r\n",
            "PING",
            " ",
            "\"",
            "'",
            "\\x41",
            "\\",
            "a b",
            "set k \"v\\n\"\r\n",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn requests_mean_what_redis_protocol_means(all in prop::collection::vec(any_request(), 1..4)) {
        let stream: Vec<u8> = all.iter().flat_map(|args| encode(args)).collect();
        let mut rest = &stream[..];
        let mut frames = Vec::new();
        while let Some((OwnedFrame::Array(frame), len)) = decode_frame(rest).unwrap() {
            frames.push(frame.into_iter().map(|arg| match arg {
                OwnedFrame::BulkString(bytes) => bytes,
                other => panic!("{other:?}"),
            }).collect::<Vec<_>>());
            rest = &rest[len..];
        }
        prop_assert_eq!(&frames, &all);
        prop_assert_eq!(&requests(&stream), &all);
        for cut in 1..stream.len().min(200) {
            prop_assert_eq!(&transcript(&stream, &[cut, stream.len()], &Limits::default()).requests, &all);
        }
    }

    #[test]
    fn any_stream_means_the_same_however_it_is_cut(
        stream in any_stream(),
        cuts in prop::collection::vec(1usize..40, 1..8),
        authenticated in any::<bool>(),
    ) {
        let limits = Limits { authenticated, max_bulk_len: 1000, max_inline_len: 48, ..Limits::default() };
        let whole = transcript(&stream, &[], &limits);
        prop_assert_eq!(&transcript(&stream, &cuts, &limits), &whole);
        prop_assert_eq!(&transcript(&stream, &[1], &limits), &whole);
    }

    #[test]
    fn the_fuzz_target_holds_for_any_bytes(head in any::<[u8; 4]>(), stream in any_stream()) {
        fuzz::decode(&[&head[..], &stream].concat());
    }
}
