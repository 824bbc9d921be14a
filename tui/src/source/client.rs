//! A connection that speaks RESP: requests out, replies in, in the same order.
//!
//! Every exchange has a time limit and every reply a bound on its size. After an error nobody knows which reply belongs to
//! which request, so the connection refuses to go on; opening another one is up to its owner.

use std::time::Duration;

use bytes::BytesMut;
use redis_protocol::{resp2, resp3};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::address::{Address, Endpoint};
use super::frame::Scanner;
use crate::state::keyspace::Keyspace;
use crate::value::Value;

/// Bytes of a reply.
pub const REPLY_SIZE_MAX: usize = 64 * 1024 * 1024;
/// Values of a reply: items of its aggregates, whatever they lie in.
pub const REPLY_VALUES_MAX: usize = 1_000_000;
/// How many of the largest replies an exchange may come to.
const EXCHANGE_REPLIES_MAX: usize = 4;
/// What is read at once at least.
const READ_SIZE: usize = 64 * 1024;

/// A request: its name and arguments.
pub type Args = Vec<Vec<u8>>;

/// Makes a request of words.
pub fn args<T: AsRef<[u8]>>(words: impl IntoIterator<Item = T>) -> Args {
    words.into_iter().map(|word| word.as_ref().to_vec()).collect()
}

/// Why a connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system says so.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server took too long.
    #[error("no answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// What came is no reply.
    #[error("this is no Redis protocol: {0}")]
    Protocol(&'static str),
    /// A reply is larger than anybody should send.
    #[error("a reply is too large")]
    TooLarge,
    /// The server does not let us in, for this reason.
    #[error("{0}")]
    Refused(String),
    /// An exchange before this one failed or was given up.
    #[error("the connection is broken")]
    Broken,
}

/// What the replies of an exchange may still come to.
#[derive(Debug)]
struct Room {
    bytes: usize,
    values: usize,
}

/// Anything that bytes go through in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection to a server.
pub struct Client {
    stream: Box<dyn Stream>,
    received: BytesMut,
    is_resp3: bool,
    /// Set while an exchange is going on, so also after one that failed or whose future was dropped.
    is_broken: bool,
    time_limit: Duration,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("is_resp3", &self.is_resp3).field("is_broken", &self.is_broken).finish()
    }
}

impl Client {
    /// Connects, logs in and says who it is.
    pub async fn connect(address: &Address, time_limit: Duration) -> Result<Self, Error> {
        let stream: Box<dyn Stream> = timeout(time_limit, async {
            Ok::<Box<dyn Stream>, Error>(match &address.endpoint {
                Endpoint::Tcp(host, port) => {
                    let stream = TcpStream::connect((host.as_str(), *port)).await?;
                    stream.set_nodelay(true)?;
                    match &address.tls {
                        Some(tls) => Box::new(tls.over(stream, host).await?),
                        None => Box::new(stream),
                    }
                }
                Endpoint::Unix(path) => Box::new(UnixStream::connect(path).await?),
            })
        })
        .await
        .map_err(|_| Error::Timeout(time_limit))??;
        Self::over(stream, address, time_limit).await
    }

    pub(super) async fn over(stream: Box<dyn Stream>, address: &Address, time_limit: Duration) -> Result<Self, Error> {
        let received = BytesMut::new();
        let mut client = Self { stream, received, is_resp3: true, is_broken: false, time_limit };
        client.greet(address).await?;
        Ok(client)
    }

    /// Agrees on RESP3, or on RESP2 with a server that knows no other.
    async fn greet(&mut self, address: &Address) -> Result<(), Error> {
        let refused = |reply: Value| reply.ok().map_err(Error::Refused);
        let user = address.user.as_deref().unwrap_or("default");
        let mut hello = args(["HELLO", "3"]);
        if let Some(password) = &address.password {
            hello.extend(args(["AUTH", user, password]));
        }
        if let Value::Error(error) = self.call(hello).await? {
            // Whatever else it says is no answer to the question: that there are too many clients, that the password is wrong.
            let knows_no_resp3 = ["ERR unknown command", "NOPROTO", "NOPERM"];
            if !knows_no_resp3.iter().any(|words| error.starts_with(words)) {
                return Err(Error::Refused(error));
            }
            self.is_resp3 = false;
            match (&address.user, &address.password) {
                (Some(user), Some(password)) => drop(refused(self.call(args(["AUTH", user, password])).await?)?),
                (None, Some(password)) => drop(refused(self.call(args(["AUTH", password])).await?)?),
                (_, None) => {}
            }
        }
        // A server that does not know these, or does not allow them, is as good without.
        let names = [
            args(["CLIENT", "SETNAME", "rkvs-tui"]),
            args(["CLIENT", "SETINFO", "LIB-NAME", "rkvs-tui"]),
            args(["CLIENT", "SETINFO", "LIB-VER", env!("CARGO_PKG_VERSION")]),
        ];
        self.pipeline(&names).await?;
        match address.db {
            None | Some(0) => Ok(()),
            Some(db) => refused(self.call(Keyspace::Numbered(db).choice()).await?).map(drop),
        }
    }

    /// Changes how long an exchange may take.
    pub fn set_time_limit(&mut self, time_limit: Duration) {
        self.time_limit = time_limit;
    }

    /// Sends a request and awaits its reply. An error the server answers with is a `Value::Error`.
    pub async fn call(&mut self, request: Args) -> Result<Value, Error> {
        Ok(self.pipeline(&[request]).await?.pop().unwrap_or(Value::Null))
    }

    /// Sends requests at once and awaits as many replies.
    pub async fn pipeline(&mut self, requests: &[Args]) -> Result<Vec<Value>, Error> {
        if std::mem::replace(&mut self.is_broken, true) {
            return Err(Error::Broken);
        }
        let time_limit = self.time_limit;
        let replies = timeout(time_limit, self.exchange(requests)).await.map_err(|_| Error::Timeout(time_limit))??;
        self.is_broken = false;
        Ok(replies)
    }

    async fn exchange(&mut self, requests: &[Args]) -> Result<Vec<Value>, Error> {
        let mut out = Vec::new();
        requests.iter().for_each(|request| encode(request, &mut out));
        let mut room =
            Room { bytes: EXCHANGE_REPLIES_MAX * REPLY_SIZE_MAX, values: EXCHANGE_REPLIES_MAX * REPLY_VALUES_MAX };
        if let Err(error) = self.send(&out).await {
            // Who is sent away may have been told why before the connection was closed.
            return Err(match self.reply(&mut room).await {
                Ok(Some(Value::Error(reason))) => Error::Refused(reason),
                _ => Error::Io(error),
            });
        }
        let mut replies = Vec::with_capacity(requests.len());
        while replies.len() < requests.len() {
            let reply = self.reply(&mut room).await?;
            // Nothing was subscribed to: whatever is pushed is not for us.
            replies.extend(reply);
        }
        Ok(replies)
    }

    async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// The next reply; nothing for a push message.
    async fn reply(&mut self, room: &mut Room) -> Result<Option<Value>, Error> {
        let values_max = room.values.min(REPLY_VALUES_MAX);
        let mut scanner = Scanner::new(room.bytes.min(REPLY_SIZE_MAX), values_max);
        let len = loop {
            if let Some(len) = scanner.end(&self.received)? {
                break len;
            }
            self.received.reserve(READ_SIZE);
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(Error::Closed);
            }
        };
        room.bytes -= len;
        room.values -= values_max - scanner.values_left();
        let frame = self.received.split_to(len);
        if frame.starts_with(b">") {
            return Ok(None);
        }
        // The codec takes no error that is not UTF-8, and one may repeat bytes that were sent.
        if let Some(error) = frame.strip_prefix(b"-") {
            return Ok(Some(Value::Error(String::from_utf8_lossy(error.trim_ascii_end()).into_owned())));
        }
        decode(&frame, self.is_resp3).map(Some)
    }
}

fn encode(request: &Args, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", request.len()).as_bytes());
    for argument in request {
        out.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        out.extend_from_slice(argument);
        out.extend_from_slice(b"\r\n");
    }
}

fn decode(frame: &[u8], is_resp3: bool) -> Result<Value, Error> {
    const WRONG: Error = Error::Protocol("a reply that cannot be read");
    if is_resp3 {
        let frame = resp3::decode::complete::decode(frame).map_err(|_| WRONG)?;
        frame.map(|(frame, _)| from_resp3(frame)).ok_or(WRONG)
    } else {
        let frame = resp2::decode::decode(frame).map_err(|_| WRONG)?;
        frame.map(|(frame, _)| from_resp2(frame)).ok_or(WRONG)
    }
}

fn from_resp2(frame: resp2::types::OwnedFrame) -> Value {
    use resp2::types::OwnedFrame as Frame;
    match frame {
        Frame::SimpleString(data) | Frame::BulkString(data) => Value::Bytes(data),
        Frame::Error(data) => Value::Error(data),
        Frame::Integer(data) => Value::Integer(data),
        Frame::Array(items) => Value::Array(items.into_iter().map(from_resp2).collect()),
        Frame::Null => Value::Null,
    }
}

fn from_resp3(frame: resp3::types::OwnedFrame) -> Value {
    use resp3::types::OwnedFrame as Frame;
    match frame {
        Frame::BlobString { data, .. }
        | Frame::SimpleString { data, .. }
        | Frame::BigNumber { data, .. }
        | Frame::VerbatimString { data, .. }
        | Frame::ChunkedString(data) => Value::Bytes(data),
        Frame::BlobError { data, .. } => Value::Error(String::from_utf8_lossy(&data).into_owned()),
        Frame::SimpleError { data, .. } => Value::Error(data),
        Frame::Boolean { data, .. } => Value::Bool(data),
        Frame::Number { data, .. } => Value::Integer(data),
        Frame::Double { data, .. } => Value::Double(data),
        Frame::Array { data, .. } | Frame::Push { data, .. } => {
            Value::Array(data.into_iter().map(from_resp3).collect())
        }
        Frame::Set { data, .. } => Value::Array(data.into_iter().map(from_resp3).collect()),
        Frame::Map { data, .. } => {
            // The codec puts the last pair of the wire first.
            Value::Map(data.into_iter().rev().map(|(key, value)| (from_resp3(key), from_resp3(value))).collect())
        }
        Frame::Null | Frame::Hello { .. } => Value::Null,
    }
}

#[cfg(test)]
mod tests;
