//! What follows from the command line, the environment and the configuration file, the first that says something winning.
//!
//! What belongs to a server (address, login, TLS) is never mixed: a password of the file goes to the file's server alone, so that a
//! profile, or an address with a login, is not led to another host or port.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::Cli;
use super::file::{self, File};
use super::settings::Settings;
use crate::failure::Failure;
use crate::output::Format;
use crate::source::address::{Address, Endpoint};
use crate::source::tls::Tls;
use crate::state::tab::Tab;
use crate::theme::Palette;

/// Everything that is settled before anything is done.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where the server is and how to be let in.
    pub address: Address,
    /// Between two polls.
    pub interval: Duration,
    /// Whether somebody chose that interval.
    pub has_interval: bool,
    /// Whether changes are refused.
    pub is_readonly: bool,
    /// The namespace that is looked at.
    pub namespace: Option<String>,
    /// What is shown first, or told.
    pub view: Tab,
    /// Where what happens is written.
    pub log_file: Option<PathBuf>,
    /// How lines are written, if somebody says so on the command line.
    pub asked_format: Option<Format>,
    /// How lines are written.
    pub format: Format,
    /// Colours.
    pub theme: Palette,
    /// Nothing beyond ASCII.
    pub is_ascii: bool,
    /// Whether the mouse is used.
    pub has_mouse: bool,
}

impl Setup {
    /// Reads the configuration file and the environment.
    pub fn new(cli: &Cli) -> Result<Self, Failure> {
        let var = |name: &str| std::env::var(name).ok();
        let file = match (&cli.config, file::path(&var)) {
            (Some(path), _) => File::read(path, true)?,
            (None, Some(path)) => File::read(&path, false)?,
            (None, None) => File::default(),
        };
        Self::of(cli, file, &var)
    }

    fn of(cli: &Cli, mut file: File, var: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        if cli.address.as_deref().is_some_and(|address| address.trim().is_empty()) {
            return Err(Failure::Usage("the address is empty".into()));
        }
        let typed = cli.settings.clone();
        let has_place = typed.host.is_some() || typed.port.is_some() || typed.socket.is_some();
        let named = cli
            .address
            .clone()
            .or_else(|| if has_place { None } else { var("RKVS_URL").filter(|url| !url.is_empty()) });
        if let Some(named) = cli.address.as_deref().filter(|named| has_place && has_login(named)) {
            let what = if named.starts_with('@') { named } else { "an address with a password" };
            return Err(Failure::Usage(format!("{what} is a server of its own: it goes with none of -h, -p and -s")));
        }
        let for_all = file.settings.clone().without_connection();
        // Which server: the one that is named, the file's, or the one here.
        let server = match named.as_deref().map(|name| name.strip_prefix('@').ok_or(name)) {
            Some(Ok(profile)) => {
                let names = || file.profiles.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                let unknown = || match names() {
                    names if names.is_empty() => {
                        format!("there is no profile {profile:?}: the configuration file has none")
                    }
                    names => format!("there is no profile {profile:?}, but {names}"),
                };
                let unknown = Failure::Usage(unknown());
                file.profiles.remove(profile).ok_or(unknown)?
            }
            Some(Err(address)) => Settings { address: Some(address.to_owned()), ..Settings::default() },
            None if has_place => Settings::default(),
            None => file.settings,
        };
        let address = address(&typed, &server, var)?;
        let settings = typed.or(server).or(for_all);
        Ok(Self {
            address,
            interval: Duration::from_secs_f64(settings.interval.unwrap_or(1.0)),
            has_interval: cli.settings.interval.is_some(),
            is_readonly: settings.readonly.unwrap_or(false),
            namespace: settings.namespace,
            view: settings.view.unwrap_or_default(),
            log_file: settings.log_file,
            asked_format: cli.settings.format,
            format: settings.format.unwrap_or_default(),
            theme: settings.theme.unwrap_or(Palette::Dark),
            is_ascii: settings.ascii.unwrap_or(false),
            has_mouse: !settings.no_mouse.unwrap_or(false),
        })
    }
}

/// Whether what is named may hold a login.
fn has_login(named: &str) -> bool {
    named.starts_with('@') || Address::from_str(named).is_ok_and(|of| of.user.is_some() || of.password.is_some())
}

/// The address of a server, with what is typed changing what it says.
fn address(typed: &Settings, server: &Settings, var: &dyn Fn(&str) -> Option<String>) -> Result<Address, Failure> {
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("the address: {error}"));
    let text = server.address.as_deref().unwrap_or("");
    let mut address = Address::from_str(text).map_err(|error| usage(&error))?;
    for settings in [server, typed] {
        if let Some(path) = &settings.socket {
            address.endpoint = Endpoint::Unix(path.clone());
        }
        if settings.host.is_some() || settings.port.is_some() {
            let (host, port) = match &address.endpoint {
                Endpoint::Tcp(host, port) => (host.clone(), *port),
                Endpoint::Unix(_) => Address::default_place(),
            };
            address.endpoint = Endpoint::Tcp(settings.host.clone().unwrap_or(host), settings.port.unwrap_or(port));
        }
        address.db = settings.db.or(address.db);
        address.user = settings.user.clone().or(address.user);
        address.password = settings.password.as_ref().map(|secret| secret.0.clone()).or(address.password);
    }
    address.password = address.password.or_else(|| var("REDISCLI_AUTH")).filter(|password| !password.is_empty());
    let settings = typed.clone().or(server.clone());
    let is_tls = settings.tls.unwrap_or(address.tls.is_some());
    let tls = Tls {
        cacert: settings.cacert,
        login: settings.cert.zip(settings.key),
        sni: settings.sni,
        is_insecure: settings.insecure.unwrap_or(false),
    };
    if !is_tls && tls != Tls::default() {
        return Err(Failure::Usage("--cacert, --cert, --key, --sni and --insecure need --tls or rediss://".into()));
    }
    if is_tls && matches!(address.endpoint, Endpoint::Unix(_)) {
        return Err(Failure::Usage("TLS is not spoken over a socket of the file system".into()));
    }
    address.tls = is_tls.then_some(tls);
    Ok(address)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn setup(args: &[&str], file: &str, vars: &[(&str, &str)]) -> Result<Setup, String> {
        let cli = Cli::try_parse_from([&["rkvs-tui"], args].concat()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, file).unwrap();
        let var = |name: &str| vars.iter().find(|(var, _)| *var == name).map(|(_, value)| (*value).to_owned());
        Setup::of(&cli, File::read(&path, true).unwrap(), &var).map_err(|error| error.to_string())
    }

    /// Where, who, with what, and which database.
    fn place(args: &[&str], file: &str, vars: &[(&str, &str)]) -> String {
        let address = setup(args, file, vars).unwrap().address;
        let (user, password) = (address.user.as_deref().unwrap_or("-"), address.password.as_deref().unwrap_or("-"));
        let tls = if address.tls.is_some() { " tls" } else { "" };
        format!("{address} {user} {password} {}{tls}", address.db.unwrap_or(0))
    }

    const FILE: &str = "address = 'one:1'\npassword = 'p1'\ntheme = 'light'\n\
                        [profiles.two]\naddress = 'rediss://u:p2@two:2/3'\nreadonly = true\nnamespace = 'n'\n";

    #[test]
    fn the_first_that_says_something_wins() {
        let url = ("RKVS_URL", "redis://:pe@env:5/6");
        let auth = ("REDISCLI_AUTH", "pa");
        assert_eq!(place(&[], "", &[]), "127.0.0.1:6379 - - 0");
        assert_eq!(place(&[], "", &[auth]), "127.0.0.1:6379 - pa 0");
        assert_eq!(place(&[], FILE, &[auth]), "one:1 - p1 0");
        assert_eq!(place(&[], FILE, &[url, auth]), "env:5 - pe 6");
        assert_eq!(place(&["host"], FILE, &[url]), "host:6379 - - 0");
        assert_eq!(place(&["@two"], FILE, &[url, auth]), "two:2 u p2 3 tls");
        assert_eq!(place(&["@two", "-n", "7", "-a", "x"], FILE, &[]), "two:2 u x 7 tls");
        assert_eq!(place(&["host:1", "-p", "9"], FILE, &[]), "host:9 - - 0");
        assert_eq!(place(&[], FILE, &[("RKVS_URL", "@two")]), "two:2 u p2 3 tls");
        assert_eq!(place(&["redis://:pu@h", "-a", "x", "--user", "y"], "", &[]), "h:6379 y x 0");
        assert_eq!(place(&["-s", "/s.sock"], "", &[]), "/s.sock - - 0");
        assert_eq!(place(&["--tls", "host"], "", &[]), "host:6379 - - 0 tls");
    }

    #[test]
    fn a_password_goes_to_its_own_server_alone() {
        for args in [&["other"][..], &["-h", "other"], &["-p", "7"], &["-s", "/x"]] {
            let place = place(args, FILE, &[("RKVS_URL", "redis://:pe@env")]);
            assert!(place.ends_with(" - - 0"), "{args:?}: {place}");
        }
        for named in ["@two", "redis://:s3cret@h", "redis://ann:@h"] {
            for place in [&["-h", "other"][..], &["-p", "7"], &["-s", "/x"]] {
                let error = setup(&[&[named], place].concat(), FILE, &[]).unwrap_err();
                assert!(error.contains("server of its own") && !error.contains("s3cret"), "{error}");
            }
        }
    }

    #[test]
    fn what_is_for_all_servers_is_for_all() {
        let two = setup(&["@two", "--interval", "0.5"], FILE, &[]).unwrap();
        assert_eq!((two.theme, two.is_readonly, two.interval), (Palette::Light, true, Duration::from_millis(500)));
        assert_eq!(two.namespace.as_deref(), Some("n"));
        assert!(!setup(&["@two", "--readonly=false"], FILE, &[]).unwrap().is_readonly);
    }

    #[test]
    fn mistakes_keep_passwords() {
        for (args, part) in [
            (&["redis://:s3cret@h:99999"][..], "the port"),
            (&["http://:s3cret@h"], "scheme"),
            (&["@three"], "but two"),
            (&[""], "is empty"),
            (&["--insecure", "h"], "need --tls"),
            (&["--tls", "/path"], "file system"),
        ] {
            let error = setup(args, FILE, &[]).unwrap_err();
            assert!(error.contains(part) && !error.contains("s3cret"), "{error}");
        }
    }
}
