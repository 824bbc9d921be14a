//! A namespace as a plain map: what each operation means, without shards, encodings or memory.
//!
//! Keys are numbers. An entry that has expired is taken out as soon as time passes its deadline.

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, Result};
use crate::keyspace::DeadlineChange;
use crate::value::string::parse_integer;

/// What a key holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Bytes.
    String(Vec<u8>),
    /// Fields and their values.
    Hash(BTreeMap<Vec<u8>, Vec<u8>>),
}

/// A key's value and deadline.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// When it expires, in Unix milliseconds.
    pub deadline_ms: Option<u64>,
}

/// A namespace.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Entries that have not expired.
    pub entries: HashMap<u8, Entry>,
    /// The time in Unix milliseconds.
    pub now_ms: u64,
    /// Most keys, 0 for no limit.
    pub max_keys: u64,
    /// Longest string or field value, in bytes.
    pub max_value_bytes: usize,
    /// Keys that have expired but may still be counted by the engine.
    pub ghosts: usize,
}

impl Model {
    /// Moves the time on.
    pub fn advance(&mut self, by_ms: u64) {
        self.now_ms += by_ms;
        let (now_ms, before) = (self.now_ms, self.entries.len());
        self.entries.retain(|_, entry| entry.deadline_ms.is_none_or(|deadline_ms| deadline_ms > now_ms));
        self.ghosts += before - self.entries.len();
    }

    /// The string of a key.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`].
    pub fn string(&self, key: u8) -> Result<Option<&Vec<u8>>> {
        match self.entries.get(&key).map(|entry| &entry.value) {
            Some(Value::String(value)) => Ok(Some(value)),
            Some(Value::Hash(_)) => Err(Error::WrongType),
            None => Ok(None),
        }
    }

    /// The hash of a key; an absent one is empty.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`].
    pub fn hash(&self, key: u8) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
        match self.entries.get(&key).map(|entry| &entry.value) {
            Some(Value::Hash(fields)) => Ok(fields.clone()),
            Some(Value::String(_)) => Err(Error::WrongType),
            None => Ok(BTreeMap::new()),
        }
    }

    fn check_room(&self, key: u8) -> Result<()> {
        let is_room = self.max_keys == 0 || (self.entries.len() as u64) < self.max_keys;
        if is_room || self.entries.contains_key(&key) { Ok(()) } else { Err(Error::MaxKeys) }
    }

    fn check_length(&self, bytes: usize) -> Result<()> {
        if bytes > self.max_value_bytes { Err(Error::ValueTooLarge) } else { Ok(()) }
    }

    /// SET.
    ///
    /// # Errors
    ///
    /// [`Error::ValueTooLarge`], [`Error::MaxKeys`].
    pub fn set(&mut self, key: u8, value: Vec<u8>, deadline: DeadlineChange) -> Result<()> {
        self.check_length(value.len())?;
        self.put(key, Value::String(value), deadline)
    }

    fn put(&mut self, key: u8, value: Value, deadline: DeadlineChange) -> Result<()> {
        self.check_room(key)?;
        let deadline_ms = match deadline {
            DeadlineChange::Keep => self.entries.get(&key).and_then(|entry| entry.deadline_ms),
            DeadlineChange::Clear => None,
            DeadlineChange::At(deadline_ms) => Some(deadline_ms),
        };
        self.entries.insert(key, Entry { value, deadline_ms });
        Ok(())
    }

    /// SETRANGE, and APPEND where no offset is given. Returns the new length.
    ///
    /// # Errors
    ///
    /// As [`Model::set`], and [`Error::WrongType`].
    pub fn overwrite(&mut self, key: u8, offset: Option<usize>, bytes: &[u8]) -> Result<usize> {
        let old = self.string(key)?.cloned();
        let mut new = old.clone().unwrap_or_default();
        let offset = match offset {
            Some(_) if bytes.is_empty() => return Ok(new.len()),
            Some(offset) => offset,
            None => new.len(),
        };
        new.resize(new.len().max(offset + bytes.len()), 0);
        new[offset..offset + bytes.len()].copy_from_slice(bytes);
        let len = new.len();
        if old.is_none_or(|old| len > old.len()) {
            self.check_length(len)?;
        }
        self.put(key, Value::String(new), DeadlineChange::Keep)?;
        Ok(len)
    }

    /// INCRBY.
    ///
    /// # Errors
    ///
    /// As [`Model::overwrite`], and [`Error::NotAnInteger`], [`Error::Overflow`].
    pub fn increment(&mut self, key: u8, delta: i64) -> Result<i64> {
        let sum = sum(self.string(key)?, delta)?;
        self.put(key, Value::String(sum.to_string().into_bytes()), DeadlineChange::Keep)?;
        Ok(sum)
    }

    /// GETDEL.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`].
    pub fn take(&mut self, key: u8) -> Result<Option<Vec<u8>>> {
        let old = self.string(key)?.cloned();
        self.entries.remove(&key);
        Ok(old)
    }

    /// Sets a deadline; whether the key is there.
    pub fn set_deadline_ms(&mut self, key: u8, deadline_ms: Option<u64>) -> bool {
        let entry = self.entries.get_mut(&key);
        entry.map(|entry| entry.deadline_ms = deadline_ms).is_some()
    }

    /// RENAME.
    pub fn rename(&mut self, from: u8, to: u8) -> bool {
        let entry = self.entries.remove(&from);
        entry.map(|entry| self.entries.insert(to, entry)).is_some()
    }

    /// COPY … REPLACE within the namespace.
    ///
    /// # Errors
    ///
    /// [`Error::MaxKeys`].
    pub fn copy(&mut self, from: u8, to: u8) -> Result<bool> {
        let Some(entry) = self.entries.get(&from).cloned() else { return Ok(false) };
        self.check_room(to)?;
        self.entries.insert(to, entry);
        Ok(true)
    }

    /// COPY … DB … REPLACE.
    ///
    /// # Errors
    ///
    /// As [`Model::set`].
    pub fn copy_to(&self, from: u8, target: &mut Self, to: u8) -> Result<bool> {
        let Some(entry) = self.entries.get(&from).cloned() else { return Ok(false) };
        target.take_in(to, entry)?;
        Ok(true)
    }

    /// MOVE.
    ///
    /// # Errors
    ///
    /// As [`Model::set`].
    pub fn move_to(&mut self, key: u8, target: &mut Self) -> Result<bool> {
        let Some(entry) = self.entries.get(&key).filter(|_| !target.entries.contains_key(&key)) else {
            return Ok(false);
        };
        target.take_in(key, entry.clone())?;
        self.entries.remove(&key);
        Ok(true)
    }

    fn take_in(&mut self, key: u8, entry: Entry) -> Result<()> {
        if let Value::String(value) = &entry.value {
            self.check_length(value.len())?;
        }
        self.check_room(key)?;
        self.entries.insert(key, entry);
        Ok(())
    }

    /// HSET; the number of new fields.
    ///
    /// # Errors
    ///
    /// As [`Model::overwrite`].
    pub fn hash_set(&mut self, key: u8, pairs: &[(Vec<u8>, Vec<u8>)]) -> Result<usize> {
        let mut fields = self.hash(key)?;
        if pairs.is_empty() {
            return Ok(0);
        }
        pairs.iter().try_for_each(|(_, value)| self.check_length(value.len()))?;
        let before = fields.len();
        fields.extend(pairs.iter().cloned());
        let new = fields.len() - before;
        self.put(key, Value::Hash(fields), DeadlineChange::Keep)?;
        Ok(new)
    }

    /// HDEL of one field.
    ///
    /// # Errors
    ///
    /// [`Error::WrongType`].
    pub fn hash_remove(&mut self, key: u8, field: &[u8]) -> Result<bool> {
        let mut fields = self.hash(key)?;
        let removed = fields.remove(field).is_some();
        if fields.is_empty() {
            self.entries.remove(&key);
        } else if removed {
            self.put(key, Value::Hash(fields), DeadlineChange::Keep)?;
        }
        Ok(removed)
    }

    /// HINCRBY.
    ///
    /// # Errors
    ///
    /// As [`Model::increment`].
    pub fn hash_increment(&mut self, key: u8, field: &[u8], delta: i64) -> Result<i64> {
        let sum = sum(self.hash(key)?.get(field), delta)?;
        self.hash_set(key, &[(field.to_vec(), sum.to_string().into_bytes())])?;
        Ok(sum)
    }
}

fn sum(old: Option<&Vec<u8>>, delta: i64) -> Result<i64> {
    let old = old.map_or(Some(0), |old| parse_integer(old)).ok_or(Error::NotAnInteger)?;
    old.checked_add(delta).ok_or(Error::Overflow)
}
