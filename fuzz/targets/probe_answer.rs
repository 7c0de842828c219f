//! Hands the bytes to `fuzz::probe_answer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::probe_answer(data));
