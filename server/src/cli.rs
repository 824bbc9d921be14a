//! The command line: an optional file, and every setting as a flag in the reference's style (`--bind 127.0.0.1 ::1`).
//!
//! Such a flag takes all words up to the next one that starts with `--`, so these are cut out first; what is left (the file,
//! `--help`, misspelt flags) is for clap, which also knows every setting for help and suggestions.

use std::ffi::OsString;
use std::fmt;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};

use crate::config::{
    Config, FileSource, LoadError, Origins, Place, SETTINGS, Settings, accepted, effective_document, foreign_names,
    load,
};
use crate::persistence::Source;

/// What a server needs to start.
#[derive(Debug)]
pub struct Startup {
    /// The effective settings.
    pub settings: Settings,
    /// Where each value comes from.
    pub origins: Origins,
    /// The absolute path of the configuration file, if there is one.
    pub file: Option<PathBuf>,
    /// What was given without effect; for the log, once there is one.
    pub warnings: Vec<String>,
    /// Where the data comes from.
    pub source: Source,
}

impl Startup {
    /// Shares the settings, keeping what CONFIG REWRITE needs to know.
    pub fn config(&self) -> Config {
        Config::new(self.settings.clone(), self.origins.clone(), self.file.clone())
    }
}

/// The end of a process that does not serve: help was asked for, or something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Exit status: 0 when all is well, 1 for a configuration that cannot be used, 2 for bad usage.
    pub code: u8,
    /// What to print: to standard output when all is well, else to standard error.
    pub text: String,
}

impl Exit {
    fn done(text: String) -> Self {
        Self { code: 0, text }
    }

    fn usage(reason: impl fmt::Display) -> Self {
        Self { code: 2, text: format!("error: {reason}\n\nFor more information, try '--help'.\n") }
    }

    /// Prints the text and gives the status.
    pub fn leave(self) -> ExitCode {
        // A reader that went away is no reason to change the status.
        let _ = match self.code {
            0 => std::io::stdout().write_all(self.text.as_bytes()),
            _ => std::io::stderr().write_all(self.text.as_bytes()),
        };
        ExitCode::from(self.code)
    }
}

impl From<LoadError> for Exit {
    fn from(error: LoadError) -> Self {
        match error.place {
            Place::Flag(_) => Self::usage(error),
            _ => Self { code: 1, text: format!("\n{error}\n") },
        }
    }
}

/// Reads the arguments (the first is the program's name), the environment and, when asked for, a configuration from `stdin`.
///
/// # Errors
/// An [`Exit`] when the process is not to serve; also for `--help` and the like.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    stdin: &mut dyn Read,
) -> Result<Startup, Exit> {
    let (flags, rest) = cut_flags(args)?;
    let matches = command().try_get_matches_from(rest).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::done(error.render().to_string()),
        _ => Exit { code: 2, text: error.render().to_string() },
    })?;

    let path = matches.get_one::<PathBuf>("FILE");
    let (source, file) = match path {
        None => (None, None),
        Some(path) if path.as_os_str() == "-" => (Some(FileSource::stream("<stdin>", stdin)?), None),
        Some(path) => {
            let absolute = std::path::absolute(path).map_err(Exit::usage)?;
            (Some(FileSource::open(path)?), Some(absolute))
        }
    };
    let loaded = load(source.as_ref(), environment, flags)?;

    if matches.get_flag("print-config") {
        let warnings: String = loaded.warnings.iter().map(|warning| format!("# warning: {warning}\n")).collect();
        return Err(Exit::done(warnings + &effective_document(&loaded.settings, &loaded.origins)));
    }
    if matches.get_flag("check-config") {
        crate::server::check(&loaded.settings).map_err(|error| Exit { code: 1, text: format!("\n{error}\n") })?;
        let warnings: String = loaded.warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
        return Err(Exit::done(format!("{warnings}The configuration is valid.\n")));
    }
    let import = matches.get_one::<PathBuf>("import").map(std::path::absolute).transpose().map_err(Exit::usage)?;
    let source = import.map_or(Source::Snapshot, Source::Import);
    Ok(Startup { settings: loaded.settings, origins: loaded.origins, file, warnings: loaded.warnings, source })
}

/// Names of flags with their words, in order.
type Flags = Vec<(String, Vec<String>)>;

/// Cuts out the flags that are settings, with their words. The rest goes to clap.
fn cut_flags(args: impl IntoIterator<Item = OsString>) -> Result<(Flags, Vec<OsString>), Exit> {
    let mut flags = Flags::new();
    let mut rest = Vec::new();
    let mut args = args.into_iter().peekable();
    rest.extend(args.next());
    while let Some(arg) = args.next() {
        let flag = arg.to_str().and_then(|arg| arg.strip_prefix("--")).and_then(|flag| {
            let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
            let name = name.to_ascii_lowercase();
            is_directive(&name).then(|| (name, value.map(str::to_owned)))
        });
        let Some((name, value)) = flag else {
            rest.push(arg);
            continue;
        };
        let takes_more = value.is_none();
        let mut words: Vec<String> = value.into_iter().collect();
        while takes_more && let Some(word) = args.next_if(|next| !ends_words(next)) {
            let word = word.into_string().map_err(|_| Exit::usage(format!("--{name}: not valid UTF-8")))?;
            words.push(word);
        }
        // A lone dash at the very end reads standard input, as in `echo 'timeout 5' | rkvs-server --port 7000 -`.
        if takes_more && args.peek().is_none() && words.last().is_some_and(|word| word == "-") {
            words.pop();
            rest.push("-".into());
        }
        flags.push((name, words));
    }
    Ok((flags, rest))
}

/// Whether an argument ends the words of the flag before it.
fn ends_words(arg: &OsString) -> bool {
    arg == "-h" || arg == "-v" || arg.to_str().is_some_and(|arg| arg.starts_with("--"))
}

fn is_directive(name: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.name_like(name).is_some()) || foreign_names().any(|foreign| foreign == name)
}

/// The command line as clap sees it.
fn command() -> Command {
    let settings = SETTINGS.iter().map(|setting| {
        let mut help = format!("{} [{}", setting.meaning, accepted(setting));
        if !setting.default.is_empty() {
            help.push_str(&format!("; default {}", setting.default));
        }
        help.push(']');
        Arg::new(setting.name)
            .long(setting.name)
            .aliases(setting.aliases)
            .help(help)
            .help_heading(setting.section)
            .value_name(if setting.kind.is_list() { "WORD" } else { "VALUE" })
            .num_args(1..=if setting.kind.is_list() { usize::MAX } else { 1 })
    });
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help).action(ArgAction::SetTrue);
    Command::new("rkvs-server")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A cache server that speaks the Redis protocol.")
        .override_usage("rkvs-server [FILE|-] [--SETTING VALUE ...]")
        .disable_version_flag(true)
        .arg(
            Arg::new("FILE")
                .help("Configuration: TOML when the name ends in .toml, else redis.conf syntax; '-' is standard input")
                .value_parser(clap::value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("import")
                .long("import")
                .help("Begin with the data of an RDB file of Redis or Valkey, or of a snapshot, from elsewhere; only where dir has no snapshot yet")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf)),
        )
        .arg(flag("print-config", "Print every effective setting with its origin, and exit"))
        .arg(flag("check-config", "Check the configuration, and exit"))
        .arg(
            Arg::new("version")
                .short('v')
                .long("version")
                .help("Print the version, and exit")
                .action(ArgAction::Version),
        )
        .args(settings)
        .after_help(
            "Later sources win: defaults, FILE, environment variables (RKVS_MAXMEMORY=1gb), flags.\n\n\
             Examples:\n  rkvs-server\n  rkvs-server /etc/rkvs.toml --port 7000\n  rkvs-server redis.conf\n  \
             echo 'maxmemory 128mb' | rkvs-server -",
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::setting;

    fn run(args: &[&str], environment: &[(&str, &str)], stdin: &str) -> Result<Startup, Exit> {
        let args = std::iter::once("rkvs-server").chain(args.iter().copied()).map(OsString::from);
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        parse(args, environment, &mut stdin.as_bytes())
    }

    #[test]
    fn every_setting_is_a_flag_with_words() {
        type Case = (&'static [&'static str], &'static [(&'static str, &'static str)]);
        // Flags, then settings and values expected.
        let cases: &[Case] = &[
            (&[], &[("port", "6379"), ("bind", "127.0.0.1 -::1")]),
            (&["--port", "7000", "--maxmemory", "1gb"], &[("port", "7000"), ("maxmemory", "1073741824")]),
            (&["--PORT=7000"], &[("port", "7000")]),
            (&["--bind", "127.0.0.1", "-::1", "--save", ""], &[("bind", "127.0.0.1 -::1"), ("save", "")]),
            (&["--bind", "127.0.0.1 ::1", "--save"], &[("bind", "127.0.0.1 ::1"), ("save", "")]),
            (&["--bind", "--save", "--port", "1"], &[("bind", ""), ("port", "1")]),
            (&["--hz", "20", "--hz", "30"], &[("hz", "30")]),
            (&["--slowlog-log-slower-than", "-1"], &[("slowlog-log-slower-than", "-1")]),
            (&["--hash-max-ziplist-value", "5"], &[("hash-max-listpack-value", "5")]),
            (&["--requirepass=--x=y"], &[("requirepass", "--x=y")]),
            (
                &["--logfile", "", "--latency-tracking-info-percentiles", "50", "99"],
                &[("logfile", ""), ("latency-tracking-info-percentiles", "50 99")],
            ),
        ];
        for (flags, expected) in cases {
            let startup = run(flags, &[], "").unwrap_or_else(|exit| panic!("{flags:?}: {}", exit.text));
            for (name, value) in *expected {
                assert_eq!(setting(name).expect("a setting").text(&startup.settings), *value, "{flags:?}");
            }
        }
        for one in SETTINGS {
            let words = one.words(&Settings::default()).join(" ");
            let flag = format!("--{}={words}", one.name);
            let startup = run(&[&flag], &[], "").unwrap_or_else(|exit| panic!("{flag}: {}", exit.text));
            assert_eq!(startup.origins[one.name], format!("flag --{}", one.name));
        }
    }

    #[test]
    fn bad_usage_exits_with_2_and_says_why() {
        let cases: &[(&[&str], &str)] = &[
            (&["--maxclients", "abc"], "error: --maxclients 'abc': argument couldn't be parsed into an integer"),
            (&["--maxclients"], "error: --maxclients: wrong number of arguments"),
            (&["--port", "1", "2"], "error: --port '1 2': wrong number of arguments"),
            (&["--daemonize", "yes"], "error: --daemonize 'yes': the server stays in the foreground"),
            (&["--replicaof", "10.0.0.1", "6379"], "error: --replicaof: replication is not supported"),
            (&["--maxmemmory", "1"], "a similar argument exists: '--maxmemory'"),
            (&["--nonsense"], "error: unexpected argument '--nonsense' found"),
            (&["a.conf", "b.conf"], "error: unexpected argument 'b.conf' found"),
        ];
        for (args, expected) in cases {
            let exit = run(args, &[], "").expect_err("bad usage");
            assert_eq!(exit.code, 2, "{args:?}");
            assert!(exit.text.contains(expected), "{args:?}: {}", exit.text);
        }
    }

    #[test]
    fn a_configuration_that_cannot_be_used_exits_with_1() {
        let exit = run(&["/nonexistent.toml"], &[], "").expect_err("no file");
        let text = "\nFatal error, can't open config file '/nonexistent.toml': No such file or directory\n";
        assert_eq!(exit, Exit { code: 1, text: text.into() });
        assert_eq!(run(&["-"], &[], "timeout x").expect_err("bad line").code, 1);
        assert_eq!(run(&[], &[("RKVS_PORT", "x")], "").expect_err("bad variable").code, 1);
    }

    #[test]
    fn a_file_or_standard_input_comes_before_flags() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rkvs.toml");
        std::fs::write(&path, "timeout = 5\nhz = 20\n").expect("written");
        let startup = run(&[path.to_str().expect("UTF-8"), "--hz", "30"], &[], "").expect("valid");
        assert_eq!((startup.settings.timeout_s, startup.settings.hz), (5, 30));
        assert_eq!(startup.config().file(), Some(path));

        for args in [&["-", "--hz", "30"][..], &["--hz", "30", "-"]] {
            let startup = run(args, &[], "timeout 5\nhz 20\nrepl-backlog-size 1mb\n").expect("valid");
            assert_eq!((startup.settings.timeout_s, startup.settings.hz, startup.file), (5, 30, None));
            assert_eq!(
                startup.warnings,
                [
                    "'repl-backlog-size' is a directive of Redis that this server does not have: it has no effect (<stdin>:3)"
                ]
            );
        }
    }

    #[test]
    fn directives_of_the_reference_only_warn() {
        let startup = run(&["--appendfsync", "always", "--lazyfree-lazy-expire", "yes"], &[], "").expect("valid");
        assert_eq!(
            startup.warnings,
            [
                "'appendfsync' is a directive of Redis that this server does not have: it has no effect (flag --appendfsync)",
                "'lazyfree-lazy-expire' is a directive of Redis that this server does not have: it has no effect (flag --lazyfree-lazy-expire)",
            ]
        );
    }

    #[test]
    fn help_and_version_succeed() {
        for args in [&["--help"][..], &["-h"], &["--port", "1", "-h"]] {
            let exit = run(args, &[], "").expect_err("help");
            assert_eq!(exit.code, 0);
            assert!(exit.text.contains("rkvs-server [FILE|-]"));
            for one in SETTINGS {
                assert!(exit.text.contains(&format!("--{} ", one.name)), "{} has no help", one.name);
            }
        }
        for args in ["--version", "-v"] {
            let exit = run(&[args], &[], "").expect_err("version");
            assert_eq!(exit, Exit { code: 0, text: format!("rkvs-server {}\n", env!("CARGO_PKG_VERSION")) });
        }
    }

    #[test]
    fn the_effective_configuration_prints_with_origins_and_loads_again() {
        let environment = [("RKVS_REQUIREPASS", "hunter2"), ("RKVS_LATENCY_TRACKING_INFO_PERCENTILES", "50 99.5")];
        let exit =
            run(&["--port", "7000", "--maxmemory", "3gb", "--appendfsync", "no", "--print-config"], &environment, "")
                .expect_err("printed");
        assert_eq!(exit.code, 0);
        for line in [
            "port = 7000 # flag --port",
            "maxmemory = \"3gb\" # flag --maxmemory",
            "hz = 10 # default",
            "# warning: 'appendfsync' is a directive of Redis that this server does not have: it has no effect (flag --appendfsync)",
            "# requirepass is set, but not shown # environment variable RKVS_REQUIREPASS",
        ] {
            assert!(exit.text.lines().any(|other| other == line), "{line} is not in {}", exit.text);
        }
        assert!(!exit.text.contains("hunter2"));

        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("printed.toml");
        std::fs::write(&path, exit.text).expect("written");
        let again = run(&[path.to_str().expect("UTF-8")], &[("RKVS_REQUIREPASS", "hunter2")], "").expect("valid");
        let direct = run(&["--port", "7000", "--maxmemory", "3gb"], &environment, "").expect("valid");
        assert_eq!(again.settings, direct.settings);
    }

    #[test]
    fn checking_tells_warnings_and_mistakes() {
        let exit = run(&["-", "--check-config"], &[], "repl-backlog-size 1mb\n").expect_err("checked");
        let text = "warning: 'repl-backlog-size' is a directive of Redis that this server does not have: it has no effect (<stdin>:1)\nThe configuration is valid.\n";
        assert_eq!(exit, Exit::done(text.into()));
        assert_eq!(run(&["-", "--check-config"], &[], "port x\n").expect_err("mistake").code, 1);
        let exit = run(&["--port", "0", "--check-config"], &[], "").expect_err("would not start");
        assert_eq!(exit, Exit { code: 1, text: "\nConfigured to not listen anywhere, exiting.\n".into() });
    }
}
