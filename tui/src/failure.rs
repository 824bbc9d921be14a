//! Why the program ends without having done what it was asked, and the exit code that tells it to scripts.

/// The ways to fail; each has its exit code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server, or a file, cannot be reached, read or written.
    #[error("{0}")]
    Connection(String),
    /// The arguments or the configuration cannot be carried out.
    #[error("{0}")]
    Usage(String),
    /// The server answered no, does not have what was asked for, or `--readonly` forbids it.
    #[error("{0}")]
    Refused(String),
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Connection(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(_) => 3,
        }
    }
}
