//! What a server says of itself and its tools, in the handshake and its lists: lines that answer the requests of a
//! session, up to the row that a list shows. The first byte says which era they are told in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mcp::fuzzing::{Handshake, conversation};

fuzz_target!(|data: &[u8]| {
    let Some((&how, bytes)) = data.split_first() else { return };
    let era = if how & 1 == 0 { Handshake::Modern } else { Handshake::Legacy };
    conversation(bytes, era);
});
