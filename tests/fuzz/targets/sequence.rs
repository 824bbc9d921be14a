//! The engine beside plain maps.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rkvs_engine::fuzz::sequence::sequence(data));
