//! Names from outside lead nowhere else.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rkvs_engine::snapshot::file::error::NotRegular;
use rkvs_engine::snapshot::file::{Compression, Directory, FileName, LoadError, NamePattern, SaveError, verify};

use crate::sample::{Content, name};
use crate::skip::skipped;

/// Everything under a folder but its `data`: kind, mode, number of links and content, by path.
fn outside(folder: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap() == "data" {
            continue;
        }
        let metadata = fs::symlink_metadata(&path).unwrap();
        let content = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        found.insert(path.display().to_string(), (metadata.mode(), content));
        if metadata.is_dir() {
            found.extend(outside(&path));
        }
    }
    found
}

/// Names somebody might try, no two the same.
fn hostile() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = Vec::new();
    let targets = ["x", "authorized_keys", "etc/passwd", "x.rkvs", "victim.rkvs", "cron.d/root"];
    let ways = [
        "../",
        "../../",
        "../../../../../../../../",
        "/",
        "//",
        "./",
        "./../",
        ".",
        "..",
        "data/../../",
        "a/../../",
        "..\\",
        "\\",
        "..%2f",
        "%2e%2e/",
        "..%c0%af",
        "%00",
        "~/",
        "~root/",
        "\0",
        "x\0/../",
        "\n",
        "\r\n",
        " ",
        "\t",
        "$HOME/",
        "`id`",
        "$(id)",
        "|",
        ";",
        "&",
        "*",
        "?",
        "[a]",
        "{ns}/",
        "{ts}",
        "{",
        "}",
        "C:",
        "C:\\",
        "\\\\?\\",
        "//server/",
        "file:///",
        "'",
        "\"",
        "．．／",
        "‥/",
        "․․/",
        "∕",
        "⁄",
        "／",
        "＼",
        "\u{202e}",
        "\u{feff}",
        "\u{200b}",
        "ａ",
        "е",
        "ﬀ",
        "á",
        "\u{301}",
        "😀",
        "../\0",
        "-/",
        "--/../",
        "/dev/",
        "/proc/self/cwd/",
        "/proc/self/fd/3/",
        "/dev/fd/3/",
        "..//..//",
        "....//",
        ".../",
        ". ./",
        "..;/",
    ];
    for way in ways {
        for target in targets {
            names.push(format!("{way}{target}").into_bytes());
            names.push(format!("{target}/{way}").into_bytes());
        }
    }
    for byte in 0..=u8::MAX {
        if !byte.is_ascii_alphanumeric() && !b"._-".contains(&byte) {
            names.push(vec![b'a', byte, b'b']);
        }
    }
    for byte in [&b"a"[..], b".", b"/", b"../", b"\0", "é".as_bytes()] {
        names.push(byte.repeat(5_000));
    }
    names.push(Vec::new());
    names.push("n".repeat(129).into_bytes());
    names.sort();
    names.dedup();
    names
}

#[test]
fn hostile_names_are_refused_and_nothing_outside_changes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    for victim in ["x", "x.rkvs", "victim.rkvs", "authorized_keys", "authorized_keys.rkvs"] {
        fs::write(folder.path().join(victim), b"untouched").unwrap();
    }
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/passwd"), b"untouched").unwrap();
    let before = outside(folder.path());

    let directory = Directory::open(&data).unwrap();
    let names = hostile();
    assert!(names.len() >= 500, "{} names", names.len());
    for bytes in &names {
        let shown = bytes.escape_ascii();
        assert!(FileName::from_operator(bytes).is_err(), "{shown}");
        assert!(FileName::from_client(bytes).is_err(), "{shown}");
        // As the name of a namespace, it becomes a part of a plain name.
        let namespace = String::from_utf8_lossy(bytes);
        let made = NamePattern::parse("{ns}-{ts}").unwrap().name(&namespace, 1);
        Content::random(1, 1, 1, 10).save(&directory, &made, Compression::None).unwrap();
        assert!(data.join(made.as_str()).is_file(), "{shown}");
        // As a pattern, it makes plain names or is refused.
        if let Ok(pattern) = NamePattern::parse(&namespace) {
            let made = pattern.name("../../x", 1);
            Content::random(1, 1, 1, 10).save(&directory, &made, Compression::None).unwrap();
            assert!(data.join(made.as_str()).is_file(), "{shown}");
        }
    }
    assert_eq!(outside(folder.path()), before);
    for file in directory.files().unwrap() {
        let metadata = fs::metadata(data.join(file.as_str())).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o600, "{file}");
    }
}

#[test]
fn what_is_no_regular_file_is_neither_read_nor_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let victim = folder.path().join("victim");
    Content::random(2, 1, 1, 10)
        .save(&Directory::open(folder.path()).unwrap(), &name("victim"), Compression::None)
        .unwrap();
    let before = outside(folder.path());

    symlink(&victim, data.join("out.rkvs")).unwrap();
    symlink("../victim", data.join("relative.rkvs")).unwrap();
    symlink("missing", data.join("dangling.rkvs")).unwrap();
    symlink("loop.rkvs", data.join("loop.rkvs")).unwrap();
    symlink("/proc/self/exe", data.join("magic.rkvs")).unwrap();
    fs::create_dir(data.join("folder.rkvs")).unwrap();
    let _socket = UnixListener::bind(data.join("socket.rkvs")).unwrap();
    let here = rustix::fs::CWD;
    let node = |name: &str, kind, device| {
        rustix::fs::mknodat(here, data.join(name), kind, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR, device)
    };
    node("pipe.rkvs", rustix::fs::FileType::Fifo, 0).unwrap();
    let mut names = vec!["out", "relative", "dangling", "loop", "magic", "folder", "socket", "pipe"];
    match node("null.rkvs", rustix::fs::FileType::CharacterDevice, rustix::fs::makedev(1, 3)) {
        Ok(()) => names.push("null"),
        Err(error) => skipped("a device in the data directory", &error.to_string()),
    }

    let directory = Directory::open(&data).unwrap();
    for plain in names {
        let name = FileName::from_client(plain.as_bytes()).unwrap();
        let kind = fs::symlink_metadata(data.join(name.as_str())).unwrap().file_type();
        let is_refused = |error: &std::io::Error| error.get_ref().is_some_and(|cause| cause.is::<NotRegular>());
        match Content::random(3, 1, 1, 10).save(&directory, &name, Compression::None) {
            Err(SaveError::File(error)) => assert!(is_refused(&error.source), "{error}"),
            other => panic!("{name}: {other:?}"),
        }
        match verify(&directory, &name, 1) {
            Err(LoadError::File(error)) => assert!(is_refused(&error.source), "{error}"),
            other => panic!("{name}: {other:?}"),
        }
        assert!(is_refused(&directory.remove(&name).unwrap_err().source), "{name}");
        let still = fs::symlink_metadata(data.join(name.as_str())).unwrap().file_type();
        assert_eq!((still, still.is_fifo()), (kind, kind.is_fifo()), "{name}");
    }
    assert!(directory.files().unwrap().is_empty(), "only regular files are listed");
    assert_eq!(outside(folder.path()), before);

    // A file with a second name outside is replaced here and left alone there.
    fs::hard_link(&victim, data.join("hard.rkvs")).unwrap();
    Content::random(3, 1, 1, 10).save(&directory, &name("hard.rkvs"), Compression::None).unwrap();
    assert_eq!(outside(folder.path()), before);
}

#[test]
fn the_directory_stays_the_one_that_was_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (data, moved, other) = (folder.path().join("data"), folder.path().join("moved"), folder.path().join("other"));
    fs::create_dir(&data).unwrap();
    fs::create_dir(&other).unwrap();
    let directory = Directory::open(&data).unwrap();
    fs::rename(&data, &moved).unwrap();
    symlink(&other, &data).unwrap();
    Content::random(1, 1, 1, 10).save(&directory, &name("dump.rkvs"), Compression::None).unwrap();
    assert!(moved.join("dump.rkvs").is_file());
    assert_eq!(fs::read_dir(&other).unwrap().count(), 0);
}

/// What was done to Redis servers open to the world: lines of a file of keys, or of a table of jobs, in a value, and the
/// snapshot saved where a program would read them.
#[test]
fn a_snapshot_is_no_file_of_keys() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::open(folder.path()).unwrap();
    let mut content = Content::random(1, 1, 1, 10);
    content.blocks.push((0, 1, b"\n\nssh-ed25519 AAAA attacker\n\n* * * * * root id\n\n".to_vec()));
    for wanted in ["authorized_keys", "root", "crontab"] {
        let name = FileName::from_client(wanted.as_bytes()).unwrap();
        content.save(&directory, &name, Compression::None).unwrap();
        assert!(!folder.path().join(wanted).exists());
        let bytes = fs::read(folder.path().join(format!("{wanted}.rkvs"))).unwrap();
        assert!(bytes.starts_with(b"\x89RKVSNAP") && bytes[..16].contains(&0) && str::from_utf8(&bytes).is_err());
    }
}
