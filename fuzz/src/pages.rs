//! JSON that is asked for as a page of a list, and as a report of progress.

use mcp::fuzzing::{list_page, progress_report};

/// Sends the bytes.
pub fn run(data: &[u8]) {
    list_page(data);
    progress_report(data);
}
