//! What each target does with the bytes. The targets hand them over, and a test of `crates/mcp` replays the corpora.

pub mod coding;
pub mod filter;
pub mod frames;
pub mod metadata;
pub mod mirror;
pub mod pack;
pub mod pages;
pub mod probe_answer;
pub mod servers_json;
pub mod sse_stream;

/// The text at the beginning of the bytes.
pub(crate) fn valid(data: &[u8]) -> &str {
    let chunk = data.utf8_chunks().next();
    chunk.map_or("", |chunk| chunk.valid())
}
