//! An entry's parts: key, tag, deadline, value.

/// Largest inline value in bytes; above it the value is boxed.
pub const INLINE_VALUE_MAX: usize = 2048;

/// What a value is, four bits of the entry's flags. The table stores it and attaches no meaning to it; 15 is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(pub u8);

/// An entry as it lies in the table.
#[derive(Debug)]
pub struct EntryView<'a, O> {
    /// The key.
    pub key: &'a [u8],
    /// What the value is.
    pub tag: Tag,
    /// When the entry expires, in Unix milliseconds.
    pub deadline_ms: Option<u64>,
    /// The value.
    pub value: ValueView<'a, O>,
}

/// A value as it lies in the table.
#[derive(Debug)]
pub enum ValueView<'a, O> {
    /// Bytes beside the key.
    Inline(&'a [u8]),
    /// An object of its own.
    Boxed(&'a O),
}

/// A value to store. Inline bytes may be at most [`INLINE_VALUE_MAX`] long.
#[derive(Debug)]
pub enum NewValue<'a, O> {
    /// Bytes to copy beside the key.
    Inline(&'a [u8]),
    /// An object of its own.
    Boxed(Box<O>),
}

impl<O> Clone for EntryView<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for EntryView<'_, O> {}

impl<O> Clone for ValueView<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for ValueView<'_, O> {}
