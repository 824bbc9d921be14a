//! Commands on strings.

mod get;
mod set;
