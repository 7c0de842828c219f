//! What a server says of itself and its tools, in the handshake and its lists: lines that answer the requests of a
//! session, up to the row that a list shows. The first byte says which era they are told in.

use mcp::fuzzing::{Handshake, conversation};

/// Sends the bytes.
pub fn run(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    let era = if how & 1 == 0 { Handshake::Modern } else { Handshake::Legacy };
    conversation(bytes, era);
}
