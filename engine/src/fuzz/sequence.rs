//! Sequences of operations on an engine of three namespaces, beside plain maps, with a clock driven by hand.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

use super::input::Input;
use super::model::{Entry, Model, Value};
use crate::clock::Clock;
use crate::engine::{Engine, EngineOptions, NamespaceOptions};
use crate::error::{Error, Result};
use crate::keyspace::batch::{BatchMode, BatchReport};
use crate::keyspace::{DeadlineChange, Keyspace};
use crate::namespace::{Handle, Limits, Namespace};
use crate::random::Random;
use crate::shard::multi_key::{Locks, Patience, Reach};
use crate::shard::resize::{ResizeEnd, ResizeStep};
use crate::shard::route::RouteTable;
use crate::table::Key;
use crate::value::hash::HashLimits;
use crate::value::string::Digits;
use crate::value::{StringRef, ValueRef};

/// Number of namespaces.
pub const NAMESPACES: usize = 3;

/// Number of keys that are ever named.
pub const KEYS: u8 = 24;

/// Longest value in the first two namespaces, in bytes. In the third it is [`SHORT_VALUE_BYTES_MAX`].
pub const VALUE_BYTES_MAX: usize = 6_000;

/// Longest value in the third namespace, in bytes.
pub const SHORT_VALUE_BYTES_MAX: usize = 100;

/// Most shards a sequence made from bytes asks for.
const SHARDS_MAX: usize = 12;

/// Most steps of a sequence made from bytes.
const STEPS_MAX: usize = 400;

/// One operation. Keys and fields are numbers that stand for names of several lengths; times are in milliseconds.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is called as what it does, its numbers in the order in which commands take them")]
pub enum Operation {
    Read(u8),
    /// With a deadline that far ahead, or keeping the one there is if asked to.
    Set(u8, Vec<u8>, Option<u64>, bool),
    SetShared(u8, Vec<u8>),
    SetMany(Vec<(u8, Vec<u8>)>),
    Append(u8, Vec<u8>),
    SetRange(u8, usize, Vec<u8>),
    Increment(u8, i64),
    Remove(u8),
    Take(u8),
    Deadline(u8, Option<u64>),
    Rename(u8, u8),
    Copy(u8, u8),
    HashRead(u8, u8),
    HashSet(u8, Vec<(u8, Vec<u8>)>),
    HashRemove(u8, u8),
    HashIncrement(u8, u8, i64),
    /// Set, update, get, delete or consume; whether all or nothing.
    Batch(u8, bool, Vec<(u8, Vec<u8>)>),
    RandomKey,
    Watch(u8),
    Unwatch(u8),
    Clear,
}

/// One step: an operation in a namespace, or something with the namespaces themselves.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is called as what it does, the namespaces first")]
pub enum Step {
    In(usize, Operation),
    /// From a namespace, a key of it, to another namespace and another key.
    CopyTo(usize, u8, usize, u8),
    MoveTo(usize, u8, usize),
    Swap(usize, usize),
    Resize(usize, usize),
    /// Begins a resize and leaves it.
    BeginResize(usize, usize),
    /// So many steps of the resize that goes on, each of about so many keys.
    MoveKeys(usize, usize, usize),
    CancelResize(usize),
    Recreate(usize, usize),
    /// Walks the namespace to the end, about so many keys at a time.
    Scan(usize, usize),
    /// Removes all keys, one lock at a time.
    ClearUnlocked(usize),
    MaxKeys(usize, u64),
    /// Of a namespace, or of the engine; 0 for none.
    MaxMemory(Option<usize>, u64),
    HashLimits(usize, usize),
    Advance(u64),
    ActiveExpiry(usize),
}

/// Checks the engine on any bytes, which choose the numbers of shards and the steps.
///
/// # Panics
///
/// If the engine disagrees with the plain maps, or with itself.
pub fn sequence(data: &[u8]) {
    let mut input = Input::new(data);
    keep_routes();
    let shards = 1 + input.below(8);
    let mut steps = Vec::new();
    while !input.is_empty() && steps.len() < STEPS_MAX {
        steps.push(step(&mut input));
    }
    run(&steps, shards);
}

fn step(input: &mut Input<'_>) -> Step {
    let kind = input.byte();
    // Most steps happen in the first namespace, so that they meet.
    let mut namespace = || [0, 0, 0, 1, 1, 2][input.below(6)];
    match kind {
        240..=243 => return Step::BeginResize(namespace(), 1 + input.below(SHARDS_MAX)),
        244..=253 => return Step::MoveKeys(namespace(), 1 + input.below(8), 1 + input.below(6)),
        254.. => return Step::CancelResize(namespace()),
        _ => {}
    }
    match kind % 48 {
        0 => Step::CopyTo(namespace(), key(input), input.below(NAMESPACES), key(input)),
        1 => Step::MoveTo(namespace(), key(input), input.below(NAMESPACES)),
        2 => Step::Swap(namespace(), input.below(NAMESPACES)),
        3 => Step::Resize(namespace(), 1 + input.below(SHARDS_MAX)),
        4 => Step::Recreate(namespace(), 1 + input.below(SHARDS_MAX)),
        5 => Step::Scan(namespace(), 1 + input.below(40)),
        6 => Step::ClearUnlocked(namespace()),
        7 => Step::MaxKeys(namespace(), input.below(20) as u64),
        8 => {
            let of_namespace = namespace();
            let bytes = [0, 4_000, 16_000, 64_000, 256_000][input.below(5)] + input.below(4_096) as u64;
            Step::MaxMemory(Some(of_namespace).filter(|_| input.flag()), if bytes < 4_000 { 0 } else { bytes })
        }
        9 => Step::HashLimits(input.below(64), input.below(80)),
        10 | 11 => Step::Advance(input.below(100) as u64),
        12 => Step::ActiveExpiry(input.below(40)),
        other => Step::In(namespace(), operation(other, input)),
    }
}

fn operation(kind: u8, input: &mut Input<'_>) -> Operation {
    match kind {
        13 | 14 => Operation::Read(key(input)),
        15..=18 => Operation::Set(key(input), value(input), deadline(input), input.flag()),
        19 => Operation::SetShared(key(input), value(input)),
        20 => Operation::SetMany(items(input, key)),
        21 | 22 => Operation::Append(key(input), value(input)),
        23 | 24 => Operation::SetRange(key(input), input.below(6_500), value(input)),
        25 | 26 => Operation::Increment(key(input), delta(input)),
        27 => Operation::Remove(key(input)),
        28 => Operation::Take(key(input)),
        29 | 30 => Operation::Deadline(key(input), deadline(input)),
        31 => Operation::Rename(key(input), key(input)),
        32 => Operation::Copy(key(input), key(input)),
        33 => Operation::HashRead(key(input), input.byte()),
        34..=37 => Operation::HashSet(key(input), items(input, |input| input.byte())),
        38 | 39 => Operation::HashRemove(key(input), input.byte()),
        40 => Operation::HashIncrement(key(input), input.byte(), delta(input)),
        41..=43 => Operation::Batch(input.byte() % 5, input.flag(), items(input, key)),
        44 => Operation::RandomKey,
        45 => Operation::Watch(key(input)),
        46 => Operation::Unwatch(key(input)),
        _ => Operation::Clear,
    }
}

fn key(input: &mut Input<'_>) -> u8 {
    input.byte() % KEYS
}

fn deadline(input: &mut Input<'_>) -> Option<u64> {
    let after = input.below(512) as u64;
    (after < 256).then_some(after)
}

fn delta(input: &mut Input<'_>) -> i64 {
    if input.flag() { i64::from(input.byte().cast_signed()) } else { input.number() }
}

fn value(input: &mut Input<'_>) -> Vec<u8> {
    match input.below(6) {
        0 => input.number().to_string().into_bytes(),
        1 => i64::from(input.byte().cast_signed()).to_string().into_bytes(),
        2 => vec![input.byte(); input.below(6_200)],
        // About where values leave their entry.
        3 => vec![input.byte(); crate::table::INLINE_VALUE_MAX - 4 + input.below(8)],
        _ => input.text(80).to_vec(),
    }
}

fn items(input: &mut Input<'_>, name: fn(&mut Input<'_>) -> u8) -> Vec<(u8, Vec<u8>)> {
    (0..input.below(8)).map(|_| (name(input), value(input))).collect()
}

/// Keeps the ways to shards of all numbers that sequences made from bytes ask for, since making one costs as much as a sequence.
fn keep_routes() {
    static ROUTES: LazyLock<Vec<Arc<RouteTable>>> =
        LazyLock::new(|| (1..=SHARDS_MAX).filter_map(|shards| RouteTable::for_shards(shards).ok()).collect());
    LazyLock::force(&ROUTES);
}

/// Does the steps with an engine whose namespaces begin with `shards` shards, and with plain maps, and compares every
/// answer and what is there in the end.
///
/// # Panics
///
/// If they disagree.
pub fn run(steps: &[Step], shards: usize) {
    let mut world = World::new(shards);
    for step in steps {
        world.step(step);
    }
    world.end();
}

/// Names of the keys, some short and some long.
fn key_name(key: u8) -> Vec<u8> {
    if key.is_multiple_of(5) { vec![key; 300] } else { format!("key:{key}").into_bytes() }
}

fn field_name(field: u8) -> Vec<u8> {
    match field % 3 {
        0 => field.to_string().into_bytes(),
        1 => format!("field {field}").into_bytes(),
        _ => vec![field; 70 * usize::from(field % 2) + 1],
    }
}

fn text(string: StringRef<'_>) -> Vec<u8> {
    string.bytes(&mut Digits::new()).to_vec()
}

fn read(value: ValueRef<'_>) -> Value {
    if let Ok(string) = value.string() {
        return Value::String(text(string));
    }
    let mut fields = BTreeMap::new();
    let hash = value.hash().expect("what is no string is a hash");
    hash.for_each(&mut |field, value| {
        assert!(fields.insert(text(field), text(value)).is_none(), "a field is visited once");
    });
    assert_eq!(hash.len(), fields.len());
    Value::Hash(fields)
}

struct World {
    engine: Engine,
    clock: Clock,
    spaces: Vec<Space>,
    names: Vec<Vec<u8>>,
    /// Whether the engine has a limit of memory.
    engine_is_limited: bool,
    random: Random,
}

/// One namespace, both ways.
struct Space {
    namespace: Arc<Namespace>,
    handle: Handle,
    model: Model,
    max_memory_bytes: u64,
    /// Watched keys: the version that was returned, and what was there then.
    watched: HashMap<u8, (u64, Option<Entry>)>,
}

impl Space {
    fn new(engine: &Engine, index: usize, shards: usize, now_ms: u64) -> Self {
        let max_value_bytes = if index == 2 { SHORT_VALUE_BYTES_MAX } else { VALUE_BYTES_MAX };
        let model = Model { now_ms, max_value_bytes, ..Model::default() };
        let limits = Limits { max_value_bytes: max_value_bytes as u64, ..Limits::default() };
        let options = NamespaceOptions { database: None, shards: Some(shards), limits };
        let namespace = engine.create_namespace(&format!("space{index}"), options).expect("the name is free");
        Self {
            handle: Handle::new(Arc::clone(&namespace)),
            namespace,
            model,
            max_memory_bytes: 0,
            watched: HashMap::new(),
        }
    }

    fn limits(&self, max_keys: u64) -> Limits {
        Limits { max_keys, max_value_bytes: self.model.max_value_bytes as u64, max_memory_bytes: self.max_memory_bytes }
    }
}

impl World {
    fn new(shards: usize) -> Self {
        let clock = Clock::manual(1_000);
        let options = EngineOptions {
            databases: 0,
            clock: clock.clone(),
            // So that a sequence always means the same.
            hash_keys: Some((1, 2)),
            ..EngineOptions::default()
        };
        let engine = Engine::new(options).expect("the options are fine");
        let spaces = (0..NAMESPACES).map(|index| Space::new(&engine, index, shards, 1_000)).collect();
        let names = (0..KEYS).map(key_name).collect();
        Self { engine, clock, spaces, names, engine_is_limited: false, random: Random::from_seed(1) }
    }

    /// Ends the round of removing expired keys that has begun and does another.
    fn expire_all(&mut self) {
        for _ in 0..2 {
            while !self.engine.expire_step(100).round_done {}
        }
        for space in &mut self.spaces {
            space.model.ghosts = 0;
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::In(index, ref operation) => {
                let Self { engine_is_limited, spaces, names, random, .. } = self;
                let Space { handle, model, watched, max_memory_bytes, .. } = &mut spaces[index];
                let may_refuse = *engine_is_limited || *max_memory_bytes != 0;
                let now_ms = model.now_ms;
                let done = handle.with(Reach::All, now_ms, |keyspace| {
                    Both { keyspace, model, watched, names, may_refuse, random }.apply(operation);
                });
                assert_eq!(done, Ok(()));
            }
            Step::CopyTo(from, key, to, copy) => {
                self.between(from, to, |keyspaces, (source, target), name, may_refuse| {
                    let (from, to) =
                        (keyspaces.0.key(&name[usize::from(key)]), keyspaces.1.key(&name[usize::from(copy)]));
                    let done = keyspaces.0.copy_to(from, keyspaces.1, to);
                    agree(may_refuse, done, || source.copy_to(key, target, copy));
                });
            }
            Step::MoveTo(from, key, to) => {
                self.between(from, to, |keyspaces, (source, target), name, may_refuse| {
                    let name = keyspaces.0.key(&name[usize::from(key)]);
                    let done = keyspaces.0.move_to(name, keyspaces.1);
                    agree(may_refuse, done, || source.move_to(key, target));
                });
            }
            Step::Swap(one, other) => self.swap(one, other),
            Step::Resize(index, shards) => {
                let namespace = &self.spaces[index].namespace;
                let (before, goes_on) = (namespace.shard_count(), namespace.resize_state().is_some());
                let expected = if goes_on { Err(Error::ResizeInProgress) } else { Ok(()) };
                assert_eq!(namespace.resize(shards), expected);
                assert_eq!(namespace.shard_count(), if goes_on { before } else { shards });
            }
            Step::BeginResize(index, shards) => {
                let namespace = &self.spaces[index].namespace;
                let goes_on = namespace.resize_state().is_some();
                assert_eq!(namespace.begin_resize(shards).err(), goes_on.then_some(Error::ResizeInProgress));
            }
            Step::MoveKeys(index, steps, keys) => {
                let namespace = &self.spaces[index].namespace;
                let Some(resizing) = namespace.resizing() else { return };
                for _ in 0..steps {
                    let state = resizing.state().expect("there is something to do");
                    let shards = match resizing.step(keys).expect("it is not deleted") {
                        ResizeStep::Moved { .. } => state.from,
                        ResizeStep::Ended(ResizeEnd::Done) => state.to,
                        ResizeStep::Ended(ResizeEnd::Cancelled) => state.from,
                        other => panic!("{other:?} without snapshots and with room"),
                    };
                    assert_eq!(namespace.shard_count(), shards);
                }
            }
            Step::CancelResize(index) => {
                let namespace = &self.spaces[index].namespace;
                assert_eq!(namespace.cancel_resize(), namespace.resize_state().is_some());
            }
            Step::Recreate(index, shards) => {
                let now_ms = self.clock.now_ms();
                let name = self.spaces[index].namespace.name().to_owned();
                assert_eq!(self.engine.delete_namespace(&name), Ok(()));
                let new = Space::new(&self.engine, index, shards, now_ms);
                let mut old = std::mem::replace(&mut self.spaces[index], new);
                assert_eq!(old.handle.with(Reach::All, now_ms, |_| ()), Err(Error::NamespaceDeleted));
            }
            Step::Scan(index, count) => self.scan(index, count),
            Step::ClearUnlocked(index) => {
                let Space { handle, model, .. } = &mut self.spaces[index];
                check_cleared(handle.unlocked(model.now_ms).clear(), model);
            }
            Step::MaxKeys(index, max_keys) => {
                self.expire_all();
                let space = &mut self.spaces[index];
                let set = space.namespace.set_limits(space.limits(max_keys));
                if max_keys != 0 && space.model.entries.len() as u64 > max_keys {
                    assert_eq!(set, Err(Error::MaxKeysBelowCount));
                } else {
                    assert_eq!(set, Ok(()));
                    space.model.max_keys = max_keys;
                }
            }
            Step::MaxMemory(Some(index), bytes) => {
                let space = &mut self.spaces[index];
                let change = |limits| Limits { max_memory_bytes: bytes, ..limits };
                // After a swap there may be more keys than the limit allows, which then must be raised first.
                match space.namespace.change_limits(change) {
                    Ok(()) => space.max_memory_bytes = bytes,
                    Err(error) => {
                        assert_eq!(error, Error::MaxKeysBelowCount);
                        assert!(space.model.entries.len() as u64 > space.model.max_keys);
                    }
                }
            }
            Step::MaxMemory(None, bytes) => {
                self.engine.set_max_memory_bytes(bytes);
                self.engine_is_limited = bytes != 0;
            }
            Step::HashLimits(packed_entries_max, packed_value_max) => {
                self.engine.set_hash_limits(HashLimits { packed_entries_max, packed_value_max });
            }
            Step::Advance(by_ms) => {
                self.clock.advance_ms(by_ms);
                for space in &mut self.spaces {
                    space.model.advance(by_ms);
                }
                // Expired keys count until they are met: where keys are limited, let them all be met.
                if self.spaces.iter().any(|space| space.model.max_keys != 0) {
                    self.expire_all();
                }
            }
            Step::ActiveExpiry(slices) => {
                self.engine.expire_step(slices);
            }
        }
    }

    /// Does something with two namespaces, unless they are one.
    fn between(
        &mut self,
        from: usize,
        to: usize,
        act: impl FnOnce((&mut Keyspace<'_>, &mut Keyspace<'_>), (&mut Model, &mut Model), &[Vec<u8>], bool),
    ) {
        let Ok([source, target]) = self.spaces.get_disjoint_mut([from, to]) else { return };
        let may_refuse = self.engine_is_limited || target.max_memory_bytes != 0;
        let now_ms = source.model.now_ms;
        loop {
            let wanted = [(&source.handle, Reach::All), (&target.handle, Reach::All)];
            if let Ok(mut locks) = Locks::many(&wanted, Patience::Wait) {
                let models = (&mut source.model, &mut target.model);
                locks.pair((&source.handle, &target.handle), now_ms, |own, their| {
                    act((own, their), models, &self.names, may_refuse);
                });
                return;
            }
            source.handle.refresh().expect("it is not deleted");
            target.handle.refresh().expect("it is not deleted");
        }
    }

    fn swap(&mut self, one: usize, other: usize) {
        let Ok([one, other]) = self.spaces.get_disjoint_mut([one, other]) else { return };
        let goes_on = [&*one, &*other].iter().any(|space| space.namespace.resize_state().is_some());
        loop {
            let wanted = [(&one.handle, Reach::All), (&other.handle, Reach::All)];
            if let Ok(mut locks) = Locks::many(&wanted, Patience::Wait) {
                let swapped = locks.swap(&one.handle, &other.handle);
                assert_eq!(swapped, if goes_on { Err(Error::ResizeInProgress) } else { Ok(()) });
                if goes_on {
                    return;
                }
                break;
            }
            one.handle.refresh().expect("it is not deleted");
            other.handle.refresh().expect("it is not deleted");
        }
        let (own, their) = (&mut one.model, &mut other.model);
        std::mem::swap(&mut own.entries, &mut their.entries);
        std::mem::swap(&mut own.ghosts, &mut their.ghosts);
    }

    fn scan(&mut self, index: usize, count: usize) {
        let Space { handle, model, .. } = &mut self.spaces[index];
        let (mut cursor, mut found) = (0, HashMap::new());
        loop {
            let (next, keys) = handle.unlocked(model.now_ms).scan(cursor, count, |keys: &mut Vec<_>, entry| {
                keys.push((entry.key.to_vec(), (read(entry.value), entry.deadline_ms)));
            });
            for (key, content) in keys {
                assert!(found.insert(key, content).is_none(), "a key is met once");
            }
            assert!(next == 0 || next > cursor, "a cursor goes forward");
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(found, expected(model));
    }

    fn end(mut self) {
        for index in 0..NAMESPACES {
            self.scan(index, 10);
            let Self { engine_is_limited, spaces, names, random, .. } = &mut self;
            let Space { handle, model, watched, max_memory_bytes, .. } = &mut spaces[index];
            let may_refuse = *engine_is_limited || *max_memory_bytes != 0;
            let done = handle.with(Reach::All, model.now_ms, |keyspace| {
                keyspace.check_invariants();
                let mut both = Both { keyspace, model, watched, names, may_refuse, random };
                for key in 0..KEYS {
                    both.apply(&Operation::Read(key));
                    both.apply(&Operation::Unwatch(key));
                }
                both.apply(&Operation::RandomKey);
                both.keyspace.check_invariants();
            });
            assert_eq!(done, Ok(()));
        }
        self.expire_all();
        for Space { namespace, model, .. } in &self.spaces {
            let usage = namespace.usage();
            let deadlines = model.entries.values().filter(|entry| entry.deadline_ms.is_some()).count();
            assert_eq!((usage.keys, usage.expires), (model.entries.len(), deadlines));
        }
        for index in 0..NAMESPACES {
            let Space { namespace, handle, model, .. } = &mut self.spaces[index];
            let Some(resizing) = namespace.resizing() else { continue };
            if model.now_ms % 2 == 0 {
                resizing.cancel();
            }
            assert!(resizing.run(&AtomicBool::new(false)).is_ok_and(|end| end.is_some()));
            assert_eq!(handle.with(Reach::All, model.now_ms, |keyspace| keyspace.check_invariants()), Ok(()));
            self.scan(index, 10);
        }
    }
}

fn expected(model: &Model) -> HashMap<Vec<u8>, (Value, Option<u64>)> {
    let entry = |(key, entry): (&u8, &Entry)| (key_name(*key), (entry.value.clone(), entry.deadline_ms));
    model.entries.iter().map(entry).collect()
}

/// Compares an answer with the one expected, which is asked for only now. Where memory is limited the engine may refuse what needs
/// some; then nothing happens.
fn agree<T: PartialEq + Debug>(may_refuse: bool, found: Result<T>, expected: impl FnOnce() -> Result<T>) {
    if found == Err(Error::OutOfMemory) && may_refuse {
        return;
    }
    assert_eq!(found, expected());
}

/// Expired keys that nobody has met are removed, and counted, like the others.
fn check_cleared(removed: usize, model: &mut Model) {
    assert!((model.entries.len()..=model.entries.len() + model.ghosts).contains(&removed));
    model.entries.clear();
    model.ghosts = 0;
}

/// One namespace under its locks.
struct Both<'a, 'k> {
    keyspace: &'a mut Keyspace<'k>,
    model: &'a mut Model,
    watched: &'a mut HashMap<u8, (u64, Option<Entry>)>,
    names: &'a [Vec<u8>],
    may_refuse: bool,
    random: &'a mut Random,
}

impl Both<'_, '_> {
    /// Does an operation on both sides and compares the answers.
    fn apply(&mut self, operation: &Operation) {
        let Self { keyspace, model, names, may_refuse, .. } = self;
        let (names, may_refuse) = (*names, *may_refuse);
        let hasher = keyspace.namespace().shared().hasher;
        let key = |number: u8| -> Key<'_> { hasher.key(&names[usize::from(number)]) };
        match *operation {
            Operation::Read(number) => {
                let entry = model.entries.get(&number);
                assert_eq!(keyspace.peek(key(number)).map(read), entry.map(|entry| entry.value.clone()));
                assert_eq!(keyspace.deadline_ms(key(number)), entry.map(|entry| entry.deadline_ms));
                assert_eq!(keyspace.memory_usage(key(number)).is_some(), entry.is_some());
                assert_eq!(keyspace.contains(key(number)), entry.is_some());
                let string = keyspace.string(key(number)).map(|string| string.map(text));
                assert_eq!(string, model.string(number).map(|string| string.cloned()));
            }
            Operation::Set(number, ref value, after, keep) => {
                let deadline = match (after, keep) {
                    (Some(after), _) => DeadlineChange::At(model.now_ms + after + 1),
                    (None, true) => DeadlineChange::Keep,
                    (None, false) => DeadlineChange::Clear,
                };
                let done = keyspace.set_string(key(number), value, deadline);
                agree(may_refuse, done, || model.set(number, value.clone(), deadline));
            }
            Operation::SetShared(number, ref value) => {
                let done = keyspace.set_shared(key(number), Arc::new(value.clone()), DeadlineChange::Clear);
                agree(may_refuse, done, || model.set(number, value.clone(), DeadlineChange::Clear));
            }
            Operation::SetMany(ref items) => {
                let keys: Vec<Key<'_>> = items.iter().map(|(number, _)| key(*number)).collect();
                let values: Vec<&[u8]> = items.iter().map(|(_, value)| &value[..]).collect();
                let done = keyspace.set_many(&keys, &values);
                let mut set = model.clone();
                let sets = items.iter().map(|(number, value)| set.set(*number, value.clone(), DeadlineChange::Clear));
                let failures: Vec<Error> = sets.filter_map(Result::err).collect();
                if failures.is_empty() {
                    agree(may_refuse, done, || {
                        **model = set;
                        Ok(())
                    });
                } else {
                    assert!(done.is_err_and(|error| failures.contains(&error)), "{done:?}, {failures:?}");
                }
            }
            Operation::Append(number, ref bytes) => {
                agree(may_refuse, keyspace.append(key(number), bytes), || model.overwrite(number, None, bytes));
            }
            Operation::SetRange(number, offset, ref bytes) => {
                let done = keyspace.set_range(key(number), offset, bytes);
                agree(may_refuse, done, || model.overwrite(number, Some(offset), bytes));
            }
            Operation::Increment(number, delta) => {
                agree(may_refuse, keyspace.increment(key(number), delta), || model.increment(number, delta));
            }
            Operation::Remove(number) => {
                assert_eq!(keyspace.remove(key(number)), model.entries.remove(&number).is_some());
            }
            Operation::Take(number) => {
                let taken = keyspace.take(key(number)).map(|value| value.map(|value| value.to_vec()));
                assert_eq!(taken, model.take(number));
            }
            Operation::Deadline(number, after) => {
                let deadline_ms = after.map(|after| model.now_ms + after + 1);
                let done = keyspace.set_deadline_ms(key(number), deadline_ms);
                assert_eq!(done, model.set_deadline_ms(number, deadline_ms));
            }
            Operation::Rename(from, to) => {
                assert_eq!(keyspace.rename(key(from), key(to)), Ok(model.rename(from, to)));
            }
            Operation::Copy(from, to) => {
                agree(may_refuse, keyspace.copy(key(from), key(to)), || model.copy(from, to));
            }
            Operation::HashRead(number, field) => {
                let field = field_name(field);
                let found = keyspace.hash(key(number));
                let found = found
                    .map(|hash| (hash.map_or(0, |hash| hash.len()), hash.and_then(|hash| hash.get(&field)).map(text)));
                assert_eq!(found, model.hash(number).map(|fields| (fields.len(), fields.get(&field).cloned())));
            }
            Operation::HashSet(number, ref items) => {
                let pairs: Vec<_> = items.iter().map(|(field, value)| (field_name(*field), value.clone())).collect();
                let borrowed = pairs.iter().map(|(field, value)| (&field[..], &value[..]));
                let done = keyspace.hash_mut(key(number)).and_then(|mut hash| hash.set_all(borrowed));
                agree(may_refuse, done, || model.hash_set(number, &pairs));
            }
            Operation::HashRemove(number, field) => {
                let field = field_name(field);
                let done = keyspace.hash_mut(key(number)).map(|mut hash| hash.remove(&field));
                assert_eq!(done, model.hash_remove(number, &field));
            }
            Operation::HashIncrement(number, field, delta) => {
                let field = field_name(field);
                let done = keyspace.hash_mut(key(number)).and_then(|mut hash| hash.increment(&field, delta));
                agree(may_refuse, done, || model.hash_increment(number, &field, delta));
            }
            Operation::Batch(kind, whole, ref items) => {
                let mode = if whole { BatchMode::AllOrNothing } else { BatchMode::BestEffort };
                let keys: Vec<Key<'_>> = items.iter().map(|(number, _)| key(*number)).collect();
                let values: Vec<&[u8]> = items.iter().map(|(_, value)| &value[..]).collect();
                let report = match kind {
                    0 => keyspace.batch_set(mode, &keys, &values),
                    1 => keyspace.batch_update(mode, &keys, &values),
                    2 => keyspace.batch_get(mode, &keys),
                    3 => keyspace.batch_delete(mode, &keys),
                    _ => keyspace.batch_consume(mode, &keys),
                };
                check_batch((kind, whole), items, &report, model, may_refuse);
            }
            Operation::RandomKey => {
                let picked = keyspace.random_key(self.random, |key| key.to_vec());
                assert_eq!(picked.is_some(), !model.entries.is_empty());
                assert!(picked.is_none_or(|picked| model.entries.keys().any(|key| key_name(*key) == picked)));
            }
            Operation::Watch(number) => {
                self.watched
                    .entry(number)
                    .or_insert_with(|| (keyspace.watch(key(number)), model.entries.get(&number).cloned()));
            }
            Operation::Unwatch(number) => {
                let version = keyspace.watch_version(key(number));
                let before = self.watched.remove(&number);
                assert_eq!(version.is_some(), before.is_some(), "a watched key has a version");
                if let Some((version_before, entry)) = before {
                    let is_as_before = entry.as_ref() == model.entries.get(&number);
                    assert!(is_as_before || version != Some(version_before), "a change is seen by who watches");
                    keyspace.unwatch(key(number));
                }
            }
            Operation::Clear => check_cleared(keyspace.clear(), model),
        }
    }
}

/// A batch means its items one after another. When an all-or-nothing batch could be done that way, it is; otherwise nothing
/// changes.
fn check_batch(
    (kind, whole): (u8, bool),
    items: &[(u8, Vec<u8>)],
    report: &BatchReport,
    model: &mut Model,
    may_refuse: bool,
) {
    let reported: Vec<_> = report.failures.iter().map(|failure| (failure.index, failure.error)).collect();
    let is_refused = |index| may_refuse && reported.contains(&(index, Error::OutOfMemory));
    let before = whole.then(|| model.clone());
    let mut failures = Vec::new();
    let mut values = Vec::new();
    for (index, (number, value)) in items.iter().enumerate() {
        let done = match kind {
            0 | 1 if is_refused(index) => Err(Error::OutOfMemory),
            0 | 1 => batch_write(model, kind == 1, *number, value),
            2 => model.string(*number).map(|old| old.cloned()).and_then(|old| old.ok_or(Error::KeyNotFound)).map(Some),
            3 => model.entries.remove(number).map(|_| None).ok_or(Error::KeyNotFound),
            _ => model.take(*number).and_then(|old| old.ok_or(Error::KeyNotFound)).map(Some),
        };
        failures.extend(done.as_ref().err().map(|error| (index, *error)));
        values.push(done.unwrap_or(None));
    }
    if let Some(before) = before.filter(|_| !failures.is_empty()) {
        *model = before;
        assert_eq!((report.succeeded, report.values.len()), (0, 0));
        assert!(!reported.is_empty());
        // With repeated keys or several reasons at once the two need not agree on each item's reason.
        let distinct: HashSet<_> = items.iter().map(|(number, _)| number).collect();
        let is_sure = failures.iter().all(|(_, error)| ![Error::MaxKeys, Error::OutOfMemory].contains(error));
        if distinct.len() == items.len() && is_sure {
            assert_eq!(reported, failures);
        }
        return;
    }
    assert_eq!(reported, failures);
    assert_eq!(report.succeeded, items.len() - failures.len());
    if kind != 3 {
        let found: Vec<_> = report.values.iter().map(|value| value.as_ref().map(|value| value.to_vec())).collect();
        assert_eq!(found, values);
    }
}

fn batch_write(model: &mut Model, is_update: bool, key: u8, value: &[u8]) -> Result<Option<Vec<u8>>> {
    if value.len() > model.max_value_bytes {
        return Err(Error::ValueTooLarge);
    }
    let old = model.string(key)?.cloned();
    if is_update && old.is_none() {
        return Err(Error::KeyNotFound);
    }
    model.set(key, value.to_vec(), DeadlineChange::Clear)?;
    Ok(old)
}
