//! One independent slice of a keyspace; the only place that knows about concurrency.

pub mod route;
