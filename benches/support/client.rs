//! A plain client for the few questions a benchmark asks beside its load.

use std::io::{self, Read, Write};

use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::types::OwnedFrame;

use crate::endpoint::{Endpoint, Handshake, Socket, encode};

/// One connection in RESP2, one thing at a time.
#[derive(Debug)]
pub struct Client {
    socket: Socket,
    received: Vec<u8>,
}

impl Client {
    /// Connects, always in RESP2, whatever the handshake says.
    pub fn connect(endpoint: &Endpoint, handshake: &Handshake) -> io::Result<Self> {
        let handshake = Handshake { resp: 2, ..handshake.clone() };
        Ok(Self { socket: Socket::connect(endpoint, &handshake)?, received: Vec::new() })
    }

    /// Sends requests together and returns their replies, error replies among them.
    pub fn pipeline<A: AsRef<[u8]>>(&mut self, requests: &[Vec<A>]) -> io::Result<Vec<OwnedFrame>> {
        let mut bytes = Vec::new();
        for request in requests {
            encode(request, &mut bytes);
        }
        self.socket.write_all(&bytes)?;
        requests.iter().map(|_| self.reply()).collect()
    }

    /// Sends one request; an error reply is an error.
    pub fn request<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> io::Result<OwnedFrame> {
        let mut bytes = Vec::new();
        encode(arguments, &mut bytes);
        self.socket.write_all(&bytes)?;
        match self.reply()? {
            OwnedFrame::Error(text) => Err(io::Error::other(text)),
            reply => Ok(reply),
        }
    }

    /// Returns one field of INFO, such as `used_memory`.
    pub fn info(&mut self, field: &str) -> io::Result<Option<String>> {
        self.info_field(&["INFO"], field)
    }

    /// Returns one field of one section of INFO, which costs the server less.
    pub fn info_of(&mut self, section: &str, field: &str) -> io::Result<Option<String>> {
        self.info_field(&["INFO", section], field)
    }

    fn info_field(&mut self, request: &[&str], field: &str) -> io::Result<Option<String>> {
        let OwnedFrame::BulkString(text) = self.request(request)? else {
            return Err(io::Error::other("INFO did not answer with text"));
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        let value = |line: &str| line.strip_prefix(field)?.strip_prefix(':').map(|value| value.trim().to_owned());
        Ok(text.lines().find_map(value))
    }

    fn reply(&mut self) -> io::Result<OwnedFrame> {
        loop {
            if let Some((frame, length)) = decode(&self.received).map_err(io::Error::other)? {
                self.received.drain(..length);
                return Ok(frame);
            }
            let mut piece = [0; 64 * 1024];
            let length = self.socket.read(&mut piece)?;
            if length == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection"));
            }
            self.received.extend_from_slice(&piece[..length]);
        }
    }
}
