//! The desktop window of MCP Discovery.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use clap::Parser;
use mcp_discovery_app::Launch;

fn main() -> std::process::ExitCode {
    mcp_discovery_app::run(&Launch::parse())
}
