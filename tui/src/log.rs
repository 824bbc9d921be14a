//! The log: what happens goes into a file when one is named, never to the screen. Passwords are in no event.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Mutex;

/// Appends events to a file from now on.
pub fn to_file(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let log = tracing_subscriber::fmt().with_writer(Mutex::new(file)).with_ansi(false).with_target(false);
    log.try_init().map_err(io::Error::other)
}
