//! The table against a plain map.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

type Model = BTreeMap<Vec<u8>, (u8, Option<u64>, ModelValue)>;

#[derive(Clone, Debug, PartialEq)]
enum ModelValue {
    Inline(Vec<u8>),
    Boxed(String),
}

impl Stored for String {
    type Recorder = Copies;
}

impl Stored for std::sync::Arc<()> {
    type Recorder = NoRecorder;
}

/// Takes entries down as they are.
#[derive(Default)]
pub struct Copies(Vec<(Vec<u8>, Option<u64>, Vec<u8>)>);

impl Recorder<String> for Copies {
    fn record(&mut self, entry: Recorded<'_, String>) {
        let value = match entry.value {
            RecordedValue::Inline(bytes) => bytes.to_vec(),
            RecordedValue::Boxed(text) => text.clone().into_bytes(),
        };
        self.0.push((entry.key.to_vec(), entry.deadline_ms, value));
    }

    fn group_recorded(&mut self) {}

    fn is_full(&self) -> bool {
        false
    }
}

fn hasher() -> KeyHasher {
    KeyHasher::new(1, 2)
}

fn new_value(value: &ModelValue) -> NewValue<'_, String> {
    match value {
        ModelValue::Inline(bytes) => NewValue::Inline(bytes),
        ModelValue::Boxed(text) => NewValue::Boxed(Box::new(text.clone())),
    }
}

fn same(view: EntryView<'_, String>, expected: &(u8, Option<u64>, ModelValue)) -> bool {
    let value = match view.value {
        ValueView::Inline(bytes) => ModelValue::Inline(bytes.to_vec()),
        ValueView::Boxed(text) => ModelValue::Boxed(text.clone()),
    };
    (view.tag.0, view.deadline_ms, value) == *expected
}

fn assert_equals_model(table: &Table<String>, model: &Model) {
    table.check_invariants();
    assert_eq!(table.len(), model.len());
    assert_eq!(table.expires_count(), model.values().filter(|value| value.1.is_some()).count());
    for (key, expected) in model {
        let slot = table.find(hasher().key(key)).expect("a key of the model is in the table");
        assert!(same(table.view(slot), expected));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Set(u16, u8, ModelValue, Option<u64>),
    Remove(u16),
    Deadline(u16, Option<u64>),
    Splice(u16, usize, usize, Vec<u8>),
    TakeBoxed(u16),
    SetTag(u16, u8),
    Expire(u64),
    Touch(u16),
}

fn value() -> impl Strategy<Value = ModelValue> {
    prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..40).prop_map(ModelValue::Inline),
        2 => prop::collection::vec(any::<u8>(), 200..INLINE_VALUE_MAX).prop_map(ModelValue::Inline),
        1 => "[a-z]{0,20}".prop_map(ModelValue::Boxed),
    ]
}

fn deadline() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![
        2 => Just(None),
        2 => (1_700_000_000_000u64..1_700_000_000_100).prop_map(Some),
        1 => any::<u64>().prop_map(Some)
    ]
}

fn step(keys: u16) -> impl Strategy<Value = Step> {
    let key = 0..keys;
    prop_oneof![
        12 => (key.clone(), 0u8..15, value(), deadline()).prop_map(|(k, t, v, d)| Step::Set(k, t, v, d)),
        5 => key.clone().prop_map(Step::Remove),
        2 => (key.clone(), deadline()).prop_map(|(k, d)| Step::Deadline(k, d)),
        4 => (key.clone(), any::<usize>(), any::<usize>(), prop::collection::vec(any::<u8>(), 0..60))
            .prop_map(|(k, a, r, i)| Step::Splice(k, a, r, i)),
        1 => key.clone().prop_map(Step::TakeBoxed),
        1 => (key.clone(), 0u8..15).prop_map(|(k, t)| Step::SetTag(k, t)),
        1 => (1_700_000_000_000u64..1_700_000_000_100).prop_map(Step::Expire),
        2 => key.prop_map(Step::Touch),
    ]
}

fn key_of(number: u16) -> Vec<u8> {
    // Lengths on both sides of every length encoding.
    match number % 97 {
        0 => vec![b'k'; 250 + number as usize % 8],
        1 => Vec::from(number.to_be_bytes()).repeat(300),
        _ => format!("key:{number}").into_bytes(),
    }
}

fn run(steps: Vec<Step>, check_each: bool) {
    let mut table: Table<String> = Table::new(hasher());
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Set(number, tag, value, deadline_ms) => {
                let bytes = key_of(number);
                let key = hasher().key(&bytes);
                match table.find(key) {
                    Some(slot) => {
                        let (slot, displaced) = table.replace(slot, Tag(tag), new_value(&value), deadline_ms);
                        let old = model.get(&bytes).expect("found in the table, so in the model");
                        assert_eq!(
                            displaced.map(|text| ModelValue::Boxed(*text)).is_some(),
                            matches!(old.2, ModelValue::Boxed(_))
                        );
                        assert_eq!(table.view(slot).key, &bytes[..]);
                    }
                    None => {
                        let slot = table.insert(key, Tag(tag), new_value(&value), deadline_ms);
                        assert_eq!(table.view(slot).key, &bytes[..]);
                    }
                }
                model.insert(bytes, (tag, deadline_ms, value));
            }
            Step::Remove(number) => {
                let bytes = key_of(number);
                let slot = table.find(hasher().key(&bytes));
                assert_eq!(slot.is_some(), model.contains_key(&bytes));
                if let Some(slot) = slot {
                    let displaced = table.remove(slot);
                    let old = model.remove(&bytes).expect("in both");
                    assert_eq!(
                        displaced.map(|text| ModelValue::Boxed(*text)),
                        Some(old.2).filter(|v| matches!(v, ModelValue::Boxed(_)))
                    );
                }
            }
            Step::Deadline(number, deadline_ms) => {
                let bytes = key_of(number);
                if let Some(slot) = table.find(hasher().key(&bytes)) {
                    table.set_deadline(slot, deadline_ms);
                    model.get_mut(&bytes).expect("in both").1 = deadline_ms;
                }
            }
            Step::Splice(number, at, remove, insert) => {
                let bytes = key_of(number);
                let Some(slot) = table.find(hasher().key(&bytes)) else { continue };
                let (_, _, ModelValue::Inline(value)) = model.get_mut(&bytes).expect("in both") else { continue };
                let at = at % (value.len() + 1);
                let remove = remove % (value.len() - at + 1);
                if value.len() - remove + insert.len() <= INLINE_VALUE_MAX {
                    table.splice(slot, at, remove, &insert);
                    value.splice(at..at + remove, insert);
                }
            }
            Step::TakeBoxed(number) => {
                let bytes = key_of(number);
                let Some(slot) = table.find(hasher().key(&bytes)) else { continue };
                let old = model.get_mut(&bytes).expect("in both");
                let taken = table.take_boxed(slot).map(|text| ModelValue::Boxed(*text));
                let expected = std::mem::replace(&mut old.2, ModelValue::Inline(Vec::new()));
                assert_eq!(taken, Some(expected).filter(|value| matches!(value, ModelValue::Boxed(_))));
            }
            Step::SetTag(number, tag) => {
                let bytes = key_of(number);
                if let Some(slot) = table.find(hasher().key(&bytes)) {
                    table.set_tag(slot, Tag(tag));
                    model.get_mut(&bytes).expect("in both").0 = tag;
                }
            }
            Step::Expire(now_ms) => {
                let mut expired = HashSet::new();
                let mut cursor = Some(0);
                while let Some(from) = cursor {
                    cursor = table.expire(
                        now_ms,
                        from,
                        1,
                        &mut |entry| assert!(expired.insert(entry.key.to_vec())),
                        &mut drop,
                    );
                }
                for key in &expired {
                    assert!(model.remove(key).expect("in both").1.expect("had a deadline") <= now_ms);
                }
                assert!(model.values().all(|value| value.1.is_none_or(|deadline_ms| deadline_ms > now_ms)));
            }
            Step::Touch(number) => {
                let bytes = key_of(number);
                if let Some(slot) = table.find(hasher().key(&bytes)) {
                    let before = table.frequency(slot);
                    table.touch(slot);
                    assert_eq!(table.frequency(slot), (before + 1).min(3));
                }
            }
        }
        if check_each {
            table.check_invariants();
        }
    }
    assert_equals_model(&table, &model);
    let mut seen = HashSet::new();
    table.scan(0, u64::MAX, &mut |view| assert!(seen.insert(view.key.to_vec())));
    assert_eq!(seen.len(), model.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 64 }))]

    #[test]
    fn few_keys_behave_like_a_map(steps in prop::collection::vec(step(30), 1..200)) {
        run(steps, true);
    }

    #[test]
    fn many_keys_behave_like_a_map(steps in prop::collection::vec(step(5000), 1..if cfg!(miri) { 100 } else { 4000 })) {
        run(steps, false);
    }

    /// A scan in steps returns each key that was there throughout exactly once, while others come, go and grow the table.
    #[test]
    fn scan_under_mutation_returns_lasting_keys_once(
        lasting in 1u32..800, bits in 48u32..63, churn in prop::collection::vec((any::<bool>(), 0u32..3000), 0..1500), per_step in 1usize..40
    ) {
        let mut table: Table<()> = Table::new(hasher());
        for number in 0..lasting {
            table.insert(hasher().key(format!("stays:{number}").as_bytes()), Tag(0), NewValue::Inline(b"v"), None);
        }
        let mut churn = churn.into_iter();
        let mut seen = std::collections::HashMap::<Vec<u8>, u32>::new();
        let width = if cfg!(miri) { 1 << 62 } else { (1u64 << bits).max(u64::MAX / 4000) };
        let mut cursor = Some(0u64);
        while let Some(start) = cursor {
            let end = start.saturating_add(width - 1);
            table.scan(start, end, &mut |view| {
                let hash = hasher().hash(view.key);
                assert!((start..=end).contains(&hash));
                *seen.entry(view.key.to_vec()).or_default() += 1;
            });
            cursor = end.checked_add(1);
            for (insert, number) in churn.by_ref().take(per_step) {
                let bytes = format!("comes and goes:{number}").into_bytes();
                let key = hasher().key(&bytes);
                match (insert, table.find(key)) {
                    (true, None) => { table.insert(key, Tag(0), NewValue::Inline(b"value"), None); }
                    (false, Some(slot)) => { table.remove(slot); }
                    _ => {}
                }
            }
        }
        for number in 0..lasting {
            prop_assert_eq!(seen.get(format!("stays:{number}").as_bytes()), Some(&1));
        }
        prop_assert!(seen.values().all(|times| *times == 1));
    }
}

#[test]
fn grows_through_many_splits_and_shrinks_again() {
    let count = if cfg!(miri) { 700 } else { 200_000u32 };
    let mut table: Table<()> = Table::new(hasher());
    for number in 0..count {
        table.insert(hasher().key(&number.to_be_bytes()), Tag(1), NewValue::Inline(&[7; 8]), None);
    }
    table.check_invariants();
    let full = table.used_bytes();
    for number in 0..count - 10 {
        let slot = table.find(hasher().key(&number.to_be_bytes())).expect("inserted above");
        table.remove(slot);
    }
    table.check_invariants();
    assert!(
        cfg!(miri) || table.used_bytes() - table.free_bytes() < full / 8,
        "{full} → {}",
        table.used_bytes() - table.free_bytes()
    );
    for number in count - 10..count {
        let slot = table.find(hasher().key(&number.to_be_bytes())).expect("kept");
        table.remove(slot);
    }
    assert!(table.used_bytes() <= KEEP_WHEN_EMPTY_BYTES);
}

#[test]
fn sparse_table_is_laid_out_anew_and_keeps_what_is_in_it() {
    let count = if cfg!(miri) { 2_000 } else { 100_000u32 };
    let object = std::sync::Arc::new(());
    let mut table: Table<std::sync::Arc<()>> = Table::new(hasher());
    for number in 0..count {
        let value =
            if number % 2 == 0 { NewValue::Inline(b"inline") } else { NewValue::Boxed(Box::new(object.clone())) };
        let slot = table.insert(
            hasher().key(&number.to_be_bytes()),
            Tag(3),
            value,
            Some(1_800_000_000_000 + u64::from(number)),
        );
        (0..number % 4).for_each(|_| table.touch(slot));
    }
    let full = table.used_bytes();
    for number in 8..count {
        let slot = table.find(hasher().key(&number.to_be_bytes())).expect("inserted above");
        drop(table.remove(slot));
    }
    table.check_invariants();
    assert!(table.used_bytes() < full / 20, "{full} → {}", table.used_bytes());
    assert_eq!((table.len(), table.expires_count(), std::sync::Arc::strong_count(&object)), (8, 8, 5));
    for number in 0..8u32 {
        let slot = table.find(hasher().key(&number.to_be_bytes())).expect("kept");
        let view = table.view(slot);
        assert_eq!((view.tag, view.deadline_ms), (Tag(3), Some(1_800_000_000_000 + u64::from(number))));
        assert_eq!(matches!(view.value, ValueView::Boxed(_)), number % 2 == 1);
        assert_eq!(u32::from(table.frequency(slot)), number % 4);
    }
    drop(table);
    assert_eq!(std::sync::Arc::strong_count(&object), 1);
}

#[test]
fn table_whose_entries_expired_is_laid_out_anew() {
    let count = if cfg!(miri) { 2_000 } else { 50_000u32 };
    let mut table: Table<()> = Table::new(hasher());
    for number in 0..count {
        let deadline_ms = if number < 5 { 2_000_000_000_000 } else { 1_800_000_000_000 };
        table.insert(hasher().key(&number.to_be_bytes()), Tag(0), NewValue::Inline(b"v"), Some(deadline_ms));
    }
    let full = table.used_bytes();
    let mut expired = 0;
    let next = table.expire(1_900_000_000_000, 0, usize::MAX, &mut |_| expired += 1, &mut |_| {});
    table.check_invariants();
    assert_eq!((next, expired, table.len()), (None, count - 5, 5));
    assert!(table.used_bytes() < full / 20, "{full} → {}", table.used_bytes());
    (0..5u32).for_each(|number| assert!(table.find(hasher().key(&number.to_be_bytes())).is_some()));
}

#[test]
fn bytes_beyond_key_and_value_stay_within_the_aim() {
    for (deadline_ms, aim) in [(None, 16), (Some(1_800_000_000_000), 20)] {
        let count = if cfg!(miri) { 1000 } else { 300_000u64 };
        let mut table: Table<()> = Table::new(hasher());
        for number in 0..count {
            let key = format!("key:{number:012}");
            table.insert(hasher().key(key.as_bytes()), Tag(0), NewValue::Inline(&[1; 8]), deadline_ms);
        }
        let beyond = table.used_bytes() / count as usize - 24;
        assert!(cfg!(miri) || beyond <= aim, "{beyond} bytes beyond key and value, aim {aim}");
    }
}

#[test]
fn sampling_is_uniform() {
    let mut table: Table<()> = Table::new(hasher());
    let count = if cfg!(miri) { 20 } else { 1500u32 };
    for number in 0..count {
        table.insert(hasher().key(&number.to_be_bytes()), Tag(0), NewValue::Inline(&[]), None);
    }
    let mut state = 9u64;
    let mut random = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = state;
        word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ word >> 31
    };
    let draws = count * 200;
    let mut times = vec![0u32; count as usize];
    for _ in 0..draws {
        let slot = table.sample(&mut random).expect("the table is not empty");
        let key: [u8; 4] = table.view(slot).key.try_into().expect("keys have four bytes");
        times[u32::from_be_bytes(key) as usize] += 1;
    }
    // 200 expected, standard deviation 14: seven of them is beyond chance in 1500 draws.
    assert!(times.iter().all(|times| (100..=300).contains(times)), "{:?}", (times.iter().min(), times.iter().max()));
}

#[test]
fn boxed_objects_are_dropped_with_the_table() {
    let object = std::sync::Arc::new(());
    let mut table: Table<std::sync::Arc<()>> = Table::new(hasher());
    for number in 0..100u8 {
        table.insert(hasher().key(&[number]), Tag(2), NewValue::Boxed(Box::new(object.clone())), None);
    }
    let slot = table.find(hasher().key(&[5])).expect("inserted above");
    assert!(table.boxed_mut(slot).is_some() && table.inline_mut(slot).is_none());
    drop(table.remove(slot));
    assert_eq!(std::sync::Arc::strong_count(&object), 100);
    drop(table);
    assert_eq!(std::sync::Arc::strong_count(&object), 1);
}

proptest! {
    #[test]
    fn the_comparison_of_keys_is_equality(
        a in prop::collection::vec(0u8..2, 0..80),
        b in prop::collection::vec(0u8..2, 0..80),
        flip in any::<prop::sample::Index>(),
    ) {
        prop_assert_eq!(same_bytes(&a, &b), a == b);
        prop_assert!(same_bytes(&a, &a.clone()));
        let mut other = a.clone();
        if let Some(byte) = (!a.is_empty()).then(|| flip.index(a.len())) {
            other[byte] ^= 0x80;
            prop_assert!(!same_bytes(&a, &other));
        }
    }
}

#[derive(Clone, Debug)]
enum Change {
    Set(u16, u8, bool),
    Deadline(u16, Option<u64>),
    Splice(u16, u8),
    Remove(u16),
    Expire(u64),
    Step(u8),
}

fn any_change() -> impl Strategy<Value = Change> {
    let key = || 0u16..600;
    prop_oneof![
        8 => (key(), any::<u8>(), any::<bool>()).prop_map(|(key, value, boxed)| Change::Set(key, value, boxed)),
        2 => (key(), any::<Option<u8>>()).prop_map(|(key, at)| Change::Deadline(key, at.map(u64::from))),
        2 => (key(), any::<u8>()).prop_map(|(key, byte)| Change::Splice(key, byte)),
        5 => key().prop_map(Change::Remove),
        1 => any::<u8>().prop_map(|now| Change::Expire(u64::from(now))),
        1 => (1u8..60).prop_map(Change::Step),
    ]
}

type Seen = BTreeMap<Vec<u8>, (Option<u64>, Vec<u8>)>;

fn contents(table: &Table<String>) -> Seen {
    let mut seen = Seen::new();
    table.scan(0, u64::MAX, &mut |entry| {
        let value = match entry.value {
            ValueView::Inline(bytes) => bytes.to_vec(),
            ValueView::Boxed(text) => text.clone().into_bytes(),
        };
        assert!(seen.insert(entry.key.to_vec(), (entry.deadline_ms, value)).is_none());
    });
    seen
}

fn change(table: &mut Table<String>, change: &Change, cursor: &mut Option<u64>) {
    let name = |key: u16| format!("key:{key}").into_bytes();
    match *change {
        Change::Set(key, value, boxed) => {
            let name = name(key);
            let key = table.hasher().key(&name);
            let text = value.to_string().repeat(usize::from(value % 7));
            let value = if boxed { NewValue::Boxed(Box::new(text.clone())) } else { NewValue::Inline(text.as_bytes()) };
            match table.find(key) {
                Some(slot) => drop(table.replace(slot, Tag(1), value, None)),
                None => drop(table.insert(key, Tag(1), value, None)),
            }
        }
        Change::Deadline(key, at) => {
            if let Some(slot) = table.find(table.hasher().key(&name(key))) {
                table.set_deadline(slot, at);
            }
        }
        Change::Splice(key, byte) => {
            let Some(slot) = table.find(table.hasher().key(&name(key))) else { return };
            match table.boxed_mut(slot) {
                Some(text) => text.push('x'),
                None => drop(table.splice(slot, 0, 0, &[byte])),
            }
        }
        Change::Remove(key) => {
            if let Some(slot) = table.find(table.hasher().key(&name(key))) {
                table.remove(slot);
            }
        }
        Change::Expire(now) => drop(table.expire(now, 0, usize::MAX, &mut |_| {}, &mut |_| {})),
        Change::Step(entries) => *cursor = cursor.and_then(|at| table.record_step(at, usize::from(entries))),
    }
}

proptest! {
    /// What is taken down is what there was at the beginning, whatever changes meanwhile; twice in a row, and after one given up.
    #[test]
    fn a_recording_is_of_one_moment(
        before in prop::collection::vec(any_change(), 0..800),
        meanwhile in prop::collection::vec(prop::collection::vec(any_change(), 0..300), 3),
        given_up in 0usize..3,
    ) {
        let mut table: Table<String> = Table::new(hasher());
        before.iter().for_each(|step| change(&mut table, step, &mut None));
        for (number, steps) in meanwhile.iter().enumerate() {
            let moment = contents(&table);
            table.begin_recording(Copies::default());
            let mut cursor = Some(0);
            steps.iter().for_each(|step| change(&mut table, step, &mut cursor));
            table.check_invariants();
            if number != given_up {
                while let Some(at) = cursor {
                    cursor = table.record_step(at, 10);
                }
            }
            let copies = table.end_recording().expect("was begun");
            table.check_invariants();
            if number != given_up {
                let mut recorded = Seen::new();
                for (key, deadline_ms, value) in copies.0 {
                    prop_assert!(recorded.insert(key, (deadline_ms, value)).is_none(), "an entry is taken down once");
                }
                prop_assert_eq!(recorded, moment);
            }
        }
    }
}
