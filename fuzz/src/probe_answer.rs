//! What an address answers to the probe: HTTP bytes to a verdict. The first byte says how it is sent.

use mcp::fuzzing::{Manner, probe_answer};

/// Sends the bytes.
pub fn run(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    let manner = if how & 0x10 == 0 { Manner::HangsUp } else { Manner::Stays };
    probe_answer(bytes, 1 << (how & 0x0f), manner);
}
