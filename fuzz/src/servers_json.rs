//! A `servers.json` from anywhere: read or refused with a place in the file, and what is read is written so that it
//! reads the same.

use std::sync::Arc;

use model::servers_json::{read, write, write_mcp_json};
use model::{Health, Server, ServerRow};

use super::valid;

const NOW: i64 = 1_790_000_000_000;

/// Reads the text at the beginning of the bytes.
pub fn run(data: &[u8]) {
    let text = valid(data);
    let file = match read(text, NOW) {
        Ok(file) => file,
        Err(error) => return assert!(error.line >= 1 && error.column >= 1, "{error}"),
    };
    let servers: Vec<Server> = file.servers.iter().cloned().map(known).collect();
    let again = read(&write(&servers, NOW), NOW).expect("what we write can be read");
    assert_eq!(again.servers, file.servers);
    let client = write_mcp_json(&file.servers);
    assert!(read(&client, NOW).is_ok(), "{client}");
    for server in servers {
        let _ = (server.info.capability_keys(), ServerRow::from(server));
    }
}

fn known(info: model::ServerInfo) -> Server {
    Server { info: Arc::new(info), health: Health::unknown() }
}
