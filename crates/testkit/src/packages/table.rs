//! All packages, one row for each way to reach it.

use std::time::Duration;

use super::PackageTransport::{Http, Sse, Stdio};
use super::{Package, PackageHome, bin, everything, everything_in_a_word, followed, node, node_script};
use crate::real::{PeerError, ServedCommand, script};

/// Most return what they are sent.
const ECHO: Package = Package {
    name: "",
    list: "",
    over: Stdio,
    tool: "echo",
    arguments: r#"{"message": "hello"}"#,
    expected: "Echo: hello",
    command: |_| everything(),
    settles: Duration::ZERO,
};

/// All of them.
pub const PACKAGES: &[Package] = &[
    Package { over: Sse("/sse"), command: |place| gateway(NEW, place, &[]), ..GATEWAY },
    Package { over: Http("/mcp"), command: |place| gateway(NEW, place, &POSTED), ..GATEWAY },
    Package { over: Http("/mcp"), command: |place| gateway(NEW, place, &STATEFUL), ..GATEWAY },
    Package { over: Stdio, command: |place| gateway_to(NEW, place), ..GATEWAY },
    Package { list: OLD, over: Http("/mcp"), command: |place| gateway(OLD, place, &POSTED), ..GATEWAY },
    Package { list: OLD, over: Http("/mcp"), command: |place| gateway(OLD, place, &STATEFUL), ..GATEWAY },
    Package { over: Http("/mcp"), ..NPM_PROXY },
    Package { over: Sse("/sse"), ..NPM_PROXY },
    Package { over: Http("/mcp"), ..PYPI_PROXY },
    Package { over: Sse("/sse"), ..PYPI_PROXY },
    Package {
        name: "mcp-streamablehttp-proxy",
        list: "long-py-streamable-proxy",
        over: Http("/mcp"),
        command: |place| {
            let args = ["--port", &port(place)];
            let proxy = bin("long-py-streamable-proxy", "mcp-streamablehttp-proxy", &args)?;
            Ok(followed(proxy, everything()?))
        },
        ..ECHO
    },
    Package {
        name: "mcp-hub",
        list: "long-npm-hub",
        over: Sse("/mcp"),
        // Behind it are several, so it says whose tool it is.
        tool: "everything__echo",
        command: hub,
        // It listens before it has met those that are behind it.
        settles: Duration::from_secs(5),
        ..ECHO
    },
    Package {
        name: "mcp-remote",
        list: BRIDGES,
        command: |place| {
            let url = format!("http://{}/mcp", place.site);
            node(BRIDGES, "mcp-remote/dist/proxy.js", &[&url, "--allow-http", "--transport", "http-only"])
        },
        ..ECHO
    },
    Package {
        name: "@hono/mcp",
        list: "long-npm-hono",
        over: Http("/mcp"),
        command: |place| node_script("long-npm-hono", "hono.mjs", &[&port(place)]),
        ..ECHO
    },
    Package {
        name: "fastmcp",
        list: "long-npm-fastmcp",
        over: Http("/mcp"),
        command: |place| node_script("long-npm-fastmcp", "fastmcp.mjs", &[&port(place)]),
        ..ECHO
    },
    Package { over: Http("/mcp"), command: |place| fastmcp2("http", place), ..FASTMCP2 },
    Package { over: Sse("/sse"), command: |place| fastmcp2("sse", place), ..FASTMCP2 },
    Package { over: Http("/mcp/"), ..MOUNTED },
    Package { over: Sse("/events/sse"), ..MOUNTED },
    Package { over: Http("/mcp"), ..FASTAPI },
    Package { over: Sse("/sse"), ..FASTAPI },
    Package {
        name: "@playwright/mcp",
        list: "npm-others",
        over: Http("/mcp"),
        tool: "browser_tabs",
        arguments: r#"{"action": "list"}"#,
        expected: "about:blank",
        command: |place| {
            let browser =
                ["--headless", "--isolated", "--no-sandbox", "--executable-path", "/usr/bin/chromium"];
            let port = port(place);
            let args = [&browser[..], &["--port", &port]].concat();
            node("npm-others", "@playwright/mcp/cli.js", &args)
        },
        ..ECHO
    },
    Package {
        name: "@upstash/context7-mcp",
        list: "long-npm-servers",
        over: Http("/mcp"),
        tool: "resolve-library-id",
        arguments: r#"{"query": "routing", "libraryName": "hono"}"#,
        // It contacts a service on the internet, and reports when there is none.
        expected: "",
        command: |place| {
            let args = ["--transport", "http", "--port", &port(place)];
            node("long-npm-servers", "@upstash/context7-mcp/dist/index.js", &args)
        },
        ..ECHO
    },
    Package {
        name: "@modelcontextprotocol/server-memory",
        list: "npm",
        tool: "read_graph",
        arguments: "{}",
        expected: "entities",
        command: |_| node("npm", "@modelcontextprotocol/server-memory/dist/index.js", &[]),
        ..ECHO
    },
    Package {
        name: "mcp-server-fetch",
        list: SERVERS,
        tool: "fetch",
        arguments: r#"{"url": "http://$PAGES/page"}"#,
        expected: "plain words",
        command: |_| bin(SERVERS, "mcp-server-fetch", &["--ignore-robots-txt", "--allow-private-ips"]),
        ..ECHO
    },
    Package {
        name: "mcp-server-git",
        list: SERVERS,
        tool: "git_status",
        arguments: r#"{"repo_path": "$FOLDER"}"#,
        expected: "No commits yet",
        command: |_| bin(SERVERS, "mcp-server-git", &[]),
        ..ECHO
    },
];

const NEW: &str = "long-npm-supergateway";
const OLD: &str = "npm-others";
const BRIDGES: &str = "long-npm-bridges";
const SERVERS: &str = "long-py-servers";
const POSTED: [&str; 2] = ["--outputTransport", "streamableHttp"];
const STATEFUL: [&str; 3] = ["--outputTransport", "streamableHttp", "--stateful"];

const GATEWAY: Package = Package { name: "supergateway", list: NEW, ..ECHO };

const NPM_PROXY: Package = Package {
    name: "mcp-proxy",
    list: BRIDGES,
    command: |place| {
        let args = ["--host", "127.0.0.1", "--port", &port(place), "--"];
        Ok(followed(node(BRIDGES, "mcp-proxy/dist/bin/mcp-proxy.mjs", &args)?, everything()?))
    },
    ..ECHO
};

const PYPI_PROXY: Package = Package {
    name: "mcp-proxy",
    list: "long-py-mcp-proxy",
    command: |place| {
        let args = ["--pass-environment", "--port", &port(place), "--"];
        Ok(followed(bin("long-py-mcp-proxy", "mcp-proxy", &args)?, everything()?))
    },
    ..ECHO
};

const FASTMCP2: Package = Package { name: "fastmcp", list: "long-py-fastmcp2", ..ECHO };

const MOUNTED: Package = Package {
    name: "mcp",
    list: "py-mcp1",
    command: |place| python("py-mcp1", &["mounted.py", "127.0.0.1", &port(place)]),
    ..ECHO
};

const FASTAPI: Package = Package {
    name: "fastapi-mcp",
    list: "long-py-fastapi-mcp",
    command: |place| python("long-py-fastapi-mcp", &["fastapi_peer.py", "127.0.0.1", &port(place)]),
    ..ECHO
};

fn port(place: &PackageHome) -> String {
    place.port.to_string()
}

fn gateway(list: &str, place: &PackageHome, more: &[&str]) -> Result<ServedCommand, PeerError> {
    let (child, port) = (everything_in_a_word()?, port(place));
    let args = [&["--stdio", &child, "--port", &port], more].concat();
    node(list, "supergateway/dist/index.js", &args)
}

fn gateway_to(list: &str, place: &PackageHome) -> Result<ServedCommand, PeerError> {
    let url = format!("http://{}/mcp", place.site);
    node(list, "supergateway/dist/index.js", &["--streamableHttp", &url, "--outputTransport", "stdio"])
}

fn fastmcp2(transport: &str, place: &PackageHome) -> Result<ServedCommand, PeerError> {
    python("long-py-fastmcp2", &["fastmcp2.py", transport, "127.0.0.1", &port(place)])
}

fn python(list: &str, args: &[&str]) -> Result<ServedCommand, PeerError> {
    let file = args.first().map(|name| script(name)).unwrap_or_default();
    let rest = args.get(1..).unwrap_or_default();
    bin(list, "python", &[&[file.as_str()], rest].concat())
}

/// It reads its content from a file.
fn hub(place: &PackageHome) -> Result<ServedCommand, PeerError> {
    let ServedCommand { program, args } = everything()?;
    let servers = serde_json::json!({ "mcpServers": { "everything": { "command": program, "args": args } } });
    let config = place.folder.join("hub.json");
    let file = config.to_string_lossy().into_owned();
    std::fs::write(&config, servers.to_string()).map_err(|_| PeerError::Missing { file: config })?;
    node("long-npm-hub", "mcp-hub/dist/cli.js", &["--port", &port(place), "--config", &file])
}
