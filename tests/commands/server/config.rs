//! `CONFIG [GET | HELP | RESETSTAT | REWRITE | SET]`

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::prose;
use rkvs_tests::{Client, Server, Value, binary, expect::*, script, script_of_ours, skip};

#[test]
fn get_finds_names_by_pattern_in_any_case() {
    script! {
        "CONFIG GET maxmemory" => map([("maxmemory", "0")]),
        "CONFIG GET MAXMEMORY" => map([("MAXMEMORY", "0")]),
        "CONFIG GET slowlog-*" => unordered(map([("slowlog-max-len", "128"), ("slowlog-log-slower-than", "10000")])),
        "CONFIG GET timeout no-such databases" => unordered(map([("timeout", "0"), ("databases", "16")])),
        "CONFIG GET no-such" => map([]),
        "CONFIG GET" => wrong_arity("config|get"),
    }
}

#[test]
fn set_changes_everything_or_nothing() {
    script! {
        "CONFIG SET timeout 7 SLOWLOG-MAX-LEN 9" => ok(),
        "CONFIG GET timeout slowlog-max-len" => unordered(map([("timeout", "7"), ("slowlog-max-len", "9")])),
        "CONFIG SET timeout 8 slowlog-max-len x"
            => error("ERR CONFIG SET failed (possibly related to argument 'slowlog-max-len') - argument couldn't be \
                      parsed into an integer"),
        "CONFIG GET timeout" => map([("timeout", "7")]),
        "CONFIG SET timeout 1 no-such 2" => error("ERR Unknown option or number of arguments for CONFIG SET - 'no-such'"),
        "CONFIG SET timeout 1 timeout 2"
            => error("ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter"),
        "CONFIG SET databases 1"
            => error("ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config"),
        "CONFIG SET maxmemory abc"
            => error("ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value"),
        "CONFIG SET maxmemory 100mb" => ok(),
        "CONFIG GET maxmemory" => map([("maxmemory", "104857600")]),
        "CONFIG SET timeout 0 slowlog-max-len 128 maxmemory 0" => ok(),
        "CONFIG SET a b c" => error("ERR syntax error"),
        "CONFIG SET timeout" => wrong_arity("config|set"),
        "CONFIG no-such" => error("ERR unknown subcommand 'no-such'. Try CONFIG HELP."),
        "CONFIG RESETSTAT x" => wrong_arity("config|resetstat"),
        "CONFIG REWRITE" => error("ERR The server is running without a config file"),
        "CONFIG HELP" => satisfies("lines, HELP last", |reply| {
            reply.items().is_some_and(|lines| *lines[lines.len() - 2] == simple("HELP"))
        }),
    }
}

#[test]
fn the_largest_values_are_served() {
    let mut server = Server::rkvs();
    let largest = [
        ("slowlog-log-slower-than", "9223372036854775807"),
        ("slowlog-log-slower-than", "18446744073709552"),
        ("latency-monitor-threshold", "9223372036854775807"),
        ("latency-monitor-threshold", "18446744073710"),
        ("slowlog-max-len", "9223372036854775807"),
        ("tcp-keepalive", "2147483647"),
        ("timeout", "2147483647"),
        ("hz", "500"),
        ("active-expire-effort", "10"),
        ("hash-max-listpack-entries", "9223372036854775807"),
        ("hash-max-listpack-value", "9223372036854775807"),
        ("maxmemory", "18446744073709551615"),
        ("proto-max-bulk-len", "9223372036854775807"),
        ("client-query-buffer-limit", "9223372036854775807"),
        ("client-output-buffer-limit", "normal 18446744073709551615 18446744073709551615 9223372036854775807"),
    ];
    for (name, value) in largest {
        let mut client = server.client();
        assert_eq!(client.cmd(&["CONFIG", "SET", name, value]), ok(), "{name}");
        assert_eq!(client.line("SET expiring v PX 1"), ok());
        assert_eq!(client.cmd(&["HSET", "hash", &"f".repeat(1000), "v"]), int(1));
        assert_eq!(client.line("DEL hash"), int(1));
        // Gone without anybody asking for it: the periodic work goes on.
        let deadline = Instant::now() + Duration::from_secs(20);
        while client.line("DBSIZE") != int(0) {
            assert!(Instant::now() < deadline, "{name}: nothing expires");
        }
        for line in ["LATENCY DOCTOR", "SLOWLOG GET 9223372036854775807"] {
            assert!(!matches!(client.line(line), Value::Error(_)), "{name}: {line}");
        }
        server.assert_serving();
    }
    // A mistake of the server's own would have cost a client its connection, and be counted.
    let stats = server.client().line("INFO stats");
    assert!(prose(&stats).contains("unexpected_error_replies:0\r\n"), "{stats:?}");
}

#[test]
fn more_clients_than_descriptors_are_refused() {
    script_of_ours! {
        "CONFIG SET maxclients 400000000" => satisfies("an error that tells the number possible", |reply| {
            matches!(reply, Value::Error(text) if text.starts_with(b"ERR CONFIG SET failed (possibly related to argument \
                'maxclients') - The operating system is not able to handle the specified number of clients, try with "))
        }),
        "CONFIG GET maxclients" => map([("maxclients", "10000")]),
    }
}

#[test]
fn where_descriptors_are_few_maxclients_is_lowered_and_more_clients_are_told() {
    const NAME: &str = "config::where_descriptors_are_few_maxclients_is_lowered_and_more_clients_are_told";
    if binary::rkvs_is_the_reference() {
        return skip::skipped(NAME, "the reference keeps other descriptors free");
    }
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 100; exec \"$0\" \"$@\""]).arg(binary::rkvs());
    command.args(["--port", "0", "--unixsocket", "socket", "--metrics-listen", "", "--workers", "2"]);
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = command.current_dir(folder.path()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut log = BufReader::new(server.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut before_ready: Vec<String> = Vec::new();
    for line in log.by_ref() {
        let is_ready = line.contains("Ready to accept connections");
        before_ready.push(line);
        if is_ready {
            break;
        }
    }
    let lowered = before_ready.iter().any(|line| {
        line.contains(
            "Current maximum open files is 100. maxclients has been reduced to 52 to compensate for low ulimit.",
        )
    });
    if lowered {
        let path = folder.path().join("socket");
        let mut clients: Vec<UnixStream> = (0..53).map(|_| UnixStream::connect(&path).expect("it listens")).collect();
        for (number, client) in clients.iter_mut().enumerate() {
            // The one too many is told before it asks for anything, and may find itself hung up on.
            let _ = client.write_all(b"PING\r\n");
            let mut reply = [0; 7];
            client.read_exact(&mut reply).expect("a reply");
            assert_eq!(&reply[..], if number < 52 { &b"+PONG\r\n"[..] } else { b"-ERR ma" }, "client {number}");
        }
    } else {
        skip::skipped(NAME, "this user may open more files than that");
    }
    server.kill().and_then(|()| server.wait()).expect("it ends");
}

#[test]
fn percentiles_are_read_as_numbers_of_c() {
    let refused = |reason: &str| {
        error(&format!(
            "ERR CONFIG SET failed (possibly related to argument 'latency-tracking-info-percentiles') - {reason}"
        ))
    };
    script! {
        "CONFIG SET latency-tracking-info-percentiles '0x10 1e1 +5'" => ok(),
        "CONFIG GET latency-tracking-info-percentiles" => map([("latency-tracking-info-percentiles", "16 10 5")]),
        "CONFIG SET latency-tracking-info-percentiles 1e400"
            => refused("Invalid latency-tracking-info-percentiles parameters"),
        "CONFIG SET latency-tracking-info-percentiles nan"
            => refused("Invalid latency-tracking-info-percentiles parameters"),
        "CONFIG SET latency-tracking-info-percentiles inf"
            => refused("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"),
        "CONFIG SET latency-tracking-info-percentiles '50 99 99.9'" => ok(),
    }
}

#[test]
fn hash_thresholds_apply_to_what_is_written_next() {
    script! {
        "CONFIG SET hash-max-listpack-entries 2" => ok(),
        "HSET h a 1 b 2" => int(2),
        "DEBUG OBJECT h" => satisfies("a listpack", |reply| reply.text().is_some_and(|text| text.contains("encoding:listpack"))),
        "HSET h c 3" => int(1),
        "DEBUG OBJECT h" => satisfies("a hashtable", |reply| reply.text().is_some_and(|text| text.contains("encoding:hashtable"))),
        "CONFIG SET hash-max-listpack-entries 512" => ok(),
    }
}

#[test]
fn resetstat_counts_from_zero() {
    script! {
        "GET no-such" => nil(),
        "no-such" => error_starting("ERR unknown command"),
        "CONFIG RESETSTAT" => ok(),
        "INFO stats" => satisfies("no misses", |reply| reply.text().is_some_and(|text| text.contains("keyspace_misses:0\r\n"))),
        "CONFIG RESETSTAT" => ok(),
        "INFO stats" => satisfies("no rates", |reply| {
            reply.text().is_some_and(|text| text.contains("instantaneous_input_kbps:0.00\r\n"))
        }),
        "INFO errorstats" => satisfies("no errors", |reply| prose(reply) == "# Errorstats\r\n"),
    }
}

#[test]
fn rewrite_keeps_changes_over_a_restart() {
    let file = tempfile::NamedTempFile::with_suffix(".conf").expect("a temporary file");
    std::fs::write(file.path(), "# mine\ntimeout 3\n").expect("it can be written");
    let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
    let mut command = Command::new(binary::rkvs());
    command.arg(file.path()).args(["--port", &address.port().to_string(), "--bind", "127.0.0.1"]);
    if !binary::rkvs_is_the_reference() {
        command.args(["--metrics-listen", ""]);
    }
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut client = loop {
        match Client::connect(address) {
            Ok(client) => break client.recorded(),
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    assert_eq!(client.line("CONFIG SET slowlog-max-len 77"), ok());
    assert_eq!(client.line("CONFIG REWRITE"), ok());
    client.raw(b"SHUTDOWN NOSAVE\r\n");
    assert!(server.wait().expect("it can be waited for").success());
    let text = std::fs::read_to_string(file.path()).expect("it is there");
    assert!(text.contains("# mine") && text.contains("timeout 3") && text.contains("slowlog-max-len 77"), "{text}");
}

#[test]
fn passwords_are_set_and_taken_back() {
    script_of_ours! {
        "CONFIG SET requirepass secret" => ok(),
        "CONFIG GET requirepass" => map([("requirepass", "secret")]),
        "CONFIG SET requirepass ''" => ok(),
    }
}

#[test]
fn the_working_directory_follows_its_setting() {
    let servers = std::iter::once(Server::rkvs_with(&["--enable-protected-configs", "yes"]))
        .chain(Server::redis_with(&["--enable-protected-configs", "yes"]));
    for server in servers {
        let folder = server.dir().join("elsewhere");
        std::fs::create_dir(&folder).expect("made");
        let folder = folder.canonicalize().expect("there");
        assert_eq!(server.client().cmd(&["CONFIG", "SET", "dir", folder.to_str().expect("plain")]), ok());
        let own = std::fs::read_link(format!("/proc/{}/cwd", server.pid())).expect("the process is there");
        assert_eq!(own, folder);
    }
}

#[test]
fn a_rewrite_keeps_the_limits_of_namespaces() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rkvs.toml");
    std::fs::write(&file, "[namespaces.first]\nmax_keys = 5 # a few\n").expect("written");
    let start = || Server::rkvs_with(&[file.to_str().expect("plain")]);
    let first = start();
    let mut client = first.client();
    for request in [
        "NAMESPACE CONFIG SET first max_keys 7",
        "NAMESPACE CREATE second SHARDS 3 MAXMEMORY 10mb",
        "NAMESPACE CONFIG SET 4 max_value_size 1kb",
        "CONFIG REWRITE",
    ] {
        assert_eq!(client.line(request), ok(), "{request}");
    }
    let database = client.line("NAMESPACE CONFIG GET second db");
    let text = std::fs::read_to_string(&file).expect("readable");
    assert!(text.contains("[namespaces.first]\nmax_keys = 7 # a few\n"), "{text}");
    // Beside the first one, whose folder the file now names.
    let second = start();
    let mut client = second.client();
    assert_eq!(client.line("NAMESPACE CONFIG GET first max_keys"), bulks(["max_keys", "7"]));
    assert_eq!(client.line("NAMESPACE CONFIG GET second maxmemory"), bulks(["maxmemory", "10485760"]));
    assert_eq!(client.line("NAMESPACE CONFIG GET second shards"), bulks(["shards", "3"]));
    assert_eq!(client.line("NAMESPACE CONFIG GET second db"), database);
    assert_eq!(client.line("NAMESPACE CONFIG GET 4 max_value_size"), bulks(["max_value_size", "1024"]));
}
