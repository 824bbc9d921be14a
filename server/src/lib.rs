//! The engine made reachable.

pub mod config;
