//! `/metrics`, `/healthz`, `/readyz`

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rkvs_tests::{Server, binary, skip};

/// Starts a server with a metrics endpoint; returns where that listens.
fn start(name: &str) -> Option<(Server, SocketAddr)> {
    if binary::rkvs_is_the_reference() {
        skip::skipped(name, "the reference has no metrics endpoint");
        return None;
    }
    let server = Server::rkvs_with(&["--metrics-listen", "127.0.0.1:0"]);
    let log = server.log().join("\n");
    let address = log.split("metrics: http://").nth(1).and_then(|rest| rest.split("/metrics").next());
    let address = address.and_then(|address| address.parse().ok()).unwrap_or_else(|| panic!("no address in\n{log}"));
    Some((server, address))
}

/// Sends a request and returns head and body of the answer.
fn request(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {answer:?}"));
    (head.to_owned(), body.to_owned())
}

fn get(address: SocketAddr, path: &str) -> (String, String) {
    request(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
}

/// The samples of a page by name and labels; checks that each family has its HELP and TYPE before them.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let (mut helped, mut typed, mut found) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
    for line in page.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a text");
            assert!(!help.is_empty() && helped.insert(name.to_owned()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a type");
            assert!(typed.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            let name = series.split('{').next().expect("a name");
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end).filter(|family| typed.contains_key(*family)))
                .unwrap_or(name);
            assert!(typed.contains_key(family) && helped.contains(family), "{line} has no HELP or TYPE");
            assert!(found.insert(series.to_owned(), value.parse().expect("a number")).is_none(), "{series} twice");
        }
    }
    found
}

#[test]
fn paths_methods_and_limits() {
    let Some((_server, address)) = start("metrics::paths_methods_and_limits") else { return };
    for (path, status) in
        [("/healthz", "200 OK"), ("/readyz", "200 OK"), ("/metrics?x=y", "200 OK"), ("/", "404 Not Found")]
    {
        let (head, body) = get(address, path);
        assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")) && !body.is_empty(), "{path}: {head}");
    }
    let (head, _) = get(address, "/metrics");
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
    assert_eq!(request(address, "HEAD /healthz HTTP/1.1\r\n\r\n").1, "");
    assert!(request(address, "POST /metrics HTTP/1.1\r\n\r\n").0.starts_with("HTTP/1.1 405 "));
    assert!(request(address, "PING\r\n\r\n").0.starts_with("HTTP/1.1 400 "));
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(8 << 10));
    assert!(request(address, &long).0.starts_with("HTTP/1.1 431 "));
}

#[test]
fn connections_that_ask_for_nothing_delay_no_probe() {
    let Some((_server, address)) = start("metrics::connections_that_ask_for_nothing_delay_no_probe") else { return };
    let silent: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(address).expect("it listens")).collect();
    let mut halves: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(address).expect("it listens")).collect();
    halves.iter_mut().for_each(|half| half.write_all(b"GET /healthz HT").expect("it is not full"));
    let began = Instant::now();
    assert_eq!(get(address, "/healthz").1, "ok\n");
    // One after another, they would be given up after three seconds each.
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    drop((silent, halves));
}

#[test]
fn families_are_whole_and_counters_rise() {
    let Some((server, address)) = start("metrics::families_are_whole_and_counters_rise") else { return };
    let mut client = server.client();
    for request in [
        "SET k v",
        "GET k",
        "GET no-such",
        "SET e v EX 1000",
        "GET",
        "CLIENT SETINFO lib-name 'a'",
        "no-such",
        "CONFIG GET port",
    ] {
        client.line(request);
    }
    // Who looked whether the server was there may not have left yet.
    client.until("nobody else is connected", |client| {
        client.line("INFO clients").text().is_some_and(|info| info.contains("connected_clients:1\r\n"))
    });
    let first = samples(&get(address, "/metrics").1);
    for (series, value) in [
        ("redis_up", 1.0),
        ("redis_connected_clients", 1.0),
        ("redis_db_keys{db=\"db0\"}", 2.0),
        ("redis_db_keys{db=\"db15\"}", 0.0),
        ("redis_db_keys_expiring{db=\"db0\"}", 1.0),
        ("redis_keyspace_hits_total", 1.0),
        ("redis_keyspace_misses_total", 1.0),
        ("redis_commands_total{cmd=\"get\"}", 2.0),
        ("redis_commands_total{cmd=\"config|get\"}", 1.0),
        ("redis_commands_rejected_calls_total{cmd=\"get\"}", 1.0),
        ("redis_errors_total{err=\"ERR\"}", 2.0),
        ("rkvs_namespace_keys{ns=\"0\"}", 2.0),
        ("rkvs_clients_by_lib{lib=\"a\"}", 1.0),
        ("rkvs_command_duration_seconds_count{cmd=\"get\"}", 2.0),
        ("rkvs_command_duration_seconds_bucket{cmd=\"get\",le=\"+Inf\"}", 2.0),
    ] {
        assert_eq!(first.get(series), Some(&value), "{series}");
    }
    assert!(first["redis_memory_max_bytes"] > 0.0 && first["redis_memory_used_bytes"] > 0.0);
    assert!((900.0..=1000.0).contains(&first["redis_db_avg_ttl_seconds{db=\"db0\"}"]));
    client.line("CONFIG RESETSTAT");
    client.line("GET k");
    let page = get(address, "/metrics").1;
    let second = samples(&page);
    for (series, before) in first.iter().filter(|(series, _)| series.contains("_total") || series.contains("_bucket")) {
        assert!(second.get(series).is_some_and(|after| after >= before), "{series} fell from {before}");
    }
    assert_eq!(second["redis_keyspace_hits_total"], 2.0);
    assert!(page.len() < 200_000);
}

#[test]
fn our_own_family_passes_the_lint_of_prometheus() {
    let name = "metrics::our_own_family_passes_the_lint_of_prometheus";
    let Some((server, address)) = start(name) else { return };
    server.client().line("SET k v");
    let page = get(address, "/metrics").1;
    let child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else { return skip::skipped(name, "promtool is not installed") };
    child.stdin.take().expect("a pipe").write_all(page.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = [output.stdout, output.stderr].concat();
    let complaints: Vec<_> =
        String::from_utf8_lossy(&text).lines().filter(|line| !line.starts_with("redis_")).map(str::to_owned).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn requests_that_never_end_do_not_keep_others_out_for_long() {
    let Some((_server, address)) = start("metrics::requests_that_never_end_do_not_keep_others_out_for_long") else {
        return;
    };
    let unfinished: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(address).expect("it listens");
            stream.write_all(b"GET /hea").expect("it reads");
            stream
        })
        .collect();
    assert!(get(address, "/healthz").0.starts_with("HTTP/1.1 200 OK"), "in the end it is answered");
    drop(unfinished);
}
