//! Servers lie scattered in memory, and to wait for one takes longer than to read it. Who reads many has some of them
//! fetched together, so that the processor waits for all of these at once.

use std::hint::black_box;
use std::sync::Arc;

use model::Server;
use model::filter::{Field, Own};
use serde_json::Value;

/// How many are fetched together at most: what is fetched of them then fits into the nearest cache.
pub(super) const TOGETHER: usize = 64;

/// Of the metadata of a server, so many keys are fetched.
const KEYS: usize = 8;

/// Brings the records near. Each step reads what the one before led to, of all of them, and nothing comes of it.
pub(super) fn fetch(servers: &[&Server]) {
    touch(servers.iter().map(|server| Arc::as_ptr(&server.info).addr()));
    touch(
        servers.iter().map(|server| server.info.name.len() + server.info.url.as_ref().map_or(0, String::len)),
    );
}

/// Brings the metadata near, of records that are.
pub(super) fn fetch_metadata(servers: &[&Server]) {
    touch(servers.iter().map(|server| server.info.metadata.len()));
    touch(servers.iter().flat_map(|server| entries(server)).map(|(key, _)| key.len()));
    touch(servers.iter().flat_map(|server| entries(server)).map(|(key, value)| first(key) + first_of(value)));
}

/// Brings near what a field is read from.
pub(super) fn fetch_field(field: &Field, servers: &[&Server]) {
    if field.is_measured() {
        return touch(servers.iter().map(|server| usize::from(server.health.status.severity())));
    }
    fetch(servers);
    if matches!(field, Field::Metadata(_) | Field::Own(Own::Region)) {
        fetch_metadata(servers);
    }
}

/// Has something read of everything, without an order that one read would have to wait for. The compiler must not see that
/// nobody needs the sum.
pub(super) fn touch(read: impl Iterator<Item = usize>) {
    black_box(read.fold(0, usize::wrapping_add));
}

fn entries(server: &Server) -> impl Iterator<Item = (&String, &Value)> {
    server.info.metadata.iter().take(KEYS)
}

fn first_of(value: &Value) -> usize {
    value.as_str().map_or(0, first)
}

fn first(text: &str) -> usize {
    text.as_bytes().first().copied().map_or(0, usize::from)
}
