//! `/metrics`, `/healthz` and `/readyz` over HTTP/1.
//!
//! A request is one head of at most `HEAD_MAX` bytes that arrives within `PATIENCE`; each connection gets one answer. It
//! runs on the main thread, beside no worker, and answers one at a time: who asks often waits, clients do not. There are
//! `CONNECTIONS_MAX` places; who comes when all are taken gets that of whoever has been silent for longest, so that
//! connections which ask for nothing keep no probe waiting.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::export::Exporter;
use crate::server::Server;

/// Longest head of a request.
const HEAD_MAX: usize = 8 << 10;
/// How long a request may take to arrive, and its answer to leave.
const PATIENCE: Duration = Duration::from_secs(3);
/// Connections at the same time: those that are kept free of the descriptors that `maxclients` leaves.
const CONNECTIONS_MAX: usize = 16;
/// Rest after the system refused a connection for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket that listens for HTTP.
#[derive(Debug)]
pub struct Endpoint(std::net::TcpListener);

impl Endpoint {
    /// Listens on an address.
    ///
    /// # Errors
    /// When the address is not to be had.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self(listener))
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Answers requests until the caller drops this; to be polled inside a runtime.
    ///
    /// # Errors
    /// When the runtime cannot watch the socket.
    pub async fn serve(self, server: Arc<Server>) -> io::Result<()> {
        let listener = TcpListener::from_std(self.0)?;
        let exporter = Arc::new(parking_lot::Mutex::new(Exporter::new()));
        let mut places = Places::default();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let (server, exporter) = (Arc::clone(&server), Arc::clone(&exporter));
                    let asked = Arc::new(AtomicBool::new(false));
                    if places.make_room(CONNECTIONS_MAX) {
                        // It is closed as soon as its task comes to know.
                        tokio::task::yield_now().await;
                    }
                    let of_task = Arc::clone(&asked);
                    let task = tokio::spawn(async move {
                        // The fault of that one peer, who knows.
                        let _ = timeout(2 * PATIENCE, answer(stream, &server, &exporter, &of_task)).await;
                    });
                    places.taken.push_back(Place { task: task.abort_handle(), asked });
                }
                Err(error) => {
                    tracing::debug!(%error, "Error accepting a metrics connection");
                    // Descriptors are short: one that is held for nothing goes first.
                    if !places.make_room(1) {
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

/// The connections there are, the oldest first.
#[derive(Default)]
struct Places {
    taken: VecDeque<Place>,
}

/// One connection.
struct Place {
    task: AbortHandle,
    /// Whether its request has arrived, so that it only has to be answered.
    asked: Arc<AtomicBool>,
}

impl Places {
    /// Makes sure that fewer than so many places are taken: ends the oldest connection that has not asked for anything yet, or
    /// else the oldest. Returns whether it ended one.
    fn make_room(&mut self, places: usize) -> bool {
        self.taken.retain(|place| !place.task.is_finished());
        let ends_one = self.taken.len() >= places;
        if ends_one {
            let silent = self.taken.iter().position(|place| !place.asked.load(Relaxed)).unwrap_or(0);
            if let Some(place) = self.taken.remove(silent) {
                place.task.abort();
            }
        }
        ends_one
    }
}

/// One answer.
struct Response {
    status: &'static str,
    content_type: &'static str,
    body: String,
}

impl Response {
    fn text(status: &'static str, body: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.to_owned() }
    }
}

/// Reads a request and answers it.
async fn answer(
    mut stream: TcpStream,
    server: &Server,
    exporter: &parking_lot::Mutex<Exporter>,
    asked: &AtomicBool,
) -> io::Result<()> {
    let head = match timeout(PATIENCE, read_head(&mut stream)).await {
        Ok(Ok(head)) => head,
        Ok(Err(error)) => return Err(error),
        Err(_) => return Ok(()),
    };
    asked.store(true, Relaxed);
    let (response, with_body) = match head {
        None => (Response::text("431 Request Header Fields Too Large", "the request is too long\n"), true),
        Some(head) => match parse(&head) {
            None => (Response::text("400 Bad Request", "this is no HTTP/1 request\n"), true),
            Some(("GET", path)) => (respond(path, server, exporter), true),
            Some(("HEAD", path)) => (respond(path, server, exporter), false),
            Some(_) => (Response::text("405 Method Not Allowed", "only GET and HEAD are answered\n"), true),
        },
    };
    let Response { status, content_type, body } = response;
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n{allow}Cache-Control: no-store\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    if with_body {
        bytes.push_str(&body);
    }
    stream.write_all(bytes.as_bytes()).await?;
    stream.shutdown().await
}

/// The bytes up to the empty line that ends a head; `None` when it is too long.
async fn read_head(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if memchr::memmem::find(&head, b"\r\n\r\n").is_some() || memchr::memmem::find(&head, b"\n\n").is_some() {
            return Ok(Some(head));
        }
        if head.len() > HEAD_MAX {
            return Ok(None);
        }
    }
}

/// Method and path of a request, without the query.
fn parse(head: &[u8]) -> Option<(&str, &str)> {
    let line = std::str::from_utf8(head.split(|&byte| byte == b'\n').next()?).ok()?;
    let mut words = line.trim_end().split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !version.starts_with("HTTP/1.") || !target.starts_with('/') {
        return None;
    }
    Some((method, target.split('?').next().unwrap_or(target)))
}

fn respond(path: &str, server: &Server, exporter: &parking_lot::Mutex<Exporter>) -> Response {
    match path {
        "/metrics" => Response {
            status: "200 OK",
            content_type: "text/plain; version=0.0.4; charset=utf-8",
            body: exporter.lock().page(server),
        },
        "/healthz" => Response::text("200 OK", "ok\n"),
        "/readyz" if server.persistence.is_loading() => Response::text("503 Service Unavailable", "loading\n"),
        "/readyz" if server.shutdown.is_requested() || server.persistence.is_stopping() => {
            Response::text("503 Service Unavailable", "stopping\n")
        }
        "/readyz" => Response::text("200 OK", "ready\n"),
        _ => Response::text("404 Not Found", "there are /metrics, /healthz and /readyz\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_1_requests_are_understood() {
        assert_eq!(parse(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), Some(("GET", "/metrics")));
        assert_eq!(parse(b"HEAD /a?b=c HTTP/1.0\n\n"), Some(("HEAD", "/a")));
        for wrong in ["", "GET", "GET /", "GET / HTTP/2", "GET x HTTP/1.1", "GET / HTTP/1.1 x", "PING\r\n"] {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
