//! Hands the bytes to `fuzz::servers_json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::servers_json(data));
