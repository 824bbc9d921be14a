//! Snapshot files whose checksums are left unchecked.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    rkvs_engine::fuzz::snapshot_load::file(data);
});
