//! The engine made reachable.
