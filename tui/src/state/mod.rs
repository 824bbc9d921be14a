//! What is known, and what follows from what happens. Pure: no drawing, no sockets, no wall clock; time comes in with messages.

pub mod history;
pub mod sample;
