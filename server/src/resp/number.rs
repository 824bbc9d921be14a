//! Numbers in arguments and replies: what the reference accepts, and the digits it prints.

/// Reads a signed decimal number in its only spelling: no `+`, no space, no leading zero, no `-0`, nothing behind.
#[inline]
pub fn parse_i64(bytes: &[u8]) -> Option<i64> {
    match bytes {
        [b'-', digits @ ..] => match parse_magnitude(digits)? {
            0 => None,
            magnitude => 0i64.checked_sub_unsigned(magnitude),
        },
        digits => i64::try_from(parse_magnitude(digits)?).ok(),
    }
}

/// Reads an unsigned decimal number in its only spelling, by the rules of [`parse_i64`].
#[inline]
pub fn parse_u64(bytes: &[u8]) -> Option<u64> {
    parse_magnitude(bytes)
}

#[inline]
fn parse_magnitude(digits: &[u8]) -> Option<u64> {
    if let [b'0'] = digits {
        return Some(0);
    }
    if digits.is_empty() || digits.len() > 20 || digits[0] == b'0' {
        return None;
    }
    let mut value = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// Reads a SCAN cursor by the reference's looser rules (`strtoul`): a sign and leading zeros are fine, a negative number
/// wraps around, the empty string is 0, a zero byte ends the number; a leading space or a number above 64 bits is refused.
pub fn parse_scan_cursor(bytes: &[u8]) -> Option<u64> {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0);
    }
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude =
        digits.iter().try_fold(0u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))?;
    Some(if negative { magnitude.wrapping_neg() } else { magnitude })
}

/// Reads a floating point number as C's `strtod` does: decimal or hexadecimal, with `inf` and `infinity` in any case.
///
/// NaN, surrounding space, anything behind the number, and values that overflow or vanish to zero are refused.
pub fn parse_f64(bytes: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let unsigned = bytes.strip_prefix(b"-").or_else(|| bytes.strip_prefix(b"+")).unwrap_or(bytes);
    if let [b'0', b'x' | b'X', digits @ ..] = unsigned {
        let magnitude = hexadecimal(digits)?;
        return Some(if bytes[0] == b'-' { -magnitude } else { magnitude });
    }
    let value: f64 = text.parse().ok()?;
    let is_spelled_out = matches!(unsigned, [b'i' | b'I', ..]);
    let vanished = value == 0.0 && has_nonzero_digit(unsigned);
    (!value.is_nan() && (value.is_finite() || is_spelled_out) && !vanished).then_some(value)
}

/// Whether a decimal number's digits, leaving out its exponent, are not all zero.
fn has_nonzero_digit(text: &[u8]) -> bool {
    text.iter().take_while(|byte| !matches!(byte, b'e' | b'E')).any(|byte| matches!(byte, b'1'..=b'9'))
}

/// Digits of a hexadecimal number, cut to what rounding needs: `mantissa × 2^exponent`, and whether ones were cut off.
pub(super) struct Hexadecimal {
    pub(super) mantissa: u128,
    pub(super) exponent: i64,
    pub(super) has_rest: bool,
}

impl Hexadecimal {
    /// Reads the part behind `0x`: digits with at most one point, and an optional binary exponent behind `p`.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut number = Self { mantissa: 0, exponent: 0, has_rest: false };
        let (mut digits, mut in_fraction, mut pos) = (0, false, 0);
        while let Some(&byte) = text.get(pos) {
            if byte == b'.' && !in_fraction {
                in_fraction = true;
            } else if let Some(digit) = char::from(byte).to_digit(16) {
                digits += 1;
                if number.mantissa >> 124 == 0 {
                    number.mantissa = number.mantissa << 4 | u128::from(digit);
                    number.exponent -= if in_fraction { 4 } else { 0 };
                } else {
                    number.has_rest |= digit != 0;
                    number.exponent += if in_fraction { 0 } else { 4 };
                }
            } else {
                break;
            }
            pos += 1;
        }
        if digits == 0 {
            return None;
        }
        match &text[pos..] {
            [] => {}
            [b'p' | b'P', exponent @ ..] => number.exponent = number.exponent.checked_add(parse_exponent(exponent)?)?,
            _ => return None,
        }
        Some(number)
    }
}

/// Reads an exponent with an optional sign, clamped to ±10^9: far beyond any format's range.
pub(super) fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits.iter().fold(0i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(1_000_000_000));
    Some(if negative { -magnitude } else { magnitude })
}

/// Rounds a hexadecimal magnitude to the nearest double, ties to even.
fn hexadecimal(digits: &[u8]) -> Option<f64> {
    const MANTISSA_BITS: i64 = 53;
    const EXPONENT_MIN: i64 = -1074;
    let number = Hexadecimal::parse(digits)?;
    if number.mantissa == 0 {
        return Some(0.0);
    }
    let bits = i64::from(128 - number.mantissa.leading_zeros());
    let excess = (bits - MANTISSA_BITS).max(EXPONENT_MIN - number.exponent).max(0);
    if excess > 128 {
        return None;
    }
    let mantissa = round_shift(number.mantissa, excess as u32, number.has_rest);
    let exponent = number.exponent + excess;
    if mantissa == 0 || exponent > 971 {
        // A short mantissa may still fit although its exponent is large.
        let spare = MANTISSA_BITS - i64::from(128 - mantissa.leading_zeros());
        if mantissa == 0 || exponent - spare > 971 {
            return None;
        }
    }
    // Both factors are exact: at most 53 bits, and a power of two in two steps that stay in range.
    let half = exponent / 2;
    let value = mantissa as f64 * 2f64.powi(half as i32) * 2f64.powi((exponent - half) as i32);
    value.is_finite().then_some(value)
}

/// Shifts right by `count` (0 to 128) and rounds to nearest, ties to even; `has_rest` tells of ones beyond the last bit.
pub(super) fn round_shift(value: u128, count: u32, has_rest: bool) -> u128 {
    if count == 0 {
        return value;
    }
    let quotient = value.checked_shr(count).unwrap_or(0);
    let half = 1u128 << (count - 1);
    let remainder = if count == 128 { value } else { value & ((1u128 << count) - 1) };
    let round_up = remainder > half || (remainder == half && (has_rest || quotient & 1 == 1));
    quotient + u128::from(round_up)
}

/// Appends the decimal digits of a signed number.
#[inline]
pub fn write_i64(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends the decimal digits of an unsigned number.
#[inline]
pub fn write_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a double as the reference (7.2) prints scores and RESP3 doubles: the shortest digits that read back as the same
/// number, whole numbers below 2^62 without exponent, others in `1e+21` style where that is shorter; `inf`, `-inf`, `nan`.
pub fn write_f64(out: &mut Vec<u8>, value: f64) {
    const INTEGER_MAX: f64 = (i64::MAX / 2) as f64;
    if value.is_nan() {
        out.extend_from_slice(b"nan");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"inf" } else { b"-inf" });
    } else if value == 0.0 {
        out.extend_from_slice(if value.is_sign_negative() { b"-0" } else { b"0" });
    } else if value.abs() <= INTEGER_MAX && value.trunc() == value {
        write_i64(out, value as i64);
    } else {
        write_shortest(out, value);
    }
}

/// Lays out the shortest digits `d` of `0.d × 10^k` by the reference's rules for plain and scientific notation.
fn write_shortest(out: &mut Vec<u8>, value: f64) {
    let mut buffer = zmij::Buffer::new();
    let (digits, exponent) = split_digits(buffer.format_finite(value.abs()).as_bytes());
    let digits = digits.as_slice();
    let count = digits.len() as i32;
    let magnitude = (exponent + count - 1).abs();
    if value < 0.0 {
        out.push(b'-');
    }
    if exponent >= 0 && magnitude < count + 7 {
        out.extend_from_slice(digits);
        out.resize(out.len() + exponent as usize, b'0');
    } else if exponent < 0 && (exponent > -7 || magnitude < 4) {
        let whole = count + exponent;
        if whole <= 0 {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + whole.unsigned_abs() as usize, b'0');
            out.extend_from_slice(digits);
        } else {
            let (whole, fraction) = digits.split_at(whole as usize);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
    } else {
        out.push(digits[0]);
        if digits.len() > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        out.extend_from_slice(if exponent + count - 1 < 0 { b"e-" } else { b"e+" });
        write_i64(out, i64::from(magnitude));
    }
}

/// Takes a printed positive number apart: its significant digits as an integer, and that integer's power of ten.
fn split_digits(text: &[u8]) -> (smallvec::SmallVec<[u8; 24]>, i32) {
    let (number, mut exponent) = match text.iter().position(|&byte| byte == b'e') {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..]).unwrap_or(0) as i32),
        None => (text, 0),
    };
    let mut digits = smallvec::SmallVec::<[u8; 24]>::new();
    let mut in_fraction = false;
    for &byte in number {
        if byte == b'.' {
            in_fraction = true;
            continue;
        }
        if !(byte == b'0' && digits.is_empty()) {
            digits.push(byte);
        }
        exponent -= i32::from(in_fraction);
    }
    while digits.last() == Some(&b'0') {
        digits.pop();
        exponent += 1;
    }
    (digits, exponent)
}

#[cfg(test)]
mod tests;
