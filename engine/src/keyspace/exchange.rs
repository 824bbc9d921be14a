//! Strings given for the ones they replace.

use std::sync::Arc;

use super::entry::{Content, Entries};
use super::{DeadlineChange, Keyspace};
use crate::error::Result;
use crate::table::{INLINE_VALUE_MAX, Key, Slot, ValueView};
use crate::value::string::parse_integer;
use crate::value::{StringRef, StringValue, tag};

impl Keyspace<'_> {
    /// Sets a key to a string and returns the one it had, if `may_write`, which is told whether there is one, agrees. Counts a
    /// hit or a miss and removes the deadline.
    ///
    /// Costs no allocation where both strings are as long as each other: the bytes then change places.
    ///
    /// # Errors
    ///
    /// As [`Keyspace::set_string`]; [`Error::WrongType`](crate::error::Error::WrongType); what `may_write` says.
    #[inline]
    pub fn exchange(
        &mut self,
        key: Key<'_>,
        value: Vec<u8>,
        may_write: impl FnOnce(bool) -> Result<()>,
    ) -> Result<Option<StringValue>> {
        let mut entries = self.entries(key.hash);
        entries.check_length(value.len())?;
        let found = entries.find(key);
        entries.shard.counters.count_read(found.is_some());
        may_write(found.is_some())?;
        match found {
            Some(slot) => entries.exchange(key, slot, value).map(Some),
            None => entries.set_owned(key, None, value).map(|()| None),
        }
    }
}

impl Entries<'_> {
    #[inline]
    fn exchange(&mut self, key: Key<'_>, slot: Slot, mut value: Vec<u8>) -> Result<StringValue> {
        if self.can_swap(slot, &value)
            && let Some(bytes) = self.shard.table.inline_mut(slot)
        {
            bytes.swap_with_slice(&mut value);
            self.changed(key);
            return Ok(StringValue::Owned(value));
        }
        let old = self.value(slot).string().map(StringRef::to_value)?;
        self.set_owned(key, Some(slot), value)?;
        Ok(old)
    }

    /// Whether a string would lie in an entry exactly as the one that is there does.
    #[inline]
    fn can_swap(&self, slot: Slot, value: &[u8]) -> bool {
        let view = self.shard.table.view(slot);
        let ValueView::Inline(bytes) = view.value else { return false };
        view.tag == tag::STRING
            && view.deadline_ms.is_none()
            && bytes.len() == value.len()
            && parse_integer(value).is_none()
    }

    /// Gives a key, which was found at a slot or not, a string. Its length was checked.
    fn set_owned(&mut self, key: Key<'_>, found: Option<Slot>, value: Vec<u8>) -> Result<()> {
        let length = value.len();
        if length <= INLINE_VALUE_MAX {
            return self.set_string_at(key, found, &value, DeadlineChange::Clear);
        }
        self.write_at(key, found, tag::STRING, Content::Long(Arc::new(value)), length, DeadlineChange::Clear)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::engine::{Engine, EngineOptions};
    use crate::error::Error;
    use crate::namespace::Handle;
    use crate::shard::multi_key::{Patience, Reach};

    fn engine(now_ms: u64) -> (Engine, Handle, Clock) {
        let clock = Clock::manual(now_ms);
        let options = EngineOptions { databases: 1, clock: clock.clone(), ..EngineOptions::default() };
        let engine = Engine::new(options).expect("the options are in range");
        let mut handle = Handle::new(engine.database(0).expect("there is one"));
        handle.refresh().expect("it is not deleted");
        (engine, handle, clock)
    }

    #[test]
    fn every_form_of_a_string_is_given_for_every_other() {
        let (_engine, handle, _) = engine(1);
        let mut locks = handle.lock(Reach::All, Patience::Wait).unwrap();
        let mut keyspace = locks.keyspace(&handle, 1);
        let key = keyspace.key(b"key");
        let long = vec![b'x'; INLINE_VALUE_MAX + 1];
        let values: [&[u8]; 7] = [b"abc", b"xyz", b"123", b"456", b"-1", b"", &long];
        let mut expected: Option<&[u8]> = None;
        for value in values.into_iter().flat_map(|first| values.into_iter().flat_map(move |second| [first, second])) {
            let old = keyspace.exchange(key, value.to_vec(), |_| Ok(())).unwrap();
            assert_eq!(old.as_ref().map(|old| old.as_slice()), expected);
            let now = keyspace.string(key).unwrap().unwrap().to_value();
            assert_eq!(now.as_slice(), value);
            assert_eq!(keyspace.string(key).unwrap().unwrap().integer(), parse_integer(value));
            expected = Some(value);
        }
        keyspace.check_invariants();
    }

    #[test]
    fn a_deadline_goes_and_what_may_not_be_written_stays() {
        let (_engine, handle, _) = engine(1);
        let mut locks = handle.lock(Reach::All, Patience::Wait).unwrap();
        let mut keyspace = locks.keyspace(&handle, 1);
        let key = keyspace.key(b"key");
        keyspace.set_string(key, b"abc", DeadlineChange::At(1_000)).unwrap();
        assert!(keyspace.exchange(key, b"xyz".to_vec(), |_| Ok(())).unwrap().is_some());
        assert_eq!(keyspace.deadline_ms(key), Some(None));
        let refused =
            keyspace.exchange(key, b"123".to_vec(), |there| if there { Err(Error::Overflow) } else { Ok(()) });
        assert_eq!(refused, Err(Error::Overflow));
        assert_eq!(keyspace.string(key).unwrap().unwrap().to_value().as_slice(), b"xyz");
        let other = keyspace.key(b"hash");
        keyspace.hash_mut(other).unwrap().set(b"field", b"value").unwrap();
        assert_eq!(keyspace.exchange(other, b"xyz".to_vec(), |_| Ok(())), Err(Error::WrongType));
        keyspace.check_invariants();
    }

    #[test]
    fn the_shortest_way_to_a_key_knows_of_deadlines() {
        let (engine, handle, clock) = engine(1);
        let key = engine.key(b"key");
        let set = |keyspace: &mut Keyspace<'_>| keyspace.set_string(key, b"abc", DeadlineChange::At(1_000));
        assert!(matches!(handle.at_key(key, set), Ok(Ok(()))));
        let there = |keyspace: &mut Keyspace<'_>| keyspace.contains(key);
        assert!(matches!(handle.at_key(key, there), Ok(true)));
        clock.set_ms(1_000);
        assert!(matches!(handle.at_key(key, there), Ok(false)));
    }
}
