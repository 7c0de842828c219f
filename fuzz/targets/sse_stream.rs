//! Hands the bytes to `fuzz::sse_stream`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::sse_stream(data));
