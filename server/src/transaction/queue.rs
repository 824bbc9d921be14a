//! Requests between MULTI and EXEC.

use crate::command::spec::Command;
use crate::resp::ArgRange;

/// Queued requests, their bytes in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    bytes: Vec<u8>,
    ranges: Vec<ArgRange>,
    requests: Vec<Queued>,
    /// Whether a request was refused, so that EXEC must not execute the others.
    pub(crate) broken: bool,
}

/// One queued request.
#[derive(Debug, Clone, Copy)]
struct Queued {
    command: &'static Command,
    ranges_end: usize,
}

impl Queue {
    /// Appends a request, copying its arguments.
    pub(crate) fn push<'b>(&mut self, command: &'static Command, arguments: impl Iterator<Item = &'b [u8]>) {
        for argument in arguments {
            self.ranges.push(ArgRange { start: self.bytes.len(), len: argument.len() });
            self.bytes.extend_from_slice(argument);
        }
        self.requests.push(Queued { command, ranges_end: self.ranges.len() });
    }

    /// Number of requests.
    pub(crate) fn len(&self) -> usize {
        self.requests.len()
    }

    /// The buffer the arguments lie in.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The requests in order: the command, and where its arguments lie.
    pub(crate) fn requests(&self) -> impl ExactSizeIterator<Item = (&'static Command, &[ArgRange])> {
        let mut start = 0;
        self.requests.iter().map(move |queued| {
            let ranges = &self.ranges[start..queued.ranges_end];
            start = queued.ranges_end;
            (queued.command, ranges)
        })
    }

    /// Bytes of memory held.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of::<Self>()
            + self.bytes.capacity()
            + self.ranges.capacity() * size_of::<ArgRange>()
            + self.requests.capacity() * size_of::<Queued>()
    }
}
