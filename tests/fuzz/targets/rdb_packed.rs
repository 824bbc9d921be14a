//! Listpacks, ziplists, zipmaps and LZF.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rkvs_engine::fuzz::rdb::packed(data));
