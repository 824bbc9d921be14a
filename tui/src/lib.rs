//! The dashboard's parts, as a library so that tests reach them.

#![forbid(unsafe_code)]

pub mod format;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod widgets;
