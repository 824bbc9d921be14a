//! Sources, CONFIG GET/SET/REWRITE, the shipped files, and the reference beside us.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;

use super::*;

type Pair<'a> = (&'a str, &'a str);

fn redis_conf(text: &str) -> FileSource {
    FileSource { name: "test.conf".into(), text: text.into(), is_toml: false }
}

fn toml(text: &str) -> FileSource {
    FileSource { name: "test.toml".into(), text: text.into(), is_toml: true }
}

fn environment(pairs: &[Pair<'_>]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn flags(list: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    list.iter().map(|(name, given)| ((*name).to_owned(), words(given))).collect()
}

fn load_file(file: &FileSource) -> Result<load::Loaded, LoadError> {
    load(Some(file), Vec::new(), Vec::new())
}

fn text(settings: &Settings, name: &str) -> String {
    setting(name).expect("a setting").text(settings)
}

fn config(settings: Settings) -> Config {
    Config::new(settings, Origins::new(), None)
}

fn set(config: &Config, pairs: &[Pair<'_>]) -> Result<(), String> {
    let pairs: Vec<(&[u8], &[u8])> = pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    config.set(&pairs, true).map_err(|error| error.to_string())
}

fn get(config: &Config, patterns: &[&str]) -> Vec<(String, String)> {
    config.get(&patterns.iter().map(|pattern| pattern.as_bytes()).collect::<Vec<_>>())
}

/// The folder of shipped configurations.
fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs")
}

#[test]
fn the_shipped_default_file_is_true() {
    let path = shipped().join("default.toml");
    if std::env::var_os("UPDATE_CONFIGS").is_some() {
        fs::write(&path, default_document()).expect("configs/ is writable");
    }
    let source = FileSource::open(&path).expect("default.toml is there");
    assert_eq!(source.text, default_document(), "run this test with UPDATE_CONFIGS=1 and commit the file");

    let loaded = load_file(&source).expect("it is valid");
    assert_eq!(loaded.settings, Settings::default());
    assert_eq!(loaded.warnings, Vec::<String>::new());
    for setting in SETTINGS {
        let origin = &loaded.origins[setting.name];
        assert!(origin.contains("default.toml:"), "{} is missing from the file", setting.name);
    }
}

#[test]
fn the_namespace_example_of_the_default_file_works_when_uncommented() {
    let text = default_document();
    let at = text.find("# [namespaces").expect("there is an example");
    let example: String = text[at..].lines().map(|line| format!("{}\n", &line[2..])).collect();
    let loaded = load_file(&toml(&example)).expect("it is valid");
    assert_eq!(loaded.settings.namespaces["NAME"], NamespaceSettings::default());
}

#[test]
fn shipped_examples_load_without_warnings() {
    let mut count = 0;
    for entry in fs::read_dir(shipped()).expect("configs/ is there") {
        let path = entry.expect("readable").path();
        let loaded = load_file(&FileSource::open(&path).expect("readable")).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(loaded.warnings, Vec::<String>::new(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 4, "default.toml and the worked examples");
}

#[test]
fn later_sources_win_and_the_origin_is_known() {
    let file = redis_conf("timeout 1\nhz 20\nmaxclients 30\n");
    let variables = environment(&[("RKVS_HZ", "40"), ("RKVS_MAXCLIENTS", "50"), ("HOME", "/")]);
    let loaded = load(Some(&file), variables, flags(&[("maxclients", &["60"])])).expect("valid");
    let cases = [
        ("port", "6379", "default"),
        ("timeout", "1", "test.conf:1"),
        ("hz", "40", "environment variable RKVS_HZ"),
        ("maxclients", "60", "flag --maxclients"),
    ];
    for (name, value, origin) in cases {
        assert_eq!(text(&loaded.settings, name), value);
        assert_eq!(loaded.origins[name], origin);
    }
}

#[test]
fn redis_conf_values_reach_their_settings() {
    let file = redis_conf(
        "# comment\n\n  PORT 7000\nbind 127.0.0.1 ::1\nmaxmemory 1gb\nrequirepass \"a b\"\nsave \"\"\n\
         hash-max-ziplist-entries 3\nlatency-tracking-info-percentiles 50 99.9\nunixsocketperm 770\n\
         client-output-buffer-limit normal 1mb 512kb 60\nclient-output-buffer-limit pubsub 32mb 8mb 60\n\
         appendfsync always\nprotected-mode no\ntimeout 3\ntimeout 4\n",
    );
    let loaded = load_file(&file).expect("valid");
    let settings = &loaded.settings;
    assert_eq!(settings.port, 7000);
    assert_eq!(settings.bind, ["127.0.0.1", "::1"]);
    assert_eq!(settings.maxmemory_bytes, 1 << 30);
    assert!(settings.requirepass.matches(b"a b") && !settings.requirepass.matches(b"a"));
    assert_eq!(settings.hash_max_listpack_entries, 3);
    assert_eq!(settings.latency_tracking_info_percentiles, [50.0, 99.9]);
    assert_eq!(settings.unixsocketperm, 0o770);
    let limit = OutputBufferLimit { hard_bytes: 1 << 20, soft_bytes: 1 << 19, soft_s: 60 };
    assert_eq!(settings.client_output_buffer_limit, limit);
    assert!(!settings.protected_mode);
    assert_eq!(settings.timeout_s, 4);
    assert_eq!(
        loaded.warnings,
        [
            "client-output-buffer-limit: no client of the class 'pubsub' exists in this version: its limit has no effect \
             (test.conf:12)",
            "'appendfsync' is a directive of Redis that this server does not have: it has no effect (test.conf:13)",
        ]
    );
}

#[test]
fn the_reference_s_own_file_is_understood() {
    let path = Path::new("/etc/redis/redis.conf");
    let Ok(text) = fs::read_to_string(path) else {
        eprintln!("SKIPPED: {} is not there to read", path.display());
        return;
    };
    // The package's file asks for a background process and folders of its own.
    let text: String = text
        .lines()
        .filter(|line| !["daemonize ", "dir "].iter().any(|start| line.starts_with(start)))
        .map(|line| format!("{line}\n"))
        .collect();
    let loaded = load_file(&redis_conf(&text)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.settings.dbfilename.file_name().as_str(), "dump.rdb");
    assert!(loaded.warnings.iter().any(|warning| warning.contains("'appendfsync'")));
}

#[test]
fn mistakes_in_a_redis_conf_are_fatal_and_named() {
    let cases = [
        ("foo 1\ntimeout x", 2, "timeout x", "argument couldn't be parsed into an integer"),
        ("timeout \"1", 1, "timeout \"1", "Unbalanced quotes in configuration line"),
        ("maxclients", 1, "maxclients", "wrong number of arguments"),
        ("timeout 1 2", 1, "timeout 1 2", "wrong number of arguments"),
        ("maxmemory 1zb", 1, "maxmemory 1zb", "argument must be a memory value"),
        (
            "loglevel foo",
            1,
            "loglevel foo",
            "argument(s) must be one of the following: debug, verbose, notice, warning",
        ),
        ("dir /nonexistent", 1, "dir /nonexistent", "No such file or directory"),
        ("hz -5\nhz 10", 1, "hz -5", "argument must be between 0 and 2147483647 inclusive"),
        ("requirepass a b", 1, "requirepass ***", "wrong number of arguments"),
        ("REQUIREPASS \"a", 1, "requirepass ***", "Unbalanced quotes in configuration line"),
        ("masterauth \"hunter2", 1, "masterauth ***", "Unbalanced quotes in configuration line"),
        ("include", 1, "include", "wrong number of arguments"),
        (
            "daemonize yes",
            1,
            "daemonize yes",
            "the server stays in the foreground: run it under a service manager instead",
        ),
        ("appendonly yes", 1, "appendonly yes", "this version has no append-only file: only 'no' is accepted"),
        ("save 0 1", 1, "save 0 1", "Invalid save parameters"),
        ("dbfilename a/b", 1, "dbfilename a/b", "dbfilename can't be a path, just a filename"),
        ("save 900", 1, "save 900", "Invalid save parameters"),
        ("user a on >pass", 1, "user ***", "users are not supported: without them the data would be open"),
        (
            "replicaof 10.0.0.1 6379",
            1,
            "replicaof 10.0.0.1 6379",
            "replication is not supported: this would be a second primary",
        ),
        (
            "maxmemory-policy allkeys-lru",
            1,
            "maxmemory-policy allkeys-lru",
            "argument(s) must be one of the following: noeviction",
        ),
    ];
    for (file, line, shown, reason) in cases {
        let error = load_file(&redis_conf(file)).expect_err(file);
        let place = Place::File { name: "test.conf".into(), line: Some(line), text: shown.into() };
        assert_eq!(error, LoadError { place, value: None, reason: reason.into() }, "{file}");
    }
    let error = load_file(&redis_conf("timeout x")).expect_err("not a number").to_string();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        error,
        format!(
            "*** FATAL CONFIG FILE ERROR (rkvs {version}) ***\nReading the configuration file test.conf, at line 1\n\
             >>> 'timeout x'\nargument couldn't be parsed into an integer"
        )
    );
}

#[test]
fn directives_that_nobody_knows_only_warn() {
    let loaded =
        load_file(&redis_conf("foo bar\nrequirepas hunter2\n\"a\\nb\" 1\nappendfsync no\ntimeout 3\n")).expect("valid");
    assert_eq!(loaded.settings.timeout_s, 3);
    let unknown = "is a directive that neither this server nor Redis knows: it has no effect";
    assert_eq!(
        loaded.warnings,
        [
            format!("'foo' {unknown} (test.conf:1)"),
            format!("'requirepas' {unknown} (test.conf:2); did you mean 'requirepass'?"),
            format!("'a\\nb' {unknown} (test.conf:3)"),
            "'appendfsync' is a directive of Redis that this server does not have: it has no effect (test.conf:4)"
                .into(),
        ]
    );
}

#[test]
fn what_a_later_source_gives_may_be_wrong_in_an_earlier_one() {
    let conf = redis_conf("daemonize yes\nreplicaof 10.0.0.1 6379\ntimeout x\nhz 20\n");
    let toml = toml("daemonize = true\ntimeout = [1]\nhz = 20\n");
    let overriding = [("daemonize", &["no"][..]), ("replicaof", &[""]), ("timeout", &["5"])];
    for file in [&conf, &toml] {
        let loaded = load(Some(file), environment(&[]), flags(&overriding)).expect("valid together");
        assert_eq!((loaded.settings.timeout_s, loaded.settings.hz), (5, 20));
        assert_eq!(loaded.origins["daemonize"], "flag --daemonize");
    }
    // Whatever is left over is told with the place it was made at, and the earliest first.
    let place = |flags_given: &[(&str, &[&str])], variables: &[Pair<'_>]| {
        load(Some(&conf), environment(variables), flags(flags_given)).expect_err("wrong").place.to_string()
    };
    assert_eq!(place(&[], &[]), "test.conf:1");
    assert_eq!(place(&overriding[..1], &[]), "test.conf:2");
    assert_eq!(place(&overriding[..2], &[]), "test.conf:3");
    assert_eq!(place(&overriding[..2], &[("RKVS_TIMEOUT", "often")]), "environment variable RKVS_TIMEOUT");
    assert_eq!(place(&[("daemonize", &["yes"]), ("replicaof", &[""])], &[("RKVS_TIMEOUT", "5")]), "flag --daemonize");
    let fixed = load(Some(&conf), environment(&[("RKVS_TIMEOUT", "often")]), flags(&overriding));
    assert_eq!(fixed.expect("valid together").settings.timeout_s, 5);
}

#[test]
fn included_files_are_read_in_place_and_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("b.conf"), "hz 11\n").expect("written");
    fs::write(path("a.conf"), "hz 12\ntimeout 7\n").expect("written");
    fs::write(path("self.conf"), format!("include {}\n", path("self.conf").display())).expect("written");

    let file = redis_conf(&format!("timeout 1\ninclude {}\nmaxclients 5\n", path("[ab].conf").display()));
    let loaded = load_file(&file).expect("valid");
    assert_eq!((loaded.settings.hz, loaded.settings.timeout_s, loaded.settings.maxclients), (11, 7, 5));
    assert!(loaded.origins["hz"].ends_with("b.conf:1"));

    assert!(load_file(&redis_conf(&format!("include {}\n", path("none*").display()))).is_ok());
    let missing = load_file(&redis_conf("include /nonexistent.conf\n")).expect_err("missing").to_string();
    assert_eq!(missing, "Fatal error, can't open config file '/nonexistent.conf': No such file or directory");
    let endless = load_file(&FileSource::open(&path("self.conf")).expect("readable")).expect_err("endless");
    assert_eq!(endless.reason, "files include each other more than 16 deep");
}

#[test]
fn toml_values_reach_their_settings() {
    let file = toml(
        "port = 7000\nbind = [\"127.0.0.1\", \"::1\"]\nmaxmemory = \"1gb\"\nprotected-mode = false\nappendonly = \"no\"\n\
         enable_debug_command = true\nlatency-tracking-info-percentiles = [50, 99.9]\nsave = \"\"\n\
         client-output-buffer-limit = [\"normal\", \"1mb\", 0, 60]\n\n[namespaces.users]\ndb = 3\nmax_keys = 10\n\
         max-value-size = \"1kb\"\n[namespaces.7]\nmaxmemory = 5\n",
    );
    let loaded = load_file(&file).expect("valid");
    let settings = &loaded.settings;
    assert_eq!(settings.port, 7000);
    assert_eq!(settings.bind, ["127.0.0.1", "::1"]);
    assert_eq!(settings.maxmemory_bytes, 1 << 30);
    assert!(!settings.protected_mode);
    assert_eq!(settings.enable_debug_command, Allowed::Yes);
    assert_eq!(settings.latency_tracking_info_percentiles, [50.0, 99.9]);
    assert_eq!(text(settings, "client-output-buffer-limit"), "normal 1048576 0 60");
    let users = NamespaceSettings { db: 3, max_keys: 10, max_value_size_bytes: 1024, ..Default::default() };
    assert_eq!(settings.namespaces["users"], users);
    assert_eq!(settings.namespaces["7"].db, 7);
    assert_eq!(loaded.origins["bind"], "test.toml:2");
}

#[test]
fn mistakes_in_a_toml_file_are_fatal_and_named() {
    let cases = [
        ("\nmaxmemmory = 1", Some(2), "unknown setting 'maxmemmory' (did you mean 'maxmemory'?)"),
        ("port = 1\nsomething-else = 1", Some(2), "unknown setting 'something-else'"),
        ("appendfsync = \"always\"", Some(1), "'appendfsync' is a setting of Redis that this server does not have"),
        ("port = true", Some(1), "argument couldn't be parsed into an integer"),
        ("port = [1]", Some(1), "one value is expected, not an array"),
        ("port = 70000", Some(1), "argument must be between 0 and 65535 inclusive"),
        ("maxmemory = -1", Some(1), "argument must be a memory value"),
        ("[port]\nx = 1", Some(1), "a value is expected, not a table"),
        (
            "hash-max-ziplist-value = 1\nhash_max_listpack_value = 2",
            Some(2),
            "'hash-max-listpack-value' is given twice",
        ),
        ("namespaces = 3", Some(1), "a table is expected: [namespaces.NAME]"),
        ("[namespaces.a]\nmaxkeys = 1", Some(2), "unknown setting 'maxkeys' of a namespace (did you mean 'max_keys'?)"),
        ("[namespaces.a]\ndb = 1\n[namespaces.b]\ndb = 1", Some(3), "database 1 already is the namespace 'a'"),
        ("[namespaces.5]\ndb = 1", Some(1), "the namespace '5' is database 5, not 1"),
        (
            "[namespaces.\"a b\"]\n",
            Some(1),
            "a namespace's name is 1 to 128 letters, digits, or any of . _ - : and starts with no dot",
        ),
        ("[namespaces.a]\nshards = -1", Some(2), "argument must be between 0 and 4096 inclusive"),
    ];
    for (file, expected, reason) in cases {
        let error = load_file(&toml(file)).expect_err(file);
        let Place::File { line, .. } = &error.place else { panic!("{file}: {error:?}") };
        assert_eq!((*line, error.reason.as_str()), (expected, reason), "{file}");
    }
    let broken = load_file(&toml("port = 1\nrequirepass = \"hunter2\nhz = 3")).expect_err("broken").to_string();
    assert!(broken.contains("test.toml, at line 2") && !broken.contains("hunter2"), "{broken}");
}

#[test]
fn environment_variables_of_others_are_no_settings() {
    let variables = environment(&[
        ("RKVS_PORT", "tcp://10.0.0.1:6379"),
        ("RKVS_SERVICE_HOST", "10.0.0.1"),
        ("RKVS_MAXMEMMORY", "1gb"),
        ("RKVSX", "1"),
        ("RKVS_BIND", "127.0.0.1 ::1"),
        ("RKVS_APPENDFSYNC", "always"),
    ]);
    let loaded = load(None, variables, Vec::new()).expect("valid");
    assert_eq!(loaded.settings.bind, ["127.0.0.1", "::1"]);
    assert_eq!(
        loaded.warnings,
        [
            "'appendfsync' is a directive of Redis that this server does not have: it has no effect (environment variable RKVS_APPENDFSYNC)",
            "RKVS_MAXMEMMORY is ignored: it names no setting; did you mean the setting 'maxmemory'?",
            "RKVS_PORT is ignored: it names no setting",
            "RKVS_SERVICE_HOST is ignored: it names no setting",
        ]
    );
    let wrong = load(None, environment(&[("RKVS_HZ", "often")]), Vec::new()).expect_err("wrong").to_string();
    assert_eq!(wrong, "environment variable RKVS_HZ='often': argument couldn't be parsed into an integer");
}

#[test]
fn get_matches_patterns_and_keeps_the_spelling_of_names() {
    let config = config(Settings::default());
    let names = |patterns: &[&str]| get(&config, patterns).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&["HASH-max-zip*"]), ["hash-max-ziplist-entries", "hash-max-ziplist-value"]);
    assert_eq!(names(&["HZ", "h?", "TIMEOUT"]), ["HZ", "TIMEOUT"]);
    assert_eq!(names(&["h?", "HZ", "nosuch"]), ["hz"]);
    let all = get(&config, &["*"]);
    assert_eq!(all.len(), SETTINGS.iter().map(|setting| setting.names().count()).sum::<usize>());
    assert!(all.contains(&("save".into(), "3600 1 300 100 60 10000".into())));
    assert!(all.contains(&("proto-max-bulk-len".into(), "536870912".into())));
}

#[test]
fn set_changes_everything_or_nothing() {
    let config = config(Settings::default());
    let version = config.version();
    let refused = set(&config, &[("timeout", "5"), ("maxclients", "0")]).expect_err("refused");
    assert_eq!(
        refused,
        "ERR CONFIG SET failed (possibly related to argument 'maxclients') - argument must be between 1 and 4294967295 \
         inclusive"
    );
    assert_eq!((config.current().timeout_s, config.version()), (0, version));
    set(&config, &[("TIMEOUT", "5"), ("maxmemory", "1gb")]).expect("accepted");
    let settings = config.current();
    assert_eq!((settings.timeout_s, settings.maxmemory_bytes), (5, 1 << 30));
    assert!(config.version() > version);
}

#[test]
fn hooks_run_for_changed_settings_and_a_refusal_takes_all_back() {
    let config = config(Settings::default());
    let (applied, refusals) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (seen, refused) = (Arc::clone(&applied), Arc::clone(&refusals));
    config.on_change(
        "timeout",
        Box::new(move |_, after| {
            seen.store(after.timeout_s, Ordering::Relaxed);
            Ok(())
        }),
    );
    config.on_change(
        "maxclients",
        Box::new(move |_, after| {
            refused.fetch_add(1, Ordering::Relaxed);
            if after.maxclients > 100_000 { Err("not that many".into()) } else { Ok(()) }
        }),
    );
    set(&config, &[("timeout", "5"), ("maxclients", "10000")]).expect("accepted");
    assert_eq!((applied.load(Ordering::Relaxed), refusals.load(Ordering::Relaxed)), (5, 0), "only what changed");
    let error = set(&config, &[("timeout", "6"), ("maxclients", "200000")]).expect_err("refused");
    assert_eq!(error, "ERR CONFIG SET failed (possibly related to argument 'maxclients') - not that many");
    assert_eq!((applied.load(Ordering::Relaxed), config.current().timeout_s), (5, 5));
}

#[test]
fn protected_settings_follow_enable_protected_configs() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().canonicalize().expect("exists");
    for (allowed, local, expected) in [
        (Allowed::No, true, false),
        (Allowed::Local, false, false),
        (Allowed::Local, true, true),
        (Allowed::Yes, false, true),
    ] {
        let config = config(Settings { enable_protected_configs: allowed, ..Settings::default() });
        let result = config.set(&[(b"dir", dir.as_os_str().as_encoded_bytes())], local);
        match expected {
            true => assert_eq!((result, config.current().dir.path()), (Ok(()), dir.as_path())),
            false => assert_eq!(
                result.expect_err("protected").to_string(),
                "ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config"
            ),
        }
    }
}

#[test]
fn secrets_do_not_show() {
    let loaded = load_file(&redis_conf("requirepass hunter2\n")).expect("valid");
    assert!(!format!("{loaded:?}").contains("hunter2"));
    assert!(!effective_document(&loaded.settings, &loaded.origins).contains("hunter2"));
    let config = config(loaded.settings);
    assert_eq!(get(&config, &["requirepass"]), [("requirepass".into(), "hunter2".into())]);
}

/// A server that was started with a file, changed, and asked to rewrite it.
fn rewritten(name: &str, old: &str, variables: &[Pair<'_>], changes: &[Pair<'_>]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, old).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
    let source = FileSource::open(&path).expect("readable");
    let loaded = load(Some(&source), environment(variables), flags(&[("maxclients", &["77"])])).expect("valid");
    let config = Config::new(loaded.settings, loaded.origins, Some(path.clone()));
    set(&config, changes).expect("accepted");
    config.rewrite(&config.current().namespaces, false).expect("rewritten");

    let new = fs::read_to_string(&path).expect("readable");
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1, "no temporary file stays");
    let again = load(Some(&FileSource::open(&path).expect("readable")), environment(variables), Vec::new());
    assert_eq!(again.expect("valid").settings, *config.current(), "a restart finds what was set");
    config.rewrite(&config.current().namespaces, false).expect("rewritten");
    assert_eq!(fs::read_to_string(&path).expect("readable"), new, "a second rewrite changes nothing");
    new
}

#[test]
fn rewriting_a_redis_conf_keeps_lines_in_place() {
    let old = "# first\ntimeout   5 \n# second\n\nhz 20\nsave \"\"\nmaxmemory 1gb\nhz 30\nappendfsync always\n\
               client-output-buffer-limit normal 1mb 0 0";
    let new = rewritten(
        "redis.conf",
        old,
        &[("RKVS_REQUIREPASS", "hidden")],
        &[("hz", "40"), ("loglevel", "verbose"), ("maxmemory", "2mb"), ("latency-tracking-info-percentiles", "")],
    );
    assert_eq!(
        new,
        "# first\ntimeout   5 \n# second\n\nhz 40\nsave \"\"\nmaxmemory 2mb\nappendfsync always\n\
         client-output-buffer-limit normal 1mb 0 0\n\n# Generated by CONFIG REWRITE\nmaxclients 77\nloglevel verbose\n\
         latency-tracking-info-percentiles \"\"\n"
    );
    let new =
        rewritten("redis.conf", "", &[], &[("requirepass", "a\"b c"), ("client-output-buffer-limit", "normal 1 2 3")]);
    assert_eq!(
        new,
        "# Generated by CONFIG REWRITE\nmaxclients 77\nrequirepass \"a\\\"b c\"\nclient-output-buffer-limit normal 1 2 3\n"
    );
}

#[test]
fn rewriting_keeps_what_the_environment_gave_but_for_secrets() {
    let variables = [("RKVS_REQUIREPASS", "hidden"), ("RKVS_HZ", "40"), ("RKVS_TIMEOUT", "7")];
    let new = rewritten("redis.conf", "timeout 5 \n", &variables, &[]);
    assert_eq!(new, "timeout 7\n\n# Generated by CONFIG REWRITE\nmaxclients 77\nhz 40\n");
    let new = rewritten("rkvs.toml", "timeout = 5\n", &variables, &[]);
    assert_eq!(new, "timeout = 7\nmaxclients = 77\nhz = 40\n");
}

#[test]
fn rewriting_quotes_words_of_lists_that_need_it() {
    fuzz::file(b"\0bind 'a b' c\n");
}

#[test]
fn rewriting_a_toml_file_keeps_comments_and_spelling() {
    let old = "# first\ntimeout = 5 # short\nmaxmemory = \"1024mb\"\nprotected_mode = false\n\n# tenants\n[namespaces.a]\ndb = 3\n";
    let new = rewritten(
        "rkvs.toml",
        old,
        &[("RKVS_REQUIREPASS", "hidden")],
        &[
            ("timeout", "6"),
            ("protected-mode", "yes"),
            ("latency-tracking-info-percentiles", "50 99.5"),
            ("save", "900 1"),
        ],
    );
    assert_eq!(
        new,
        "# first\ntimeout = 6 # short\nmaxmemory = \"1024mb\"\nprotected_mode = true\nmaxclients = 77\n\
         save = \"900 1\"\nlatency-tracking-info-percentiles = [50, 99.5]\n\n# tenants\n[namespaces.a]\ndb = 3\n"
    );
    // Set by a client, a password is no longer the environment's.
    let new = rewritten("rkvs.toml", "", &[], &[("requirepass", "a\"b")]);
    assert_eq!(new, "maxclients = 77\nrequirepass = 'a\"b'\n");
}

#[test]
fn rewriting_through_a_link_keeps_the_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, link) = (folder.path().join("real.toml"), folder.path().join("link.toml"));
    fs::write(&file, "hz = 20\n").expect("written");
    std::os::unix::fs::symlink(&file, &link).expect("linked");
    let config = Config::new(Settings::default(), Origins::new(), Some(link.clone()));
    set(&config, &[("hz", "30")]).expect("accepted");
    config.rewrite(&config.current().namespaces, false).expect("rewritten");
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    assert_eq!(fs::read_to_string(&file).expect("readable"), "hz = 30\n");
}

#[test]
fn rewriting_fails_clearly() {
    assert_eq!(
        config(Settings::default()).rewrite(&Namespaces::new(), false).expect_err("no file").to_string(),
        "ERR The server is running without a config file"
    );
    let gone = Config::new(Settings::default(), Origins::new(), Some("/nonexistent/rkvs.toml".into()));
    assert_eq!(
        gone.rewrite(&Namespaces::new(), false).expect_err("gone").to_string(),
        "ERR Rewriting config file: No such file or directory"
    );
}

#[test]
fn the_words_of_a_value_give_it_back() {
    let values = [
        "",
        "0",
        "5",
        "yes",
        "no",
        "local",
        "debug",
        "json",
        "1gb",
        "a b",
        "50 99.9",
        "normal 1 2 3",
        "/",
        "*",
        "::1:1",
    ];
    let mut accepted = 0;
    for setting in SETTINGS {
        for value in values {
            let mut once = Settings::default();
            if setting.assign(&mut once, &setting.words_in(value), &mut Vec::new()).is_ok() {
                let mut twice = Settings::default();
                setting.assign(&mut twice, &setting.words(&once), &mut Vec::new()).expect("its own words");
                assert_eq!(once, twice, "{} {value:?}", setting.name);
                accepted += 1;
            }
        }
    }
    assert!(accepted > 2 * SETTINGS.len());
}

#[test]
fn a_huge_file_is_refused_and_a_long_one_is_quick() {
    let endless = &mut std::io::repeat(b'#');
    let error = FileSource::stream("<stdin>", endless).err().expect("refused").to_string();
    assert_eq!(error, "Fatal error, can't open config file '<stdin>': larger than 4194304 bytes");

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.conf");
    fs::write(&path, "hz 20\n".repeat(20_000)).expect("written");
    let loaded = load_file(&FileSource::open(&path).expect("readable")).expect("valid");
    let config = Config::new(loaded.settings, loaded.origins, Some(path.clone()));
    set(&config, &[("hz", "30")]).expect("accepted");
    config.rewrite(&config.current().namespaces, false).expect("rewritten");
    assert_eq!(fs::read_to_string(&path).expect("readable"), "hz 30\n");
}

proptest::proptest! {
    #[test]
    fn any_text_is_loaded_or_refused(text in "([a-z\\-\"'\\[\\]=.# 0-9]{0,20}\n?){0,6}", words in ".{0,40}") {
        for text in [&text, &words] {
            let _ = load_file(&redis_conf(text));
            let _ = load_file(&toml(text));
            let _ = load(None, environment(&[("RKVS_BIND", text.as_str())]), flags(&[("save", &[text.as_str()])]));
        }
    }
}

#[test]
fn memory_sizes_read_and_write() {
    let cases = [
        ("0", Some(0)),
        ("", Some(0)),
        ("100", Some(100)),
        ("1b", Some(1)),
        ("5k", Some(5_000)),
        ("5KB", Some(5_120)),
        ("1m", Some(1_000_000)),
        ("1Mb", Some(1 << 20)),
        ("2g", Some(2_000_000_000)),
        ("2gb", Some(2 << 30)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("18446744073709551615gb", None),
        ("1.5gb", None),
        ("-1", None),
        (" 1", None),
        ("1tb", None),
    ];
    for (text, bytes) in cases {
        assert_eq!(parse_memory(text), bytes, "{text}");
        if let Some(bytes) = bytes {
            assert_eq!(parse_memory(&memory_text(bytes)), Some(bytes));
        }
    }
}

mod reference;

#[test]
fn namespaces_of_a_toml_file_follow_what_there_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rkvs.toml");
    let old = "timeout = 5\n\n# tenants\n[namespaces.a]\nmax-keys = 10 # few\nmaxmemory = \"1mb\"\n\n[namespaces.gone]\ndb = 30\n\n\
               [namespaces.same]\nmax_keys = 3\n";
    fs::write(&path, old).expect("written");
    let loaded = load(Some(&FileSource::open(&path).expect("readable")), environment(&[]), Vec::new()).expect("valid");
    let config = Config::new(loaded.settings, loaded.origins, Some(path.clone()));
    // Somebody writes into the file while the server runs.
    fs::write(&path, format!("{old}\n[namespaces.later]\n")).expect("written");
    let plain = NamespaceSettings::default();
    let namespaces = Namespaces::from([
        ("0".into(), plain.clone()),
        ("1".into(), NamespaceSettings { max_keys: 7, ..plain.clone() }),
        (
            "a".into(),
            NamespaceSettings {
                db: 16,
                max_keys: 20,
                max_value_size_bytes: 100,
                maxmemory_bytes: 1 << 20,
                ..plain.clone()
            },
        ),
        ("new.one".into(), NamespaceSettings { db: 18, shards: 4, ..plain.clone() }),
        ("same".into(), NamespaceSettings { db: 17, max_keys: 3, ..plain }),
    ]);
    config.rewrite(&namespaces, false).expect("rewritten");
    let new = fs::read_to_string(&path).expect("readable");
    let expected = "timeout = 5\n\n# tenants\n[namespaces.a]\nmax-keys = 20 # few\nmaxmemory = \"1mb\"\nmax_value_size = 100\n\n\
                    [namespaces.same]\nmax_keys = 3\n\n[namespaces.later]\n\n[namespaces.1]\nmax_keys = 7\n\n\
                    [namespaces.\"new.one\"]\ndb = 18\nshards = 4\n";
    assert_eq!(new, expected);
    config.rewrite(&namespaces, false).expect("rewritten");
    assert_eq!(fs::read_to_string(&path).expect("readable"), new, "a second rewrite changes nothing");
    let again = load(Some(&FileSource::open(&path).expect("readable")), environment(&[]), Vec::new()).expect("valid");
    assert_eq!(again.settings.namespaces["new.one"], namespaces["new.one"]);
    let mut resized = namespaces.clone();
    for (name, shards) in [("new.one", 8), ("same", 2)] {
        resized.get_mut(name).expect("is there").shards = shards;
    }
    config.rewrite(&resized, false).expect("rewritten");
    let resized = fs::read_to_string(&path).expect("readable");
    assert_eq!(
        resized,
        new.replace("shards = 4", "shards = 8").replace("max_keys = 3\n", "max_keys = 3\nshards = 2\n")
    );
    assert_eq!(again.settings.namespaces["1"], NamespaceSettings { db: 1, ..namespaces["1"].clone() });
}

#[test]
fn namespaces_fit_into_a_file_without_any_and_into_inline_tables() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rkvs.toml");
    let namespaces = Namespaces::from([("a".into(), NamespaceSettings { db: 16, max_keys: 2, ..Default::default() })]);
    for (old, expected) in [
        ("", "[namespaces.a]\ndb = 16\nmax_keys = 2\n"),
        ("namespaces = { a = { max_keys = 1 } }\n", "namespaces = { a = { max_keys = 2 } }\n"),
        ("namespaces = { b = {} }\n", "namespaces = { b = {} , a = { db = 16, max_keys = 2 } }\n"),
    ] {
        fs::write(&path, old).expect("written");
        let config = Config::new(Settings::default(), Origins::new(), Some(path.clone()));
        config.rewrite(&namespaces, false).expect("rewritten");
        let new = fs::read_to_string(&path).expect("readable");
        assert_eq!(new.split_whitespace().collect::<String>(), expected.split_whitespace().collect::<String>());
        load(Some(&FileSource::open(&path).expect("readable")), environment(&[]), Vec::new()).expect("valid");
    }
}

#[test]
fn a_rewrite_of_everything_names_every_setting() {
    for name in ["rkvs.toml", "redis.conf"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        fs::write(&path, "timeout 7\n".replace(' ', if name == "rkvs.toml" { " = " } else { " " })).expect("written");
        let loaded =
            load(Some(&FileSource::open(&path).expect("readable")), environment(&[]), Vec::new()).expect("valid");
        let config = Config::new(loaded.settings, loaded.origins, Some(path.clone()));
        config.rewrite(&Namespaces::new(), true).expect("rewritten");
        let text = fs::read_to_string(&path).expect("readable");
        for setting in SETTINGS {
            assert!(
                text.lines().any(|line| line.starts_with(&format!("{} ", setting.name))),
                "{}: {text}",
                setting.name
            );
        }
        let again =
            load(Some(&FileSource::open(&path).expect("readable")), environment(&[]), Vec::new()).expect("valid");
        assert_eq!(again.settings, *config.current());
    }
}

#[test]
fn bind_takes_addresses_and_names_of_hosts() {
    let bind = |word: &str| load(None, environment(&[]), flags(&[("bind", &[word])]));
    for word in ["127.0.0.1", "-::1", "*", "-::*", "::", "fe80::1%eth0", "localhost", "-cache_1.example.com.", "0x.org"]
    {
        assert_eq!(bind(word).expect(word).settings.bind, [word]);
    }
    let long = "x".repeat(64);
    for word in
        ["127.0.0.1:6379", "1.2.3.4.5", "256.0.0.1", "1.2.3", "-", "a:b", "a..b", "a/b", "--x", "[::1]", "::1%", &long]
    {
        let refused = bind(word).expect_err(word).to_string();
        assert_eq!(refused, format!("--bind '{word}': '{word}' is neither an IP address nor the name of a host"));
    }
}
