//! BATCH and its subcommands.

mod consume;
mod del;
mod get;
mod help;
mod set;
mod update;

use rkvs_tests::{Client, Value};

/// A value that is there, or none.
type Item = Option<&'static str>;

/// Sends a batch and compares its report: what `data` holds, and of each failed item index, key and code.
fn expect_report(client: &mut Client, request: &str, data: &[Item], errors: &[(i64, &str, &str)]) {
    let reply = client.line(request);
    let flat: Vec<Value> = match reply {
        Value::Map(pairs) => pairs.into_iter().flat_map(|(name, value)| [name, value]).collect(),
        Value::Array(items) => items,
        other => panic!("{request}: {other:?}"),
    };
    let names: Vec<_> = flat.iter().step_by(2).filter_map(Value::text).collect();
    assert_eq!(names, ["processed", "succeeded", "failed", "duration_us", "data", "errors"]);
    assert_eq!(flat[1].integer(), Some(data.len() as i64), "{request}: processed");
    assert_eq!(flat[3].integer(), Some((data.len() - errors.len()) as i64), "{request}: succeeded");
    assert_eq!(flat[5].integer(), Some(errors.len() as i64), "{request}: failed");
    assert!(flat[7].integer().is_some_and(|duration_us| duration_us >= 0), "{request}: duration");
    let values: Vec<_> = flat[9].items().expect("data is a list").into_iter().map(text_or_number).collect();
    assert_eq!(values, data.iter().map(|item| item.map(str::to_owned)).collect::<Vec<_>>(), "{request}: data");
    let told = flat[11].items().expect("errors are a list");
    assert_eq!(told.len(), errors.len(), "{request}: errors");
    for (told, (index, key, code)) in told.into_iter().zip(errors) {
        let told = told.items().expect("an error is a list");
        assert_eq!((told.len(), told[0].integer()), (4, Some(*index)), "{request}");
        assert_eq!((told[1].text().as_deref(), told[2].text().as_deref()), (Some(*key), Some(*code)), "{request}");
        assert!(told[3].text().is_some_and(|message| !message.is_empty()), "{request}: a message");
    }
}

fn text_or_number(value: &Value) -> Option<String> {
    value.integer().map(|number| number.to_string()).or_else(|| value.text())
}
