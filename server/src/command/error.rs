//! What a client did wrong, and the exact words it is told.

/// What a handler returns: the reply is complete, or the request was wrong and nothing was changed.
pub type CommandResult = Result<(), CommandError>;

/// A request that could not be carried out. The connection goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandError {
    /// An option is unknown, misplaced or contradicts another.
    Syntax,
}
