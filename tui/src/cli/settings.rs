//! What both the command line and the configuration file can set, under the same names.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use crate::output::Format;
use crate::state::tab::Tab;
use crate::theme::Palette;

/// Settings; what is absent is left to whoever comes next.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// The address, in the file alone.
    #[arg(skip)]
    pub address: Option<String>,
    /// Name or number of the server's host
    #[arg(short = 'h', long, value_name = "HOST", global = true, help_heading = "Connection")]
    pub host: Option<String>,
    /// Its port
    #[arg(short = 'p', long, value_name = "PORT", global = true, help_heading = "Connection")]
    pub port: Option<u16>,
    /// Its socket in the file system
    #[arg(short = 's', long, value_name = "PATH", conflicts_with_all = ["host", "port"], global = true, help_heading = "Connection")]
    pub socket: Option<PathBuf>,
    /// The database
    #[arg(short = 'n', long, value_name = "DB", global = true, help_heading = "Connection")]
    pub db: Option<u64>,
    /// Who logs in
    #[arg(long, value_name = "NAME", global = true, help_heading = "Connection")]
    pub user: Option<String>,
    /// The password; others can see it while this runs, so better in $REDISCLI_AUTH
    #[arg(
        short = 'a',
        long = "pass",
        visible_alias = "password",
        value_name = "PASSWORD",
        global = true,
        help_heading = "Connection"
    )]
    pub password: Option<Secret>,
    /// Speaks TLS, as rediss:// does
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, global = true, help_heading = "TLS")]
    pub tls: Option<bool>,
    /// Trusts the authorities of this file (PEM) rather than the system's
    #[arg(long, value_name = "FILE", global = true, help_heading = "TLS")]
    pub cacert: Option<PathBuf>,
    /// Shows this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "key", global = true, help_heading = "TLS")]
    pub cert: Option<PathBuf>,
    /// And proves it with this key (PEM)
    #[arg(long, value_name = "FILE", requires = "cert", global = true, help_heading = "TLS")]
    pub key: Option<PathBuf>,
    /// Expects the server to have this name
    #[arg(long, value_name = "NAME", global = true, help_heading = "TLS")]
    pub sni: Option<String>,
    /// Trusts whoever answers
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, global = true, help_heading = "TLS")]
    pub insecure: Option<bool>,
    /// How often the server is polled
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = "General")]
    pub interval: Option<f64>,
    /// Refuses everything that changes the server
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, global = true, help_heading = "General")]
    pub readonly: Option<bool>,
    /// The namespace that is looked at
    #[arg(long, value_name = "NAME", help_heading = "General")]
    pub namespace: Option<String>,
    /// What is shown first, or told: overview, namespaces, commands, clients, shards, persistence, slowlog, config; in the dashboard keys
    #[arg(long, value_name = "VIEW", value_parser = tab, help_heading = "General", hide_possible_values = true)]
    #[serde(deserialize_with = "tab_by_name")]
    pub view: Option<Tab>,
    /// Writes what happens into this file
    #[arg(long, value_name = "FILE", global = true, help_heading = "General")]
    pub log_file: Option<PathBuf>,
    /// How lines are written; without --watch, --once is understood
    #[arg(long, value_name = "FORMAT", global = true, help_heading = "Output")]
    pub format: Option<Format>,
    /// Colours: dark, light or mono
    #[arg(long, value_name = "THEME", value_parser = palette, help_heading = "Dashboard")]
    #[serde(deserialize_with = "palette_by_name")]
    pub theme: Option<Palette>,
    /// Nothing beyond ASCII in borders and charts
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, help_heading = "Dashboard")]
    pub ascii: Option<bool>,
    /// Leaves the mouse to the terminal
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, help_heading = "Dashboard")]
    pub no_mouse: Option<bool>,
}

impl Settings {
    /// Fills in what is absent.
    pub fn or(self, other: Self) -> Self {
        Self {
            address: self.address.or(other.address),
            host: self.host.or(other.host),
            port: self.port.or(other.port),
            socket: self.socket.or(other.socket),
            db: self.db.or(other.db),
            user: self.user.or(other.user),
            password: self.password.or(other.password),
            tls: self.tls.or(other.tls),
            cacert: self.cacert.or(other.cacert),
            cert: self.cert.or(other.cert),
            key: self.key.or(other.key),
            sni: self.sni.or(other.sni),
            insecure: self.insecure.or(other.insecure),
            interval: self.interval.or(other.interval),
            readonly: self.readonly.or(other.readonly),
            namespace: self.namespace.or(other.namespace),
            view: self.view.or(other.view),
            log_file: self.log_file.or(other.log_file),
            format: self.format.or(other.format),
            theme: self.theme.or(other.theme),
            ascii: self.ascii.or(other.ascii),
            no_mouse: self.no_mouse.or(other.no_mouse),
        }
    }

    /// Leaves out what belongs to one server, and would be told to another.
    pub fn without_connection(self) -> Self {
        Self {
            interval: self.interval,
            readonly: self.readonly,
            view: self.view,
            log_file: self.log_file,
            format: self.format,
            theme: self.theme,
            ascii: self.ascii,
            no_mouse: self.no_mouse,
            ..Self::default()
        }
    }
}

/// Text that is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Seconds between two polls.
pub fn seconds(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| INTERVAL.to_owned()).and_then(interval)
}

const INTERVAL: &str = "seconds from 0.1 to 3600";

/// The same as a number.
pub(super) fn interval(seconds: f64) -> Result<f64, String> {
    if (0.1..=3_600.0).contains(&seconds) { Ok(seconds) } else { Err(INTERVAL.into()) }
}

fn palette(text: &str) -> Result<Palette, String> {
    Palette::by_name(text).ok_or_else(|| "dark, light or mono".into())
}

pub(super) fn tab(text: &str) -> Result<Tab, String> {
    let fits = |tab: &Tab| tab.name() == text;
    Tab::ALL.into_iter().find(fits).ok_or_else(|| format!("one of {}", Tab::ALL.map(Tab::name).join(", ")))
}

fn palette_by_name<'a, D: serde::Deserializer<'a>>(deserializer: D) -> Result<Option<Palette>, D::Error> {
    palette(&String::deserialize(deserializer)?).map(Some).map_err(serde::de::Error::custom)
}

fn tab_by_name<'a, D: serde::Deserializer<'a>>(deserializer: D) -> Result<Option<Tab>, D::Error> {
    tab(&String::deserialize(deserializer)?).map(Some).map_err(serde::de::Error::custom)
}
