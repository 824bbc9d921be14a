//! Text as the reference's formatter sees it.

/// The bytes up to the first NUL, where a C string ends: what a request's argument shows of itself in an error.
pub fn until_nul(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
}

#[cfg(test)]
mod tests {
    use super::until_nul;

    #[test]
    fn a_nul_ends_a_text() {
        for (bytes, shown) in [(&b""[..], &b""[..]), (b"\0", b""), (b"a\0b\0", b"a"), (b"ab", b"ab")] {
            assert_eq!(until_nul(bytes), shown);
        }
    }
}
