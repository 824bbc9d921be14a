//! Packed maps from outside and beside a list of pairs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rkvs_engine::fuzz::packed_map::packed_map(data));
