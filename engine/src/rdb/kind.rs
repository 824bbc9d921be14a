//! Types of values and opcodes: the byte that begins each part of a stream.

/// A string.
pub(super) const STRING: u8 = 0;
/// A hash as its number of fields, fields and values.
pub(super) const HASH: u8 = 4;
/// A hash as a zipmap.
pub(super) const HASH_ZIPMAP: u8 = 9;
/// A hash as a ziplist.
pub(super) const HASH_ZIPLIST: u8 = 13;
/// A hash as a listpack.
pub(super) const HASH_LISTPACK: u8 = 16;
/// A value of a module that says how it can be passed over.
pub(super) const MODULE: u8 = 7;

/// Types of hashes whose fields have deadlines, with Redis; the odd ones are listpacks. The first two are of release candidates.
pub(super) const HASH_DEADLINES_OLD: u8 = 22;
pub(super) const HASH_DEADLINES_OLD_LISTPACK: u8 = 23;
pub(super) const HASH_DEADLINES: u8 = 24;
pub(super) const HASH_DEADLINES_LISTPACK: u8 = 25;
/// A hash whose fields have deadlines, with Valkey.
pub(super) const VALKEY_HASH_DEADLINES: u8 = 22;

pub(super) const SLOT_IMPORT: u8 = 243;
pub(super) const SLOT_INFO: u8 = 244;
pub(super) const FUNCTION: u8 = 245;
pub(super) const FUNCTION_OLD: u8 = 246;
pub(super) const MODULE_AUX: u8 = 247;
pub(super) const IDLE: u8 = 248;
pub(super) const FREQUENCY: u8 = 249;
pub(super) const AUX: u8 = 250;
pub(super) const SIZE_HINT: u8 = 251;
pub(super) const DEADLINE_MS: u8 = 252;
pub(super) const DEADLINE_SECONDS: u8 = 253;
pub(super) const DATABASE: u8 = 254;
pub(super) const END: u8 = 255;

/// Whose numbers a stream uses: they differ from 22 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Redis,
    Valkey,
}

/// First version of Valkey's own format.
const VALKEY_VERSION_MIN: u16 = 80;

impl Dialect {
    /// Whose version that is; `None` if it is not one that can be read.
    pub(super) fn of(version: u16) -> Option<Self> {
        match version {
            ..=12 => Some(Self::Redis),
            VALKEY_VERSION_MIN..=81 => Some(Self::Valkey),
            _ => None,
        }
    }

    /// What a value of a type is called that cannot be loaded; `None` for what is no known type.
    pub(super) fn unsupported(self, kind: u8) -> Option<&'static str> {
        Some(match (kind, self) {
            (1 | 10 | 14 | 18, _) => "a list",
            (2 | 11 | 20, _) => "a set",
            (3 | 5 | 12 | 17, _) => "a sorted set",
            (6 | 7, _) => "a value of a module",
            (15 | 19 | 21, _) | (26, Self::Redis) => "a stream",
            (22..=25, Self::Redis) | (22, Self::Valkey) => "a hash whose fields have deadlines",
            (23, Self::Valkey) => "a path hash",
            _ => return None,
        })
    }
}

/// The name of a module's type: nine characters of six bits each, before ten bits of version.
pub(super) fn module_name(id: u64) -> String {
    const CHARACTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..9).map(|index| char::from(CHARACTERS[(id >> (58 - 6 * index)) as usize % 64])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_known_by_their_names() {
        // "ReJSON-RL", version 3, as RedisJSON writes it.
        let id = b"ReJSON-RL".iter().fold(0, |id, byte| {
            let characters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            id << 6 | characters.iter().position(|character| character == byte).expect("it is one of them") as u64
        });
        assert_eq!(module_name(id << 10 | 3), "ReJSON-RL");
    }

    #[test]
    fn versions_that_can_be_read_are_few() {
        let readable: Vec<u16> = (0..=u16::MAX).filter(|version| Dialect::of(*version).is_some()).collect();
        assert_eq!(readable, (0..=12).chain(80..=81).collect::<Vec<_>>());
    }
}
