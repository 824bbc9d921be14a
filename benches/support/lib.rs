//! What the benchmarks share: workloads, key distributions, result tables.
