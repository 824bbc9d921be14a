//! The ways a request says when a key shall expire: `EX`, `PX`, `EXAT`, `PXAT`.

use crate::command::prelude::*;

/// Whether a number is seconds or milliseconds, from now on or since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeForm {
    /// `EX seconds`.
    Seconds,
    /// `PX milliseconds`.
    Milliseconds,
    /// `EXAT unix-time-seconds`.
    UnixSeconds,
    /// `PXAT unix-time-milliseconds`.
    UnixMilliseconds,
}

impl TimeForm {
    /// Reads the option's word, if the next argument is one of the four.
    pub(super) fn option(args: &mut Args<'_>) -> Option<Self> {
        let forms = [
            ("EX", Self::Seconds),
            ("PX", Self::Milliseconds),
            ("EXAT", Self::UnixSeconds),
            ("PXAT", Self::UnixMilliseconds),
        ];
        forms.into_iter().find(|(word, _)| args.option(word)).map(|(_, form)| form)
    }

    /// The deadline in Unix milliseconds that `value` means.
    ///
    /// # Errors
    /// [`CommandError::NotAnInteger`], and [`CommandError::InvalidExpire`] for a time that is not positive or beyond 63 bits of
    /// milliseconds.
    pub(super) fn deadline_ms(self, value: &[u8], now_ms: u64, command: &'static str) -> Result<u64, CommandError> {
        let value = crate::resp::parse_i64(value).ok_or(CommandError::NotAnInteger)?;
        let deadline_ms = if value > 0 { self.unix_ms(value, now_ms) } else { None };
        deadline_ms.map(i64::unsigned_abs).ok_or(CommandError::InvalidExpire(command))
    }

    /// The Unix time in milliseconds that `value` means, also one that has passed; `None` beyond 63 bits.
    pub(super) fn unix_ms(self, value: i64, now_ms: u64) -> Option<i64> {
        match self {
            Self::Seconds => value.checked_mul(1000)?.checked_add_unsigned(now_ms),
            Self::Milliseconds => value.checked_add_unsigned(now_ms),
            Self::UnixSeconds => value.checked_mul(1000),
            Self::UnixMilliseconds => Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_stay_within_63_bits() {
        let deadline = |form: TimeForm, value: &str| form.deadline_ms(value.as_bytes(), 1_000, "set").ok();
        assert_eq!(deadline(TimeForm::Seconds, "2"), Some(3_000));
        assert_eq!(deadline(TimeForm::Milliseconds, "2"), Some(1_002));
        assert_eq!(deadline(TimeForm::UnixSeconds, "2"), Some(2_000));
        assert_eq!(deadline(TimeForm::UnixMilliseconds, "9223372036854775807"), Some(i64::MAX as u64));
        for form in [TimeForm::Seconds, TimeForm::Milliseconds, TimeForm::UnixSeconds] {
            assert_eq!(deadline(form, "9223372036854775807"), None);
        }
        assert_eq!((deadline(TimeForm::Seconds, "0"), deadline(TimeForm::UnixMilliseconds, "-1")), (None, None));
    }
}
