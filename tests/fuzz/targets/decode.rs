//! The request reader: a stream means the same however it is cut.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rkvs_server::resp::fuzz::decode(data));
