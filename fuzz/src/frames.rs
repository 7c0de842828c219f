//! JSON-RPC: the input as one message, as what a child writes to its standard output, and as the entry of a list of tools.
//! The first byte says where the output is cut.

use mcp::fuzzing::{read_frame, stdio_lines, tool_entry};

/// Sends the bytes.
pub fn run(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    read_frame(bytes);
    tool_entry(bytes);
    stdio_lines(bytes, 1 << (how & 0x0f));
}
