//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::source::address::Address;
use crate::state::tab::Tab;
use crate::theme::Palette;

/// A running rkvs or Redis server, live in the terminal.
#[derive(Clone, Debug, Parser)]
#[command(name = "rkvs-tui", version, about)]
pub struct Cli {
    /// Where the server is; see `Address`.
    #[arg(
        help = "redis://[[user]:password@]host[:port][/db], unix:///path, host:port or a path",
        env = "RKVS_URL",
        hide_env_values = true,
        default_value = "127.0.0.1:6379"
    )]
    pub url: Address,
    /// The password, where the address has none
    #[arg(long, env = "REDISCLI_AUTH", hide_env_values = true)]
    pub password: Option<String>,
    /// How often the server is polled
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub interval: u64,
    /// Refuses everything that changes the server
    #[arg(long)]
    pub readonly: bool,
    /// Colours: dark, light or mono
    #[arg(long, default_value = "dark", value_parser = palette)]
    pub theme: Palette,
    /// Nothing beyond ASCII in borders and charts
    #[arg(long)]
    pub ascii: bool,
    /// Leaves the mouse to the terminal
    #[arg(long)]
    pub no_mouse: bool,
    /// The view that is shown first: overview, namespaces, commands …
    #[arg(long, default_value = "overview", value_parser = tab)]
    pub view: Tab,
    /// The namespace that is looked at first
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Writes all that the server tells into a new file, one JSON object a line
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    pub record: Option<PathBuf>,
    /// Shows a recording instead of a server
    #[arg(long, value_name = "FILE")]
    pub replay: Option<PathBuf>,
    /// How much faster than it was recorded
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = speed, requires = "replay")]
    pub speed: f64,
}

impl Cli {
    /// Where the server is, with the password from wherever it came.
    pub fn address(&self) -> Address {
        let mut address = self.url.clone();
        if address.password.is_none() {
            address.password = self.password.clone().filter(|password| !password.is_empty());
        }
        address
    }
}

/// Seconds as milliseconds.
fn seconds(text: &str) -> Result<u64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.1..=3_600.0).contains(seconds));
    seconds.map(|seconds| (seconds * 1_000.0) as u64).ok_or_else(|| "seconds from 0.1 to 3600".into())
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| (0.01..=1_000.0).contains(speed));
    speed.ok_or_else(|| "a factor from 0.01 to 1000".into())
}

fn palette(text: &str) -> Result<Palette, String> {
    Palette::by_name(text).ok_or_else(|| "dark, light or mono".into())
}

fn tab(text: &str) -> Result<Tab, String> {
    let fits = |tab: &Tab| tab.name() == text;
    Tab::ALL.into_iter().find(fits).ok_or_else(|| format!("one of {}", Tab::ALL.map(Tab::name).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_and_checked() {
        let read = |args: &[&str]| Cli::try_parse_from([&["rkvs-tui"], args].concat());
        let cli = read(&["redis://:pw@host:7/2", "--interval", "0.5", "--readonly", "--view", "clients"]).unwrap();
        assert_eq!((cli.interval, cli.readonly, cli.view), (500, true, Tab::Clients));
        assert_eq!(cli.address().password.as_deref(), Some("pw"));
        assert_eq!(read(&["host", "--password", "x"]).unwrap().address().password.as_deref(), Some("x"));
        for wrong in
            [&["--interval", "0"][..], &["http://x"], &["--theme", "pink"], &["--view", "x"], &["--speed", "2"]]
        {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
