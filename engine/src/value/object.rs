//! Values too large to lie beside their key.

use std::sync::Arc;

use super::hash::FieldTable;

/// A value outside its entry.
///
/// `Bytes` is shared, so that a reply can hold on to a large string without copying it; who changes a string that
/// is shared changes a copy.
#[derive(Debug)]
pub(crate) enum Object {
    Bytes(Arc<Vec<u8>>),
    PackedHash(Vec<u8>),
    TableHash(Box<FieldTable>),
}

impl Object {
    /// Bytes on the heap beyond the object itself, in `O(1)`.
    pub(crate) fn owned_bytes(&self) -> usize {
        match self {
            // The count of owners and the vector's header stand before the bytes.
            Self::Bytes(bytes) => bytes.capacity() + 2 * size_of::<usize>() + size_of::<Vec<u8>>(),
            Self::PackedHash(packed) => packed.capacity(),
            Self::TableHash(fields) => fields.used_bytes(),
        }
    }

    /// The fields of a hash that is being taken down piece by piece.
    pub(crate) fn recorded_fields(&mut self) -> Option<&mut FieldTable> {
        match self {
            Self::TableHash(fields) if fields.is_recorded() => Some(fields),
            _ => None,
        }
    }

    /// A deep copy; shared bytes stay shared.
    pub(crate) fn duplicate(&self) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(Arc::clone(bytes)),
            Self::PackedHash(packed) => Self::PackedHash(packed.clone()),
            Self::TableHash(fields) => Self::TableHash(Box::new(fields.duplicate())),
        }
    }
}
