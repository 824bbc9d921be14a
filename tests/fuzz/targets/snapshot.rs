//! Snapshot files from outside, their checksums not compared.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rkvs_engine::fuzz::snapshot::snapshot(data));
