use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn map_of(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = PackedMap::EMPTY.to_vec();
    for (field, value) in pairs {
        set(&mut bytes, field.as_bytes(), value.as_bytes());
    }
    bytes
}

fn set(bytes: &mut Vec<u8>, field: &[u8], value: &[u8]) {
    let edits = PackedMap::new(bytes).edit_set(field, value).expect("not full");
    apply(bytes, &edits);
}

#[test]
fn bytes_are_as_drawn() {
    let bytes = map_of(&[("name", "ada"), ("born", "1815")]);
    assert_eq!(bytes, b"\x02\x00\x04name\x03ada\x04born\xe1\x17\x07");
    assert_eq!(check(&bytes), Ok(()));
}

#[test]
fn empty_map_has_nothing() {
    let map = PackedMap::new(PackedMap::EMPTY);
    assert_eq!((map.len(), map.is_empty(), map.iter().count()), (0, true, 0));
    assert_eq!(map.get(b""), None);
    assert!(map.edit_remove(b"").is_none());
    assert_eq!(check(PackedMap::EMPTY), Ok(()));
}

#[test]
fn fields_are_texts_even_where_they_look_like_numbers() {
    let bytes = map_of(&[("1", "one"), ("01", "oh one"), ("-0", "minus"), ("", "empty"), ("63", ""), ("64", "0")]);
    let map = PackedMap::new(&bytes);
    assert_eq!(map.get(b"1"), Some(Packed::Bytes(b"one")));
    assert_eq!(map.get(b"01"), Some(Packed::Bytes(b"oh one")));
    assert_eq!(map.get(b"-0"), Some(Packed::Bytes(b"minus")));
    assert_eq!(map.get(b""), Some(Packed::Bytes(b"empty")));
    assert_eq!(map.get(b"63"), Some(Packed::Bytes(b"")));
    assert_eq!(map.get(b"64"), Some(Packed::Int(0)));
    for absent in ["0", "+1", "001", "0.1", "?"] {
        assert!(!map.contains(absent.as_bytes()), "{absent}");
    }
    // One byte whose value is the tag of the integer 1.
    assert!(!map.contains(&[0x81]));
}

#[test]
fn order_is_that_of_insertion_and_replacing_keeps_it() {
    let mut bytes = map_of(&[("a", "1"), ("b", "2"), ("c", "3")]);
    set(&mut bytes, b"b", b"a much longer value than before");
    set(&mut bytes, b"a", b"");
    let edits = PackedMap::new(&bytes).edit_remove(b"a").expect("it is there");
    apply(&mut bytes, &edits);
    set(&mut bytes, b"a", b"again");

    let map = PackedMap::new(&bytes);
    let fields: Vec<_> = map.iter().map(|(field, _)| field.to_vec()).collect();
    assert_eq!(fields, [b"b", b"c", b"a"]);
    let pair = map.nth(1).expect("three pairs");
    assert_eq!((pair.index, map.field(&pair), map.value(&pair)), (1, Some(Packed::Bytes(b"c")), Some(Packed::Int(3))));
    assert_eq!(map.find(b"c"), Some(pair));
    assert_eq!(map.nth(3), None);
}

#[test]
fn new_value_is_one_splice_and_the_number_of_pairs_another_in_place() {
    let bytes = map_of(&[("a", "1"), ("b", "text")]);
    let map = PackedMap::new(&bytes);

    let edits = map.edit_set(b"a", b"2").expect("not full");
    let splices: Vec<_> = edits.splices().collect();
    assert_eq!(splices, [Splice { at: 4, remove: 1, insert: &[0x82] }]);
    assert_eq!(edits.growth(), 0);

    let edits = map.edit_set(b"c", b"x").expect("not full");
    let splices: Vec<_> = edits.splices().collect();
    let header = Splice { at: 0, remove: 2, insert: &[3, 0] };
    assert_eq!(splices, [Splice { at: bytes.len(), remove: 0, insert: b"\x01c\x01x" }, header]);
    assert_eq!(edits.growth(), 4);

    let edits = map.edit_remove(b"b").expect("it is there");
    assert_eq!(edits.splices().next(), Some(Splice { at: 5, remove: 7, insert: &[] }));
    assert_eq!(edits.growth(), -7);
}

#[test]
fn full_map_takes_no_more_pairs_but_other_values() {
    let mut bytes = PackedMap::EMPTY.to_vec();
    for field in 0..PAIRS_MAX {
        let edits = PackedMap { bytes: &[field as u8, (field >> 8) as u8] }
            .edit_append(field.to_string().as_bytes(), b"")
            .expect("not full");
        // Appended by hand: looking each field up first would take minutes.
        bytes.extend_from_slice(&edits.insert);
        bytes[..HEADER_LEN].copy_from_slice(&edits.header.expect("it counts"));
    }
    assert_eq!(check(&bytes), Ok(()));
    let map = PackedMap::new(&bytes);
    assert_eq!(map.len(), PAIRS_MAX);
    assert_eq!(map.edit_set(b"one more", b"").err(), Some(Full));
    assert!(map.edit_set(b"32766", b"last").is_ok());
}

#[test]
fn check_names_what_is_wrong_and_where() {
    let good = map_of(&[("a", "1"), ("b", "text")]);
    let broken = |change: fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        check(&bytes).expect_err("it was broken")
    };
    assert_eq!(check(b""), Err(Corrupt { at: 0, what: Fault::Header }));
    assert_eq!(check(b"\0"), Err(Corrupt { at: 0, what: Fault::Header }));
    assert_eq!(broken(|bytes| bytes[1] = 0x80), Corrupt { at: 0, what: Fault::Header });
    assert_eq!(broken(|bytes| bytes[0] = 3), Corrupt { at: 0, what: Fault::Count });
    assert_eq!(broken(|bytes| bytes[0] = 1), Corrupt { at: 0, what: Fault::Count });
    assert_eq!(broken(|bytes| bytes.truncate(11)), Corrupt { at: 7, what: Fault::Element });
    assert_eq!(broken(|bytes| bytes.truncate(7)), Corrupt { at: 7, what: Fault::Element });
    assert_eq!(broken(|bytes| bytes.push(0xff)), Corrupt { at: 0, what: Fault::Count });
    assert_eq!(broken(|bytes| bytes[6] = b'a'), Corrupt { at: 5, what: Fault::FieldTwice });
    assert_eq!(broken(|bytes| bytes[6] = b'7'), Corrupt { at: 5, what: Fault::Encoding });
    let message = Corrupt { at: 5, what: Fault::FieldTwice }.to_string();
    assert_eq!(message, "field met twice at byte 5 of a packed map");
}

/// What can be done to a map. Few fields, so that they meet.
#[derive(Clone, Debug)]
enum Step {
    Set(Vec<u8>, Vec<u8>),
    Remove(Vec<u8>),
    RemoveNth(usize),
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[a-c]{0,2}".prop_map(String::into_bytes),
        2 => (-70i64..130).prop_map(|number| number.to_string().into_bytes()),
        1 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        1 => "0?[0-9]{1,2}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..200),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (text(), text()).prop_map(|(field, value)| Step::Set(field, value)),
        2 => text().prop_map(Step::Remove),
        1 => (0usize..30).prop_map(Step::RemoveNth),
    ]
}

proptest! {
    #[test]
    fn behaves_as_a_list_of_pairs(steps in vec(step(), 1..80)) {
        let mut bytes = PackedMap::EMPTY.to_vec();
        let mut model: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for step in steps {
            let map = PackedMap::new(&bytes);
            let edits = match &step {
                Step::Set(field, value) => {
                    match model.iter_mut().find(|(known, _)| known == field) {
                        Some(pair) => pair.1.clone_from(value),
                        None => model.push((field.clone(), value.clone())),
                    }
                    Some(map.edit_set(field, value).expect("not full"))
                }
                Step::Remove(field) => {
                    model.retain(|(known, _)| known != field);
                    map.edit_remove(field)
                }
                Step::RemoveNth(index) => {
                    if *index < model.len() {
                        model.remove(*index);
                    }
                    map.nth(*index).map(|pair| map.edit_remove_pair(&pair))
                }
            };
            let (before, growth) = (bytes.len(), edits.as_ref().map_or(0, Edits::growth));
            if let Some(edits) = &edits {
                apply(&mut bytes, edits);
            }
            prop_assert_eq!(bytes.len(), before.strict_add_signed(growth));
            prop_assert_eq!(check(&bytes), Ok(()));

            let map = PackedMap::new(&bytes);
            let pairs: Vec<_> = map.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
            prop_assert_eq!(&pairs, &model);
            prop_assert_eq!(map.len(), model.len());
            for (index, (field, value)) in model.iter().enumerate() {
                let pair = map.find(field).expect("the model has it");
                prop_assert_eq!(pair.index, index);
                prop_assert_eq!(map.nth(index), Some(pair));
                prop_assert_eq!(map.get(field).map(Packed::to_vec), Some(value.clone()));
            }
            if let Step::Remove(field) = &step {
                prop_assert!(!map.contains(field));
            }
        }
        // Equal content in another order of steps is found just the same.
        let model: HashMap<_, _> = model.into_iter().collect();
        let map = PackedMap::new(&bytes);
        prop_assert!(map.iter().all(|(field, value)| model[&field.to_vec()] == value.to_vec()));
    }

    #[test]
    fn any_bytes_are_checked_and_viewed(bytes in vec(any::<u8>(), 0..64), field in text()) {
        crate::fuzz::packed_map::view(&bytes, &field);
    }

    #[test]
    fn damaged_maps_are_checked_and_viewed(
        pairs in vec((text(), text()), 0..12),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cut in any::<prop::sample::Index>(),
        field in text(),
    ) {
        let mut bytes = PackedMap::EMPTY.to_vec();
        for (field, value) in &pairs {
            set(&mut bytes, field, value);
        }
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        crate::fuzz::packed_map::view(&bytes, &field);
        bytes.truncate(cut.index(bytes.len()));
        crate::fuzz::packed_map::view(&bytes, &field);
    }
}
