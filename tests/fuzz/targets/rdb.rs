//! RDB streams: an error, or entries that survive being written and read again.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rkvs_engine::fuzz::rdb::stream(data));
