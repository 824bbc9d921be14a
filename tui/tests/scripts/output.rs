//! What is told keeps to the contract, whoever is asked.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::Value;

use crate::server::{Fake, REDIS, RKVS, Real};
use crate::{complaint, ok, program, run};

const VIEWS: [&str; 8] =
    ["overview", "namespaces", "commands", "clients", "shards", "persistence", "slowlog", "config"];

/// What is wrong with a value, by those words of JSON Schema that the contract uses.
fn check(schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let is_a = |kind: &Value| match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => unreachable!("the contract has no {other}"),
    };
    if let Some(kind) = schema.get("type") {
        let fits = kind.as_array().map_or_else(|| is_a(kind), |kinds| kinds.iter().any(is_a));
        fits.then_some(()).ok_or(format!("{place} is no {kind}: {value}"))?;
    }
    if schema.get("const").is_some_and(|expected| expected != value) {
        return Err(format!("{place} is {value}"));
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        value.get(name.as_str().unwrap()).ok_or(format!("{place} has no {name}"))?;
    }
    if let (Some(properties), Some(fields)) = (schema.get("properties"), value.as_object()) {
        for (name, field) in fields {
            let property = properties.get(name).ok_or(format!("{place}.{name} is not in the contract"))?;
            check(property, field, &format!("{place}.{name}"))?;
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        values.iter().enumerate().try_for_each(|(index, item)| check(items, item, &format!("{place}[{index}]")))?;
    }
    Ok(())
}

/// Asks for a view in every format; answers with the rows.
fn rows(view: &str, source: &[&str]) -> Vec<Value> {
    let of = |format: &str| ok(&[source, &["--view", view, "--interval", "0.1", "--format", format]].concat());
    let json = of("json");
    assert_eq!(json.matches('\n').count(), 1, "one line");
    let picture: Value = serde_json::from_str(&json).unwrap();
    let schema: Value = serde_json::from_str(&ok(&["schema", view])).unwrap();
    check(&schema, &picture, view).unwrap();
    let rows = picture["rows"].as_array().unwrap().clone();

    let csv = of("csv");
    let mut lines = csv::Reader::from_reader(csv.as_bytes());
    let mut fields = vec!["at_ms".to_owned()];
    fields.extend(rows.first().into_iter().flat_map(|row| row.as_object().unwrap().keys().cloned()));
    let header: Vec<String> = lines.headers().unwrap().iter().map(str::to_owned).collect();
    let mut sorted = (header[1..].to_vec(), fields[1..].to_vec());
    sorted.0.sort_unstable();
    sorted.1.sort_unstable();
    assert!(rows.is_empty() || sorted.0 == sorted.1, "{view}: {header:?}");
    assert_eq!((header[0].as_str(), lines.records().count()), ("at_ms", rows.len()), "{view}");

    let table = of("table");
    assert!(table.lines().count() > rows.len().min(1) && !table.contains('\u{1b}'), "{view}: {table}");
    rows
}

/// What the fixtures' servers said, whichever way.
fn has_sessions(source: &[&str]) {
    let rows = rows("namespaces", source);
    let sessions = rows.iter().find(|row| row["name"] == "sessions").unwrap();
    assert_eq!(
        (&sessions["keys"], &sessions["max_keys"], &sessions["shards"]),
        (&40.into(), &100_000.into(), &16.into())
    );
    assert_eq!(sessions["last_save_s"].is_null(), sessions["last_save_s"] == 0);
    assert_eq!(sessions["ops_per_second"], 0.0, "the same counters twice are a rate of nothing");
}

#[test]
fn every_view_of_rkvs_keeps_to_the_contract() {
    let server = Fake::start(RKVS, &[]);
    for view in VIEWS.into_iter().filter(|view| *view != "shards") {
        assert!(!rows(view, &[&server.address]).is_empty(), "{view}");
    }
    assert_eq!(rows("shards", &[&server.address, "--namespace", "sessions"]).len(), 16);
    assert_eq!(rows("namespaces", &[&server.address, "--namespace", "sessions"]).len(), 1);
    has_sessions(&[&server.address]);
}

#[test]
fn a_plain_redis_tells_less_and_null_is_not_0() {
    let server = Fake::start(REDIS, &[]);
    for view in VIEWS.into_iter().filter(|view| *view != "shards") {
        assert!(!rows(view, &[&server.address]).is_empty(), "{view}");
    }
    let databases = rows("namespaces", &[&server.address]);
    assert_eq!((&databases[0]["keys"], &databases[0]["used_bytes"]), (&1.into(), &Value::Null));
    let error = complaint(&[&server.address, "--view", "shards", "--once"], 3);
    assert!(error.contains("redis 7.0.15 does not tell its shards"), "{error}");
}

#[test]
fn real_servers_keep_to_the_contract() {
    for server in [Real::rkvs(&[]), Real::redis(&["--save", ""])].into_iter().flatten() {
        let source = ["-p", &server.port()];
        let title = ok(&[&source[..], &["--format", "json"]].concat());
        for view in VIEWS.into_iter().filter(|view| *view != "shards" || !title.contains("\"rkvs_version\":null")) {
            rows(view, &source);
        }
        let overview = rows("overview", &source);
        assert!(
            overview[0]["ops_per_second"].as_f64().is_some_and(|rate| rate > 0.0),
            "the second poll follows a first"
        );
    }
}

#[test]
fn hostile_text_is_no_control_sequence() {
    let hostile = "*1\r\n*6\r\n:1\r\n:1796001669\r\n:24\r\n*1\r\n$10\r\n\u{1b}[2J\u{9b}3m\u{7f}\n\r\n+a\r\n+b\r\n";
    let server = Fake::start(RKVS, &[("SLOWLOG GET 512", hostile)]);
    for format in ["json", "csv", "table"] {
        let out = ok(&[&server.address, "--view", "slowlog", "--format", format]);
        assert!(!out.chars().any(|char| char.is_control() && char != '\n'), "{format}: {out:?}");
        assert!(out.contains("[2J"), "{format}: {out:?}");
    }
}

#[test]
fn who_stops_to_read_ends_the_watch_quietly() {
    let server = Fake::start(RKVS, &[]);
    for format in ["json", "csv", "table"] {
        let mut watch = program(&[&server.address, "--watch", "0.1", "--view", "overview", "--format", format]);
        let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
        let told: Vec<String> = lines.by_ref().take(3).map(Result::unwrap).collect();
        drop(lines);
        assert!(watch.wait().unwrap().success(), "{format}");
        let mut error = String::new();
        watch.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        assert_eq!(error, "", "{format}");
        let headers = told.iter().filter(|line| line.contains("at_ms,") || line.contains("OPS/S")).count();
        assert_eq!(headers, usize::from(format != "json"), "{format}: {told:?}");
        if format == "json" {
            let rates: Vec<Value> = told
                .iter()
                .map(|line| serde_json::from_str::<Value>(line).unwrap()["rows"][0]["ops_per_second"].clone())
                .collect();
            assert_eq!(rates, [Value::Null, 0.0.into(), 0.0.into()], "the first line has no rates");
        }
    }
}

#[test]
fn nobody_who_listens_is_1_and_nonsense_is_2() {
    let error = complaint(&["127.0.0.1:1", "--once"], 1);
    assert!(error.contains("127.0.0.1:1: ") && error.contains("refused"), "{error}");
    complaint(&["127.0.0.1:1", "--watch"], 1);
    let error = complaint(&["redis://ann:s3cret@127.0.0.1:1", "--format", "csv"], 1);
    assert!(!error.contains("s3cret"), "{error}");
    for wrong in
        [&["--view", "keys"][..], &["@nobody"], &["redis://:s3cret@h:x"], &["--once", "--what", "redis://:s3cret@h"]]
    {
        let error = complaint(wrong, 2);
        assert!(!error.contains("s3cret"), "{error}");
    }
    let server = Fake::start("{}", &[("HELLO 3 AUTH default s3cret", "-WRONGPASS invalid\r\n")]);
    let error = complaint(&[&format!("redis://:s3cret@{}", server.address)], 1);
    assert!(error.contains("WRONGPASS") && !error.contains("s3cret"), "{error}");
}

#[test]
fn profiles_and_the_environment_lead_to_a_server() {
    let server = Fake::start(RKVS, &[]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("rkvs-tui")).unwrap();
    let file = format!("format = 'json'\n[profiles.prod]\naddress = '{}'\nview = 'clients'\n", server.address);
    std::fs::write(folder.path().join("rkvs-tui/config.toml"), file).unwrap();
    for (args, url) in [(&["@prod"][..], ""), (&[][..], "@prod"), (&["--view", "clients"][..], server.address.as_str())]
    {
        let out = program(args).env("XDG_CONFIG_HOME", folder.path()).env("RKVS_URL", url).output().unwrap();
        let out = String::from_utf8(out.stdout).unwrap();
        assert!(out.starts_with("{\"version\":1,\"view\":\"clients\""), "{args:?}: {out}");
    }
}

#[test]
fn help_tells_everything() {
    insta::assert_snapshot!("help", ok(&["--help"]));
    insta::assert_snapshot!("help_resize", ok(&["resize", "--help"]));
    for shell in ["bash", "zsh", "fish"] {
        assert!(ok(&["completions", shell]).contains("bgsave"), "{shell}");
    }
    for args in [&["--help"][..], &["--version"], &["schema", "overview"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = program(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?} into a disk that is full");
    }
    let (code, out, _) = run(&["--version"]);
    assert_eq!((code, out), (0, format!("rkvs-tui {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn what_is_not_permitted_is_told_as_that() {
    let noperm = "-NOPERM this user has no permissions\r\n";
    let server = Fake::start(RKVS, &[("CONFIG GET *", noperm), ("CLIENT LIST", noperm), ("NAMESPACE LIST", noperm)]);
    for view in ["config", "clients", "namespaces"] {
        let error = complaint(&[&server.address, "--once", "--view", view], 3);
        assert!(error.contains("NOPERM this user"), "{view}: {error}");
    }
    for reason in ["NOPERM this user has no permissions", "BUSY running a script", "LOADING the data"] {
        let server = Fake::start(RKVS, &[("INFO", &format!("-{reason}\r\n"))]);
        assert_eq!(complaint(&[&server.address, "--once"], 3), format!("rkvs-tui: {}: {reason}\n", server.address));
    }
    let server = Fake::start(RKVS, &[("INFO", "HTTP/1.1 400\r\n")]);
    let error = complaint(&[&server.address, "--once"], 1);
    assert!(error.starts_with(&format!("rkvs-tui: {}: ", server.address)), "{error}");
    let server = Fake::start(RKVS, &[("HELLO 3", "-ERR max number of clients reached\r\n")]);
    let error = complaint(&[&server.address, "--once"], 1);
    assert!(error.contains("max number of clients"), "{error}");
    let server = Fake::start(RKVS, &[("HELLO 3", "-NOAUTH HELLO must be called\r\n")]);
    for how in ["--once", "--watch", "save"] {
        let error = complaint(&[&server.address, how], 1);
        assert!(error.contains("NOAUTH") && error.contains("REDISCLI_AUTH"), "{how}: {error}");
    }
}

#[test]
fn arguments_that_lead_elsewhere_are_refused() {
    for args in [
        &["--replay", "x", "host"][..],
        &[""],
        &["redis://:s3cret@h", "-p", "7"],
        &["h/3", "--view", "shards", "--once"],
        &["--view", "config", "bgsave"],
    ] {
        let error = complaint(args, 2);
        assert!(!error.contains("s3cret"), "{error}");
    }
}
