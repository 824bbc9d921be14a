//! One value of a type that was read before it.

use std::borrow::Cow;
use std::io::BufRead;

use super::error::{Error, ErrorKind, Result};
use super::kind::{self, Dialect};
use super::string::Strings;
use super::{Pairs, Value, hash, recycle};
use crate::table::INLINE_VALUE_MAX;

/// Reads values; the buffers serve all of them.
pub(super) struct Bodies<R> {
    pub(super) strings: Strings<R>,
    pub(super) dialect: Dialect,
    text: Vec<u8>,
    pairs: Pairs,
}

/// Where a value that was read lies.
pub(super) enum Body {
    /// In the buffer of texts.
    Text,
    /// A string too long for a buffer.
    LongText(Vec<u8>),
    /// In the buffer of pairs.
    Hash,
    /// In the buffer of pairs, which are none: a collection without elements.
    Nothing,
}

impl<R: BufRead> Bodies<R> {
    pub(super) fn new(strings: Strings<R>, dialect: Dialect) -> Self {
        Self { strings, dialect, text: Vec::new(), pairs: Pairs::default() }
    }

    /// Reads the value of a type that stands at `offset`.
    pub(super) fn read(&mut self, kind: u8, offset: u64) -> Result<Body> {
        let Self { strings, dialect, text, pairs } = self;
        if kind == kind::STRING {
            recycle(text);
            strings.append(text, "a string")?;
            if text.len() <= INLINE_VALUE_MAX {
                return Ok(Body::Text);
            }
            let mut text = std::mem::take(text);
            text.shrink_to_fit();
            return Ok(Body::LongText(text));
        }
        if hash::is_hash(kind, *dialect) {
            pairs.clear();
            hash::read(strings, (kind, *dialect), text, pairs)?;
            return Ok(if pairs.is_empty() { Body::Nothing } else { Body::Hash });
        }
        let Some(name) = dialect.unsupported(kind) else {
            return Err(Error::corrupt(offset, "a type or an opcode that is not known"));
        };
        let mut name = name.to_owned();
        if kind == kind::MODULE {
            let id = strings.source.length("the name of a module's type")?;
            name = format!("{name} (type {})", kind::module_name(id));
        }
        Err(Error::new(offset, ErrorKind::Unsupported(name)))
    }

    /// The value that was read, as long as no other is.
    pub(super) fn value(&self, body: Body) -> Value<'_> {
        match body {
            Body::Text => Value::String(Cow::Borrowed(&self.text)),
            Body::LongText(text) => Value::String(Cow::Owned(text)),
            Body::Hash | Body::Nothing => Value::Hash(Cow::Borrowed(&self.pairs)),
        }
    }

    /// The value that was read last.
    pub(super) fn into_value(self, body: Body) -> Value<'static> {
        match body {
            Body::Text => Value::String(Cow::Owned(self.text)),
            Body::LongText(text) => Value::String(Cow::Owned(text)),
            Body::Hash | Body::Nothing => Value::Hash(Cow::Owned(self.pairs)),
        }
    }
}
