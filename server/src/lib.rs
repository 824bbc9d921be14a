//! The engine made reachable.

#![forbid(unsafe_code)]

pub mod cli;
pub mod command;
pub mod commands;
pub mod config;
mod duty_cycle;
pub mod log;
pub mod metrics;
pub mod net;
pub mod persistence;
pub mod resizer;
pub mod resp;
pub mod server;
pub mod session;
pub mod transaction;
