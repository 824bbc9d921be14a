//! The options that SCAN and its likes share: `MATCH pattern`, `COUNT count`.

use rkvs_engine::glob;

use crate::command::prelude::*;

/// Elements a step looks at when the request does not say.
const COUNT_DEFAULT: usize = 10;

/// The options of one step of an iteration.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScanOptions<'a> {
    pattern: Option<&'a [u8]>,
    /// About how many elements the step looks at; at least 1.
    pub(super) count: usize,
}

impl<'a> ScanOptions<'a> {
    /// Reads all that remains of the request.
    ///
    /// # Errors
    /// [`CommandError::Syntax`], also for a count below 1; [`CommandError::NotAnInteger`] for one that is no number.
    pub(super) fn read(args: &mut Args<'a>) -> Result<Self, CommandError> {
        let mut options = Self::default();
        while !args.is_empty() {
            if !options.read_one(args)? {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }

    /// Reads one option with its value, if the next argument is one; for commands that have options of their own beside.
    ///
    /// # Errors
    /// As [`ScanOptions::read`].
    pub(super) fn read_one(&mut self, args: &mut Args<'a>) -> Result<bool, CommandError> {
        if args.option("COUNT") {
            let count = args.integer()?;
            self.count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or(CommandError::Syntax)?;
        } else if args.option("MATCH") {
            self.pattern = Some(args.bytes()?).filter(|pattern| !glob::matches_all(pattern));
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Whether an element's name is asked for.
    pub(super) fn matches(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob::matches(pattern, name, false))
    }
}

impl Default for ScanOptions<'_> {
    fn default() -> Self {
        Self { pattern: None, count: COUNT_DEFAULT }
    }
}
