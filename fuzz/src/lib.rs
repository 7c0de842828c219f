//! What each target does with the bytes. The targets hand them over, and a test of `crates/mcp` replays the corpora.

pub mod pack;

use std::collections::HashSet;
use std::sync::Arc;

use mcp::fuzzing::{
    CAP, Handshake, Manner, compressed, conversation, event_stream, list_page, mirrored,
    probe_answer as answer_probe, probe_stream, progress_report, read_frame, stdio_lines, tool_entry,
};
use model::servers_json::{read, write, write_mcp_json};
use model::{Filter, Health, Server, ServerRow};

/// Hands the bytes to a target, by its name.
///
/// # Panics
/// When nothing is called so, and when the target finds a defect.
#[allow(dead_code, reason = "the corpus names each function itself")]
pub fn run(target: &str, data: &[u8]) {
    match target {
        "probe_answer" => probe_answer(data),
        "sse_stream" => sse_stream(data),
        "coding" => coding(data),
        "pages" => pages(data),
        "mirror" => mirror(data),
        "frames" => frames(data),
        "metadata" => metadata(data),
        "servers_json" => servers_json(data),
        "filter" => filter(data),
        other => panic!("no target is called {other}"),
    }
}

/// What an address answers to the probe: HTTP bytes to a verdict. The first byte says how it is sent.
pub fn probe_answer(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    let manner = if how & 0x10 == 0 { Manner::HangsUp } else { Manner::Stays };
    answer_probe(bytes, 1 << (how & 0x0f), manner);
}

/// An event stream: the reader by itself, and the probe that listens to one over HTTP. The first byte says where it is
/// cut, and which of the two reads it.
pub fn sse_stream(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    let cut = 1 << (how & 0x0f);
    match how >> 4 & 0x03 {
        0 => event_stream(bytes, cut, CAP),
        1 => event_stream(bytes, cut, 64 * 1024),
        2 => probe_stream(bytes, cut, Manner::HangsUp),
        _ => probe_stream(bytes, cut, Manner::Stays),
    }
}

const CODINGS: [&str; 8] =
    ["gzip", "deflate", "br", "zstd", "gzip, br", "zstd, deflate", "X-Gzip", "identity, gzip"];

/// A compressed body. The first byte says where it is cut, and how it is compressed.
pub fn coding(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    let coding = CODINGS.get(usize::from(how >> 4 & 0x07)).copied().unwrap_or_default();
    compressed(coding, bytes, 1 << (how & 0x0f));
}

/// JSON that is asked for as a page of a list, and as a report of progress.
pub fn pages(data: &[u8]) {
    list_page(data);
    progress_report(data);
}

/// A tool's schema that wants arguments in headers (`x-mcp-header`), and arguments: two JSON texts with a zero byte between
/// them.
pub fn mirror(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (schema, arguments) = data.split_at(end);
    mirrored(schema, arguments.get(1..).unwrap_or_default());
}

/// JSON-RPC: the input as one message, as what a child writes to its standard output, and as the entry of a list of tools.
/// The first byte says where the output is cut.
pub fn frames(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    read_frame(bytes);
    tool_entry(bytes);
    stdio_lines(bytes, 1 << (how & 0x0f));
}

/// What a server says of itself and its tools, in the handshake and its lists: lines that answer the requests of a
/// session, up to the row that a list shows. The first byte says which era they are told in.
pub fn metadata(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else { return };
    let era = if how & 1 == 0 { Handshake::Modern } else { Handshake::Legacy };
    conversation(bytes, era);
}

const NOW: i64 = 1_790_000_000_000;

/// A `servers.json` from anywhere: read or refused with a place in the file, and what is read is written so that it
/// reads the same.
pub fn servers_json(data: &[u8]) {
    let text = valid(data);
    let file = match read(text, NOW) {
        Ok(file) => file,
        Err(error) => return assert!(error.line >= 1 && error.column >= 1, "{error}"),
    };
    // Two at one address that are given different things get ids of their own when they are taken in, and have one until then.
    let mut ids = HashSet::new();
    let read_once: Vec<_> = file.servers.iter().filter(|info| ids.insert(info.id)).cloned().collect();
    let servers: Vec<Server> = read_once.iter().cloned().map(known).collect();
    let again = read(&write(&servers, NOW), NOW).expect("what we write can be read");
    assert_eq!(again.servers, read_once);
    let client = write_mcp_json(&file.servers);
    assert!(read(&client, NOW).is_ok(), "{client}");
    for server in servers {
        let _ = (server.info.capability_keys(), ServerRow::from(server));
    }
}

fn known(info: model::ServerInfo) -> Server {
    Server { info: Arc::new(info), health: Health::unknown() }
}

/// The filter language: text is read or refused, and what is read is written so that it reads the same.
pub fn filter(data: &[u8]) {
    let text = valid(data);
    if let Ok(filter) = Filter::parse(text) {
        reads_back(&filter);
    }
    if let Ok(value) = serde_json::from_str(text)
        && let Ok(filter) = Filter::from_value(&value)
    {
        reads_back(&filter);
    }
}

fn reads_back(filter: &Filter) {
    let short = filter.to_string();
    assert_eq!(Filter::parse(&short).as_ref(), Ok(filter), "{short}");
    let json = filter.to_json();
    assert_eq!(Filter::from_json(&json).as_ref(), Ok(filter), "{json}");
}

/// The text at the beginning of the bytes.
fn valid(data: &[u8]) -> &str {
    let chunk = data.utf8_chunks().next();
    chunk.map_or("", |chunk| chunk.valid())
}
