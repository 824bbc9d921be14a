//! Where the server is and how a connection to it begins.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use mio::event::Source;
use mio::{Interest, Registry, Token};
use serde::{Serialize, Serializer};

use crate::scanner::Scanner;

/// Longest wait for a connection and for each reply of its handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Host and port.
    Tcp(String, u16),
    /// Path of a Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a connection says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// RESP version, 2 or 3. Version 2 needs no words.
    pub resp: u8,
    /// User for AUTH; none is the default user.
    pub user: Option<String>,
    /// Password for AUTH; none is no AUTH.
    pub password: Option<String>,
    /// Database index; 0 needs no SELECT.
    pub db: u32,
}

impl Default for Handshake {
    fn default() -> Self {
        Self { resp: 2, user: None, password: None, db: 0 }
    }
}

impl Handshake {
    /// Lists the requests of the handshake.
    fn requests(&self) -> Vec<Vec<&str>> {
        let mut requests = Vec::new();
        if let Some(password) = &self.password {
            requests.push(["AUTH"].into_iter().chain(self.user.as_deref()).chain([password.as_str()]).collect());
        }
        if self.resp == 3 {
            requests.push(vec!["HELLO", "3"]);
        }
        requests
    }
}

/// Encodes a request as an array of bulk strings.
pub fn encode<A: AsRef<[u8]>>(arguments: &[A], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", arguments.len()).as_bytes());
    for argument in arguments {
        let argument = argument.as_ref();
        out.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        out.extend_from_slice(argument);
        out.extend_from_slice(b"\r\n");
    }
}

/// A connected socket that waits.
#[derive(Debug)]
pub enum Socket {
    /// TCP, with small segments sent at once.
    Tcp(TcpStream),
    /// Unix.
    Unix(UnixStream),
}

impl Socket {
    /// Connects and completes the handshake.
    pub fn connect(endpoint: &Endpoint, handshake: &Handshake) -> io::Result<Self> {
        let mut socket = match endpoint {
            Endpoint::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port))?;
                stream.set_nodelay(true)?;
                Self::Tcp(stream)
            }
            Endpoint::Unix(path) => Self::Unix(UnixStream::connect(path)?),
        };
        socket.set_read_timeout(Some(HANDSHAKE_TIMEOUT))?;
        let db = handshake.db.to_string();
        let mut requests = handshake.requests();
        if handshake.db != 0 {
            requests.push(vec!["SELECT", &db]);
        }
        for request in &requests {
            socket.ask(request)?;
        }
        Ok(socket)
    }

    /// Bounds the wait for bytes; none waits for ever.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_read_timeout(timeout),
            Self::Unix(stream) => stream.set_read_timeout(timeout),
        }
    }

    /// Turns into a socket for a poller.
    pub fn into_polled(self) -> io::Result<PolledSocket> {
        Ok(match self {
            Self::Tcp(stream) => {
                stream.set_nonblocking(true)?;
                PolledSocket::Tcp(mio::net::TcpStream::from_std(stream))
            }
            Self::Unix(stream) => {
                stream.set_nonblocking(true)?;
                PolledSocket::Unix(mio::net::UnixStream::from_std(stream))
            }
        })
    }

    /// Sends one request and waits for its reply, which must not be an error.
    fn ask(&mut self, request: &[&str]) -> io::Result<()> {
        let mut bytes = Vec::new();
        encode(request, &mut bytes);
        self.write_all(&bytes)?;
        let mut scanner = Scanner::default();
        let mut reply = Vec::new();
        loop {
            let mut piece = [0; 4096];
            let length = self.read(&mut piece)?;
            if length == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("closed after {}", request[0])));
            }
            reply.extend_from_slice(&piece[..length]);
            let progress = scanner.scan(&reply).map_err(io::Error::other)?;
            reply.drain(..progress.consumed_bytes);
            if let Some(text) = scanner.counts().errors.keys().next() {
                return Err(io::Error::other(format!("{}: {text}", request[0])));
            }
            if progress.replies > 0 {
                return Ok(());
            }
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buf),
            Self::Unix(stream) => stream.read(buf),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buf),
            Self::Unix(stream) => stream.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A connected socket that never waits.
#[derive(Debug)]
pub enum PolledSocket {
    /// TCP.
    Tcp(mio::net::TcpStream),
    /// Unix.
    Unix(mio::net::UnixStream),
}

impl Read for PolledSocket {
    #[inline]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buf),
            Self::Unix(stream) => stream.read(buf),
        }
    }
}

impl Write for PolledSocket {
    #[inline]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buf),
            Self::Unix(stream) => stream.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Source for PolledSocket {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.register(registry, token, interests),
            Self::Unix(stream) => stream.register(registry, token, interests),
        }
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.reregister(registry, token, interests),
            Self::Unix(stream) => stream.reregister(registry, token, interests),
        }
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.deregister(registry),
            Self::Unix(stream) => stream.deregister(registry),
        }
    }
}
