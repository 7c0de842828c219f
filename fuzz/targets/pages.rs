//! Hands the bytes to `fuzz::pages`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::pages(data));
