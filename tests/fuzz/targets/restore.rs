//! Payloads of RESTORE, and the use of what they hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rkvs_engine::fuzz::rdb::payload(data));
