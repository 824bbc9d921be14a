//! A blocking connection that keeps the exact bytes of every reply.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::calls::Calls;
use crate::frame::{self, Value};
use crate::line;

/// A server that stays silent this long has hung; the test fails instead of hanging with it.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Requests of one pipeline beyond this many bytes are written by a second thread while replies are read, so that a
/// server that stops reading until its replies are taken is no deadlock.
const WRITE_AHEAD_BYTES: usize = 32 * 1024;

/// The version of the protocol a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// What a connection speaks until it says `HELLO 3`.
    Resp2,
    /// Maps, sets, doubles, one null.
    Resp3,
}

/// One connection. Every call panics with the cause when the connection breaks, except the `try_` forms.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    /// Bytes at the start of `received` that were already handed out.
    taken: usize,
    calls: Option<Calls>,
}

impl Client {
    /// Connects, speaking RESP2.
    ///
    /// # Errors
    /// What the system says when the connection is refused.
    pub fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        stream.set_write_timeout(Some(SILENCE_MAX))?;
        Ok(Self { stream, received: Vec::new(), taken: 0, calls: None })
    }

    /// Counts the requests of this connection as calls of the server under test.
    #[must_use]
    pub fn recorded(mut self) -> Self {
        self.calls = Some(Calls::default());
        self
    }

    /// Sends `HELLO 3` where the protocol asks for it.
    #[must_use]
    pub fn speaking(mut self, protocol: Protocol) -> Self {
        if protocol == Protocol::Resp3 {
            let reply = self.cmd(&["HELLO", "3"]);
            assert!(matches!(reply, Value::Map(_)), "HELLO 3 answers a map, not {reply:?}");
        }
        self
    }

    /// Looks again and again until something holds; panics when it does not come to hold.
    pub fn until(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + SILENCE_MAX;
        while !holds(self) {
            assert!(Instant::now() < deadline, "it never came to this: {what}");
            std::thread::yield_now();
        }
    }

    /// Sends one request and waits for its reply.
    pub fn cmd<A: AsRef<[u8]>>(&mut self, args: &[A]) -> Value {
        self.send(args);
        self.reply()
    }

    /// [`cmd`](Self::cmd) with the request written as one line, see [`line::split`].
    pub fn line(&mut self, line: &str) -> Value {
        self.cmd(&line::split(line))
    }

    /// Sends one request.
    pub fn send<A: AsRef<[u8]>>(&mut self, args: &[A]) {
        self.note(args);
        self.raw(&encode(args));
    }

    /// Counts a request that is written by other means.
    pub fn note<A: AsRef<[u8]>>(&mut self, args: &[A]) {
        if let Some(calls) = &mut self.calls {
            calls.note(args);
        }
    }

    /// Writes bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.try_raw(bytes).expect("the server takes the request");
    }

    /// [`raw`](Self::raw) for a server that may have hung up.
    ///
    /// # Errors
    /// What the system says when the peer is gone.
    pub fn try_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Waits for one reply.
    pub fn reply(&mut self) -> Value {
        let bytes = self.raw_reply();
        Value::decode(&bytes).unwrap_or_else(|e| panic!("{e}: {}", bytes.escape_ascii()))
    }

    /// Waits for one reply and keeps its exact bytes.
    pub fn raw_reply(&mut self) -> Vec<u8> {
        self.try_raw_reply().unwrap_or_else(|e| panic!("no reply: {e}"))
    }

    /// [`raw_reply`](Self::raw_reply) for a server that may hang up.
    ///
    /// # Errors
    /// `UnexpectedEof` when the connection ends inside or instead of a reply; `InvalidData` when what came is no reply.
    pub fn try_raw_reply(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let unread = &self.received[self.taken..];
            let len = frame::length(unread)
                .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, format!("{e}: {}", head(unread))))?;
            if let Some(len) = len {
                let reply = unread[..len].to_vec();
                self.taken += len;
                return Ok(reply);
            }
            self.received.drain(..self.taken);
            self.taken = 0;
            if self.fill()? == 0 {
                let left = self.received.escape_ascii().to_string();
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("connection closed after {left:?}")));
            }
        }
    }

    /// Sends all requests, then waits for as many replies.
    pub fn pipeline<A: AsRef<[u8]>>(&mut self, requests: &[Vec<A>]) -> Vec<Value> {
        let (replies, broken) = self.raw_pipeline(requests);
        assert!(broken.is_none(), "after {} replies: {broken:?}", replies.len());
        let decoded = replies.iter().map(|bytes| Value::decode(bytes));
        decoded.collect::<Result<_, _>>().expect("replies are well formed")
    }

    /// [`pipeline`](Self::pipeline) with the exact bytes of each reply. Where the connection breaks, the replies before
    /// that come with the cause.
    pub fn raw_pipeline<A: AsRef<[u8]>>(&mut self, requests: &[Vec<A>]) -> (Vec<Vec<u8>>, Option<io::Error>) {
        let mut bytes = Vec::new();
        for args in requests {
            self.note(args);
            encode_into(&mut bytes, args);
        }
        self.exchange(&bytes, requests.len())
    }

    /// Writes `bytes` and reads `count` replies, both at once where the bytes are many. Where the connection breaks, the
    /// replies before that come with the cause.
    pub fn exchange(&mut self, bytes: &[u8], count: usize) -> (Vec<Vec<u8>>, Option<io::Error>) {
        let mut replies = Vec::with_capacity(count);
        if bytes.len() <= WRITE_AHEAD_BYTES {
            // A server that hung up may have said why, so its replies are read all the same.
            let _ = self.stream.write_all(bytes);
            let broken = self.read_replies(count, &mut replies).err();
            return (replies, broken);
        }
        let mut writer = self.stream.try_clone().expect("a socket can be shared");
        let broken = std::thread::scope(|scope| {
            let written = scope.spawn(move || writer.write_all(bytes));
            let broken = self.read_replies(count, &mut replies).err();
            if broken.is_some() {
                // Unblocks the writer.
                let _ = self.stream.shutdown(Shutdown::Both);
            }
            let written = written.join().expect("the writer does not panic");
            broken.or(written.err())
        });
        (replies, broken)
    }

    fn read_replies(&mut self, count: usize, out: &mut Vec<Vec<u8>>) -> io::Result<()> {
        for _ in 0..count {
            out.push(self.try_raw_reply()?);
        }
        Ok(())
    }

    /// Ends the sending direction: the server sees end of file.
    pub fn finish_sending(&mut self) {
        // A server that hung up first has ended both directions already.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Everything the server still sends until it closes the connection.
    ///
    /// A reset counts as the end: a server that closes with unread bytes in its socket causes one.
    pub fn rest(&mut self) -> Vec<u8> {
        let (rest, broken) = self.try_rest();
        assert!(broken.is_none(), "the server neither answers nor closes ({broken:?}) after {}", head(&rest));
        rest
    }

    /// [`rest`](Self::rest) with the cause where the server neither sends nor closes.
    pub fn try_rest(&mut self) -> (Vec<u8>, Option<io::Error>) {
        let broken = loop {
            match self.fill() {
                Ok(0) => break None,
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => break None,
                Err(e) => break Some(e),
            }
        };
        (self.received.split_off(std::mem::take(&mut self.taken)), broken)
    }

    /// The socket, for what this type does not offer.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut chunk = [0; 64 * 1024];
        let len = self.stream.read(&mut chunk)?;
        self.received.extend_from_slice(&chunk[..len]);
        Ok(len)
    }
}

/// One request as an array of bulk strings.
pub fn encode<A: AsRef<[u8]>>(args: &[A]) -> Vec<u8> {
    let mut out = Vec::new();
    encode_into(&mut out, args);
    out
}

/// Appends one request as an array of bulk strings.
pub fn encode_into<A: AsRef<[u8]>>(out: &mut Vec<u8>, args: &[A]) {
    out.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
    for arg in args {
        let arg = arg.as_ref();
        out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

fn head(bytes: &[u8]) -> String {
    bytes[..bytes.len().min(200)].escape_ascii().to_string()
}
