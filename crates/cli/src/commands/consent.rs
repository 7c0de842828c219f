//! Before a tool is called that may do harm, the user is asked, in the words of the window.
//!
//! The author of a script has named the tool; there only a tool that is declared as destructive needs `--yes`.

use std::io::IsTerminal;

use api::{Operations, ToolRow, ToolsArgs};
use model::{ToolHints, fold};

use super::CommandSession;
use crate::args::ToolCallOptions;
use crate::failure::CommandFailure;
use crate::layout::on_one_line;
use crate::print::note;

/// Returns when the call is allowed.
pub(super) async fn asked(session: &CommandSession, args: &ToolCallOptions) -> Result<(), CommandFailure> {
    if args.yes {
        return Ok(());
    }
    let list = session.core.tools(ToolsArgs { server: args.server.clone() }).await?;
    let meant: Vec<&ToolRow> = list.tools.iter().filter(|row| is_meant(row, &args.capability)).collect();
    // Any server that offers it can take the call: the question is about the most harmful definition.
    let Some(worst) = meant.iter().max_by_key(|row| Harm::of(row.tool.hints)) else { return Ok(()) };
    let harm = Harm::of(worst.tool.hints);
    if harm == Harm::None {
        return Ok(());
    }
    let whose = match meant.as_slice() {
        [row] => row.server.name.clone(),
        several => format!("one of {} servers", several.len()),
    };
    let says = harm.says(&on_one_line(&worst.tool.name), &on_one_line(&whose));
    let is_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if is_terminal {
        return if agrees(&says) { Ok(()) } else { Err(CommandFailure::usage("nothing was called")) };
    }
    if harm == Harm::Said {
        return Err(CommandFailure::usage(format!("{says} Nothing was called: `--yes` agrees to it")));
    }
    Ok(())
}

/// Finds the tool of a capability as the core does: by its name, or behind its server's.
fn is_meant(row: &ToolRow, capability: &str) -> bool {
    let (name, asked) = (fold(&row.tool.name), fold(capability));
    asked == name || asked.strip_suffix(name.as_str()).is_some_and(|before| before.ends_with('.'))
}

fn agrees(says: &str) -> bool {
    note(&format!("{says} Run it? [y/N]"));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && answer.trim().to_ascii_lowercase().starts_with('y')
}

/// What a tool may do, the harmless first. MCP's defaults apply: what a server does not deny, its tool may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Harm {
    None,
    /// Nothing is declared about it.
    Silent,
    /// It is not ruled out.
    Possible,
    /// Its server declares it.
    Said,
}

impl Harm {
    fn of(hints: ToolHints) -> Self {
        let ToolHints { read_only, destructive, idempotent, open_world } = hints;
        match (read_only, destructive) {
            (Some(true), _) | (_, Some(false)) => Self::None,
            (_, Some(true)) => Self::Said,
            (None, None) if idempotent.is_none() && open_world.is_none() => Self::Silent,
            _ => Self::Possible,
        }
    }

    fn says(self, tool: &str, server: &str) -> String {
        match self {
            Self::None => String::new(),
            Self::Silent => {
                format!("{server} does not say what its tools do. “{tool}” may change or delete things.")
            }
            Self::Possible => {
                format!("“{tool}” on {server} may change or delete things: its server does not rule it out.")
            }
            Self::Said => format!("“{tool}” on {server} may delete or overwrite things."),
        }
    }
}
