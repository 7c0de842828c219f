//! `metrics`: all that is measured.

use api::{Empty, Operations};

use super::CommandSession;
use crate::failure::CommandFailure;
use crate::print::{json, raw};

pub(super) async fn metrics(session: &CommandSession, as_json: bool) -> Result<(), CommandFailure> {
    let figures = session.core.metrics(Empty {}).await?;
    if as_json {
        json(&figures)?;
    } else {
        // Names are tamed already; a terminal gets no control characters in any case.
        raw(&metrics::text(&figures.families))?;
    }
    Ok(())
}
