//! What a client may not reach through the server's files: anything outside, anything that is no snapshot.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use rkvs_tests::{Client, Server, Value, expect};

use crate::{Random, assert_ok, folder, names, text, times};

/// Hostile names that are tried.
const NAMES: usize = 500;

/// What lies under a path: its kind, where a link leads, the bytes of a file, when it changed.
type Look = (String, Vec<u8>, i64, i64);

/// Everything beneath a folder.
fn look(dir: &Path) -> BTreeMap<PathBuf, Look> {
    let mut seen = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let kind = metadata.file_type();
        let bytes = if kind.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        let target = fs::read_link(&path).map(|target| target.display().to_string()).unwrap_or_default();
        if kind.is_dir() {
            seen.extend(look(&path));
        }
        let shown = format!("{:o} {target}", metadata.mode());
        seen.insert(path, (shown, bytes, metadata.mtime(), metadata.mtime_nsec()));
    }
    seen
}

/// A home with the files attackers are after, and the data directory inside.
fn home() -> (tempfile::TempDir, PathBuf) {
    let home = folder();
    for (name, content) in [
        (".ssh/authorized_keys", "ssh-ed25519 AAAA owner"),
        ("cron/root", "# m h dom mon dow command"),
        ("cron.d/jobs", ""),
        ("profile", "export A=b"),
        ("outside.rkvs", "no snapshot"),
    ] {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let data = home.path().join("data");
    fs::create_dir(&data).unwrap();
    (home, data)
}

/// Names that lead elsewhere, or look as if they were others, with all characters that mean something somewhere.
fn hostile(home: &Path, random: &mut Random, count: usize) -> Vec<Vec<u8>> {
    let home = home.to_str().unwrap();
    let mut names: Vec<Vec<u8>> = [
        "",
        ".",
        "..",
        "../outside",
        "../outside.rkvs",
        "a/../../outside",
        "./outside",
        "sub/file",
        "/etc/passwd",
        "//x",
        "~/.ssh/authorized_keys",
        "~root",
        "$HOME/x",
        "`id`",
        "$(id)",
        "|id",
        "; id",
        "a;b",
        "a b",
        " a",
        "a ",
        "a\t",
        "a\nb",
        "a\r\nb",
        "a\\..\\b",
        "..\\outside",
        "C:\\x",
        "c:x",
        "a:stream",
        "%2e%2e%2foutside",
        "..%c0%af",
        "..;/x",
        "\u{ff0e}\u{ff0e}\u{ff0f}x",
        "\u{2024}\u{2024}/x",
        "\u{202e}svkr",
        "dump\u{2215}x",
        "d\u{fc}mp",
        "\u{e4}",
        "*",
        "?",
        "[a]",
        "{ns}",
        "{ts}",
        "#x#",
        ".hidden",
        ".rkvs-tmp-0000000000000000",
        "..rkvs",
        "...",
        ".rkvs",
        "\"q\"",
        "'q'",
        "<x>",
        "a,b",
        "a=b",
        "a@b",
        "a+b",
        "!",
    ]
    .iter()
    .map(|name| name.as_bytes().to_vec())
    .collect();
    names.extend([b"a\0".to_vec(), b"a\0.rkvs".to_vec(), b"\0".to_vec(), b"\xff\xfe".to_vec(), b"a\xc0\xae".to_vec()]);
    names.extend([128, 129, 255, 256, 4096, 5_000, 70_000].map(|len| vec![b'n'; len]));
    names.push("../".repeat(2_000).into_bytes());
    names.extend(
        ["outside.rkvs", ".ssh/authorized_keys", "cron/root", "data/../outside"]
            .map(|path| format!("{home}/{path}").into()),
    );
    let parts: [&[u8]; 16] = [
        b"..",
        b"/",
        b"../",
        b"\\",
        b".",
        b"\0",
        b"outside",
        b".rkvs",
        home.as_bytes(),
        b"~",
        b"%2f",
        b"%00",
        b" ",
        b"\n",
        b"\xe2\x88\x95",
        b"data",
    ];
    while names.len() < count {
        let mut name: Vec<u8> =
            (0..1 + random.below(6)).flat_map(|_| parts[random.below(parts.len())].to_vec()).collect();
        // Made of such parts alone it could be a good name.
        if name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte)) {
            name.insert(0, b'/');
        }
        names.push(name);
    }
    names
}

#[test]
fn hostile_names_reach_nothing() {
    let (home, data) = home();
    let server = Server::rkvs_in(&data, &[]);
    let mut client = server.client();
    assert_ok(&client.line("SET key value"));
    assert_ok(&client.line("SAVE"));
    let before = look(home.path());
    let names = hostile(home.path(), &mut Random(1), times(NAMES));
    for name in &names {
        let save = client.cmd(&[b"NAMESPACE", &b"SAVE"[..], b"0", name]);
        assert!(text(&save).starts_with("ERR a file "), "{}: {save:?}", name.escape_ascii());
        let load = client.cmd(&[b"NAMESPACE", &b"LOAD"[..], name, b"AS", b"other"]);
        assert!(text(&load).starts_with("ERR a file "), "{}: {load:?}", name.escape_ascii());
    }
    assert!(look(home.path()) == before, "something has changed");
    assert!(client.line("NAMESPACE USE other").is_error());
}

/// Good names under which something else than a file lies.
#[test]
fn only_regular_files_are_read_and_replaced() {
    let (home, data) = home();
    let server = Server::rkvs_in(&data, &["--save", "3600 1"]);
    let mut client = server.client();
    assert_ok(&client.line("SET key value"));
    assert_ok(&client.line("NAMESPACE SAVE 0 good"));
    let outside = home.path().join("outside.rkvs");
    fs::copy(data.join("good.rkvs"), &outside).unwrap();
    symlink("../outside.rkvs", data.join("link.rkvs")).unwrap();
    symlink(&outside, data.join("absolute.rkvs")).unwrap();
    symlink("good.rkvs", data.join("inside.rkvs")).unwrap();
    symlink("no-such-file", data.join("dangling.rkvs")).unwrap();
    symlink(home.path().join(".ssh/authorized_keys"), data.join("keys.rkvs")).unwrap();
    fs::create_dir(data.join("folder.rkvs")).unwrap();
    symlink(home.path(), data.join("home")).unwrap();
    assert!(Command::new("mkfifo").arg(data.join("pipe.rkvs")).status().unwrap().success());
    let mut planted = vec!["link", "absolute", "inside", "dangling", "keys", "folder", "pipe"];
    let node = Command::new("mknod").arg(data.join("device.rkvs")).args(["c", "1", "5"]).output();
    if node.is_ok_and(|output| output.status.success()) {
        assert!(fs::metadata(data.join("device.rkvs")).unwrap().file_type().is_char_device());
        planted.push("device");
    }
    let before = look(home.path());
    for name in planted {
        for request in [format!("NAMESPACE SAVE 0 {name}"), format!("NAMESPACE LOAD {name} AS other")] {
            let reply = text(&client.line(&request));
            assert!(reply.contains("it is not a regular file"), "{request}: {reply}");
            assert!(!reply.contains(home.path().to_str().unwrap()), "{reply}");
        }
    }
    assert!(look(home.path()) == before, "something has changed");
    // The same under the name of the snapshot itself.
    symlink(&outside, data.join("dump.rkvs")).unwrap();
    let before = look(home.path());
    assert!(text(&client.line("SAVE")).contains("it is not a regular file"));
    assert!(look(home.path()) == before, "something has changed");
    server.kill();
    let log = Server::try_rkvs_in(&data, &[]).expect_err("it starts from a link").join("\n");
    assert!(log.contains("dump.rkvs") && log.contains("it is not a regular file"), "{log}");
}

/// The attack on servers that anybody may reach: make the snapshot a file that others obey.
fn attack(client: &mut Client, home: &Path) -> Vec<Value> {
    let mut replies = Vec::new();
    let home = home.to_str().unwrap();
    for (dir, file, payload) in [
        (".ssh", "authorized_keys", "\n\nssh-ed25519 AAAA attacker\n\n"),
        ("cron", "root", "\n\n* * * * * /bin/sh -c 'id > /tmp/owned'\n\n"),
        ("cron.d", "jobs", "\n\n* * * * * root id\n\n"),
    ] {
        assert_ok(&client.cmd(&["SET", "payload", payload]));
        for request in [
            vec!["CONFIG".to_owned(), "SET".into(), "dir".into(), format!("{home}/{dir}")],
            vec!["CONFIG".into(), "SET".into(), "dbfilename".into(), file.into()],
            vec!["CONFIG".into(), "SET".into(), "dbfilename".into(), format!("../{dir}/{file}")],
            vec!["CONFIG".into(), "SET".into(), "dbfilename".into(), format!("{home}/{dir}/{file}")],
            vec!["CONFIG".into(), "SET".into(), "save".into(), "".into(), "dir".into(), format!("{home}/{dir}")],
            vec!["CONFIG".into(), "SET".into(), "rdbcompression".into(), "no".into()],
            vec!["CONFIG".into(), "SET".into(), "enable-protected-configs".into(), "yes".into()],
            vec!["CONFIG".into(), "SET".into(), "dir".into(), "..".into()],
        ] {
            replies.push(client.cmd(&request));
        }
        assert_ok(&client.line("SAVE"));
    }
    replies
}

/// Whoever may change protected settings can choose a folder, but not the name of a file that others obey.
#[test]
fn protected_or_not_the_snapshot_has_a_name_of_its_own() {
    let (home, data) = home();
    let server = Server::rkvs_in(&data, &["--enable-protected-configs", "yes"]);
    let mut client = server.client();
    let before = look(&home.path().join(".ssh"));
    assert_ok(&client.cmd(&["CONFIG", "SET", "dir", home.path().join(".ssh").to_str().unwrap()]));
    for name in ["authorized_keys", "crontab", "x.txt"] {
        let refused = text(&client.cmd(&["CONFIG", "SET", "dbfilename", name]));
        assert!(refused.contains("must end in .rkvs or .rdb"), "{refused}");
    }
    assert_ok(&client.cmd(&["SET", "payload", "\n\nssh-ed25519 AAAA attacker\n\n"]));
    assert_ok(&client.line("SAVE"));
    let mut after = look(&home.path().join(".ssh"));
    after.retain(|path, _| !path.ends_with("dump.rkvs"));
    assert!(before == after, "something has changed");
    assert_ok(&client.line("CONFIG SET dbfilename own.rdb"));
}

#[test]
fn the_attacks_on_authorized_keys_and_crontab_change_nothing() {
    let mut all = Vec::new();
    let (our_home, our_data) = home();
    let (their_home, their_data) = home();
    let ours = Server::rkvs_in(&our_data, &[]);
    let what = "refusals of protected settings as the reference has them";
    let reference = Server::redis_or_skip(what, &["--dir", their_data.to_str().unwrap()]);
    for (server, home, file) in
        [Some((ours, &our_home, "dump.rkvs")), reference.map(|server| (server, &their_home, "dump.rdb"))]
            .into_iter()
            .flatten()
    {
        let mut client = server.client();
        let mut before = look(home.path());
        all.push(attack(&mut client, home.path()));
        for request in [["NAMESPACE", "SAVE", "0", "authorized_keys"], ["NAMESPACE", "SAVE", "0", "root"]] {
            client.cmd(&request);
        }
        let mut after = look(home.path());
        // Only the data directory has other files than before, and no program takes them for its own.
        before.retain(|path, _| !path.starts_with(home.path().join("data")));
        after.retain(|path, _| !path.starts_with(home.path().join("data")));
        assert!(before == after, "something has changed outside");
        assert!(names(&home.path().join("data")).iter().all(|name| name == file || name.ends_with(".rkvs")));
    }
    assert!(all[0].iter().all(|reply| reply.is_error() || *reply == expect::ok()));
    if let [ours, theirs] = &all[..] {
        assert_eq!(ours, theirs);
    }
}

#[test]
fn saved_files_are_for_their_owner_alone_and_begin_with_our_magic() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &[]);
    let mut client = server.client();
    assert_ok(&client.line("SET key value"));
    fs::write(dir.path().join("dump.rkvs"), b"old, and open to all").unwrap();
    fs::set_permissions(dir.path().join("dump.rkvs"), fs::Permissions::from_mode(0o666)).unwrap();
    assert_ok(&client.line("SAVE"));
    assert_ok(&client.line("NAMESPACE SAVE 0 one"));
    assert_ok(&client.line("CONFIG SET snapshot-format rdb"));
    assert_ok(&client.line("NAMESPACE SAVE 0 two"));
    for (name, magic) in [("dump.rkvs", "RKVS"), ("one.rkvs", "RKVS"), ("two.rdb", "REDIS")] {
        let path = dir.path().join(name);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600, "{name}");
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.to_ascii_uppercase().windows(magic.len()).next().is_some());
        let head = bytes[..16].escape_ascii().to_string();
        assert!(head.to_ascii_uppercase().contains(magic), "{name} begins with {head}");
    }
    assert_eq!(names(dir.path()).len(), 3);
}

#[test]
fn the_file_of_everything_is_nobody_elses() {
    let dir = folder();
    let server = Server::rkvs_in(dir.path(), &[]);
    let mut client = server.client();
    assert_ok(&client.line("SET key value"));
    assert_ok(&client.line("NAMESPACE CREATE dump"));
    for request in ["NAMESPACE SAVE 0 dump", "NAMESPACE SAVE 0 dump.rkvs", "NAMESPACE SAVE dump"] {
        assert!(client.line(request).is_error(), "{request}");
    }
    assert!(names(dir.path()).is_empty());
}
