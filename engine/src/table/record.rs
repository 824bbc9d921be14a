//! Taking a table down as it is at one moment, while it goes on changing.
//!
//! A recording begins by turning the table's parity, so that no group has it. Groups are taken down in the order of hashes,
//! a slice at a time; whoever is about to change an entry takes its group down first. What was taken down has the table's
//! parity from then on. So each entry is taken down once, as it was at the beginning, and the memory this costs beside the record
//! itself is a bit of the directory word. Outside of recordings all groups have the table's parity.

use super::entry::{Parts, Tag};
use super::{Table, prefetch, read_pointer, slots_of};

/// An entry as it is taken down.
#[derive(Debug)]
pub struct Recorded<'a, O> {
    /// The key.
    pub key: &'a [u8],
    /// What the value is.
    pub tag: Tag,
    /// When the entry expires, in Unix milliseconds.
    pub deadline_ms: Option<u64>,
    /// The 2-bit access frequency.
    pub frequency: u8,
    /// The value.
    pub value: RecordedValue<'a, O>,
}

/// The value of a [`Recorded`] entry.
#[derive(Debug)]
pub enum RecordedValue<'a, O> {
    /// Bytes beside the key.
    Inline(&'a [u8]),
    /// An object of its own; the recorder may note on it that it is to be taken down piece by piece.
    Boxed(&'a mut O),
}

/// Who takes entries down.
pub trait Recorder<O>: Send + Sync {
    /// Takes an entry down.
    fn record(&mut self, entry: Recorded<'_, O>);

    /// Told after the last entry of a group.
    fn group_recorded(&mut self);

    /// Whether so much was taken down that a slice should end.
    fn is_full(&self) -> bool;
}

/// What tables store outside of entries, and who takes tables of it down.
pub trait Stored: Sized {
    /// The recorder.
    type Recorder: Recorder<Self>;
}

/// The recorder of tables that are never recorded.
#[derive(Debug)]
pub enum NoRecorder {}

impl<O> Recorder<O> for NoRecorder {
    fn record(&mut self, _: Recorded<'_, O>) {
        match *self {}
    }

    fn group_recorded(&mut self) {
        match *self {}
    }

    fn is_full(&self) -> bool {
        match *self {}
    }
}

impl Stored for () {
    type Recorder = NoRecorder;
}

impl<O: Stored> Table<O> {
    /// Begins a recording of the entries there are. O(1).
    pub fn begin_recording(&mut self, recorder: O::Recorder) {
        assert!(self.recorder.is_none(), "one recording at a time");
        self.parity = !self.parity;
        self.recorder = Some(Box::new(recorder));
    }

    /// Takes entries down from hash position `cursor` on, some more than `entries_max`; returns where to go on, `None` when all are.
    pub fn record_step(&mut self, cursor: u64, entries_max: usize) -> Option<u64> {
        if self.directory.is_empty() || self.recorder.is_none() {
            return None;
        }
        // A group that was taken down before costs a look.
        const LOOKS_PER_ENTRY: usize = 4;
        let mut looks = 0;
        let recorded_max = self.recorded.saturating_add(entries_max as u64);
        let is_full = |table: &Self| table.recorder.as_deref().is_some_and(|recorder| recorder.is_full());
        let mut index = self.first_place(self.directory_index(cursor));
        while index < self.directory.len() {
            if self.recorded >= recorded_max || is_full(self) || looks >= entries_max.saturating_mul(LOOKS_PER_ENTRY) {
                return Some((index as u64) << 1 << (63 - self.directory_depth));
            }
            let step = 1 << (self.directory_depth - self.directory[index].depth());
            self.record_group(index);
            index += step;
            looks += 1;
        }
        None
    }

    /// Whoever takes this table down at present.
    #[inline]
    pub fn recorder(&mut self) -> Option<&mut O::Recorder> {
        self.recorder.as_deref_mut()
    }

    /// Whether the table is being recorded.
    #[inline]
    pub fn is_recorded(&self) -> bool {
        self.recorder.is_some()
    }

    /// Ends a recording, whether all was taken down or not. Costs a look at the directory.
    pub fn end_recording(&mut self) -> Option<Box<O::Recorder>> {
        let recorder = self.recorder.take()?;
        let parity = self.parity;
        self.directory.iter_mut().for_each(|place| *place = place.with_parity(parity));
        self.recorded = 0;
        Some(recorder)
    }

    /// Called before an entry of the group at this place is changed, comes or goes.
    #[inline]
    pub(super) fn before_change(&mut self, directory_index: usize) {
        if self.recorder.is_some() {
            self.record_group(directory_index);
        }
    }

    #[cold]
    fn record_group(&mut self, directory_index: usize) {
        let group = self.directory[directory_index];
        if group.parity() == self.parity {
            return;
        }
        let Some(recorder) = self.recorder.as_deref_mut() else { return };
        for placed in slots_of(group) {
            prefetch(self.arena.pointer(placed.block));
        }
        for placed in slots_of(group) {
            let entry = self.arena.pointer(placed.block);
            // SAFETY: a present slot leads to a live entry; `&mut self` makes these the only references to it and its object.
            let recorded = unsafe {
                let parts = Parts::read(entry);
                let value = if parts.is_boxed() {
                    RecordedValue::Boxed(&mut *read_pointer::<O>(entry.add(parts.value_at())))
                } else {
                    RecordedValue::Inline(std::slice::from_raw_parts(entry.add(parts.value_at()), parts.value_len()))
                };
                Recorded {
                    key: std::slice::from_raw_parts(entry.add(parts.key_at()), parts.key_len()),
                    tag: parts.tag(),
                    deadline_ms: parts.deadline_ms(entry),
                    frequency: placed.frequency,
                    value,
                }
            };
            recorder.record(recorded);
            self.recorded += 1;
        }
        recorder.group_recorded();
        let first = self.first_place(directory_index);
        let places = first..first + (1 << (self.directory_depth - group.depth()));
        self.directory[places].fill(group.with_parity(self.parity));
    }
}
