//! A disk in memory, for tests: its calls fail when they are told to, and its power goes off.
//!
//! What SQLite and redb do to test themselves: the disk keeps two images of everything, the *live* one that calls see and the
//! *durable* one that was synced. [`MemoryDisk::crash`] makes a disk of what a loss of power may leave of the two.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::io::Errno;

use super::disk::{Disk, DiskFile};
use super::name::FileName;
use crate::random::Random;

/// What a disk writes as a whole or not at all.
pub const SECTOR_BYTES: usize = 512;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full.
    Full,
    /// The device failed.
    Io,
    /// The owner may not use more of the disk.
    Quota,
    /// The file system has become read-only.
    ReadOnly,
    /// The process has as many files open as it may.
    TooManyFiles,
    /// A signal came.
    Interrupted,
    /// Half of the bytes are written or read; calls that move no bytes are as always.
    Short,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Full, Self::Io, Self::Quota, Self::ReadOnly, Self::TooManyFiles, Self::Interrupted, Self::Short];

    /// Whether the call is to be made again, or goes on.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Interrupted | Self::Short)
    }

    fn errno(self) -> Option<Errno> {
        match self {
            Self::Full => Some(Errno::NOSPC),
            Self::Io => Some(Errno::IO),
            Self::Quota => Some(Errno::DQUOT),
            Self::ReadOnly => Some(Errno::ROFS),
            Self::TooManyFiles => Some(Errno::MFILE),
            Self::Interrupted => Some(Errno::INTR),
            Self::Short => None,
        }
    }
}

/// What of the unsynced is there after a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// Nothing of it.
    Nothing,
    /// All of it.
    Everything,
    /// All names, no content: what renaming before writing looks like.
    Names,
    /// All content, no names.
    Content,
    /// Chance decides for each name and each sector; a sector may hold what was on the disk before, and a file may have any length
    /// between the two.
    Torn,
}

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    files: HashMap<u64, Content>,
    next_file: u64,
    live: BTreeMap<FileName, u64>,
    durable: BTreeMap<FileName, u64>,
    /// What changed `durable` into `live`, in order.
    changes: Vec<Change>,
    calls: u64,
    faults: Option<Faults>,
    faults_met: u64,
    /// The call at which the power goes off.
    off_at: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Faults {
    fault: Fault,
    first: u64,
    last: u64,
}

#[derive(Clone, Debug)]
enum Change {
    Create(FileName, u64),
    Rename(FileName, FileName, u64),
    Remove(FileName),
}

#[derive(Clone, Debug, Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// A sync failed: what was not written then never will be.
    is_lost: bool,
    /// Whether who made it has it open.
    is_in_use: bool,
}

impl MemoryDisk {
    /// Makes an empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a file there, synced, without counting as a call.
    pub fn put(&self, name: &FileName, content: &[u8]) {
        let mut state = self.state.lock();
        let file = state.next_file;
        state.next_file += 1;
        let content = Content { live: content.to_vec(), durable: content.to_vec(), ..Content::default() };
        state.files.insert(file, content);
        state.live.insert(name.clone(), file);
        state.durable.insert(name.clone(), file);
    }

    /// Returns the content of a file as calls see it, without counting as a call.
    pub fn content(&self, name: &FileName) -> Option<Vec<u8>> {
        let state = self.state.lock();
        state.live.get(name).map(|file| state.files[file].live.clone())
    }

    /// Names of all files, temporaries too.
    pub fn names(&self) -> Vec<FileName> {
        self.state.lock().live.keys().cloned().collect()
    }

    /// Number of calls so far, failed ones too.
    pub fn calls(&self) -> u64 {
        self.state.lock().calls
    }

    /// Lets calls fail: the `count` calls after the next `after`.
    pub fn fail(&self, fault: Fault, after: u64, count: u64) {
        let mut state = self.state.lock();
        let first = state.calls + after;
        state.faults = Some(Faults { fault, first, last: first.saturating_add(count - 1) });
        state.faults_met = 0;
    }

    /// Lets calls succeed again. Returns how many failed.
    pub fn heal(&self) -> u64 {
        let mut state = self.state.lock();
        state.faults = None;
        std::mem::take(&mut state.faults_met)
    }

    /// Turns the power off after the next `after` calls: later ones fail and change nothing, but that a write may have
    /// reached the disk in part.
    pub fn power_off(&self, after: u64) {
        let mut state = self.state.lock();
        state.off_at = Some(state.calls + after);
    }

    /// Makes the disk that is found when the power comes back. This one stays as it is, for further tries.
    pub fn crash(&self, survival: Survival, random: &mut Random) -> Self {
        let state = self.state.lock();
        let mut names = state.durable.clone();
        for change in &state.changes {
            let survives = match survival {
                Survival::Nothing | Survival::Content => false,
                Survival::Everything | Survival::Names => true,
                Survival::Torn => random.below(2) == 0,
            };
            if survives {
                change.apply(&mut names);
            }
        }
        let content = |file: &u64| {
            let content = &state.files[file];
            match survival {
                Survival::Nothing | Survival::Names => content.durable.clone(),
                Survival::Everything | Survival::Content => content.live.clone(),
                Survival::Torn => content.torn(random),
            }
        };
        let files: HashMap<u64, Vec<u8>> = {
            let mut content = content;
            names.values().map(|file| (*file, content(file))).collect()
        };
        let found = Self::new();
        for (name, file) in &names {
            found.put(name, &files[file]);
        }
        found
    }

    fn call(&self) -> io::Result<(parking_lot::MutexGuard<'_, State>, bool)> {
        let mut state = self.state.lock();
        let call = state.calls;
        state.calls += 1;
        if state.off_at.is_some_and(|off_at| call >= off_at) {
            return Err(io::Error::other("the power is off"));
        }
        match state.faults {
            Some(Faults { fault, first, last }) if (first..=last).contains(&call) => {
                state.faults_met += 1;
                match fault.errno() {
                    Some(errno) => Err(errno.into()),
                    None => Ok((state, true)),
                }
            }
            _ => Ok((state, false)),
        }
    }
}

impl State {
    fn file(&self, name: &FileName) -> io::Result<u64> {
        self.live.get(name).copied().ok_or_else(|| Errno::NOENT.into())
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.changes.push(change);
    }
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<FileName, u64>) {
        match self {
            Self::Create(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Rename(from, to, file) => {
                names.remove(from);
                names.insert(to.clone(), *file);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

impl Content {
    /// Mixes both images, sector by sector.
    fn torn(&self, random: &mut Random) -> Vec<u8> {
        let (durable, live) = (self.durable.len(), self.live.len());
        let spread = live.abs_diff(durable) as u64;
        let len_bytes = match random.below(4) {
            0 => durable,
            1 => durable.min(live) + random.below(spread + 1) as usize,
            _ => live,
        };
        let (odds, mut torn) = (1 + random.below(8), vec![0; len_bytes]);
        for (sector, bytes) in torn.chunks_mut(SECTOR_BYTES).enumerate() {
            let begin = sector * SECTOR_BYTES;
            let part = |image: &[u8], bytes: &mut [u8]| {
                let there = image.get(begin..).unwrap_or_default();
                let count = there.len().min(bytes.len());
                bytes[..count].copy_from_slice(&there[..count]);
            };
            part(&self.durable, bytes);
            let synced = bytes.to_vec();
            let mut written = synced.clone();
            part(&self.live, &mut written);
            if synced == written && begin + bytes.len() <= durable {
                continue;
            }
            match random.below(odds + 1) {
                // Not written: what was there, zeros where the file was shorter.
                0 if random.below(2) == 0 => {}
                // Not written: what another file left behind.
                0 if begin >= durable => bytes.iter_mut().for_each(|byte| *byte = random.next_u64() as u8),
                0 => {}
                _ => bytes.copy_from_slice(&written),
            }
        }
        torn
    }
}

impl Disk for MemoryDisk {
    fn create(&self, name: &FileName) -> io::Result<Box<dyn DiskFile>> {
        let (mut state, _) = self.call()?;
        if state.live.contains_key(name) {
            return Err(Errno::EXIST.into());
        }
        let file = state.next_file;
        state.next_file += 1;
        state.files.insert(file, Content { is_in_use: true, ..Content::default() });
        state.change(Change::Create(name.clone(), file));
        Ok(Box::new(MemoryFile { disk: self.clone(), file, is_maker: true }))
    }

    fn open(&self, name: &FileName) -> io::Result<Box<dyn DiskFile>> {
        let (state, _) = self.call()?;
        let file = state.file(name)?;
        Ok(Box::new(MemoryFile { disk: self.clone(), file, is_maker: false }))
    }

    fn len_bytes(&self, name: &FileName) -> io::Result<u64> {
        let (state, _) = self.call()?;
        Ok(state.files[&state.file(name)?].live.len() as u64)
    }

    fn rename(&self, from: &FileName, to: &FileName) -> io::Result<()> {
        let (mut state, _) = self.call()?;
        let file = state.file(from)?;
        state.change(Change::Rename(from.clone(), to.clone(), file));
        Ok(())
    }

    fn remove(&self, name: &FileName) -> io::Result<()> {
        let (mut state, _) = self.call()?;
        state.file(name)?;
        state.change(Change::Remove(name.clone()));
        Ok(())
    }

    fn remove_abandoned(&self, name: &FileName) -> io::Result<bool> {
        let (mut state, _) = self.call()?;
        let is_abandoned = !state.files[&state.file(name)?].is_in_use;
        if is_abandoned {
            state.change(Change::Remove(name.clone()));
        }
        Ok(is_abandoned)
    }

    fn list(&self) -> io::Result<Vec<FileName>> {
        let (state, _) = self.call()?;
        Ok(state.live.keys().cloned().collect())
    }

    fn sync(&self) -> io::Result<()> {
        let (mut state, _) = self.call()?;
        state.durable = state.live.clone();
        state.changes.clear();
        Ok(())
    }
}

/// A file of a [`MemoryDisk`].
#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    file: u64,
    is_maker: bool,
}

impl DiskFile for MemoryFile {
    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.disk.call() {
            Ok((mut state, is_short)) => {
                let count = if is_short { bytes.len().div_ceil(2) } else { bytes.len() };
                let content = state.files.get_mut(&self.file).expect("files are never forgotten");
                content.live.extend_from_slice(&bytes[..count]);
                Ok(count)
            }
            Err(error) => {
                // Some of it was taken before the call failed. When the power fails, all of it was on its way.
                let mut state = self.disk.state.lock();
                let is_off = state.off_at.is_some_and(|off_at| state.calls == off_at + 1);
                if is_off {
                    let content = state.files.get_mut(&self.file).expect("files are never forgotten");
                    content.live.extend_from_slice(bytes);
                }
                Err(error)
            }
        }
    }

    /// Does nothing: [`Survival::Torn`] takes any sector for written, asked for or not.
    fn begin_sync(&self, _offset: u64, _len_bytes: u64) {}

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let (state, is_short) = self.disk.call()?;
        let content = &state.files[&self.file].live;
        let there = usize::try_from(offset).ok().and_then(|offset| content.get(offset..)).unwrap_or_default();
        let mut count = there.len().min(bytes.len());
        if is_short {
            count = count.div_ceil(2);
        }
        bytes[..count].copy_from_slice(&there[..count]);
        Ok(count)
    }

    fn len_bytes(&self) -> io::Result<u64> {
        let (state, _) = self.disk.call()?;
        Ok(state.files[&self.file].live.len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        let called = self.disk.call().map(|(mut state, _)| {
            let content = state.files.get_mut(&self.file).expect("files are never forgotten");
            if !content.is_lost {
                content.durable = content.live.clone();
            }
        });
        if let Err(error) = &called
            && error.kind() != io::ErrorKind::Interrupted
        {
            let mut state = self.disk.state.lock();
            state.files.get_mut(&self.file).expect("files are never forgotten").is_lost = true;
        }
        called
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        if self.is_maker
            && let Some(content) = self.disk.state.lock().files.get_mut(&self.file)
        {
            content.is_in_use = false;
        }
    }
}
