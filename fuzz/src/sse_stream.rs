//! An event stream: the reader by itself, and the probe that listens to one over HTTP. The first byte says where it is
//! cut, and which of the two reads it.

use mcp::fuzzing::{CAP, Manner, event_stream, probe_stream};

/// Sends the bytes.
pub fn run(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    let cut = 1 << (how & 0x0f);
    match how >> 4 & 0x03 {
        0 => event_stream(bytes, cut, CAP),
        1 => event_stream(bytes, cut, 64 * 1024),
        2 => probe_stream(bytes, cut, Manner::HangsUp),
        _ => probe_stream(bytes, cut, Manner::Stays),
    }
}
