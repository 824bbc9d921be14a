//! A snapshot, byte by byte. Numbers are little-endian.
//!
//! ```text
//! header                                            block, as many as there are
//!   0  8  magic: 89 'RKVSNAP'                         0  1  record: B1
//!   8  4  format version: 1                           1  1  kind of payload
//!  12  4  length n of the body                        2  1  compression: 0 none, 1 LZ4
//!  16  n  body: Header                                3  1  zero
//!  ..  4  CRC-32 of all before                        4  4  section
//!                                                     8  8  number: 0, 1, 2 … through the file
//! footer, the last of the file                       16  4  length of the payload, at most 1 MiB
//!   0  n  body: Footer                               20  4  length m as it is stored
//!   n  4  length n                                   24  4  CRC-32 of the m bytes
//!  ..  4  CRC-32 of body, length, length of file     28  4  CRC-32 of the head so far
//!  ..  8  length of the file                         32  m  payload, as it is stored
//!  ..  8  CRC-64 of all before
//!  ..  8  end mark: 'PANSVKR' 8D
//! ```
//!
//! Bodies are `bincode` with its standard configuration: [`Header`], [`Footer`], fields in the order they stand in. The
//! CRC-32s are ISO-HDLC, the CRC-64 is XZ (`checksum.rs` tells why they differ). Those of blocks and footer begin with a
//! *binding*, the CRC-64 of the header's bytes: so a block means nothing in another file, and one that was left on the
//! disk by an earlier snapshot is not taken for a part of this one.
//!
//! Every byte is under the CRC-64, or is the CRC-64, or is the end mark. A block's number says where it belongs; the footer
//! says how many there are, in each section too; the file says its own length, and nothing follows the end mark.
//!
//! The first byte is no text. What a value holds can still look like lines of text to a program that skips what it does not
//! understand, so the file's protection is its place and name: see [`FileName`](super::FileName).

use serde::{Deserialize, Serialize};

use super::checksum::{Crc64, crc32};
use super::compression::{Compression, is_possible};
use super::error::Problem;
use crate::engine::NAMESPACES_MAX;
use crate::namespace::check_name;
use crate::shard::route::SHARDS_MAX;

/// How every snapshot begins.
pub const MAGIC: [u8; 8] = *b"\x89RKVSNAP";

/// How every snapshot ends.
pub const END: [u8; 8] = *b"PANSVKR\x8d";

/// The version of the format that is written and read.
pub const VERSION: u32 = 1;

/// Largest payload of a block.
pub const BLOCK_BYTES_MAX: usize = 1 << 20;

/// Largest body of a header.
pub const HEADER_BYTES_MAX: usize = 16 << 20;

/// Largest body of a footer.
pub const FOOTER_BYTES_MAX: usize = 1 << 20;

/// Most sections.
pub const SECTIONS_MAX: usize = NAMESPACES_MAX;

/// Bits of [`Header::features`] that this program knows.
pub const FEATURES_KNOWN: u64 = 0;

/// Bytes before the header's body.
pub(super) const PREFIX_BYTES: usize = 16;

/// Bytes before a block's payload.
pub(super) const HEAD_BYTES: usize = 32;

/// Bytes after the footer's body.
pub(super) const TRAILER_BYTES: usize = 32;

/// Of these, how many come after what the footer's own checksum covers.
const TRAILER_SEALED_BYTES: usize = 16;

/// The first byte of a block.
const BLOCK: u8 = 0xb1;

/// Four numbers of at most nine bytes each is what a section takes in a footer.
const _: () = assert!(SECTIONS_MAX * 36 + 64 <= FOOTER_BYTES_MAX);

/// What stands before the blocks: which sections there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The moment the snapshot shows, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// The program that wrote it and its version, for people.
    pub writer: String,
    /// What a reader must know, a bit each. A file with one that is not in [`FEATURES_KNOWN`] is refused.
    pub features: u64,
    /// Settings of autosave for everything.
    pub autosave: Option<Opaque>,
    /// The namespaces; a block names one by its place here.
    pub sections: Vec<Section>,
}

/// A namespace, as far as it is not keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// The index SELECT knows it by.
    pub database: u32,
    /// Its number of shards.
    pub shard_count: u32,
    /// Most keys; 0 is no limit.
    pub max_keys: u64,
    /// Longest value; 0 is no limit.
    pub max_value_bytes: u64,
    /// Most memory; 0 is no limit.
    pub max_memory_bytes: u64,
    /// Its eviction policy by name; empty where it has none of its own.
    pub policy: String,
    /// Its settings of autosave.
    pub autosave: Option<Opaque>,
}

/// A part whose meaning is for the layer above, with a version of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opaque {
    /// Which meaning the bytes have.
    pub version: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What stands after the blocks: how much there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footer {
    /// Number of blocks.
    pub blocks: u64,
    /// For each section of the header.
    pub sections: Vec<SectionFooter>,
}

/// How much of a section there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionFooter {
    /// What the writer counted; the container does not know keys, so comparing is for who loads them.
    pub totals: SectionTotals,
    /// Number of its blocks.
    pub blocks: u64,
    /// Bytes in their payloads, before compression.
    pub raw_bytes: u64,
}

/// What the layer above says of a section when all of it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionTotals {
    /// Number of keys.
    pub keys: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

impl Header {
    /// Checks what every header must fulfil: names and database indexes are legal and there once, shards can be made.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.sections.len() > SECTIONS_MAX {
            return Err(format!("{} sections are more than {SECTIONS_MAX}", self.sections.len()));
        }
        for section in &self.sections {
            let name = &section.name;
            check_name(name).map_err(|error| format!("{name:?}: {error}"))?;
            if !(1..=SHARDS_MAX as u64).contains(&u64::from(section.shard_count)) {
                return Err(format!("{name:?} has {} shards", section.shard_count));
            }
            if section.database as usize >= NAMESPACES_MAX {
                return Err(format!("{name:?} has the database index {}", section.database));
            }
        }
        let mut names: Vec<_> = self.sections.iter().map(|section| section.name.as_str()).collect();
        let mut databases: Vec<_> = self.sections.iter().map(|section| section.database).collect();
        names.sort_unstable();
        databases.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("{:?} is there twice", twice[0]));
        }
        if let Some(twice) = databases.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("the database index {} is there twice", twice[0]));
        }
        Ok(())
    }

    /// Writes the header; the error is its length, which is beyond the bound.
    pub(super) fn encode(&self) -> Result<Vec<u8>, usize> {
        let body = encode(self);
        if body.len() > HEADER_BYTES_MAX {
            return Err(body.len());
        }
        let mut bytes = Vec::with_capacity(PREFIX_BYTES + body.len() + 4);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes.extend_from_slice(&crc32(0, &[&bytes]).to_le_bytes());
        Ok(bytes)
    }

    /// Reads the first [`PREFIX_BYTES`]; returns the length of the rest. The error tells where, too.
    pub(super) fn decode_prefix(prefix: &[u8; PREFIX_BYTES]) -> Result<usize, (u64, Problem)> {
        if prefix[..8] != MAGIC {
            return Err((0, Problem::Magic));
        }
        match u32_at(prefix, 8) {
            VERSION => {}
            other => return Err((8, Problem::Version(other))),
        }
        let len_bytes = u32_at(prefix, 12);
        if len_bytes as usize > HEADER_BYTES_MAX {
            let length = Problem::Length { found: len_bytes.into(), bound: HEADER_BYTES_MAX as u64 };
            return Err((12, length));
        }
        Ok(len_bytes as usize + 4)
    }

    /// Reads all of the header's bytes.
    pub(super) fn decode(bytes: &[u8], checked: bool) -> Result<Self, Problem> {
        let (sealed, seal) = bytes.split_at(bytes.len() - 4);
        if checked && crc32(0, &[sealed]) != u32_at(seal, 0) {
            return Err(Problem::HeaderChecksum);
        }
        let header: Self = decode(&sealed[PREFIX_BYTES..]).map_err(Problem::HeaderEncoding)?;
        if header.features & !FEATURES_KNOWN != 0 {
            return Err(Problem::Features(header.features & !FEATURES_KNOWN));
        }
        header.check().map_err(Problem::HeaderContent)?;
        Ok(header)
    }
}

/// Computes what binds blocks and footer to a header, from all of its bytes.
pub(super) fn binding(header: &[u8]) -> u64 {
    let mut crc = Crc64::new();
    crc.update(header);
    crc.finish()
}

/// The head of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: u8,
    pub(super) compression: Compression,
    pub(super) section: u32,
    pub(super) sequence: u64,
    pub(super) raw_bytes: u32,
    pub(super) stored_bytes: u32,
    pub(super) payload_crc: u32,
}

impl Head {
    pub(super) fn encode(&self, binding: u64) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..4].copy_from_slice(&[BLOCK, self.kind, self.compression.code(), 0]);
        bytes[4..8].copy_from_slice(&self.section.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.raw_bytes.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.stored_bytes.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.payload_crc.to_le_bytes());
        let crc = crc32(binding, &[&bytes[..28]]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads a head and checks all that can be checked without the payload, but for the section and the place.
    pub(super) fn decode(bytes: &[u8; HEAD_BYTES], binding: u64, checked: bool) -> Result<Self, Problem> {
        if checked && crc32(binding, &[&bytes[..28]]) != u32_at(bytes, 28) {
            return Err(Problem::BlockHead);
        }
        if bytes[0] != BLOCK || bytes[3] != 0 {
            return Err(Problem::BlockHead);
        }
        let head = Self {
            kind: bytes[1],
            compression: Compression::from_code(bytes[2]).ok_or(Problem::Compression(bytes[2]))?,
            section: u32_at(bytes, 4),
            sequence: u64_at(bytes, 8),
            raw_bytes: u32_at(bytes, 16),
            stored_bytes: u32_at(bytes, 20),
            payload_crc: u32_at(bytes, 24),
        };
        if head.raw_bytes as usize > BLOCK_BYTES_MAX {
            return Err(Problem::Length { found: head.raw_bytes.into(), bound: BLOCK_BYTES_MAX as u64 });
        }
        if !is_possible(head.compression, head.stored_bytes, head.raw_bytes) {
            return Err(Problem::Length { found: head.stored_bytes.into(), bound: head.raw_bytes.into() });
        }
        Ok(head)
    }
}

impl Footer {
    /// Writes the footer that follows `before` bytes, whose CRC-64 so far is `crc`.
    pub(super) fn encode(&self, binding: u64, before: u64, crc: &Crc64) -> Vec<u8> {
        let mut bytes = encode(self);
        let len_bytes = bytes.len();
        let file_bytes = before + (len_bytes + TRAILER_BYTES) as u64;
        let len = (len_bytes as u32).to_le_bytes();
        let seal = crc32(binding, &[&bytes, &len, &file_bytes.to_le_bytes()]);
        bytes.extend_from_slice(&len);
        bytes.extend_from_slice(&seal.to_le_bytes());
        bytes.extend_from_slice(&file_bytes.to_le_bytes());
        let mut crc = crc.clone();
        crc.update(&bytes);
        bytes.extend_from_slice(&crc.finish().to_le_bytes());
        bytes.extend_from_slice(&END);
        bytes
    }

    /// Reads the footer's body with the trailer behind it.
    pub(super) fn decode(bytes: &[u8], binding: u64, checked: bool) -> Result<Self, Problem> {
        let (body, trailer) = bytes.split_at(bytes.len() - TRAILER_BYTES);
        if checked && crc32(binding, &[body, &trailer[..4], &trailer[8..16]]) != u32_at(trailer, 4) {
            return Err(Problem::FooterChecksum);
        }
        decode(body).map_err(Problem::FooterEncoding)
    }
}

/// The last bytes of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trailer {
    /// Length of the footer's body.
    pub(super) body_bytes: u32,
    /// The whole checksum.
    pub(super) crc: u64,
}

impl Trailer {
    /// Reads the trailer of a file that has `file_bytes` bytes.
    pub(super) fn decode(bytes: &[u8; TRAILER_BYTES], file_bytes: u64) -> Result<Self, Problem> {
        if bytes[24..] != END {
            return Err(Problem::End);
        }
        let written = u64_at(bytes, 8);
        if written != file_bytes {
            return Err(Problem::FileLength(written));
        }
        let body_bytes = u32_at(bytes, 0);
        if body_bytes as usize > FOOTER_BYTES_MAX {
            return Err(Problem::Length { found: body_bytes.into(), bound: FOOTER_BYTES_MAX as u64 });
        }
        Ok(Self { body_bytes, crc: u64_at(bytes, TRAILER_SEALED_BYTES) })
    }
}

/// The part of a footer that the whole checksum covers.
pub(super) fn before_checksum(footer: &[u8]) -> &[u8] {
    &footer[..footer.len() - TRAILER_BYTES + TRAILER_SEALED_BYTES]
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    bincode::serde::encode_to_vec(value, bincode::config::standard()).expect("plain structures have an encoding")
}

/// Decodes a body, all of it. What it may allocate is bounded whatever the bytes say.
fn decode<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, String> {
    let config = bincode::config::standard().with_limit::<{ 2 * HEADER_BYTES_MAX }>();
    match bincode::serde::decode_from_slice(body, config) {
        Ok((value, len_bytes)) if len_bytes == body.len() => Ok(value),
        Ok((_, len_bytes)) => Err(format!("{} bytes are left over", body.len() - len_bytes)),
        Err(error) => Err(error.to_string()),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("it has four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("it has eight bytes"))
}
