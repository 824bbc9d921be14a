//! Starts servers on free ports and talks to them.
