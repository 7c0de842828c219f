//! JSON that is asked for as a page of a list, and as a report of progress.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mcp::fuzzing::{list_page, progress_report};

fuzz_target!(|data: &[u8]| {
    list_page(data);
    progress_report(data);
});
