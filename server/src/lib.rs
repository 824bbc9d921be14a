//! The engine made reachable.

pub mod config;
pub mod resp;
