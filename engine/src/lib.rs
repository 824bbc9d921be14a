//! The cache as a library.

pub mod table;
