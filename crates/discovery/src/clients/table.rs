//! Every AI client that is known, and where each keeps its servers. The formats of files are in `model::servers_json`.

use super::places::Base::{self, Config, Dot, Home, Storage, Support};
use super::places::System;

/// An AI client.
#[derive(Debug)]
pub(super) struct ClientSpec {
    /// In operations and commands.
    pub(super) id: &'static str,
    /// The name that people read.
    pub(super) name: &'static str,
    pub(super) files: &'static [ClientPlace],
    /// Below the folder of a project.
    pub(super) project: &'static [&'static str],
}

/// A path of a client's file. One segment of the path can have a `*` in it.
#[derive(Debug)]
pub(super) struct ClientPlace {
    pub(super) base: Base,
    pub(super) path: &'static str,
    /// The only system that has it there.
    pub(super) only: Option<System>,
    /// Whether it belongs to one of several profiles.
    pub(super) is_of_profile: bool,
}

const fn at(base: Base, path: &'static str) -> ClientPlace {
    ClientPlace { base, path, only: None, is_of_profile: false }
}

const fn only(only: System, base: Base, path: &'static str) -> ClientPlace {
    ClientPlace { base, path, only: Some(only), is_of_profile: false }
}

const fn profile(base: Base, path: &'static str) -> ClientPlace {
    ClientPlace { base, path, only: None, is_of_profile: true }
}

const fn client(
    id: &'static str,
    name: &'static str,
    files: &'static [ClientPlace],
    project: &'static [&'static str],
) -> ClientSpec {
    ClientSpec { id, name, files, project }
}

/// The clients, in the order in which they are shown.
pub(super) const CLIENTS: &[ClientSpec] = &[
    client(
        "claude-desktop",
        "Claude Desktop",
        &[
            at(Support, "Claude/claude_desktop_config.json"),
            // The build of Microsoft's store has a roaming folder of its own.
            only(
                System::Windows,
                Base::Local,
                "Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json",
            ),
        ],
        &[],
    ),
    client("claude-code", "Claude Code", &[at(Dot("CLAUDE_CONFIG_DIR", ""), ".claude.json")], &[".mcp.json"]),
    client("cursor", "Cursor", &[at(Home, ".cursor/mcp.json")], &[".cursor/mcp.json"]),
    client(
        "vscode",
        "VS Code",
        &[
            at(Support, "Code/User/mcp.json"),
            at(Support, "Code/User/settings.json"),
            profile(Support, "Code/User/profiles/*/mcp.json"),
        ],
        &[".vscode/mcp.json"],
    ),
    client(
        "vscode-insiders",
        "VS Code Insiders",
        &[
            at(Support, "Code - Insiders/User/mcp.json"),
            at(Support, "Code - Insiders/User/settings.json"),
            profile(Support, "Code - Insiders/User/profiles/*/mcp.json"),
        ],
        &[],
    ),
    client(
        "vscodium",
        "VSCodium",
        &[
            at(Support, "VSCodium/User/mcp.json"),
            at(Support, "VSCodium/User/settings.json"),
            profile(Support, "VSCodium/User/profiles/*/mcp.json"),
        ],
        &[],
    ),
    client(
        "copilot-cli",
        "Copilot CLI",
        // The second is where `add-mcp` writes when XDG_CONFIG_HOME is set.
        &[at(Dot("COPILOT_HOME", ".copilot"), "mcp-config.json"), at(Base::Xdg, "mcp-config.json")],
        &[".github/mcp.json"],
    ),
    client("windsurf", "Windsurf", &[at(Home, ".codeium/windsurf/mcp_config.json")], &[]),
    client(
        "zed",
        "Zed",
        &[
            at(Config, "zed/settings.json"),
            only(System::Mac, Support, "Zed/settings.json"),
            only(System::Windows, Support, "Zed/settings.json"),
        ],
        &[".zed/settings.json"],
    ),
    client("codex", "Codex", &[at(Dot("CODEX_HOME", ".codex"), "config.toml")], &[".codex/config.toml"]),
    client("gemini-cli", "Gemini CLI", &[at(Home, ".gemini/settings.json")], &[".gemini/settings.json"]),
    client(
        "antigravity",
        "Antigravity",
        &[at(Home, ".gemini/config/mcp_config.json"), at(Home, ".gemini/antigravity/mcp_config.json")],
        &[
            ".agents/mcp_config.json",
            ".agent/mcp_config.json",
            "_agents/mcp_config.json",
            "_agent/mcp_config.json",
        ],
    ),
    client(
        "cline",
        "Cline",
        &[
            at(Storage, "saoudrizwan.claude-dev/settings/cline_mcp_settings.json"),
            at(Dot("CLINE_DIR", ".cline"), "data/settings/cline_mcp_settings.json"),
        ],
        &[],
    ),
    client(
        "roo",
        "Roo Code",
        &[at(Storage, "rooveterinaryinc.roo-cline/settings/mcp_settings.json")],
        &[".roo/mcp.json"],
    ),
    client(
        "kilo",
        "Kilo Code",
        &[
            at(Config, "kilo/kilo.json"),
            at(Config, "kilo/kilo.jsonc"),
            at(Storage, "kilocode.kilo-code/settings/mcp_settings.json"),
        ],
        &[
            "kilo.json",
            "kilo.jsonc",
            ".kilo/kilo.json",
            ".kilo/kilo.jsonc",
            ".kilocode/kilo.json",
            ".kilocode/kilo.jsonc",
            ".kilocode/mcp.json",
        ],
    ),
    client(
        "opencode",
        "OpenCode",
        &[at(Config, "opencode/opencode.json"), at(Config, "opencode/opencode.jsonc")],
        &["opencode.json", "opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"],
    ),
    client(
        "goose",
        "Goose",
        &[at(Config, "goose/config.yaml"), only(System::Windows, Support, "Block/goose/config/config.yaml")],
        &[],
    ),
    client(
        "continue",
        "Continue",
        &[at(Home, ".continue/config.yaml"), at(Home, ".continue/config.json")],
        &[".continue/mcpServers/*.yaml", ".continue/mcpServers/*.yml", ".continue/mcpServers/*.json"],
    ),
    client("lm-studio", "LM Studio", &[at(Home, ".lmstudio/mcp.json")], &[]),
    client("junie", "Junie", &[at(Home, ".junie/mcp/mcp.json")], &[".junie/mcp/mcp.json"]),
    client(
        "kiro",
        "Kiro",
        &[at(Home, ".kiro/settings/mcp.json"), at(Home, ".aws/amazonq/mcp.json")],
        &[".kiro/settings/mcp.json"],
    ),
    client("warp", "Warp", &[at(Home, ".warp/.mcp.json")], &[".warp/.mcp.json"]),
    client(
        "crush",
        "Crush",
        &[at(Config, "crush/crush.json"), at(Config, "crush/crushrc")],
        &["crush.json", ".crush.json", "crushrc", ".crushrc"],
    ),
    client(
        "grok-build",
        "Grok Build",
        &[at(Dot("GROK_HOME", ".grok"), "config.toml")],
        &[".grok/config.toml"],
    ),
    client(
        "kimi-code",
        "Kimi Code",
        &[at(Dot("KIMI_CODE_HOME", ".kimi-code"), "mcp.json")],
        &[".kimi-code/mcp.json"],
    ),
    client("pi", "Pi", &[at(Dot("PI_CODING_AGENT_DIR", ".pi/agent"), "mcp.json")], &[".pi/mcp.json"]),
    client("mastracode", "Mastra Code", &[at(Home, ".mastracode/mcp.json")], &[".mastracode/mcp.json"]),
    client(
        "mcporter",
        "MCPorter",
        &[at(Home, ".mcporter/mcporter.json"), at(Home, ".mcporter/mcporter.jsonc")],
        &["config/mcporter.json"],
    ),
    client("fx", "fx", &[at(Home, ".fx/mcp.json")], &[]),
];

/// Files that are programs: they are named, and never run.
pub(super) fn is_script(path: &str) -> bool {
    path.ends_with("crushrc")
}
