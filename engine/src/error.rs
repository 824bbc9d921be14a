//! What can go wrong: few kinds, one byte each, nothing allocated.
//!
//! The engine knows no protocol: the layer above turns a kind into the text or the code its clients expect.

/// Why an operation was refused. Nothing was changed, unless the operation says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Error {
    /// The key holds a value of another type than the operation works on.
    #[error("the key holds a value of another type")]
    WrongType,
    /// The value is not a 64-bit signed integer in canonical decimal form.
    #[error("the value is not an integer or out of range")]
    NotAnInteger,
    /// The value is not a floating-point number.
    #[error("the value is not a floating-point number")]
    NotAFloat,
    /// The result does not fit 64 signed bits.
    #[error("the result would overflow")]
    Overflow,
    /// The operation needs a key that is there.
    #[error("no such key")]
    KeyNotFound,
    /// The write would take more memory than the engine or the namespace may use.
    #[error("out of memory: the write needs more than the limit leaves")]
    OutOfMemory,
    /// The value is longer than the namespace's `max_value_size`.
    #[error("the value is larger than the namespace allows")]
    ValueTooLarge,
    /// A key is longer than [`crate::table::KEY_LEN_MAX`].
    #[error("the key is longer than keys can be")]
    KeyTooLong,
    /// The namespace has as many keys as its `max_keys` allows.
    #[error("the namespace has as many keys as it may")]
    MaxKeys,
    /// `max_keys` cannot be set below the number of keys there are.
    #[error("the limit is below the number of keys there are")]
    MaxKeysBelowCount,
    /// A namespace cannot be called that: see [`crate::namespace::check_name`].
    #[error("a namespace's name is 1 to 128 letters, digits, or any of . _ - : and starts with no dot")]
    NameInvalid,
    /// There is no such namespace.
    #[error("no such namespace")]
    NamespaceNotFound,
    /// A namespace of that name exists.
    #[error("a namespace of that name exists")]
    NamespaceExists,
    /// The namespace was deleted after this handle was opened.
    #[error("the namespace was deleted")]
    NamespaceDeleted,
    /// The namespace is one of the numbered databases, which are always there.
    #[error("the numbered databases cannot be deleted")]
    NamespaceFixed,
    /// There are as many namespaces as `max_namespaces` allows.
    #[error("there are as many namespaces as there may be")]
    MaxNamespaces,
    /// Another namespace has that database index.
    #[error("another namespace has that database index")]
    DatabaseInUse,
    /// The database index is beyond [`crate::engine::NAMESPACES_MAX`].
    #[error("the database index is out of range")]
    DatabaseOutOfRange,
    /// A namespace has 1 to [`crate::shard::SHARDS_MAX`] shards.
    #[error("the number of shards is out of range")]
    ShardCountOutOfRange,
    /// The namespace is being resized, and what was asked for cannot be done meanwhile.
    #[error("the namespace is being resized")]
    ResizeInProgress,
    /// The resize was cancelled.
    #[error("the resize was cancelled")]
    ResizeCancelled,
}

/// The result of an operation of the engine.
pub type Result<T> = std::result::Result<T, Error>;

const _: () = assert!(size_of::<Error>() == 1);
