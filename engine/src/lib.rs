//! The cache as a library.
