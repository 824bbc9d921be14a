//! Both formats of configuration file.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rkvs_server::config::fuzz::file(data));
