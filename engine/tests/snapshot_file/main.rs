//! Snapshots on disk: whole or absent whatever fails, refused when anything is not as it was written, and never elsewhere.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod directory;
mod fixture;
mod full_disk;
mod kill;
mod memory;
mod names;
mod power;
mod round_trip;
mod sample;
mod skip;
mod threads;
