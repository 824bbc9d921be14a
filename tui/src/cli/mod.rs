//! The command line: what is typed (`Cli`), what it and the configuration file may set (`settings`), and what follows from both and
//! the environment (`setup`).

mod file;
pub mod settings;
pub mod setup;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};

use crate::commands::{config::ConfigCommand, kill::Kill, namespaces::NamespacesCommand, resize::Resize};
use crate::state::tab::Tab;
use settings::{Settings, seconds, tab};

/// A running rkvs or Redis server, live in the terminal; or a line at a time.
///
/// Where standard output is no terminal, --once is understood.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "rkvs-tui",
    bin_name = "rkvs-tui",
    version,
    after_help = AFTER_HELP,
    disable_help_flag = true,
    disable_version_flag = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Where the server is, or which profile; `Setup` reads it.
    #[arg(value_name = "ADDRESS", help = ADDRESS_HELP)]
    pub address: Option<String>,
    /// What the configuration file can say too.
    #[command(flatten)]
    pub settings: Settings,
    /// Configuration file; $XDG_CONFIG_HOME/rkvs-tui/config.toml unless another is named
    #[arg(long, value_name = "FILE", global = true, help_heading = "General")]
    pub config: Option<PathBuf>,
    /// Tells the view once, as lines, and ends
    #[arg(long, conflicts_with = "watch", help_heading = "Output")]
    pub once: bool,
    /// Tells the view again and again; every --interval unless SECONDS are given
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, value_parser = seconds, help_heading = "Output")]
    pub watch: Option<Option<f64>>,
    /// Writes all that the server tells into a new file, one JSON object a line
    #[arg(long, value_name = "FILE", conflicts_with = "replay", help_heading = "Recordings")]
    pub record: Option<PathBuf>,
    /// The recording ends before it becomes larger
    #[arg(long, value_name = "BYTES", default_value_t = RECORD_MAX_BYTES, requires = "record", help_heading = "Recordings")]
    pub record_max_bytes: u64,
    /// Shows a recording instead of a server
    #[arg(long, value_name = "FILE", conflicts_with_all = ["address", "host", "port", "socket"], help_heading = "Recordings")]
    pub replay: Option<PathBuf>,
    /// How much faster than it was recorded
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = speed, requires = "replay", help_heading = "Recordings")]
    pub speed: f64,
    /// Prints help
    #[arg(long, action = ArgAction::HelpShort, global = true, help_heading = "General")]
    help: Option<bool>,
    /// Prints the version
    #[arg(long, short = 'V', action = ArgAction::Version, help_heading = "General")]
    version: Option<bool>,
    /// What to do instead of showing something.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A gibibyte.
const RECORD_MAX_BYTES: u64 = 1 << 30;

const ADDRESS_HELP: &str = "\
Where the server is: redis[s]://[[user]:password@]host[:port][/db], unix:///path, host[:port], a path, or @PROFILE of the \
configuration file; $RKVS_URL, the file's address or 127.0.0.1:6379 when left out";

const AFTER_HELP: &str = "\
Environment:
  RKVS_URL       the address, where none is given
  REDISCLI_AUTH  the password, where neither the address nor -a gives one
  NO_COLOR       no colours

Exit codes:
  0  done
  1  the server or a file cannot be reached, or the login was refused
  2  the arguments or the configuration cannot be carried out
  3  refused by the server or by --readonly";

/// What can be done from a script.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Saves everything, or one namespace, and waits for it
    Save {
        /// Saves this one alone
        namespace: Option<String>,
        /// Into this file of the server's directory
        file: Option<String>,
    },
    /// Saves everything in the background
    Bgsave {
        /// Ends when the save has ended, with its result
        #[arg(long)]
        wait: bool,
    },
    /// Changes the number of shards of a namespace while it is used
    Resize(Resize),
    /// Lists, makes and deletes namespaces
    Namespaces {
        /// What to do; lists them when it is left out.
        #[command(subcommand)]
        command: Option<NamespacesCommand>,
    },
    /// Closes connections of clients
    Kill(Kill),
    /// Tells, changes and keeps settings
    #[command(arg_required_else_help = false)]
    Config {
        /// What to do.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Prints a script that completes arguments in a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Prints the JSON Schema of a view's output
    Schema {
        /// Which view
        #[arg(value_parser = tab)]
        view: Tab,
    },
}

impl Cli {
    /// An argument that means nothing to the command it is given with.
    pub fn idle_argument(&self) -> Option<&'static str> {
        let (command, typed) = (self.command.as_ref()?, &self.settings);
        let tells_rows = matches!(
            command,
            Command::Config { command: ConfigCommand::Get { .. } }
                | Command::Namespaces { command: None | Some(NamespacesCommand::List) }
        );
        let is_local = matches!(command, Command::Completions { .. } | Command::Schema { .. });
        let of_picture = [
            (self.once, "--once"),
            (self.watch.is_some(), "--watch"),
            (self.record.is_some(), "--record"),
            (self.replay.is_some(), "--replay"),
            (typed.interval.is_some(), "--interval"),
            (typed.namespace.is_some(), "--namespace"),
            (typed.view.is_some(), "--view"),
            (typed.theme.is_some(), "--theme"),
            (typed.ascii.is_some(), "--ascii"),
            (typed.no_mouse.is_some(), "--no-mouse"),
            (typed.format.is_some() && !tells_rows, "--format"),
        ];
        let of_server = [
            (self.address.is_some(), "an address"),
            (self.config.is_some(), "--config"),
            (*typed != Settings::default(), "a setting"),
        ];
        let given = of_picture.into_iter().chain(of_server.into_iter().filter(|_| is_local));
        given.into_iter().find_map(|(is_given, name)| is_given.then_some(name))
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| (0.01..=1_000.0).contains(speed));
    speed.ok_or_else(|| "a factor from 0.01 to 1000".into())
}

/// An error of the command line as one line, without a password that stood in it.
pub fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let words = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let line = words.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    without_login(line.strip_prefix("error: ").unwrap_or(&line))
}

/// Hides what stands between `://` and `@`.
fn without_login(text: &str) -> String {
    let word = |word: &str| match (word.find("://"), word.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}(hidden){}", &word[..scheme + 3], &word[at..]),
        _ => word.to_owned(),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn read(args: &[&str]) -> Result<Cli, String> {
        Cli::try_parse_from([&["rkvs-tui"], args].concat()).map_err(|error| one_line(&error))
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn arguments_stand_before_and_after_a_command() {
        let cli = read(&["redis://host:7/2", "save", "sessions", "--readonly", "-h", "other", "-p", "1"]).unwrap();
        assert_eq!(cli.address.as_deref(), Some("redis://host:7/2"));
        assert_eq!(
            (cli.settings.host.as_deref(), cli.settings.port, cli.settings.readonly),
            (Some("other"), Some(1), Some(true))
        );
        assert!(matches!(cli.command, Some(Command::Save { namespace: Some(_), file: None })));
        assert_eq!(read(&["--view", "namespaces"]).unwrap().settings.view, Some(Tab::Namespaces));
        assert!(matches!(read(&["--watch"]).unwrap().watch, Some(None)));
        assert_eq!(read(&["@prod", "--watch", "0.5"]).unwrap().watch, Some(Some(0.5)));
    }

    #[test]
    fn arguments_that_mean_nothing_are_named() {
        for (args, idle) in [
            (&["save", "-n", "1", "--readonly"][..], None),
            (&["config", "get", "--format", "json"], None),
            (&["namespaces", "--format", "csv"], None),
            (&["--theme", "light", "bgsave"], Some("--theme")),
            (&["--namespace", "a", "save"], Some("--namespace")),
            (&["--once", "save"], Some("--once")),
            (&["resize", "a", "2", "--format", "json"], Some("--format")),
            (&["schema", "config", "-h", "x"], Some("a setting")),
            (&["h", "completions", "bash"], Some("an address")),
        ] {
            assert_eq!(read(args).unwrap().idle_argument(), idle, "{args:?}");
        }
    }

    #[test]
    fn errors_are_one_line_and_keep_passwords() {
        for wrong in [
            &["--interval", "0"][..],
            &["--theme", "pink"],
            &["--view", "x"],
            &["--speed", "2"],
            &["--once", "--watch"],
            &["--record", "a", "--replay", "b"],
            &["--replay", "b", "redis://:s3cret@h"],
            &["--replay", "b", "-p", "7"],
            &["resize"],
            &["config"],
            &["x", "redis://:s3cret@h"],
            &["--watch", "redis://u:s3c@ret@h"],
        ] {
            let error = read(wrong).unwrap_err();
            assert!(!error.contains('\n') && !error.contains("s3c") && error.len() > 20, "{wrong:?}: {error}");
        }
    }
}
