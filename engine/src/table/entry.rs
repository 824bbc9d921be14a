//! An entry's bytes.
//!
//! ```text
//! flags u8 | key length | deadline 0, 5 or 8 bytes | value length | key | value     inline value
//! flags u8 | key length | deadline 0, 5 or 8 bytes | key | pointer 8 bytes          boxed value
//!
//! flags  bit 0..4 tag, bit 4 boxed, bit 5..7 deadline (0 none, 1 five bytes, 2 eight bytes)
//! length below 253 one byte; 253 and two bytes; 254 and four bytes (little endian)
//! ```
//!
//! A five-byte deadline counts milliseconds from 2020 and reaches to 2054; others take eight.

use super::arena::units_for;

/// Largest inline value in bytes; above it the value is boxed.
pub const INLINE_VALUE_MAX: usize = 2048;
/// Longest key in bytes: what a 32-bit length can say, with room for the rest of the entry.
pub const KEY_LEN_MAX: usize = u32::MAX as usize - (64 << 10);

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

const TAG_MASK: u8 = 0x0F;
const BOXED: u8 = 0x10;
const DEADLINE_SHIFT: u8 = 5;
const DEADLINE_SHORT: u8 = 1 << DEADLINE_SHIFT;
const DEADLINE_LONG: u8 = 2 << DEADLINE_SHIFT;
const DEADLINE_MASK: u8 = 3 << DEADLINE_SHIFT;
/// 2020-01-01 in Unix milliseconds.
const DEADLINE_BASE_MS: u64 = 1_577_836_800_000;
const POINTER_LEN: usize = 8;

const LENGTH_TWO_BYTES: u8 = 253;
const LENGTH_FOUR_BYTES: u8 = 254;

/// Where an entry's parts lie, in bytes from its start. Two words, so that it stays in registers.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    key_len: u32,
    value_len: u32,
    key_at: u8,
    deadline_at: u8,
    flags: u8,
}

const _: () = assert!(size_of::<Parts>() <= 16);

impl Parts {
    /// Where the parts of a new entry go.
    pub(super) fn of_new(tag: Tag, boxed: bool, key_len: usize, value_len: usize, deadline_ms: Option<u64>) -> Self {
        debug_assert!(tag.0 < TAG_MASK && key_len <= KEY_LEN_MAX && value_len <= INLINE_VALUE_MAX);
        let (deadline_flag, deadline_len) = match deadline_ms {
            None => (0, 0),
            Some(ms) if ms.wrapping_sub(DEADLINE_BASE_MS) < 1 << 40 => (DEADLINE_SHORT, 5),
            Some(_) => (DEADLINE_LONG, 8),
        };
        let flags = tag.0 & TAG_MASK | if boxed { BOXED } else { 0 } | deadline_flag;
        let deadline_at = 1 + length_len(key_len);
        let value_length_len = if boxed { 0 } else { length_len(value_len) };
        let key_at = deadline_at + deadline_len + value_length_len;
        let value_len = if boxed { POINTER_LEN } else { value_len };
        Self::new(flags, deadline_at, key_at, key_len, value_len)
    }

    #[inline]
    fn new(flags: u8, deadline_at: usize, key_at: usize, key_len: usize, value_len: usize) -> Self {
        // A key is at most `KEY_LEN_MAX` long, what stands before it 19 bytes.
        Self {
            key_len: key_len as u32,
            value_len: value_len as u32,
            key_at: key_at as u8,
            deadline_at: deadline_at as u8,
            flags,
        }
    }

    #[inline]
    pub(super) fn flags(&self) -> u8 {
        self.flags
    }

    #[inline]
    pub(super) fn key_at(&self) -> usize {
        usize::from(self.key_at)
    }

    #[inline]
    pub(super) fn key_len(&self) -> usize {
        self.key_len as usize
    }

    #[inline]
    pub(super) fn value_at(&self) -> usize {
        self.key_at() + self.key_len()
    }

    #[inline]
    pub(super) fn value_len(&self) -> usize {
        self.value_len as usize
    }

    #[inline]
    fn deadline_at(&self) -> usize {
        usize::from(self.deadline_at)
    }

    /// Reads the parts of an entry.
    ///
    /// # Safety
    /// `entry` points to an entry written by [`Self::write_head`].
    #[inline]
    pub(super) unsafe fn read(entry: *const u8) -> Self {
        // SAFETY: the entry's head lies at its start, as the caller promises.
        unsafe {
            let flags = entry.read();
            let (key_len, deadline_at) = read_length(entry, 1);
            let mut at = deadline_at + deadline_len(flags);
            let value_len = if flags & BOXED != 0 {
                POINTER_LEN
            } else {
                let (value_len, after) = read_length(entry, at);
                at = after;
                value_len
            };
            Self::new(flags, deadline_at, at, key_len, value_len)
        }
    }

    /// Writes flags, lengths and deadline; key and value are the caller's to write.
    ///
    /// # Safety
    /// `entry` points to a writable block of at least [`Self::units`].
    pub(super) unsafe fn write_head(&self, entry: *mut u8, deadline_ms: Option<u64>) {
        // SAFETY: all writes stay below `key_at`, inside the block.
        unsafe {
            entry.write(self.flags);
            write_length(entry, 1, self.key_len());
            self.write_deadline(entry, deadline_ms);
            if !self.is_boxed() {
                write_length(entry, self.deadline_at() + deadline_len(self.flags), self.value_len());
            }
        }
    }

    /// Overwrites the deadline; its kind must be the one in the flags.
    ///
    /// # Safety
    /// `entry` points to the writable entry these parts describe.
    pub(super) unsafe fn write_deadline(&self, entry: *mut u8, deadline_ms: Option<u64>) {
        let Some(deadline_ms) = deadline_ms else { return };
        // SAFETY: the bytes of the deadline lie inside the entry.
        unsafe {
            let to = entry.add(self.deadline_at());
            if self.flags & DEADLINE_MASK == DEADLINE_SHORT {
                let bytes = (deadline_ms - DEADLINE_BASE_MS).to_le_bytes();
                to.copy_from_nonoverlapping(bytes.as_ptr(), 5);
            } else {
                to.copy_from_nonoverlapping(deadline_ms.to_le_bytes().as_ptr(), 8);
            }
        }
    }

    /// # Safety
    /// `entry` points to the entry these parts describe.
    #[inline]
    pub(super) unsafe fn deadline_ms(&self, entry: *const u8) -> Option<u64> {
        let mut bytes = [0; 8];
        let len = deadline_len(self.flags);
        if len == 0 {
            return None;
        }
        // SAFETY: the bytes of the deadline lie inside the entry.
        unsafe { entry.add(self.deadline_at()).copy_to_nonoverlapping(bytes.as_mut_ptr(), len) };
        let value = u64::from_le_bytes(bytes);
        Some(if len == 5 { value + DEADLINE_BASE_MS } else { value })
    }

    #[inline]
    pub(super) fn is_boxed(&self) -> bool {
        self.flags & BOXED != 0
    }

    #[inline]
    pub(super) fn has_deadline(&self) -> bool {
        self.flags & DEADLINE_MASK != 0
    }

    #[inline]
    pub(super) fn tag(&self) -> Tag {
        Tag(self.flags & TAG_MASK)
    }

    pub(super) fn with_tag(flags: u8, tag: Tag) -> u8 {
        flags & !TAG_MASK | tag.0 & TAG_MASK
    }

    /// Whether these parts differ from others in nothing but what lies in the value.
    pub(super) fn same_shape(&self, other: &Self) -> bool {
        self.flags == other.flags && self.key_at == other.key_at && self.key_len == other.key_len
    }

    /// Units of the entry's block.
    #[inline]
    pub(super) fn units(&self) -> u32 {
        units_for(self.value_at() + self.value_len())
    }
}

#[inline]
fn deadline_len(flags: u8) -> usize {
    match flags & DEADLINE_MASK {
        0 => 0,
        DEADLINE_SHORT => 5,
        _ => 8,
    }
}

#[inline]
fn length_len(len: usize) -> usize {
    if len < LENGTH_TWO_BYTES as usize {
        1
    } else if len <= u16::MAX as usize {
        3
    } else {
        5
    }
}

/// # Safety
/// A length written by `write_length` lies at `at`.
#[inline]
unsafe fn read_length(entry: *const u8, at: usize) -> (usize, usize) {
    // SAFETY: as the caller promises; the first byte tells how many follow.
    unsafe {
        let first = entry.add(at).read();
        if first < LENGTH_TWO_BYTES {
            return (first as usize, at + 1);
        }
        if first == LENGTH_TWO_BYTES {
            return (entry.add(at + 1).cast::<u16>().read_unaligned() as usize, at + 3);
        }
        (entry.add(at + 1).cast::<u32>().read_unaligned() as usize, at + 5)
    }
}

/// # Safety
/// `length_len(len)` bytes at `at` are writable.
unsafe fn write_length(entry: *mut u8, at: usize, len: usize) {
    // SAFETY: as the caller promises.
    unsafe {
        match length_len(len) {
            1 => entry.add(at).write(len as u8),
            3 => {
                entry.add(at).write(LENGTH_TWO_BYTES);
                entry.add(at + 1).cast::<u16>().write_unaligned(len as u16);
            }
            _ => {
                entry.add(at).write(LENGTH_FOUR_BYTES);
                entry.add(at + 1).cast::<u32>().write_unaligned(len as u32);
            }
        }
    }
}
