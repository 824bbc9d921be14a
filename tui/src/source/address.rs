//! Where a server is and who asks.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::tls::Tls;

/// The port of a server that does not say another.
const PORT: u16 = 6379;
/// The host of a server that does not say another.
const HOST: &str = "127.0.0.1";

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A name or number and a port.
    Tcp(String, u16),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// An endpoint, with what is needed to be let in.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// How the server is reached.
    pub endpoint: Endpoint,
    /// Who asks, `default` when absent.
    pub user: Option<String>,
    /// Never shown.
    pub password: Option<String>,
    /// The database that is chosen at the start, if one is named.
    pub db: Option<u64>,
    /// Present when TLS is spoken.
    pub tls: Option<Tls>,
}

/// What is wrong with an address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(&'static str);

impl FromStr for Address {
    type Err = AddressError;

    /// Reads `redis[s]://[[user]:password@]host[:port][/db]`, `unix://[[user]:password@]/path[?db=n]`, `host[:port]` or a path.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.chars().any(char::is_control) {
            return Err(AddressError("an address holds no control characters"));
        }
        if let Some(rest) = text.strip_prefix("unix://") {
            let (login, rest) = rest.rsplit_once('@').map_or((None, rest), |(login, rest)| (Some(login), rest));
            let (path, db) = rest.split_once("?db=").unwrap_or((rest, ""));
            return Self::with_login(Endpoint::Unix(path.into()), login, db).and_then(|address| {
                if path.is_empty() { Err(AddressError("the path of the socket is missing")) } else { Ok(address) }
            });
        }
        if text.starts_with('/') {
            return Self::with_login(Endpoint::Unix(text.into()), None, "");
        }
        let (rest, tls) = match text.strip_prefix("rediss://") {
            Some(rest) => (rest, Some(Tls::default())),
            None => (text.strip_prefix("redis://").unwrap_or(text), None),
        };
        if rest.contains("://") {
            return Err(AddressError("the scheme is none of redis://, rediss:// and unix://"));
        }
        let (login, rest) = rest.rsplit_once('@').map_or((None, rest), |(login, rest)| (Some(login), rest));
        let (host, db) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = host_and_port(host)?;
        let address = Self::with_login(Endpoint::Tcp(host, port), login, db)?;
        Ok(Self { tls, ..address })
    }
}

impl Address {
    fn with_login(endpoint: Endpoint, login: Option<&str>, db: &str) -> Result<Self, AddressError> {
        let (user, password) = match login {
            None => (None, None),
            Some(login) => {
                let (user, password) = login.split_once(':').unwrap_or(("", login));
                let (user, password) = (decoded(user)?, decoded(password)?);
                (Some(user).filter(|user| !user.is_empty()), Some(password).filter(|password| !password.is_empty()))
            }
        };
        let number = |db: &str| db.parse().map_err(|_| AddressError("the database is no number"));
        let db = if db.is_empty() { None } else { Some(number(db)?) };
        Ok(Self { endpoint, user, password, db, tls: None })
    }

    /// Where a server is that does not say so.
    pub fn default_place() -> (String, u16) {
        (HOST.to_owned(), PORT)
    }
}

fn host_and_port(text: &str) -> Result<(String, u16), AddressError> {
    let bare_ipv6 = text.matches(':').count() > 1 && !text.starts_with('[');
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !bare_ipv6 && !port.ends_with(']') => {
            (host, port.parse().map_err(|_| AddressError("the port is no number from 0 to 65535"))?)
        }
        _ => (text, PORT),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((if host.is_empty() { HOST } else { host }.to_owned(), port))
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> Result<String, AddressError> {
    const WRONG: AddressError = AddressError("a % in user or password begins no two hexadecimal digits");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let (digits, tail) = tail.split_at_checked(2).ok_or(WRONG)?;
            let digits = std::str::from_utf8(digits).map_err(|_| WRONG)?;
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| WRONG)?);
            rest = tail;
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(bytes).map_err(|_| WRONG)
}

/// Without user and password: this is what the screen shows.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.endpoint {
            Endpoint::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Endpoint::Tcp(host, port) => write!(f, "{host}:{port}"),
            Endpoint::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        let tcp = |host: &str, port| Endpoint::Tcp(host.into(), port);
        let cases = [
            ("redis://localhost", tcp("localhost", 6379), None, None, None),
            ("redis://:p%40ss@10.0.0.1:7000/3", tcp("10.0.0.1", 7000), None, Some("p@ss"), Some(3)),
            ("redis://ann:a:b@host/", tcp("host", 6379), Some("ann"), Some("a:b"), None),
            ("redis://secret@host", tcp("host", 6379), None, Some("secret"), None),
            ("redis://[::1]:7000", tcp("::1", 7000), None, None, None),
            ("h/0", tcp("h", 6379), None, None, Some(0)),
            ("::1", tcp("::1", 6379), None, None, None),
            ("[::1]", tcp("::1", 6379), None, None, None),
            ("host:1", tcp("host", 1), None, None, None),
            (":7000", tcp("127.0.0.1", 7000), None, None, None),
            ("unix:///tmp/s.sock", Endpoint::Unix("/tmp/s.sock".into()), None, None, None),
            ("unix://:pw@/tmp/s.sock?db=2", Endpoint::Unix("/tmp/s.sock".into()), None, Some("pw"), Some(2)),
            ("/tmp/s.sock", Endpoint::Unix("/tmp/s.sock".into()), None, None, None),
        ];
        assert!("rediss://:pw@host:1/2".parse::<Address>().unwrap().tls.is_some());
        for (text, endpoint, user, password, db) in cases {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.endpoint, endpoint, "{text}");
            assert_eq!(
                (address.user.as_deref(), address.password.as_deref(), address.db),
                (user, password, db),
                "{text}"
            );
            assert!(!format!("{address:?} {address}").contains(password.unwrap_or("\0")), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "rediss://redis://host",
            "rediss:///path",
            "http://host",
            "host:99999",
            "host/x",
            "redis://%zz@h",
            "unix://",
            "a\u{1b}b",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
