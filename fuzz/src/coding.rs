//! A compressed body. The first byte says where it is cut, and how it is compressed.

use mcp::fuzzing::compressed;

const CODINGS: [&str; 8] =
    ["gzip", "deflate", "br", "zstd", "gzip, br", "zstd, deflate", "X-Gzip", "identity, gzip"];

/// Sends the bytes.
pub fn run(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    let coding = CODINGS.get(usize::from(how >> 4 & 0x07)).copied().unwrap_or_default();
    compressed(coding, bytes, 1 << (how & 0x0f));
}
