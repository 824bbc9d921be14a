//! The glob matcher beside full backtracking.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rkvs_engine::fuzz::glob::matches(data));
