//! Where clients knock: TCP and Unix sockets, bound before anything else starts.

use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener as StdUnixListener, UnixStream as StdUnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mio::event::Source;
use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, TcpKeepalive, Type};

use super::connection::Stream;
use crate::config::Settings;
use crate::session::Address;

/// Why the server cannot listen where it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is not to be had.
    #[error("Could not create server TCP listening socket {address}: {cause}")]
    Tcp {
        /// Host and port.
        address: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The path is not to be had.
    #[error("Opening Unix socket {path}: {cause}")]
    Unix {
        /// The socket's path.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Neither a port nor a path was given, or no address could be bound.
    #[error("Configured to not listen anywhere, exiting.")]
    Nowhere,
}

/// A socket that clients connect to. A Unix socket's file is removed when it is dropped.
#[derive(Debug)]
pub struct Listener {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    Unix { listener: UnixListener, path: Arc<str> },
}

/// A connection just accepted, on its way to a worker.
pub(crate) struct Accepted {
    pub(super) stream: Stream,
    pub(super) peer: Address,
    pub(super) local: Address,
}

/// Whether the settings name any place to listen at.
pub(crate) fn check(settings: &Settings) -> Result<(), ListenError> {
    let tcp = settings.port != 0 && !settings.bind.is_empty();
    if tcp || settings.unixsocket.is_some() { Ok(()) } else { Err(ListenError::Nowhere) }
}

/// Binds every address the settings name.
///
/// # Errors
/// When one that is not marked as optional cannot be bound.
pub fn bind_all(settings: &Settings) -> Result<Vec<Listener>, ListenError> {
    let mut listeners = Vec::new();
    if settings.port != 0 {
        for address in &settings.bind {
            let (host, optional) = match address.strip_prefix('-') {
                Some(host) => (host, true),
                None => (address.as_str(), false),
            };
            let cause = match resolve(host, settings.port).and_then(|address| bind_tcp(address, settings.tcp_backlog)) {
                Ok(listener) => {
                    listeners.push(Listener { kind: Kind::Tcp(listener) });
                    continue;
                }
                Err(cause) => cause,
            };
            // As in the reference: an optional address that this machine does not have is passed over.
            let absent = matches!(
                cause.raw_os_error(),
                Some(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT | libc::ENOPROTOOPT)
            );
            if !(optional && absent) {
                return Err(ListenError::Tcp { address: format!("{host}:{}", settings.port), cause });
            }
        }
    }
    if let Some(path) = &settings.unixsocket {
        let path = settings.path(path);
        let listener = bind_unix(&path, settings.unixsocketperm, settings.tcp_backlog)
            .map_err(|cause| ListenError::Unix { path: path.clone(), cause })?;
        let path = path.to_string_lossy().into();
        listeners.push(Listener { kind: Kind::Unix { listener, path } });
    }
    if listeners.is_empty() {
        return Err(ListenError::Nowhere);
    }
    Ok(listeners)
}

/// The address a `bind` word means; `*` is every IPv4 address, `::*` every IPv6 address.
fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    let host = match host {
        "*" => "0.0.0.0",
        "::*" => "::",
        host => host,
    };
    (host, port).to_socket_addrs()?.next().ok_or_else(|| io::Error::from_raw_os_error(libc::EADDRNOTAVAIL))
}

fn bind_tcp(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(TcpListener::from_std(StdTcpListener::from(OwnedFd::from(socket))))
}

/// Binds a Unix socket whose file has its final permissions from the first moment.
fn bind_unix(path: &Path, mode: u32, backlog: u32) -> io::Result<UnixListener> {
    if let Err(error) = StdUnixStream::connect(path) {
        // Left behind by a server that ended badly: nobody listens.
        if error.kind() == io::ErrorKind::ConnectionRefused {
            std::fs::remove_file(path)?;
        }
    } else {
        return Err(io::Error::from_raw_os_error(libc::EADDRINUSE));
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    if mode != 0 {
        // The system gives the file the mode that the unbound socket has (less the umask), so there is no moment in
        // which it is more open than asked for.
        rustix::fs::fchmod(socket.as_fd(), rustix::fs::Mode::from_raw_mode(mode))?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(path)?)?;
    if mode != 0 {
        rustix::fs::chmod(path, rustix::fs::Mode::from_raw_mode(mode))?;
    }
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(UnixListener::from_std(StdUnixListener::from(OwnedFd::from(socket))))
}

impl Listener {
    /// The source to register with a poller.
    pub(super) fn source(&mut self) -> &mut dyn Source {
        match &mut self.kind {
            Kind::Tcp(listener) => listener,
            Kind::Unix { listener, .. } => listener,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<Address> {
        Ok(match &self.kind {
            Kind::Tcp(listener) => Address::Tcp(listener.local_addr()?),
            Kind::Unix { path, .. } => Address::Unix(Arc::clone(path)),
        })
    }

    /// Takes the next waiting connection.
    ///
    /// # Errors
    /// "Would block" when there is none; otherwise what the system reports, which may be about that connection alone.
    pub(super) fn accept(&self, keepalive_s: u32) -> io::Result<Accepted> {
        match &self.kind {
            Kind::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                // A connection that is already gone again fails here; reading will tell.
                let _ = tune(&stream, keepalive_s);
                let local = stream.local_addr()?;
                let (peer, local) = (Address::Tcp(peer), Address::Tcp(local));
                Ok(Accepted { stream: Stream::Tcp(stream), peer, local })
            }
            Kind::Unix { listener, path } => {
                let (stream, _) = listener.accept()?;
                let address = Address::Unix(Arc::clone(path));
                Ok(Accepted { stream: Stream::Unix(stream), peer: address.clone(), local: address })
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Kind::Unix { path, .. } = &self.kind {
            // Gone already: then somebody else has cleaned up.
            let _ = std::fs::remove_file(&**path);
        }
    }
}

/// Small packets go out at once; the system probes idle peers as the reference does: after the idle time, three times.
fn tune(stream: &TcpStream, keepalive_s: u32) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if keepalive_s > 0 {
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(u64::from(keepalive_s)))
            .with_interval(Duration::from_secs(u64::from((keepalive_s / 3).max(1))))
            .with_retries(3);
        SockRef::from(stream).set_tcp_keepalive(&keepalive)?;
    }
    Ok(())
}

impl Accepted {
    /// The socket's descriptor number.
    pub(super) fn fd(&self) -> i32 {
        match &self.stream {
            Stream::Tcp(stream) => stream.as_raw_fd(),
            Stream::Unix(stream) => UnixStream::as_raw_fd(stream),
        }
    }
}
