//! Starting from files: while they load, when they are damaged, when they hold what is not known.

use std::fs;
use std::path::Path;

use rkvs_tests::{Client, Server, expect, skip};

use crate::tracer::Tracer;
use crate::{Random, assert_ok, content, folder, info, names, text, times};

/// Bit flips that are tried on a running server, and by starting one.
const FLIPS: usize = 1_000;
const STARTS: usize = 60;

/// Starts a server that reads its file slowly. `None` where that cannot be had.
fn start_slowly(dir: &Path) -> Option<Server> {
    // Detached, so that the process this test has started is the server.
    let through = ["strace", "-D", "-f", "-o", "/dev/null", "-e", "inject=pread64:delay_enter=200000"];
    let flags = ["--metrics-listen", "127.0.0.1:0", "--snapshot-threads", "1", "--save", "3600 1"];
    Tracer::is_possible().then(|| Server::rkvs_loading(&through, dir, &flags))
}

#[test]
fn what_needs_the_data_is_refused_until_it_is_there() {
    let dir = folder();
    let first = Server::rkvs_in(dir.path(), &[]);
    content::write(&mut first.client(), 1);
    assert_ok(&first.client().line("SAVE"));
    first.kill();
    let file = fs::read(dir.path().join("dump.rkvs")).unwrap();
    let Some(server) = start_slowly(dir.path()) else {
        return skip::skipped("requests and stops during loading", "no strace that may attach to a process");
    };
    let mut client = server.client();
    let requests = [
        "INFO persistence",
        "PING",
        "SET key value",
        "GET key",
        "SAVE",
        "BGSAVE",
        "NAMESPACE SAVE 0",
        "NAMESPACE LOAD x",
        "FLUSHALL",
        "DBSIZE",
        "MULTI",
        "GET key",
        "EXEC",
        "SELECT 1",
        "CLIENT ID",
        "CONFIG GET dir",
        "LASTSAVE",
        "SHUTDOWN ABORT",
        "INFO persistence",
    ];
    let begun = format!("\r\nloading_total_bytes:{}\r\n", file.len());
    client.until("it has opened the file", |client| text(&client.line("INFO persistence")).contains(&begun));
    let replies = client.pipeline(&requests.map(rkvs_tests::line::split));
    let ready = crate::http(&server, "/readyz").0;
    let (first, last) = (text(&replies[0]), text(&replies[requests.len() - 1]));
    assert!(first.contains("\r\nloading:1\r\n") && last.contains("\r\nloading:1\r\n"), "it loads too fast: {last}");
    for field in [
        "loading_start_time",
        "loading_total_bytes",
        "loading_loaded_bytes",
        "loading_loaded_perc",
        "loading_eta_seconds",
    ] {
        assert!(first.contains(&format!("\r\n{field}:")), "{field} is not in {first}");
    }
    assert!(first.contains(&begun), "{first}");
    assert!(last.contains("\r\nrdb_changes_since_last_save:0\r\n"), "{last}");
    let refused = ["SET", "GET", "SAVE", "BGSAVE", "FLUSHALL", "DBSIZE", "NAMESPACE SAVE", "NAMESPACE LOAD", "PING"];
    for (request, reply) in requests.iter().zip(&replies) {
        let reply = format!("{reply:?}");
        let is_refused = refused.iter().any(|name| request.starts_with(name));
        let text = "LOADING Redis is loading the dataset in memory";
        assert_eq!(reply.contains(text) && !reply.contains("EXECABORT"), is_refused, "{request}: {reply}");
    }
    assert!(format!("{:?}", replies[12]).contains("EXECABORT"), "{:?}", replies[12]);
    assert!(ready.contains(" 503 "), "{ready}");
    assert!(server.wait_for_log("Ready to accept connections"));
    assert!(crate::http(&server, "/readyz").0.contains(" 200 "));
    assert_eq!(info(&mut client, "loading"), "0");
    assert_eq!(info(&mut client, "rdb_last_load_keys_loaded"), "65");
    assert_eq!(info(&mut client, "rdb_changes_since_last_save"), "0");
    assert_ok(&client.line("SELECT 0"));
    assert_eq!(client.line("HLEN hash"), expect::int(300));
    server.kill();
    stops_while_loading(dir.path(), &file);
}

fn stops_while_loading(dir: &Path, file: &[u8]) {
    for how in ["SHUTDOWN", "SHUTDOWN SAVE", "SHUTDOWN NOSAVE", "TERM", "INT"] {
        let mut server = start_slowly(dir).unwrap();
        let mut client = server.client();
        assert_eq!(info(&mut client, "loading"), "1");
        match how.starts_with("SHUTDOWN") {
            true => client.raw(format!("{how}\r\n").as_bytes()),
            false => server.signal(how),
        }
        assert_eq!(server.wait().code(), Some(0), "{how}:\n{}", server.log_tail());
        assert!(!server.log().iter().any(|line| line.contains("Ready to accept")), "{how} came too late");
        assert!(fs::read(dir.join("dump.rkvs")).unwrap() == file, "{how} has changed the file");
        assert_eq!(names(dir), ["dump.rkvs".to_owned()].into(), "{how}");
    }
}

#[test]
fn a_missing_file_is_an_empty_start() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &[]);
    assert!(server.log().iter().any(|line| line.contains("There is no dump.rkvs in")), "{}", server.log_tail());
    assert_eq!(server.client().line("DBSIZE"), expect::int(0));
}

/// A small file with all there is in it, in either form.
fn sound(dir: &Path, file: &str) -> Vec<u8> {
    let server = Server::rkvs_in(dir, &["--dbfilename", file]);
    let mut client = server.client();
    for request in [
        "NAMESPACE CREATE part DB 20 SHARDS 4 MAXKEYS 1000",
        "SET string text",
        "SET number 12345",
        "SET soon gone PXAT 33177117420000",
        "HSET hash field value other 1",
        "SELECT 3",
        "DEBUG POPULATE 200 key 30",
        "NAMESPACE USE part",
        "SET a b",
        "SAVE",
    ] {
        assert!(!client.line(request).is_error(), "{request}");
    }
    fs::read(dir.join(file)).unwrap()
}

/// Starts from a damaged file: it must be refused with what is wrong, and left alone.
fn refused(dir: &Path, file: &str, bytes: &[u8], what: &str) -> String {
    fs::write(dir.join(file), bytes).unwrap();
    let log = match Server::try_rkvs_in(dir, &["--dbfilename", file, "--save", "1 1"]) {
        Ok(_) => panic!("{file} is taken, with {what}"),
        Err(log) => log.join("\n"),
    };
    assert!(log.contains(&format!("Can't load {file} in {}", dir.display())), "{what}: {log}");
    assert!(log.contains("The file was left as it is."), "{what}: {log}");
    assert!(!log.to_lowercase().contains("panic"), "{what}: {log}");
    assert!(fs::read(dir.join(file)).unwrap() == bytes, "{what}: the file has changed");
    assert_eq!(names(dir), [file.to_owned()].into(), "{what}");
    log
}

/// A file and what is wrong with it.
type Damaged = (String, Vec<u8>);

fn damages(sound: &[u8], count: usize, random: &mut Random) -> Vec<Damaged> {
    let mut damaged = vec![
        ("no bytes".to_owned(), Vec::new()),
        ("zeros".to_owned(), vec![0; sound.len()]),
        ("a line of text".to_owned(), b"hello\n".to_vec()),
        ("a byte more".to_owned(), [sound, b"\0"].concat()),
        ("itself behind it".to_owned(), [sound, sound].concat()),
        ("its first byte only".to_owned(), sound[..1].to_vec()),
        ("its last byte missing".to_owned(), sound[..sound.len() - 1].to_vec()),
    ];
    for _ in 0..count {
        let (at, bit) = (random.below(sound.len()), random.below(8));
        let mut bytes = sound.to_vec();
        bytes[at] ^= 1 << bit;
        damaged.push((format!("bit {bit} of byte {at} flipped"), bytes));
    }
    for _ in 0..count / 5 {
        let len = random.below(sound.len());
        damaged.push((format!("{len} of its bytes"), sound[..len].to_vec()));
        let (from, to) = (random.below(sound.len()), random.below(sound.len()));
        let spliced = [&sound[..from], &sound[to..]].concat();
        if from != to {
            damaged.push((format!("its bytes to {from} and from {to}"), spliced));
        }
    }
    damaged
}

#[test]
fn damaged_files_are_refused_at_start_and_left_alone() {
    for file in ["dump.rkvs", "dump.rdb"] {
        let dir = folder();
        let sound = sound(dir.path(), file);
        let damaged = damages(&sound, times(STARTS) / 2, &mut Random(7));
        for (what, bytes) in &damaged {
            // The RDB format does not tell whether anything stands behind its end: the reference does not look either.
            if file == "dump.rdb" && (what == "a byte more" || what == "itself behind it") {
                continue;
            }
            refused(dir.path(), file, bytes, what);
        }
        let log = refused(dir.path(), file, &sound[..sound.len() / 2], "half of it");
        assert!(log.contains("byte "), "it does not say where: {log}");
        fs::write(dir.path().join(file), &sound).unwrap();
        let server = Server::rkvs_in(dir.path(), &["--dbfilename", file]);
        assert_eq!(server.client().line("GET string"), expect::bulk("text"));
    }
}

#[test]
fn damaged_files_are_refused_by_namespace_load_and_change_nothing() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &[]);
    let mut client = server.client();
    assert_ok(&client.line("NAMESPACE CREATE part SHARDS 4"));
    assert_ok(&client.line("NAMESPACE USE part"));
    assert_ok(&client.line("DEBUG POPULATE 300 key 40"));
    client.line("HSET hash field value");
    assert_ok(&client.line("NAMESPACE SAVE part"));
    assert_ok(&client.line("SELECT 0"));
    let path = dir.path().join("part.rkvs");
    let sound = fs::read(&path).unwrap();
    let namespaces = client.line("NAMESPACE LIST");
    let digest = client.line("DEBUG DIGEST");
    for (what, bytes) in damages(&sound, times(FLIPS), &mut Random(11)) {
        fs::write(&path, &bytes).unwrap();
        let reply = client.line("NAMESPACE LOAD part AS other");
        assert!(text(&reply).starts_with("BADFILE "), "{what}: {reply:?}");
    }
    assert_eq!(client.line("NAMESPACE LIST"), namespaces);
    assert_eq!(client.line("DEBUG DIGEST"), digest);
    fs::write(&path, &sound).unwrap();
    assert_ok(&client.line("NAMESPACE LOAD part AS other"));
    assert_ok(&client.line("NAMESPACE USE other"));
    assert_eq!(client.line("DBSIZE"), expect::int(301));
}

#[test]
fn namespaces_come_back_under_their_own_name_or_others() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &[]);
    let mut client = server.client();
    assert_ok(&client.line("NAMESPACE CREATE a SHARDS 4 MAXKEYS 500 MAXVALUESIZE 100"));
    assert_ok(&client.line("NAMESPACE USE a"));
    content_of(&mut client);
    assert_ok(&client.line("SELECT 0"));
    assert_ok(&client.line("SET elsewhere 1"));
    assert_ok(&client.line("NAMESPACE SAVE a"));
    assert_eq!(client.line("NAMESPACE LOAD a"), expect::error("NAMESPACEEXISTS a namespace of that name exists"));
    assert_ok(&client.line("NAMESPACE LOAD a AS b"));
    assert_ok(&client.line("NAMESPACE LOAD a AS c"));
    assert_ok(&client.line("NAMESPACE DELETE a"));
    assert_ok(&client.line("NAMESPACE LOAD a"));
    for name in ["a", "b", "c"] {
        assert_ok(&client.line(&format!("NAMESPACE USE {name}")));
        assert_eq!(client.line("DBSIZE"), expect::int(100), "{name}");
        assert_eq!(client.line("GET key:7"), expect::bulk("7"), "{name}");
        let told = format!("{:?}", client.line(&format!("NAMESPACE INFO {name}")));
        assert!(told.contains("500"), "{told}");
        assert_ok(&client.line(&format!("SET own {name}")));
    }
    for name in ["a", "b", "c"] {
        assert_ok(&client.line(&format!("NAMESPACE USE {name}")));
        assert_eq!(client.line("GET own"), expect::bulk(name));
    }
    assert_ok(&client.line("SELECT 0"));
    assert_eq!(client.line("GET elsewhere"), expect::bulk("1"));
    let missing = text(&client.line("NAMESPACE LOAD no-such"));
    assert!(missing.starts_with("ERR ") && missing.contains("no-such.rkvs"), "{missing}");
    assert_ok(&client.line("SAVE"));
    fs::copy(dir.path().join("dump.rkvs"), dir.path().join("all.rkvs")).unwrap();
    assert!(text(&client.line("NAMESPACE LOAD all AS d")).starts_with("BADFILE "));
    assert!(client.line("NAMESPACE USE d").is_error());
}

fn content_of(client: &mut Client) {
    for index in 0..100 {
        assert_ok(&client.line(&format!("SET key:{index} {index}")));
    }
}

#[test]
fn an_imported_file_is_taken_once_and_never_overwritten() {
    let (dir, elsewhere) = (folder(), folder());
    sound(elsewhere.path(), "old.rdb");
    let path = elsewhere.path().join("old.rdb");
    let before = fs::read(&path).unwrap();
    let flags = ["--import", path.to_str().unwrap(), "--save", "3600 1"];
    let mut server = Server::rkvs_in(dir.path(), &flags);
    let mut client = server.client();
    assert_eq!(client.line("GET string"), expect::bulk("text"));
    assert_ne!(info(&mut client, "rdb_changes_since_last_save"), "0");
    client.raw(b"SHUTDOWN\r\n");
    assert_eq!(server.wait().code(), Some(0), "{}", server.log_tail());
    assert_eq!(names(dir.path()), ["dump.rkvs".to_owned()].into());
    assert!(fs::read(&path).unwrap() == before);
    // What is there now would be lost.
    let log = Server::try_rkvs_in(dir.path(), &flags).expect_err("it imports over a snapshot").join("\n");
    assert!(log.contains("Can't import") && log.contains("dump.rkvs"), "{log}");
    let server = Server::rkvs_in(dir.path(), &[]);
    assert_eq!(server.client().line("HGET hash field"), expect::bulk("value"));
    for wrong in ["/no/such/file.rdb", "/", elsewhere.path().to_str().unwrap()] {
        let dir = folder();
        let log = Server::try_rkvs_in(dir.path(), &["--import", wrong]).expect_err("it starts without its file");
        assert!(log.join("\n").contains("Can't "), "{wrong}: {log:?}");
        assert!(names(dir.path()).is_empty());
    }
}

/// One whose process may not read it is no missing file.
#[test]
fn a_file_that_cannot_be_read_is_no_empty_start() {
    let dir = folder();
    fs::create_dir(dir.path().join("dump.rkvs")).unwrap();
    let log = Server::try_rkvs_in(dir.path(), &[]).expect_err("it starts from a folder").join("\n");
    assert!(log.contains("dump.rkvs") && log.contains("it is not a regular file"), "{log}");
}

/// Temporaries of a process that is gone are removed, those of one that lives are not.
#[test]
fn only_abandoned_temporaries_are_removed() {
    let dir = folder();
    let first = Server::rkvs_in(dir.path(), &[]);
    let mut client = first.client();
    assert_ok(&client.line("SET key value"));
    fs::write(dir.path().join(".rkvs-tmp-0000000100000001"), b"half a file").unwrap();
    let Some(tracer) = Tracer::slow_disk_or_skip(&first, 1_500, "temporaries in use") else { return };
    client.send(&["SAVE"]);
    while names(dir.path()).len() < 2 {}
    let in_use = names(dir.path());
    let second = Server::rkvs_in(dir.path(), &[]);
    let left: Vec<_> = names(dir.path()).into_iter().collect();
    assert_eq!(left.len(), 1, "{left:?} of {in_use:?}");
    assert_ne!(left[0], ".rkvs-tmp-0000000100000001");
    assert_ok(&client.reply());
    drop(tracer);
    drop((first, second));
    assert_eq!(Server::rkvs_in(dir.path(), &[]).client().line("GET key"), expect::bulk("value"));
}

#[test]
fn namespaces_come_back_with_their_limits_and_numbers_of_shards() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &[]);
    let mut client = server.client();
    assert_ok(&client.line("SET key value"));
    for request in [
        "NAMESPACE CONFIG SET 0 maxkeys 77",
        "NAMESPACE RESIZE 3 2",
        "NAMESPACE CREATE users SHARDS 5 MAXVALUESIZE 1000",
        "NAMESPACE RESIZE 0 4",
    ] {
        assert_ok(&client.line(request));
    }
    client.until("it is resized", |client| format!("{:?}", client.line("NAMESPACE RESIZE 0 STATUS")).contains("done"));
    let described =
        |client: &mut Client| ["0", "3", "users"].map(|name| client.line(&format!("NAMESPACE CONFIG GET {name} *")));
    let before = described(&mut client);
    assert_ok(&client.line("SAVE"));
    server.kill();
    let server = Server::rkvs_in(dir.path(), &[]);
    let mut client = server.client();
    assert_eq!(described(&mut client), before);
    // What the configuration says of a namespace outranks the file.
    drop(server);
    let file = dir.path().join("own.toml");
    fs::write(&file, "[namespaces.0]\nmax_keys = 5\n").unwrap();
    let server = Server::rkvs_in(dir.path(), &[file.to_str().unwrap()]);
    let configured = described(&mut server.client());
    assert_ne!(configured[0], before[0]);
    assert_eq!(configured[1..], before[1..]);
}

#[test]
fn restarts_in_a_row_lose_nothing() {
    let dir = folder();
    let mut server = Server::rkvs_in(dir.path(), &["--save", "1 1"]);
    assert_ok(&server.client().line("SET key 0"));
    for round in 1..=times(15) {
        assert!(!server.client().line("INCR key").is_error());
        server.signal("TERM");
        assert_eq!(server.wait().code(), Some(0));
        server = Server::rkvs_in(dir.path(), &["--save", "1 1"]);
        assert_eq!(server.client().line("GET key"), expect::bulk(round.to_string()));
    }
}
