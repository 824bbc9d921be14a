//! Replies: where one ends in a stream of bytes, and what it says.
//!
//! [`length`] finds the end without decoding, so that tests compare the exact bytes a server sent. [`Value::decode`]
//! reads RESP2 and RESP3 alike and keeps the order of maps and sets.

use std::fmt;

/// The first byte that no reply can have at that place, counted from the start of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub usize);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed reply at byte {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Length in bytes of the reply at the start of `bytes`; `None` while it is incomplete.
///
/// # Errors
/// [`Malformed`] where the bytes cannot be the start of any reply.
pub fn length(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
    let mut at = 0;
    let mut pending = 1_usize;
    while pending > 0 {
        let Some(header) = Header::read(bytes, at)? else {
            return Ok(None);
        };
        at = header.end;
        pending = pending - 1 + header.children();
    }
    Ok(Some(at))
}

/// One header line and, for blobs, the bytes that belong to it.
struct Header<'a> {
    kind: u8,
    /// The text after the type byte; for blobs the blob itself.
    text: &'a [u8],
    /// Declared count of an aggregate, −1 for a null.
    count: i64,
    /// Where the next header starts.
    end: usize,
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8], at: usize) -> Result<Option<Self>, Malformed> {
        let Some(&kind) = bytes.get(at) else {
            return Ok(None);
        };
        if !b"+-:$*_,#!=(%~>|".contains(&kind) {
            return Err(Malformed(at));
        }
        let Some(line_len) = bytes[at + 1..].iter().position(|&b| b == b'\n') else {
            return Ok(None);
        };
        let line_end = at + 1 + line_len;
        if bytes[line_end - 1] != b'\r' {
            return Err(Malformed(line_end));
        }
        let text = &bytes[at + 1..line_end - 1];
        let end = line_end + 1;
        if !b"$*!=%~>|".contains(&kind) {
            return Ok(Some(Self { kind, text, count: 0, end }));
        }
        let count: i64 =
            std::str::from_utf8(text).ok().and_then(|t| t.parse().ok()).filter(|&n| n >= -1).ok_or(Malformed(at))?;
        if count < 0 || !b"$!=".contains(&kind) {
            return Ok(Some(Self { kind, text, count, end }));
        }
        let blob_end = end + usize::try_from(count).map_err(|_| Malformed(at))?;
        match bytes.get(blob_end..blob_end + 2) {
            None => Ok(None),
            Some(b"\r\n") => Ok(Some(Self { kind, text: &bytes[end..blob_end], count, end: blob_end + 2 })),
            Some(_) => Err(Malformed(blob_end)),
        }
    }

    /// Replies that follow as parts of this one. An attribute (`|`) also announces the reply it decorates.
    fn children(&self) -> usize {
        let count = usize::try_from(self.count).unwrap_or(0);
        match self.kind {
            b'*' | b'~' | b'>' => count,
            b'%' => count * 2,
            b'|' => count * 2 + 1,
            _ => 0,
        }
    }
}

/// A decoded reply.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// `+OK`
    Simple(Vec<u8>),
    /// `-ERR …` and RESP3 blob errors
    Error(Vec<u8>),
    /// `:1`
    Integer(i64),
    /// `$5`
    Bulk(Vec<u8>),
    /// `$-1` of RESP2 and `_` of RESP3
    Null,
    /// `*-1` of RESP2
    NullArray,
    /// `*2`
    Array(Vec<Value>),
    /// `%1`, in the order sent
    Map(Vec<(Value, Value)>),
    /// `~2`, in the order sent
    Set(Vec<Value>),
    /// `>2`
    Push(Vec<Value>),
    /// `,3.14`, as written
    Double(Vec<u8>),
    /// `#t`
    Boolean(bool),
    /// `(123…`, as written
    BigNumber(Vec<u8>),
    /// `=15`, with its three-letter format and colon
    Verbatim(Vec<u8>),
}

impl Value {
    /// Decodes exactly one reply.
    ///
    /// # Errors
    /// [`Malformed`] where the bytes are not one whole reply.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut at = 0;
        let value = Self::read(bytes, &mut at)?;
        if at == bytes.len() { Ok(value) } else { Err(Malformed(at)) }
    }

    fn read(bytes: &[u8], at: &mut usize) -> Result<Self, Malformed> {
        let start = *at;
        let header = Header::read(bytes, start)?.ok_or(Malformed(start))?;
        *at = header.end;
        let text = header.text.to_vec();
        let mut items = |n: usize| (0..n).map(|_| Self::read(bytes, at)).collect::<Result<Vec<_>, _>>();
        Ok(match header.kind {
            b'+' => Self::Simple(text),
            b'-' | b'!' => Self::Error(text),
            b':' => {
                Self::Integer(std::str::from_utf8(&text).ok().and_then(|t| t.parse().ok()).ok_or(Malformed(start))?)
            }
            b',' => Self::Double(text),
            b'(' => Self::BigNumber(text),
            b'=' => Self::Verbatim(text),
            b'#' => match &text[..] {
                b"t" => Self::Boolean(true),
                b"f" => Self::Boolean(false),
                _ => return Err(Malformed(start)),
            },
            b'_' | b'$' if header.count < 0 || header.kind == b'_' => Self::Null,
            b'$' => Self::Bulk(text),
            b'*' if header.count < 0 => Self::NullArray,
            b'*' => Self::Array(items(header.children())?),
            b'~' => Self::Set(items(header.children())?),
            b'>' => Self::Push(items(header.children())?),
            b'%' => Self::Map(pairs(items(header.children())?)),
            // Attributes decorate the reply that follows; no test reads them.
            b'|' => items(header.children())?.pop().ok_or(Malformed(start))?,
            _ => return Err(Malformed(start)),
        })
    }

    /// The reply as RESP2 would carry it: maps flattened, sets as arrays, numbers and text as bulk strings.
    #[must_use]
    pub fn downgraded(self) -> Self {
        let all = |items: Vec<Self>| items.into_iter().map(Self::downgraded).collect();
        match self {
            Self::Array(items) | Self::Set(items) | Self::Push(items) => Self::Array(all(items)),
            Self::Map(pairs) => {
                Self::Array(pairs.into_iter().flat_map(|(k, v)| [k.downgraded(), v.downgraded()]).collect())
            }
            Self::Double(text) | Self::BigNumber(text) => Self::Bulk(text),
            Self::Verbatim(text) => Self::Bulk(text.get(4..).unwrap_or_default().to_vec()),
            Self::Boolean(flag) => Self::Integer(flag.into()),
            other => other,
        }
    }

    /// The parts of an array, set or push; a map's keys and values in turn.
    pub fn items(&self) -> Option<Vec<&Self>> {
        match self {
            Self::Array(items) | Self::Set(items) | Self::Push(items) => Some(items.iter().collect()),
            Self::Map(pairs) => Some(pairs.iter().flat_map(|(k, v)| [k, v]).collect()),
            _ => None,
        }
    }

    /// The bytes of a string of any kind.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Simple(text) | Self::Bulk(text) | Self::Double(text) | Self::Verbatim(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string of any kind, broken bytes replaced.
    pub fn text(&self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// The number of an integer reply.
    pub fn integer(&self) -> Option<i64> {
        if let Self::Integer(n) = self { Some(*n) } else { None }
    }

    /// Whether the reply is an error.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }
}

/// Groups a flat list by two; a last single item is dropped.
pub fn pairs(items: Vec<Value>) -> Vec<(Value, Value)> {
    let mut out = Vec::with_capacity(items.len() / 2);
    let mut items = items.into_iter();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        out.push((key, value));
    }
    out
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Simple(text) => write!(f, "+{}", text.escape_ascii()),
            Self::Error(text) => write!(f, "-{}", text.escape_ascii()),
            Self::Integer(n) => write!(f, ":{n}"),
            Self::Bulk(text) => write!(f, "\"{}\"", text.escape_ascii()),
            Self::Null => f.write_str("nil"),
            Self::NullArray => f.write_str("nil array"),
            Self::Array(items) => f.debug_list().entries(items).finish(),
            Self::Map(pairs) => f.debug_map().entries(pairs.iter().map(|(k, v)| (k, v))).finish(),
            Self::Set(items) => {
                f.write_str("~")?;
                f.debug_set().entries(items).finish()
            }
            Self::Push(items) => {
                f.write_str(">")?;
                f.debug_list().entries(items).finish()
            }
            Self::Double(text) => write!(f, ",{}", text.escape_ascii()),
            Self::Boolean(flag) => write!(f, "#{flag}"),
            Self::BigNumber(text) => write!(f, "({}", text.escape_ascii()),
            Self::Verbatim(text) => write!(f, "={}", text.escape_ascii()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use redis_protocol::resp3::{self, types::OwnedFrame};

    const REPLIES: &[&[u8]] = &[
        b"+OK\r\n",
        b"-ERR no\r\n",
        b":-12\r\n",
        b"$3\r\na\r\n\r\n",
        b"$-1\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        b"*2\r\n*1\r\n:1\r\n$0\r\n\r\n",
        b"_\r\n",
        b",1e400\r\n",
        b"#t\r\n",
        b"(123456789012345678901234567890\r\n",
        b"=7\r\ntxt:abc\r\n",
        b"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n",
        b"~1\r\n+a\r\n",
        b">2\r\n+message\r\n$1\r\nx\r\n",
        b"|1\r\n+ttl\r\n:3\r\n*1\r\n:1\r\n",
        b"!5\r\nERR x\r\n",
    ];

    #[test]
    fn a_reply_ends_at_its_last_byte_and_not_before() {
        for reply in REPLIES {
            for cut in 0..reply.len() {
                assert_eq!(length(&reply[..cut]), Ok(None), "{:?} cut at {cut}", reply.escape_ascii().to_string());
            }
            let mut followed = reply.to_vec();
            followed.extend_from_slice(b"+next\r\n");
            assert_eq!(length(&followed), Ok(Some(reply.len())));
            Value::decode(reply).expect("a whole reply decodes");
        }
    }

    #[test]
    fn what_is_no_reply_is_malformed() {
        for bytes in [&b"x"[..], b"+OK\n", b"$3\r\nabcd\r\n", b"*x\r\n", b"$-2\r\n"] {
            assert!(length(bytes).is_err(), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn downgraded_values_are_what_resp2_sends() {
        let map = Value::Map(vec![(Value::Bulk(b"f".to_vec()), Value::Double(b"1.5".to_vec()))]);
        assert_eq!(map.downgraded(), Value::Array(vec![Value::Bulk(b"f".to_vec()), Value::Bulk(b"1.5".to_vec())]));
    }

    proptest! {
        #[test]
        fn lengths_agree_with_another_decoder(bytes in proptest::collection::vec(reply(), 1..4)) {
            let bytes = bytes.concat();
            let theirs = resp3::decode::complete::decode(&bytes).ok().flatten().map(|(_, len): (OwnedFrame, _)| len);
            prop_assert_eq!(length(&bytes).ok().flatten(), theirs);
        }
    }

    fn reply() -> impl Strategy<Value = Vec<u8>> {
        let leaf = prop_oneof![
            "[a-z]{0,8}".prop_map(|s| format!("+{s}\r\n").into_bytes()),
            any::<i64>().prop_map(|n| format!(":{n}\r\n").into_bytes()),
            "[ -~]{0,20}".prop_map(|s| format!("${}\r\n{s}\r\n", s.len()).into_bytes()),
            Just(b"_\r\n".to_vec()),
            Just(b"#f\r\n".to_vec()),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            proptest::collection::vec(inner, 0..4).prop_map(|items| {
                let mut out = format!("*{}\r\n", items.len()).into_bytes();
                out.extend(items.concat());
                out
            })
        })
    }
}
