//! What must hold for every input, as functions that take any bytes: fuzz targets search for bytes that break them, ordinary
//! tests replay what was found and draw inputs of their own.
//!
//! Every function returns when all is well and panics when it is not. `model.rs` is the plain twin of a namespace that
//! `sequence.rs` compares the engine with; `input.rs` turns bytes into choices.

pub mod glob;
mod input;
pub mod model;
pub mod packed_map;
pub mod rdb;
pub mod sequence;
pub mod snapshot;
pub mod snapshot_load;
