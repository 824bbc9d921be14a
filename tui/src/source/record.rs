//! A recording: one sample as JSON per line, in the order of time. Whoever holds it can read what the server told (names of
//! clients and namespaces, settings without passwords, arguments of slow requests).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::state::sample::Sample;
use crate::value::NUMBER_MAX;

/// Bytes of a line.
pub const LINE_SIZE_MAX: u64 = 64 * 1024 * 1024;

/// Makes a file that nobody else may read; one that is there already is left alone.
pub fn private_file(path: impl AsRef<Path>) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes a recording.
#[derive(Debug)]
pub struct Recorder {
    file: File,
    size_bytes: u64,
    size_bytes_max: u64,
    last_ms: u64,
}

impl Recorder {
    /// Begins a file that will not grow beyond a size; one that is there already is left alone.
    pub fn create(path: &Path, size_bytes_max: u64) -> io::Result<Self> {
        Ok(Self { file: private_file(path)?, size_bytes: 0, size_bytes_max, last_ms: 0 })
    }

    /// Appends a sample: its line is in the file whole when this returns, or not at all. Where the clock was set back, time stands
    /// still: lines of a recording are in the order of time.
    pub fn write(&mut self, sample: &Sample) -> io::Result<()> {
        let at_ms = sample.at_ms.max(self.last_ms);
        let mut line = serde_json::to_vec(&Sample { at_ms, ..sample.clone() })?;
        line.push(b'\n');
        let size_bytes = self.size_bytes + line.len() as u64;
        if size_bytes > self.size_bytes_max {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is as large as it may become"));
        }
        if let Err(error) = self.file.write_all(&line) {
            // A disk that is full took a part of the line.
            self.file.set_len(self.size_bytes)?;
            return Err(error);
        }
        (self.size_bytes, self.last_ms) = (size_bytes, at_ms);
        Ok(())
    }
}

/// What is wrong with a recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line is no sample.
    #[error("line {line}: {reason}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads a recording sample by sample.
#[derive(Debug)]
pub struct Recording<R> {
    input: R,
    line: u64,
    last_ms: u64,
}

impl Recording<BufReader<File>> {
    /// Reads all of a file, so that a damaged one is refused before anything of it is shown.
    pub fn check(path: &Path) -> Result<(), RecordingError> {
        Self::open(path)?.try_for_each(|sample| sample.map(drop))
    }

    /// Opens a file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self::new(BufReader::new(File::open(path)?)))
    }
}

impl<R: BufRead> Recording<R> {
    /// Reads from anything.
    pub fn new(input: R) -> Self {
        Self { input, line: 0, last_ms: 0 }
    }

    fn next_line(&mut self) -> Result<Option<Sample>, RecordingError> {
        loop {
            let mut text = Vec::new();
            self.line += 1;
            let wrong = |reason: String| RecordingError::Line { line: self.line, reason };
            let len = (&mut self.input).take(LINE_SIZE_MAX + 1).read_until(b'\n', &mut text)? as u64;
            if len > LINE_SIZE_MAX {
                return Err(wrong("longer than 64 MiB".into()));
            }
            if len == 0 {
                return Ok(None);
            }
            if text.trim_ascii().is_empty() {
                continue;
            }
            bound_numbers(&mut text);
            let sample: Sample = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
            if sample.at_ms < self.last_ms {
                return Err(wrong("older than the line before".into()));
            }
            self.last_ms = sample.at_ms;
            return Ok(Some(sample));
        }
    }
}

/// Makes whole numbers of a line of JSON that are beyond `NUMBER_MAX` just that, as those of a server are where they enter: a
/// recording may be anybody's.
fn bound_numbers(json: &mut [u8]) {
    let max = NUMBER_MAX.to_string().into_bytes();
    let (mut at, mut is_in_string) = (0, false);
    while let Some(&byte) = json.get(at) {
        let len = match byte {
            b'"' => {
                is_in_string = !is_in_string;
                1
            }
            b'\\' if is_in_string => 2,
            b'0'..=b'9' if !is_in_string => {
                let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                let number = json[at..].iter().take_while(is_part).count();
                let digits = &mut json[at..at + number];
                if number > max.len() && digits.iter().all(u8::is_ascii_digit) {
                    // The number becomes shorter; space may follow it.
                    digits.fill(b' ');
                    digits[..max.len()].copy_from_slice(&max);
                }
                number
            }
            _ => 1,
        };
        at += len;
    }
}

impl<R: BufRead> Iterator for Recording<R> {
    type Item = Result<Sample, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_line().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<Result<u64, String>> {
        let samples = Recording::new(text).map(|sample| sample.map(|sample| sample.at_ms));
        samples.map(|result| result.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn lines_are_samples() {
        assert_eq!(read(b"{\"at_ms\":1}\n\n{\"at_ms\":2,\"later\":true}"), [Ok(1), Ok(2)]);
        assert_eq!(read(b""), []);
    }

    #[test]
    fn numbers_of_a_recording_are_bounded() {
        let line = r#"{"at_ms":18446744073709551615,"server":{"address":"\"123456789012345678901\\"},
            "namespaces":[{"name":"99999999999999999999","keys":99999999999999999999,"hits":9}],
            "slowlog":{"threshold_usec":-9223372036854775808},
            "commands":[{"latency_usec":{"p50":12345678901234567890.5,"p99":0.00000000000000000001}}]}"#;
        let sample = Recording::new(line.replace('\n', "").as_bytes()).next().unwrap().unwrap();
        assert_eq!((sample.at_ms, sample.server.address.as_str()), (NUMBER_MAX, "\"123456789012345678901\\"));
        let namespace = &sample.namespaces.unwrap()[0];
        assert_eq!((namespace.name.len(), namespace.keys, namespace.hits), (20, Some(NUMBER_MAX), Some(9)));
        assert_eq!(sample.slowlog.unwrap().threshold_usec, Some(-(NUMBER_MAX as i64)));
        assert_eq!(sample.commands.unwrap()[0].latency_usec["p50"], 12_345_678_901_234_567_890.5);
    }

    #[test]
    fn a_recording_ends_with_a_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recording");
        let mut recorder = Recorder::create(&path, 200).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        assert!(Recorder::create(&path, 200).is_err(), "a file that is there is left alone");
        let written = (1..).map(|at_ms| recorder.write(&Sample { at_ms, ..Sample::default() }));
        let written = written.take_while(Result::is_ok).count();
        assert_eq!(Recording::open(&path).unwrap().map(|sample| sample.unwrap().at_ms).max(), Some(written as u64));
        assert!(std::fs::metadata(&path).unwrap().len() <= 200);
        Recording::check(&path).unwrap();
        std::fs::write(&path, "{}\n{").unwrap();
        assert!(Recording::check(&path).is_err_and(|error| error.to_string().starts_with("line 2: ")));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_spoil_a_recording() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recording");
        let mut recorder = Recorder::create(&path, 10_000).unwrap();
        for at_ms in [5, 9, 3, 10] {
            recorder.write(&Sample { at_ms, ..Sample::default() }).unwrap();
        }
        let times: Vec<u64> = Recording::open(&path).unwrap().map(|sample| sample.unwrap().at_ms).collect();
        assert_eq!(times, [5, 9, 9, 10]);
    }

    #[test]
    fn a_bad_line_is_named() {
        let errors = read(b"{\"at_ms\":1}\nnonsense\n");
        assert!(errors[1].as_ref().is_err_and(|error| error.starts_with("line 2: ")), "{errors:?}");
        let errors = read(b"{\"at_ms\":5}\n{\"at_ms\":4}\n");
        assert_eq!(errors[1], Err("line 2: older than the line before".into()));
    }
}
