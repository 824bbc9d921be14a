//! The cache as a library.

pub mod clock;
pub mod random;
pub mod table;
