//! The engine made reachable.

pub mod cli;
pub mod command;
pub mod commands;
pub mod config;
pub mod resp;
