//! What is still to be written to a socket.
//!
//! Small replies are bytes in one buffer. A large value is not copied there: the buffer only remembers at which place
//! the value belongs, and the socket takes it from where it lies (`writev`).
//!
//! ```text
//! buffer   ┌ written ┬ …:100\r\n $20000\r\n │ \r\n +OK\r\n … ┐
//!          └─────────┴──────────────────────┴────────────────┘
//! shared                                    ↑ Arc (20,000 bytes)
//! ```

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

/// Values of this many bytes and more are written from where they lie; below, a copy is cheaper than a reference.
pub const SHARED_LEN_MIN: usize = 16 * 1024;

/// A buffer that grew beyond this is given back as soon as all is written.
const IDLE_CAPACITY_MAX: usize = 64 * 1024;

/// Bytes and references to bytes, in order, for one socket. Empty, it owns no heap memory beyond 64 KiB.
#[derive(Debug, Default)]
pub struct Output {
    buffer: Vec<u8>,
    /// Bytes of `buffer` the socket has taken.
    written: usize,
    /// Values between the bytes of `buffer`, by rising place.
    shared: VecDeque<Shared>,
    /// Bytes of the first shared value the socket has taken.
    shared_written: usize,
    /// Sum of the lengths of `shared`.
    shared_len_bytes: usize,
}

#[derive(Debug)]
struct Shared {
    /// Offset in the buffer that this value goes before.
    at: usize,
    value: Arc<Vec<u8>>,
}

/// A place in an [`Output`] to go back to; good until bytes before it are written to the socket.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    buffer_len: usize,
    shared_count: usize,
}

impl Output {
    /// Makes an empty output; allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes the socket has still to take.
    #[inline]
    pub fn len_bytes(&self) -> usize {
        self.buffer.len() - self.written + self.shared_len_bytes - self.shared_written
    }

    /// Whether the socket has taken everything.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.written == self.buffer.len() && self.shared.is_empty()
    }

    /// Bytes of memory held on behalf of the client: the buffer's capacity, and shared values, which may well outlive
    /// their keys here.
    pub fn heap_bytes(&self) -> usize {
        self.buffer.capacity() + self.shared.capacity() * size_of::<Shared>() + self.shared_len_bytes
    }

    /// The end of what is there, for [`truncate`](Self::truncate).
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark { buffer_len: self.buffer.len(), shared_count: self.shared.len() }
    }

    /// Takes back everything appended since `mark`.
    pub fn truncate(&mut self, mark: Mark) {
        debug_assert!(mark.buffer_len >= self.written, "what was sent cannot be taken back");
        self.buffer.truncate(mark.buffer_len);
        let taken_back = self.shared.drain(mark.shared_count.min(self.shared.len())..);
        self.shared_len_bytes -= taken_back.map(|shared| shared.value.len()).sum::<usize>();
    }

    /// The buffer, to append to. Bytes already in it belong to earlier replies.
    #[inline]
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Appends a value by reference.
    pub fn push_shared(&mut self, value: Arc<Vec<u8>>) {
        if value.is_empty() {
            return;
        }
        self.shared_len_bytes += value.len();
        self.shared.push_back(Shared { at: self.buffer.len(), value });
    }

    /// Replaces `old_len` bytes (at least one) at `at`, which must not be sent yet, by `bytes`; what lies behind moves along.
    ///
    /// Linear in the bytes behind `at`.
    pub(super) fn splice(&mut self, at: usize, old_len: usize, bytes: &[u8]) {
        debug_assert!(at >= self.written && old_len > 0);
        if bytes.len() == old_len {
            self.buffer[at..at + old_len].copy_from_slice(bytes);
            return;
        }
        self.buffer.splice(at..at + old_len, bytes.iter().copied());
        for shared in self.shared.iter_mut().rev().take_while(|shared| shared.at >= at + old_len) {
            shared.at = shared.at - old_len + bytes.len();
        }
    }

    /// What is to be written, piece by piece, in order; no piece is empty.
    pub fn chunks(&self) -> Chunks<'_> {
        Chunks { output: self, pos: self.written, next_shared: 0, skip: self.shared_written }
    }

    /// Fills `slices` with the first pieces to write and returns how many there are.
    pub fn io_slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        for (slot, chunk) in slices.iter_mut().zip(self.chunks()) {
            *slot = IoSlice::new(chunk);
            count += 1;
        }
        count
    }

    /// Drops `written` bytes the socket has taken from the front, and gives memory back once all is taken.
    pub fn advance(&mut self, mut written: usize) {
        debug_assert!(written <= self.len_bytes());
        while let Some(first) = self.shared.front() {
            let before = (first.at - self.written).min(written);
            self.written += before;
            written -= before;
            if written == 0 {
                // A value that begins right here has not been touched.
                break;
            }
            let left = first.value.len() - self.shared_written;
            if written < left {
                self.shared_written += written;
                written = 0;
                break;
            }
            written -= left;
            self.shared_written = 0;
            self.shared_len_bytes -= first.value.len();
            self.shared.pop_front();
        }
        self.written += written;
        if self.is_empty() {
            self.reset();
        } else if self.written >= IDLE_CAPACITY_MAX && self.written >= self.buffer.len() / 2 {
            // A client that always has something pending must not let the written part grow without end.
            self.buffer.drain(..self.written);
            for shared in &mut self.shared {
                shared.at -= self.written;
            }
            self.written = 0;
        }
    }

    /// Drops everything, written or not, and memory beyond what an idle connection may hold.
    pub fn reset(&mut self) {
        self.written = 0;
        self.shared_written = 0;
        self.shared_len_bytes = 0;
        self.shared = VecDeque::new();
        if self.buffer.capacity() > IDLE_CAPACITY_MAX {
            self.buffer = Vec::new();
        } else {
            self.buffer.clear();
        }
    }

    /// Gives an empty output's memory back, for a connection that has gone idle.
    pub fn release(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        }
    }
}

/// The pieces of an [`Output`], in order.
#[derive(Debug)]
pub struct Chunks<'a> {
    output: &'a Output,
    /// Offset in the buffer of what comes next.
    pos: usize,
    next_shared: usize,
    /// Bytes to leave out of the next shared value.
    skip: usize,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let buffer = &self.output.buffer;
        let Some(shared) = self.output.shared.get(self.next_shared) else {
            let rest = &buffer[self.pos..];
            self.pos = buffer.len();
            return (!rest.is_empty()).then_some(rest);
        };
        if self.pos < shared.at {
            let chunk = &buffer[self.pos..shared.at];
            self.pos = shared.at;
            return Some(chunk);
        }
        self.next_shared += 1;
        Some(&shared.value[std::mem::take(&mut self.skip)..])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(out: &Output) -> Vec<u8> {
        out.chunks().collect::<Vec<_>>().concat()
    }

    #[test]
    fn an_empty_output_owns_nothing() {
        let out = Output::new();
        assert_eq!((out.heap_bytes(), out.len_bytes(), out.is_empty()), (0, 0, true));
        assert_eq!(out.chunks().next(), None);
    }

    #[test]
    fn truncating_takes_back_bytes_and_values() {
        let mut out = Output::new();
        out.buffer().extend_from_slice(b"a");
        out.push_shared(Arc::new(b"bc".to_vec()));
        let mark = out.mark();
        let value = Arc::new(b"de".to_vec());
        out.push_shared(Arc::clone(&value));
        out.buffer().extend_from_slice(b"f");
        assert_eq!(bytes(&out), b"abcdef");
        out.truncate(mark);
        assert_eq!((bytes(&out).as_slice(), out.len_bytes()), (&b"abc"[..], 3));
        assert_eq!(Arc::strong_count(&value), 1);
        out.advance(2);
        assert_eq!(bytes(&out), b"c");
    }

    #[test]
    fn large_buffers_are_given_back_and_small_ones_kept() {
        let mut out = Output::new();
        out.buffer().extend_from_slice(&[0; 1000]);
        out.advance(1000);
        assert!((1000..=IDLE_CAPACITY_MAX).contains(&out.heap_bytes()));
        out.release();
        assert_eq!(out.heap_bytes(), 0);
        out.buffer().resize(IDLE_CAPACITY_MAX + 1, 0);
        out.push_shared(Arc::new(vec![0; 100]));
        out.advance(out.len_bytes());
        assert_eq!((out.heap_bytes(), out.is_empty()), (0, true));
    }

    #[test]
    fn a_slow_reader_does_not_keep_what_it_has_read() {
        let mut out = Output::new();
        out.buffer().extend_from_slice(&[0; 1000]);
        for _ in 0..10_000 {
            out.buffer().extend_from_slice(&[0; 1000]);
            out.advance(1000);
        }
        assert_eq!(out.len_bytes(), 1000);
        assert!(out.heap_bytes() <= 4 * IDLE_CAPACITY_MAX, "holds {}", out.heap_bytes());
    }

    #[derive(Clone, Debug)]
    enum Step {
        Append(Vec<u8>),
        Share(Vec<u8>),
        Advance(usize),
        TakeBack(Vec<u8>),
        Splice(Vec<u8>, Vec<u8>, Vec<u8>),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let some = || prop::collection::vec(any::<u8>(), 0..20);
        prop_oneof![
            some().prop_map(Step::Append),
            some().prop_map(Step::Share),
            (0usize..30).prop_map(Step::Advance),
            some().prop_map(Step::TakeBack),
            (prop::collection::vec(any::<u8>(), 1..20), some(), some())
                .prop_map(|(old, new, behind)| Step::Splice(old, new, behind)),
        ]
    }

    proptest! {
        #[test]
        fn it_behaves_as_one_flat_buffer(steps in prop::collection::vec(any_step(), 0..60)) {
            let (mut out, mut flat) = (Output::new(), Vec::new());
            for step in steps {
                match step {
                    Step::Append(more) => {
                        out.buffer().extend_from_slice(&more);
                        flat.extend_from_slice(&more);
                    }
                    Step::Share(more) => {
                        flat.extend_from_slice(&more);
                        out.push_shared(Arc::new(more));
                    }
                    Step::Advance(count) => {
                        let count = count.min(flat.len());
                        out.advance(count);
                        flat.drain(..count);
                    }
                    Step::TakeBack(more) => {
                        let mark = out.mark();
                        out.buffer().extend_from_slice(&more);
                        out.push_shared(Arc::new(more));
                        out.truncate(mark);
                    }
                    Step::Splice(old, new, behind) => {
                        let at = out.buffer().len();
                        out.buffer().extend_from_slice(&old);
                        out.push_shared(Arc::new(behind.clone()));
                        out.splice(at, old.len(), &new);
                        flat.extend(new);
                        flat.extend(behind);
                    }
                }
                prop_assert_eq!(out.len_bytes(), flat.len());
                prop_assert_eq!(out.is_empty(), flat.is_empty());
                prop_assert!(out.chunks().all(|chunk| !chunk.is_empty()));
                prop_assert_eq!(bytes(&out), flat.clone());
                let mut slices = [IoSlice::new(&[]); 3];
                let count = out.io_slices(&mut slices);
                let first: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
                prop_assert!(flat.starts_with(&first));
            }
        }
    }
}
