//! `replay`: where recorded calls would have gone.

use std::fmt::Write as _;

use api::{Operations, Replay, ReplayArgs, ServerPlace};

use super::{CommandSession, read};
use crate::args;
use crate::failure::{CommandFailure, exit};

/// So many of a kind are printed; the document has all of them.
const PRINTED: usize = 20;

pub(super) async fn replay(
    session: &CommandSession,
    args: &args::ReplayOptions,
) -> Result<(), CommandFailure> {
    let rules = match &args.rules {
        Some(file) => Some(read(file).await?),
        None => None,
    };
    let asked = ReplayArgs { rules, calls: Some(args.last), down: Some(args.down.clone()) };
    let replay = session.core.replay(asked).await?;
    session.print.one(&replay, || sentence(&replay))?;
    match replay.fails {
        0 => Ok(()),
        1 => Err(CommandFailure::new(exit::FAILED, "a call would fail that did not")),
        many => Err(CommandFailure::new(exit::FAILED, format!("{many} calls would fail that did not"))),
    }
}

fn sentence(replay: &Replay) -> String {
    let Replay { calls, stays, moves, fails, unknowns, .. } = replay;
    let mut text = format!("Of {calls} calls {stays} stay, {moves} move, {fails} would fail");
    if *unknowns > 0 {
        let _ = write!(text, ", and of {unknowns} that cannot be said");
    }
    for one in replay.would_fail.iter().take(PRINTED) {
        let _ = write!(
            text,
            "\n  {}  {} would fail{}: {}",
            one.id,
            one.capability,
            times(one.stands_for),
            one.why
        );
    }
    for one in replay.moved.iter().take(PRINTED) {
        let (from, to) = (name(one.from.as_ref()), name(one.to.as_ref()));
        let _ =
            write!(text, "\n  {}  {} moves{}: {from} → {to}", one.id, one.capability, times(one.stands_for));
    }
    for one in replay.unknown.iter().take(PRINTED) {
        let _ = write!(text, "\n  {}  cannot be said{}: {}", one.id, times(one.stands_for), one.why);
    }
    let listed = replay.moved.len().max(replay.would_fail.len()).max(replay.unknown.len());
    if listed > PRINTED {
        text += "\n  … (`--format json` prints more)";
    }
    if !replay.distribution.is_empty() {
        text += "\n\n  before    after";
    }
    for share in &replay.distribution {
        let _ = write!(text, "\n  {:>6}  → {:>6}  {}", share.before, share.after, share.server.name);
    }
    text
}

fn times(stands_for: u64) -> String {
    if stands_for > 1 { format!(" ({stands_for} times)") } else { String::new() }
}

fn name(server: Option<&ServerPlace>) -> String {
    server.map_or_else(|| "nobody".to_owned(), |server| format!("`{}`", server.name))
}
