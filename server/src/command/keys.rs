//! Where the keys are among a command's arguments, and what happens to them.
//!
//! A command describes this by up to three key specifications, each saying where a run of keys begins and where it ends.
//! The few commands whose keys or their uses cannot be described so bring a function too (`SORT … STORE`, `SET … GET`).

use std::num::NonZeroU16;

use super::flags::bit_set;
use crate::resp::parse_i64;

bit_set! {
    /// What a command does with the keys of one specification.
    KeyFlags(u16)
}

/// Reads the value, or a part of it.
pub const RO: KeyFlags = KeyFlags::bit(0);
/// Reads the value and may change it.
pub const RW: KeyFlags = KeyFlags::bit(1);
/// Overwrites the value without looking at it.
pub const OW: KeyFlags = KeyFlags::bit(2);
/// Removes the key.
pub const RM: KeyFlags = KeyFlags::bit(3);
/// Lets the client see the value's content.
pub const ACCESS: KeyFlags = KeyFlags::bit(4);
/// Changes content that is there.
pub const UPDATE: KeyFlags = KeyFlags::bit(5);
/// Adds content, without changing what is there.
pub const INSERT: KeyFlags = KeyFlags::bit(6);
/// Removes content.
pub const DELETE: KeyFlags = KeyFlags::bit(7);
/// Not a key, though it is routed like one (a shard channel).
pub const NOT_KEY: KeyFlags = KeyFlags::bit(8);
/// The specification may miss keys.
pub const INCOMPLETE: KeyFlags = KeyFlags::bit(9);
/// The arguments decide which of these flags hold.
pub const VARIABLE_FLAGS: KeyFlags = KeyFlags::bit(10);

impl KeyFlags {
    /// The flags with their names in COMMAND INFO, in its order.
    pub const NAMES: [(Self, &'static str); 11] = [
        (RO, "RO"),
        (RW, "RW"),
        (OW, "OW"),
        (RM, "RM"),
        (ACCESS, "access"),
        (UPDATE, "update"),
        (INSERT, "insert"),
        (DELETE, "delete"),
        (NOT_KEY, "not_key"),
        (INCOMPLETE, "incomplete"),
        (VARIABLE_FLAGS, "variable_flags"),
    ];
}

/// Where a run of keys begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginSearch {
    /// At this argument (the command's name is 0).
    Index(u16),
    /// After this word. The search starts at argument `start_from` and goes up; below zero it starts so far from the end and
    /// goes down.
    Keyword {
        /// The word, in any letter case.
        word: &'static str,
        /// Where the search starts.
        start_from: i16,
    },
    /// It takes more than a specification to find it.
    Unknown,
}

/// Where a run of keys ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindKeys {
    /// A range of arguments.
    Range {
        /// The last key, counted from the first; below zero, counted from the end of the arguments (-1 is the last).
        last: i16,
        /// Distance from one key to the next.
        step: u16,
        /// When `last` is -1 and this is above 1: only the first 1/`limit` of the remaining arguments are keys.
        limit: u16,
    },
    /// As many keys as an argument says.
    KeyNum {
        /// That argument, counted from the beginning of the run.
        count: u16,
        /// The first key, counted likewise.
        first: u16,
        /// Distance from one key to the next.
        step: u16,
    },
    /// It takes more than a specification to find it.
    Unknown,
}

impl FindKeys {
    /// One key.
    pub const ONE: Self = Self::Range { last: 0, step: 1, limit: 0 };

    /// Every argument from there on.
    pub const TO_END: Self = Self::Range { last: -1, step: 1, limit: 0 };
}

/// One run of keys among the arguments.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// Where it begins.
    pub begin: BeginSearch,
    /// Where it ends.
    pub find: FindKeys,
    /// What happens to these keys.
    pub flags: KeyFlags,
    /// A remark for readers of COMMAND INFO, or nothing.
    pub notes: &'static str,
}

impl KeySpec {
    const UNSET: Self = Self::unknown();

    /// A run that begins at argument `first`.
    pub const fn at(first: u16, find: FindKeys) -> Self {
        Self { begin: BeginSearch::Index(first), find, flags: RO.with(ACCESS), notes: "" }
    }

    /// A run that begins after a word; see [`BeginSearch::Keyword`].
    pub const fn after(word: &'static str, start_from: i16, find: FindKeys) -> Self {
        Self { begin: BeginSearch::Keyword { word, start_from }, ..Self::at(0, find) }
    }

    /// A run that only the command's own [`KeyFinder`] can find.
    pub const fn unknown() -> Self {
        Self { begin: BeginSearch::Unknown, ..Self::at(0, FindKeys::Unknown) }
    }
}

/// The most key specifications a command has.
const SPECS_MAX: usize = 3;

/// Where a command's keys are: its key specifications, and a function for what they cannot express.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    specs: [KeySpec; SPECS_MAX],
    len: u8,
    /// Worked out with every change, because each request asks for it.
    only: Option<NonZeroU16>,
    finder: Option<KeyFinder>,
}

/// Finds the keys of one request and pushes them, where a command's specifications are not enough.
pub type KeyFinder = fn(&dyn Argv, &mut Vec<KeyRef>) -> Result<(), NoKeys>;

impl Keys {
    /// The command names no keys.
    pub const NONE: Self = Self { specs: [KeySpec::UNSET; SPECS_MAX], len: 0, only: None, finder: None };

    /// One key, at argument `index`. Read unless [`flags`](Self::flags) says otherwise, as with all constructors.
    pub const fn one(index: u16) -> Self {
        Self::NONE.and(KeySpec::at(index, FindKeys::ONE))
    }

    /// Keys from argument `first` to `last` (below zero: from the end, -1 is the last argument), `step` apart.
    pub const fn range(first: u16, last: i16, step: u16) -> Self {
        let last = if last < 0 { last } else { last - first as i16 };
        Self::NONE.and(KeySpec::at(first, FindKeys::Range { last, step, limit: 0 }))
    }

    /// The argument at `count` says how many keys follow it.
    pub const fn counted(count: u16) -> Self {
        Self::NONE.and(KeySpec::at(count, FindKeys::KeyNum { count: 0, first: 1, step: 1 }))
    }

    /// Adds a specification. At most three; more do not compile in a constant.
    #[must_use]
    pub const fn and(mut self, spec: KeySpec) -> Self {
        self.specs[self.len as usize] = spec;
        self.len += 1;
        self.only = self.find_only();
        self
    }

    /// Says what happens to the keys of the specification added last.
    #[must_use]
    pub const fn flags(mut self, flags: KeyFlags) -> Self {
        self.specs[self.len as usize - 1].flags = flags;
        self.only = self.find_only();
        self
    }

    /// Adds a remark to the specification added last.
    #[must_use]
    pub const fn notes(mut self, notes: &'static str) -> Self {
        self.specs[self.len as usize - 1].notes = notes;
        self
    }

    /// Brings a function for what the specifications cannot express. It is asked when a specification is marked
    /// [`VARIABLE_FLAGS`] or [`INCOMPLETE`], or does not apply to the request.
    #[must_use]
    pub const fn found_by(mut self, finder: KeyFinder) -> Self {
        self.finder = Some(finder);
        self
    }

    /// The specifications.
    #[inline]
    pub fn specs(&self) -> &[KeySpec] {
        &self.specs[..usize::from(self.len)]
    }

    /// The function beside them, if any.
    pub fn finder(&self) -> Option<KeyFinder> {
        self.finder
    }

    /// Whether the command names no keys.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The argument that is the only key, when that is all the command has and it always stands there: what nearly every
    /// request of a cache needs, without a list.
    #[inline]
    pub fn only(&self) -> Option<usize> {
        self.only.map(|index| usize::from(index.get()))
    }

    /// Works [`only`](Self::only) out.
    const fn find_only(&self) -> Option<NonZeroU16> {
        match self.specs[0] {
            KeySpec { begin: BeginSearch::Index(index), find: FindKeys::ONE, flags, .. }
                if self.len == 1 && !flags.intersects(NOT_KEY.with(INCOMPLETE)) =>
            {
                NonZeroU16::new(index)
            }
            _ => None,
        }
    }

    /// Finds the keys of a request and appends them to `found`, in the order of the specifications. A request whose
    /// arguments do not fit (too few for the number of keys it announces, a missing keyword) has no keys: its handler will
    /// find the mistake.
    pub fn find(&self, argv: &dyn Argv, found: &mut Vec<KeyRef>) -> Result<(), NoKeys> {
        let start = found.len();
        let variable = self.specs().iter().any(|spec| spec.flags.intersects(VARIABLE_FLAGS));
        if !(variable && self.finder.is_some()) && self.specs().iter().any(|spec| !spec.flags.intersects(NOT_KEY)) {
            let described = self.specs().iter().filter(|spec| !spec.flags.intersects(NOT_KEY));
            if described.into_iter().all(|spec| spec.find(argv, found).is_ok()) {
                return Ok(());
            }
            found.truncate(start);
        }
        match self.finder {
            Some(finder) => finder(argv, found).inspect_err(|_| found.truncate(start)),
            None => Err(NoKeys),
        }
    }
}

/// The arguments of a request, the command's name first.
pub trait Argv {
    /// How many there are.
    fn count(&self) -> usize;
    /// The argument at `index`, which is below [`count`](Self::count).
    fn argument(&self, index: usize) -> &[u8];
}

impl Argv for &[&[u8]] {
    fn count(&self) -> usize {
        self.len()
    }

    fn argument(&self, index: usize) -> &[u8] {
        self[index]
    }
}

/// A key of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRef {
    /// Which argument it is (the command's name is 0).
    pub index: usize,
    /// What happens to it.
    pub flags: KeyFlags,
}

/// The arguments of a request do not show its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKeys;

impl KeySpec {
    /// Appends the keys of this specification.
    fn find(&self, argv: &dyn Argv, found: &mut Vec<KeyRef>) -> Result<(), NoKeys> {
        let argc = argv.count() as i64;
        let begin = match self.begin {
            BeginSearch::Index(index) => i64::from(index),
            BeginSearch::Keyword { word, start_from } => Self::after_word(argv, word, start_from).ok_or(NoKeys)?,
            BeginSearch::Unknown => return Err(NoKeys),
        };
        let (first, last, step) = match self.find {
            FindKeys::Range { last, step, limit } => {
                let last = match (i64::from(last), i64::from(limit)) {
                    (last, _) if last >= 0 => begin + last,
                    (last, 0) => argc + last,
                    (last, limit) => begin + (argc - begin) / limit + last,
                };
                (begin, last, step)
            }
            FindKeys::KeyNum { count, first, step } => {
                let count_index = begin + i64::from(count);
                if count_index >= argc {
                    return Err(NoKeys);
                }
                let count = parse_i64(argv.argument(count_index as usize));
                let count = count.filter(|count| (0..=argc).contains(count)).ok_or(NoKeys)?;
                let first = begin + i64::from(first);
                (first, first + count - 1, step)
            }
            FindKeys::Unknown => return Err(NoKeys),
        };
        if last >= argc || last < first || first >= argc {
            return Err(NoKeys);
        }
        let indices = (first as usize..=last as usize).step_by(usize::from(step));
        found.extend(indices.map(|index| KeyRef { index, flags: self.flags }));
        if self.flags.intersects(INCOMPLETE) { Err(NoKeys) } else { Ok(()) }
    }

    /// The argument after the word.
    fn after_word(argv: &dyn Argv, word: &str, start_from: i16) -> Option<i64> {
        let argc = argv.count();
        let is_word = |&index: &usize| argv.argument(index).eq_ignore_ascii_case(word.as_bytes());
        let index = match usize::try_from(start_from) {
            Ok(start) => (start..argc.saturating_sub(1)).find(is_word),
            Err(_) => {
                let start = argc.checked_sub(usize::from(start_from.unsigned_abs()))?;
                (2..=start).rev().find(is_word)
            }
        }?;
        Some(index as i64 + 1)
    }
}

/// The first key, the last key and the step between them, as COMMAND showed them before there were key specifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegacyRange {
    /// Argument of the first key; 0 when the command has none at a fixed place.
    pub first: i64,
    /// Argument of the last key; below zero, counted from the end.
    pub last: i64,
    /// Distance from one key to the next.
    pub step: i64,
}

impl Keys {
    /// Joins the specifications into one range as far as they adjoin each other. The second value is whether that leaves
    /// keys out, that is, whether the command has the flag `movablekeys`.
    pub(super) fn legacy_range(&self) -> (LegacyRange, bool) {
        let mut range: Option<LegacyRange> = None;
        let mut movable = false;
        for spec in self.specs() {
            movable |= spec.flags.intersects(INCOMPLETE);
            let (BeginSearch::Index(first), FindKeys::Range { last, step, .. }) = (spec.begin, spec.find) else {
                movable = true;
                continue;
            };
            let (first, last, step) = (i64::from(first), i64::from(last), i64::from(step));
            let last = if last >= 0 { first + last } else { last };
            match &mut range {
                None if self.len == 1 || step == 1 => range = Some(LegacyRange { first, last, step }),
                Some(before) if step == 1 && before.last == first - 1 => before.last = last,
                _ => movable = true,
            }
        }
        (range.unwrap_or_default(), movable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys a request names, or nothing if it shows none.
    fn find(keys: Keys, request: &str) -> Option<Vec<usize>> {
        let argv: Vec<&[u8]> = request.split(' ').map(str::as_bytes).collect();
        let mut found = Vec::new();
        keys.find(&argv.as_slice(), &mut found).ok()?;
        Some(found.iter().map(|key| key.index).collect())
    }

    const STREAMS: Keys = Keys::NONE.and(KeySpec::after("STREAMS", 1, FindKeys::Range { last: -1, step: 1, limit: 2 }));
    const FROM_END: Keys = Keys::NONE.and(KeySpec::after("KEYS", -2, FindKeys::TO_END));

    #[test]
    fn keys_are_found_where_the_specification_says() {
        let cases: &[(Keys, &str, Option<&[usize]>)] = &[
            (Keys::one(1), "get k", Some(&[1])),
            (Keys::range(1, -1, 2), "mset k v k v", Some(&[1, 3])),
            (Keys::range(1, -2, 1), "blpop a b 0", Some(&[1, 2])),
            (Keys::range(1, 2, 1), "rename a b", Some(&[1, 2])),
            (Keys::counted(1), "zunion 2 a b weights 1 2", Some(&[2, 3])),
            (Keys::counted(1), "zunion 3 a b", None),
            (Keys::counted(1), "zunion 0 a", None),
            (Keys::counted(1), "zunion x a", None),
            (Keys::counted(1), "zunion +1 a", None),
            (Keys::counted(1), "zunion 9223372036854775807 a", None),
            (Keys::counted(1), "zunion -1 a", None),
            (Keys::counted(1), "zunion", None),
            (STREAMS, "xread COUNT 2 streams a b 0 0", Some(&[4, 5])),
            (STREAMS, "xread COUNT 2 streams", None),
            (STREAMS, "xread COUNT 2", None),
            (FROM_END, "migrate h p keys x keys a b", Some(&[6, 7])),
            (FROM_END, "migrate h p keys", None),
            (FROM_END, "migrate", None),
            (Keys::one(2).and(KeySpec::at(3, FindKeys::TO_END)), "bitop and d a b", Some(&[2, 3, 4])),
            (Keys::one(1).flags(NOT_KEY), "ssubscribe c", None),
            (Keys::NONE, "ping", None),
        ];
        for (keys, request, expected) in cases {
            assert_eq!(find(*keys, request).as_deref(), *expected, "{request}");
        }
    }

    #[test]
    fn the_function_is_asked_when_specifications_do_not_suffice() {
        fn last(argv: &dyn Argv, found: &mut Vec<KeyRef>) -> Result<(), NoKeys> {
            found.push(KeyRef { index: argv.count() - 1, flags: OW });
            if argv.count() > 3 { Err(NoKeys) } else { Ok(()) }
        }
        let variable = Keys::one(1).flags(VARIABLE_FLAGS).found_by(last);
        assert_eq!(find(variable, "set k v"), Some(vec![2]));
        assert_eq!(find(variable, "set k v x"), None);
        assert_eq!(find(Keys::one(1).and(KeySpec::unknown()).found_by(last), "sort k x"), Some(vec![2]));
        assert_eq!(find(Keys::one(1).found_by(last), "get k v"), Some(vec![1]));
    }

    #[test]
    fn only_a_key_at_a_fixed_place_is_the_only_one() {
        assert_eq!(Keys::one(2).only(), Some(2));
        assert_eq!(Keys::one(1).flags(RW.with(VARIABLE_FLAGS)).only(), Some(1));
        for keys in
            [Keys::NONE, Keys::range(1, -1, 1), Keys::one(1).and(KeySpec::unknown()), Keys::one(1).flags(NOT_KEY)]
        {
            assert_eq!(keys.only(), None);
        }
    }
}
