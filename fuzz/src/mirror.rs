//! A tool's schema that wants arguments in headers (`x-mcp-header`), and arguments: two JSON texts with a zero byte between
//! them.

use mcp::fuzzing::mirrored;

/// Sends the bytes.
pub fn run(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (schema, arguments) = data.split_at(end);
    mirrored(schema, arguments.get(1..).unwrap_or_default());
}
