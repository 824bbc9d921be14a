//! The numbers of INCRBYFLOAT and HINCRBYFLOAT: x87 extended precision, in software.
//!
//! The reference computes these in C's `long double`, which on x86-64 has a 64-bit mantissa, and prints 17 decimals of the
//! exact result. `0.1` plus `0.2` is `0.3` there and `0.30000000000000004` in doubles, so neither doubles nor decimal
//! arithmetic give the same digits; the same format does. Each step (reading, adding, printing) rounds its exact result
//! once, to nearest with ties to even, as IEEE 754 and glibc do.

use std::cmp::Ordering;

use super::number::{Hexadecimal, parse_exponent, round_shift};

/// Longest text of a number, in bytes; the reference refuses more.
const TEXT_LEN_MAX: usize = 5 * 1024 - 1;
/// Exponent of the last mantissa bit of the smallest numbers.
const EXPONENT_MIN: i64 = -16445;
/// Exponent of the last mantissa bit of the largest numbers.
const EXPONENT_MAX: i64 = 16320;
/// Decimals printed before trailing zeros are cut.
const DECIMALS: usize = 17;

/// Why an addition has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FloatError {
    /// The current value is not a number.
    #[error("current value is not a valid float")]
    InvalidCurrent,
    /// The increment is not a number.
    #[error("increment is not a valid float")]
    InvalidIncrement,
    /// The sum is beyond the largest number, or an operand is infinite.
    #[error("increment would produce NaN or Infinity")]
    NotFinite,
}

/// A number with a 64-bit mantissa and a 15-bit exponent: `mantissa × 2^exponent`.
///
/// The mantissa's top bit is set except at the smallest exponent; zero has no sign, since none is ever printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongDouble {
    mantissa: u64,
    exponent: i32,
    negative: bool,
    infinite: bool,
}

/// Adds two numbers in decimal notation and gives the sum's digits as the reference prints them.
///
/// Costs about 200 ns for numbers of up to 19 digits; up to a millisecond at the far ends of the range.
///
/// # Errors
/// One of the operands is not a number (the current value is looked at first), or the sum is not finite.
pub fn add_long_double(current: &[u8], increment: &[u8]) -> Result<Vec<u8>, FloatError> {
    let current = LongDouble::parse(current).ok_or(FloatError::InvalidCurrent)?;
    let increment = LongDouble::parse(increment).ok_or(FloatError::InvalidIncrement)?;
    let sum = current.checked_add(increment).ok_or(FloatError::NotFinite)?;
    let mut digits = Vec::with_capacity(24);
    write_long_double_human(&mut digits, sum);
    Ok(digits)
}

/// Appends a number without exponent, with up to 17 decimals and no trailing zeros; `inf` or `-inf` if it is infinite.
pub fn write_long_double_human(out: &mut Vec<u8>, value: LongDouble) {
    let start = out.len();
    if value.negative {
        out.push(b'-');
    }
    if value.infinite {
        out.extend_from_slice(b"inf");
    } else if value.exponent >= 0 {
        write_whole(out, value.mantissa, value.exponent as u32);
    } else {
        write_fraction(out, value.mantissa, value.exponent.unsigned_abs());
        if out[start..] == *b"-0" {
            out.truncate(start);
            out.push(b'0');
        }
    }
}

/// Appends `mantissa × 2^-shift`, rounded to 17 decimals, without trailing zeros.
fn write_fraction(out: &mut Vec<u8>, mantissa: u64, shift: u32) {
    // 64 bits times 10^17 needs 121 bits; shifted by more than 128 nothing is left of that.
    let scaled = round_shift(u128::from(mantissa) * 10u128.pow(DECIMALS as u32), shift.min(128), shift > 128);
    let (whole, mut fraction) = (scaled / 10u128.pow(DECIMALS as u32), (scaled % 10u128.pow(DECIMALS as u32)) as u64);
    out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    if fraction == 0 {
        return;
    }
    let mut decimals = [0; DECIMALS];
    for decimal in decimals.iter_mut().rev() {
        *decimal = b'0' + (fraction % 10) as u8;
        fraction /= 10;
    }
    let len = decimals.iter().rposition(|&decimal| decimal != b'0').map_or(0, |last| last + 1);
    out.push(b'.');
    out.extend_from_slice(&decimals[..len]);
}

/// Appends the digits of `mantissa × 2^shift`.
fn write_whole(out: &mut Vec<u8>, mantissa: u64, shift: u32) {
    if shift <= 64 {
        return out.extend_from_slice(itoa::Buffer::new().format(u128::from(mantissa) << shift).as_bytes());
    }
    let mut number = Natural::from(mantissa);
    number.shift_left(shift as usize);
    let mut groups = Vec::new();
    while !number.is_zero() {
        groups.push(number.divide_small(10u64.pow(19)));
    }
    let mut buffer = itoa::Buffer::new();
    for (index, &group) in groups.iter().rev().enumerate() {
        let digits = buffer.format(group).as_bytes();
        if index > 0 {
            out.resize(out.len() + 19 - digits.len(), b'0');
        }
        out.extend_from_slice(digits);
    }
}

impl LongDouble {
    const ZERO: Self = Self { mantissa: 0, exponent: 0, negative: false, infinite: false };

    /// Reads a number as C's `strtold` does: decimal or hexadecimal, with `inf` and `infinity` in any case. Refuses NaN,
    /// surrounding space, anything behind the number, what overflows or vanishes to zero, and texts of 5 KiB and more.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > TEXT_LEN_MAX {
            return None;
        }
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
            return Some(Self { infinite: true, negative, ..Self::ZERO });
        }
        if let [b'0', b'x' | b'X', digits @ ..] = text {
            let number = Hexadecimal::parse(digits)?;
            if number.mantissa == 0 {
                return Some(Self::ZERO);
            }
            return Self::round(negative, number.mantissa, number.exponent, number.has_rest).in_range();
        }
        parse_decimal(negative, text)
    }

    /// Whether this is a number rather than an infinity.
    pub fn is_finite(self) -> bool {
        !self.infinite
    }

    /// Adds; nothing if an operand or the sum is infinite.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        /// Room below the larger mantissa; one bit above it is left for the carry.
        const GUARD_BITS: u32 = 62;
        if self.infinite || other.infinite {
            return None;
        }
        if self.mantissa == 0 || other.mantissa == 0 {
            return Some(if self.mantissa == 0 { other } else { self });
        }
        let (large, small) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        let distance = large.exponent.abs_diff(small.exponent);
        let larger = u128::from(large.mantissa) << GUARD_BITS;
        let unshifted = u128::from(small.mantissa) << GUARD_BITS;
        let smaller = unshifted.checked_shr(distance).unwrap_or(0);
        let has_rest = distance >= 128 || smaller << distance != unshifted;
        let (negative, sum) = if large.negative == small.negative {
            (large.negative, larger + smaller)
        } else if larger >= smaller {
            // A rest borrows from the last bit and stays a rest.
            (large.negative, larger - smaller - u128::from(has_rest))
        } else {
            (small.negative, smaller - larger)
        };
        if sum == 0 {
            return Some(Self::ZERO);
        }
        let sum = Self::round(negative, sum, i64::from(large.exponent) - i64::from(GUARD_BITS), has_rest);
        (!sum.infinite).then_some(sum)
    }

    /// Rounds a magnitude other than zero. With a rest, `mantissa` must have 66 bits at least.
    fn round(negative: bool, mut mantissa: u128, mut exponent: i64, has_rest: bool) -> Self {
        let bits = 128 - i64::from(mantissa.leading_zeros());
        let excess = (bits - 64).max(EXPONENT_MIN - exponent);
        if excess > 0 {
            let kept = round_shift(mantissa, excess.min(128) as u32, has_rest || excess > 128);
            (mantissa, exponent) = (kept, exponent + excess);
            if mantissa >> 64 != 0 {
                // Rounded up to the next power of two.
                (mantissa, exponent) = (mantissa >> 1, exponent + 1);
            }
        } else {
            let up = (64 - bits).min(exponent - EXPONENT_MIN);
            (mantissa, exponent) = (mantissa << up, exponent - up);
        }
        if exponent > EXPONENT_MAX {
            return Self { infinite: true, negative, ..Self::ZERO };
        }
        if mantissa == 0 {
            return Self::ZERO;
        }
        Self { mantissa: mantissa as u64, exponent: exponent as i32, negative, infinite: false }
    }

    /// Refuses what a text other than zero or infinity must not become.
    fn in_range(self) -> Option<Self> {
        (!self.infinite && self.mantissa != 0).then_some(self)
    }
}

fn parse_decimal(negative: bool, text: &[u8]) -> Option<LongDouble> {
    let (number, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let point = number.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = match point {
        Some(at) => (&number[..at], &number[at + 1..]),
        None => (number, &[][..]),
    };
    if number.len() == usize::from(point.is_some()) || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let exponent = exponent - fraction.len() as i64;
    let is_zero = |digit: &&u8| **digit == b'0';
    let count = whole.len() + fraction.len() - whole.iter().chain(fraction).take_while(is_zero).count();
    let digits = whole.iter().chain(fraction).skip_while(is_zero).map(|digit| u64::from(digit - b'0'));
    if count == 0 {
        return Some(LongDouble::ZERO);
    }
    // Far outside the range (3.6e-4951 to 1.2e4932) no digits need to be looked at.
    if !(-5000..=5000).contains(&(exponent + count as i64)) {
        return None;
    }
    if count <= 19 && (-19..=19).contains(&exponent) {
        let digits = digits.fold(0u64, |value, digit| value * 10 + digit);
        let power = 10u64.pow(exponent.unsigned_abs() as u32);
        let value = if exponent >= 0 {
            LongDouble::round(negative, u128::from(digits) * u128::from(power), 0, false)
        } else {
            divide_words(negative, digits, power)
        };
        return value.in_range();
    }
    let mut numerator = Natural::from(0);
    numerator.append_digits(digits);
    let mut denominator = Natural::from(1);
    let scaled = if exponent >= 0 { &mut numerator } else { &mut denominator };
    scaled.multiply_power_of_ten(exponent.unsigned_abs() as usize);
    divide(negative, numerator, denominator).in_range()
}

/// Divides two words, rounding once.
fn divide_words(negative: bool, numerator: u64, denominator: u64) -> LongDouble {
    let (up, down) = (numerator.leading_zeros(), denominator.leading_zeros());
    let denominator = u128::from(denominator << down);
    let scaled = u128::from(numerator << up) << 64;
    // 64 or 65 bits of quotient, and two more: enough to round to 64.
    let (quotient, remainder) = (scaled / denominator, scaled % denominator);
    let (low, rest) = ((remainder << 2) / denominator, (remainder << 2) % denominator);
    let exponent = i64::from(down) - i64::from(up) - 66;
    LongDouble::round(negative, quotient << 2 | low, exponent, rest != 0)
}

/// Divides two natural numbers other than zero, rounding once.
///
/// Bit by bit: linear in the length of the operands.
fn divide(negative: bool, mut numerator: Natural, mut denominator: Natural) -> LongDouble {
    const QUOTIENT_BITS: usize = 67;
    // Scaled so that the quotient lies between 2^66 and 2^68.
    let (up, down) = {
        let excess = (numerator.bits() as i64) - (denominator.bits() as i64) - QUOTIENT_BITS as i64;
        (excess.min(0).unsigned_abs() as usize, excess.max(0) as usize)
    };
    numerator.shift_left(up);
    denominator.shift_left(down + QUOTIENT_BITS);
    let mut quotient = 0u128;
    for _ in 0..=QUOTIENT_BITS {
        quotient <<= 1;
        if numerator.subtract(&denominator) {
            quotient |= 1;
        }
        numerator.shift_left(1);
    }
    LongDouble::round(negative, quotient, down as i64 - up as i64, !numerator.is_zero())
}

/// A natural number of any size: words of 64 bits, lowest first, without zero words at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Natural(Vec<u64>);

impl From<u64> for Natural {
    fn from(value: u64) -> Self {
        Self(if value == 0 { Vec::new() } else { vec![value] })
    }
}

impl Natural {
    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    fn bits(&self) -> usize {
        self.0.last().map_or(0, |top| self.0.len() * 64 - top.leading_zeros() as usize)
    }

    fn trim(&mut self) {
        let len = self.0.iter().rposition(|&word| word != 0).map_or(0, |last| last + 1);
        self.0.truncate(len);
    }

    fn multiply_add(&mut self, factor: u64, addend: u64) {
        let mut carry = addend;
        for word in &mut self.0 {
            let product = u128::from(*word) * u128::from(factor) + u128::from(carry);
            (*word, carry) = (product as u64, (product >> 64) as u64);
        }
        if carry != 0 {
            self.0.push(carry);
        }
    }

    /// Appends decimal digits, a word of them at a time.
    fn append_digits(&mut self, digits: impl Iterator<Item = u64>) {
        let (mut word, mut power) = (0, 1);
        for digit in digits {
            (word, power) = (word * 10 + digit, power * 10);
            if power == 10u64.pow(19) {
                self.multiply_add(power, word);
                (word, power) = (0, 1);
            }
        }
        self.multiply_add(power, word);
    }

    fn multiply_power_of_ten(&mut self, mut exponent: usize) {
        while exponent > 0 {
            let step = exponent.min(19);
            self.multiply_add(10u64.pow(step as u32), 0);
            exponent -= step;
        }
    }

    fn shift_left(&mut self, count: usize) {
        if self.is_zero() {
            return;
        }
        let (words, bits) = (count / 64, count % 64);
        if bits > 0 {
            let mut carry = 0;
            for word in &mut self.0 {
                (*word, carry) = (*word << bits | carry, *word >> (64 - bits));
            }
            if carry != 0 {
                self.0.push(carry);
            }
        }
        if words > 0 {
            self.0.splice(0..0, std::iter::repeat_n(0, words));
        }
    }

    /// Subtracts `other` if it is not larger; tells whether it did.
    fn subtract(&mut self, other: &Self) -> bool {
        let order = self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()));
        if order == Ordering::Less {
            return false;
        }
        let mut borrow = false;
        for (index, word) in self.0.iter_mut().enumerate() {
            let subtrahend = other.0.get(index).copied().unwrap_or(0);
            let (difference, first) = word.overflowing_sub(subtrahend);
            let (difference, second) = difference.overflowing_sub(u64::from(borrow));
            (*word, borrow) = (difference, first || second);
        }
        self.trim();
        true
    }

    /// Divides in place and returns the remainder.
    fn divide_small(&mut self, divisor: u64) -> u64 {
        let mut remainder = 0u64;
        for word in self.0.iter_mut().rev() {
            let value = u128::from(remainder) << 64 | u128::from(*word);
            (*word, remainder) = ((value / u128::from(divisor)) as u64, (value % u128::from(divisor)) as u64);
        }
        self.trim();
        remainder
    }
}

#[cfg(test)]
mod tests;
