//! Payloads of DUMP and RESTORE: one value with the version of its format and a checksum.
//!
//! ```text
//! type | value | version (2, low byte first) | CRC-64 of all before it (8, low byte first)
//! ```

use super::body::{Bodies, Body};
use super::checksum::Crc64;
use super::error::{Error, Result};
use super::kind::Dialect;
use super::source::Source;
use super::string::Strings;
use super::{Value, Version};

/// Bytes behind the value.
const FOOTER_LEN: usize = 10;

/// Why a payload was not taken. The texts are the reference's.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// It was damaged, or comes from a server whose format we do not know.
    #[error("DUMP payload version or checksum are wrong")]
    VersionOrChecksum,
    /// Its bytes mean nothing, or are a value of a type we do not have; the source says which.
    #[error("Bad data format")]
    Format(#[source] Error),
}

/// Decodes a payload, made by whatever server whose version can be read from a stream. Every byte of the value is checked; what
/// stands behind it is not looked at, as with the reference. `string_len_max` bounds each string in bytes, also before it is
/// decompressed.
///
/// # Errors
///
/// If it is none, or a value of a type we do not have.
pub fn restore(payload: &[u8], string_len_max: u64) -> Result<Value<'static>, PayloadError> {
    let (body, footer) = payload
        .len()
        .checked_sub(FOOTER_LEN)
        .map(|body_len| payload.split_at(body_len))
        .ok_or(PayloadError::VersionOrChecksum)?;
    let (version, checksum) = footer.split_at(2);
    let version = u16::from_le_bytes([version[0], version[1]]);
    let dialect = Dialect::of(version).ok_or(PayloadError::VersionOrChecksum)?;
    let summed = &payload[..payload.len() - checksum.len()];
    if Crc64::of(summed).to_le_bytes() != *checksum {
        return Err(PayloadError::VersionOrChecksum);
    }
    decode(body, dialect, string_len_max).map_err(PayloadError::Format)
}

/// Decodes the type and the value of a payload of a version.
pub(crate) fn decode_body(body: &[u8], version: u16) -> Result<Value<'static>> {
    decode(body, Dialect::of(version).unwrap_or(Dialect::Redis), u64::MAX)
}

fn decode(body: &[u8], dialect: Dialect, string_len_max: u64) -> Result<Value<'static>> {
    let mut source = Source::new(body);
    source.ignore_checksum();
    let kind = source.byte("a type")?;
    let mut strings = Strings::new(source);
    strings.len_max = string_len_max;
    let mut bodies = Bodies::new(strings, dialect);
    match bodies.read(kind, 0)? {
        Body::Nothing => Err(Error::corrupt(0, "a collection without elements")),
        body => Ok(bodies.into_value(body)),
    }
}

/// Adds version and checksum to a type and its value.
pub(super) fn seal(mut payload: Vec<u8>, version: Version) -> Vec<u8> {
    payload.extend_from_slice(&version.number().to_le_bytes());
    let checksum = Crc64::of(&payload);
    payload.extend_from_slice(&checksum.to_le_bytes());
    payload
}
