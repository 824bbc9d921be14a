//! Value types: what the user sees, and how each lies in memory.
//!
//! One file per type. A type adds its encodings to `tag`, a variant to `Object` when it has a form of its own
//! outside the entry, and its views (`…Ref` to read, `…Mut` to change). Small values lie inline beside their key;
//! above [`INLINE_VALUE_MAX`](crate::table::INLINE_VALUE_MAX) bytes they are boxed.

pub mod compact;
pub mod hash;
pub mod lcs;
mod object;
pub mod string;

pub use hash::HashRef;
pub(crate) use object::Object;
pub use string::{StringRef, StringValue};

use crate::error::{Error, Result};
use crate::table::{Tag, ValueView};

/// What the table's four tag bits mean.
pub(crate) mod tag {
    use crate::table::Tag;

    /// Bytes as they were set.
    pub(crate) const STRING: Tag = Tag(0);
    /// A 64-bit integer in 1 to 8 little-endian bytes, always inline.
    pub(crate) const INTEGER: Tag = Tag(1);
    /// Bytes that were changed in place: the same as `STRING`, except for what OBJECT ENCODING says.
    pub(crate) const RAW_STRING: Tag = Tag(2);
    /// A hash as one packed blob, inline or boxed.
    pub(crate) const PACKED_HASH: Tag = Tag(3);
    /// A hash as a table of its own, always boxed.
    pub(crate) const TABLE_HASH: Tag = Tag(4);
}

/// What the user sees a value as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// A string of bytes, integers included.
    String,
    /// Fields and their values.
    Hash,
}

impl ValueType {
    pub(crate) fn of(tag: Tag) -> Self {
        match tag {
            tag::STRING | tag::INTEGER | tag::RAW_STRING => Self::String,
            tag::PACKED_HASH | tag::TABLE_HASH => Self::Hash,
            Tag(other) => unreachable!("no value is stored under tag {other}"),
        }
    }

    /// The name clients know the type by, as TYPE answers it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Hash => "hash",
        }
    }
}

/// How a value lies in memory, in the words of the reference server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// A string that is an integer.
    Int,
    /// A string of at most 44 bytes, as it was set.
    Embstr,
    /// A longer string, or one changed in place.
    Raw,
    /// A small hash in one blob.
    Listpack,
    /// A hash table.
    Hashtable,
}

impl Encoding {
    /// The name OBJECT ENCODING answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Embstr => "embstr",
            Self::Raw => "raw",
            Self::Listpack => "listpack",
            Self::Hashtable => "hashtable",
        }
    }
}

/// A value to be read, of whatever type.
#[derive(Clone, Copy, Debug)]
pub struct ValueRef<'a> {
    tag: Tag,
    view: ValueView<'a, Object>,
}

impl<'a> ValueRef<'a> {
    pub(crate) fn new(tag: Tag, view: ValueView<'a, Object>) -> Self {
        Self { tag, view }
    }

    /// The value's type.
    pub fn value_type(self) -> ValueType {
        ValueType::of(self.tag)
    }

    /// The value as a string.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`].
    #[inline]
    pub fn string(self) -> Result<StringRef<'a>> {
        StringRef::new(self.tag, self.view).ok_or(Error::WrongType)
    }

    /// The value as a hash.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`].
    #[inline]
    pub fn hash(self) -> Result<HashRef<'a>> {
        HashRef::new(self.tag, self.view).ok_or(Error::WrongType)
    }

    /// Where the value lies at this moment; another place after the next change of its shard.
    pub fn address(self) -> *const u8 {
        match self.view {
            ValueView::Inline(bytes) => bytes.as_ptr(),
            ValueView::Boxed(object) => std::ptr::from_ref(object).cast(),
        }
    }

    /// How the value lies in memory.
    pub fn encoding(self) -> Encoding {
        match self.tag {
            tag::INTEGER => Encoding::Int,
            tag::STRING if self.length() <= string::EMBEDDED_MAX => Encoding::Embstr,
            tag::STRING | tag::RAW_STRING => Encoding::Raw,
            tag::PACKED_HASH => Encoding::Listpack,
            tag::TABLE_HASH => Encoding::Hashtable,
            Tag(other) => unreachable!("no value is stored under tag {other}"),
        }
    }

    /// Bytes of the value as a client sees them.
    pub(crate) fn length(self) -> usize {
        match (self.string(), self.hash()) {
            (Ok(string), _) => string.len(),
            (_, Ok(hash)) => hash.content_bytes(),
            _ => 0,
        }
    }
}
