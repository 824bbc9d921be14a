//! Samples whose numbers are as large, as small or as odd as text can spell them.

use rkvs_tui::source::record::Recording;
use rkvs_tui::state::sample::Sample;
use serde_json::Value;

/// As text, the way INFO and CLIENT LIST tell numbers.
const SPELLED: [&str; 10] = [
    "0",
    "1",
    "9007199254740992",
    "18446744073709551615",
    "-1",
    "-9223372036854775808",
    "99999999999999999999",
    "1.7976931348623157e308",
    "nan",
    "",
];
/// As numbers, the way recordings hold them.
const WHOLE: [u64; 5] = [0, 1, 1 << 53, (1 << 53) + 1, u64::MAX];

/// A sample with other numbers, as a recording of it tells them: all of them of one kind, then each of another one.
pub(crate) fn samples(sample: &Sample) -> Vec<Sample> {
    let alike = (0..SPELLED.len()).map(|first| (first, 0));
    let mixed = [(0, 1), (3, 3), (1, 7), (5, 9)];
    alike.chain(mixed).map(|(first, step)| spelled(sample, first, step)).collect()
}

fn spelled(sample: &Sample, first: usize, step: usize) -> Sample {
    let mut place = first;
    let mut next = || {
        place += step;
        place
    };
    let mut json = serde_json::to_value(sample).expect("a sample is JSON");
    replace(&mut json, &mut next);
    let line = json.to_string();
    let read = Recording::new(line.as_bytes()).next().expect("there is a line");
    Sample { at_ms: sample.at_ms, ..read.expect("it is a sample") }
}

fn replace(json: &mut Value, next: &mut dyn FnMut() -> usize) {
    match json {
        Value::Number(number) if number.is_u64() => *json = WHOLE[next() % WHOLE.len()].into(),
        Value::Number(number) => *number = serde_json::Number::from_f64(1e308).expect("it is finite"),
        Value::String(text) => {
            *text = text.split_inclusive([' ', ',', '=']).map(|part| respelled(part, next)).collect()
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, next)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, next)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// A part of a text such as `keys=5,` if it is a number: with another one.
fn respelled(part: &str, next: &mut dyn FnMut() -> usize) -> String {
    let number = part.trim_end_matches([' ', ',', '=']);
    if number.parse::<f64>().is_ok() {
        SPELLED[next() % SPELLED.len()].to_owned() + &part[number.len()..]
    } else {
        part.to_owned()
    }
}
