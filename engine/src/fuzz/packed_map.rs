//! Packed maps: bytes from outside, and changes beside a list of pairs.

use super::input::Input;
use crate::value::compact::element::Packed;
use crate::value::compact::packed_map::{Edits, PackedMap, apply, check};

/// A list of fields and their values.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Checks a packed map: the first byte says whether the rest are its bytes or changes of an empty one.
///
/// # Panics
///
/// If something is wrong.
pub fn packed_map(data: &[u8]) {
    let mut input = Input::new(data);
    if input.flag() {
        changes(&mut input);
    } else {
        let field = input.text(16);
        view(input.rest(), field);
    }
}

/// Calls everything on any bytes, which must not panic; and what passes [`check`] must be just what its pairs give when
/// they are put into an empty map.
///
/// # Panics
///
/// If it is not.
pub fn view(bytes: &[u8], field: &[u8]) {
    let map = PackedMap::new(bytes);
    map.get(field);
    if let Some(pair) = map.nth(1) {
        let _ = (map.field(&pair), map.value(&pair));
    }
    let _ = (map.edit_set(field, b"x"), map.edit_remove(field), map.is_empty());
    let pairs = pairs_of(map);
    assert_eq!(pairs.len(), map.pairs().count());
    if check(bytes).is_ok() {
        assert_eq!(pairs.len(), map.len());
        let mut again = PackedMap::EMPTY.to_vec();
        for (field, value) in &pairs {
            let edits = PackedMap::new(&again).edit_set(field, value).expect("it held them before");
            apply(&mut again, &edits);
        }
        assert_eq!(again, bytes);
    }
}

fn changes(input: &mut Input<'_>) {
    let (mut bytes, mut model) = (PackedMap::EMPTY.to_vec(), Pairs::new());
    while !input.is_empty() {
        let map = PackedMap::new(&bytes);
        let kind = input.below(8);
        let edits = if kind == 7 {
            let index = input.below(32);
            if index < model.len() {
                model.remove(index);
            }
            map.nth(index).map(|pair| map.edit_remove_pair(&pair))
        } else {
            let field = text(input);
            if kind >= 5 {
                model.retain(|(known, _)| *known != field);
                map.edit_remove(&field)
            } else {
                let value = text(input);
                let edits = map.edit_set(&field, &value).expect("there are few pairs");
                match model.iter_mut().find(|(known, _)| *known == field) {
                    Some(pair) => pair.1 = value,
                    None => model.push((field, value)),
                }
                Some(edits)
            }
        };
        let grown = bytes.len().strict_add_signed(edits.as_ref().map_or(0, Edits::growth));
        if let Some(edits) = &edits {
            apply(&mut bytes, edits);
        }
        assert_eq!(bytes.len(), grown);
    }
    assert_eq!(check(&bytes), Ok(()));
    let map = PackedMap::new(&bytes);
    assert_eq!((pairs_of(map), map.len()), (model.clone(), model.len()));
    for (index, (field, value)) in model.iter().enumerate() {
        let pair = map.find(field).expect("the list has it");
        assert_eq!((pair.index, map.nth(index)), (index, Some(pair)));
        assert_eq!(map.get(field).map(Packed::to_vec).as_ref(), Some(value));
    }
}

/// A field or value: few short ones, numbers, and those whose length takes two bytes.
fn text(input: &mut Input<'_>) -> Vec<u8> {
    match input.below(4) {
        0 => input.number().to_string().into_bytes(),
        1 => i64::from(input.byte().cast_signed()).to_string().into_bytes(),
        2 => input.text(300).to_vec(),
        _ => input.text(3).to_vec(),
    }
}

fn pairs_of(map: PackedMap<'_>) -> Pairs {
    map.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect()
}
