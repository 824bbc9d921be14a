//! What must hold for every input, as functions a fuzz target or a property test calls with any bytes.

use super::{ArgRange, Decoded, Decoder, Limits, ProtocolError};

/// What a stream of bytes means: each request's arguments, in order, and the error that ended it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// Arguments of each request.
    pub requests: Vec<Vec<Vec<u8>>>,
    /// The error behind the last request, if the stream broke the protocol.
    pub error: Option<ProtocolError>,
}

/// Reads a stream that arrives in chunks of the given lengths (the last one is repeated; none means all at once) the
/// way a connection does.
///
/// # Panics
/// If a range lies outside the buffer, the reader does not move on, or it holds memory beyond a fixed multiple of
/// the bytes it was given.
pub fn transcript(data: &[u8], chunk_lens: &[usize], limits: &Limits) -> Transcript {
    let mut decoder = Decoder::default();
    let mut transcript = Transcript::default();
    let mut args = Vec::new();
    let (mut start, mut end) = (0, 0);
    let mut chunk_lens = chunk_lens.iter().copied();
    let mut chunk_len = data.len().max(1);
    while end < data.len() {
        chunk_len = chunk_lens.next().unwrap_or(chunk_len).max(1);
        end = data.len().min(end + chunk_len);
        loop {
            let buf = &data[start..end];
            let decoded = match decoder.next(buf, limits, &mut args) {
                Ok(decoded) => decoded,
                Err(error) => {
                    transcript.error = Some(error);
                    return transcript;
                }
            };
            // An argument takes six bytes at least and its range sixteen, in a list that may be half empty.
            assert!(decoder.heap_bytes() <= 256 + 8 * buf.len(), "memory follows the bytes received");
            let consumed = match decoded {
                Decoded::Incomplete { missing } => {
                    assert!(missing > 0);
                    break;
                }
                Decoded::Request { consumed } => {
                    assert!(!args.is_empty(), "a request has arguments");
                    let bytes = decoder.bytes(buf);
                    transcript.requests.push(args.iter().map(|arg: &ArgRange| arg.of(bytes).to_vec()).collect());
                    consumed
                }
                Decoded::Nothing { consumed } => consumed,
            };
            assert!((1..=buf.len()).contains(&consumed), "the reader moves on within the buffer");
            start += consumed;
        }
    }
    transcript
}

/// Checks on any bytes that a stream means the same however it is cut. The first bytes choose limits and cuts.
///
/// # Panics
/// If it does not.
pub fn decode(data: &[u8]) {
    let Some((&[mode, first, second, third], stream)) = data.split_first_chunk() else {
        return;
    };
    let limits = Limits {
        max_bulk_len: if mode & 1 == 0 { 512 << 20 } else { 64 },
        max_args: if mode & 2 == 0 { i32::MAX as usize } else { 8 },
        max_inline_len: if mode & 4 == 0 { 64 << 10 } else { 32 },
        authenticated: mode & 8 == 0,
    };
    let whole = transcript(stream, &[], &limits);
    let cuts = [usize::from(first), usize::from(second), usize::from(third)];
    assert_eq!(transcript(stream, &cuts, &limits), whole);
    assert_eq!(transcript(stream, &[1], &limits), whole);
}
