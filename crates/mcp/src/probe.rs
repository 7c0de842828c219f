//! Is this open port an MCP server? The steps and verdicts are those of the protocol reference: connect, wait
//! for a banner, ask `server/discover`, then `initialize`, then the event stream of old.

mod ask;
mod certificate;
mod exchange;
mod gate;
mod known;
mod line;
mod options;
mod report;
mod resolve;
mod slow;
mod target;
mod wire;
mod words;

pub use ask::Spared;
pub use certificate::certificate;
pub use gate::USUAL_PORTS;
pub use known::{Asked, Kept, Listing, Visit};
pub use options::{Depth, ProbeOptions, Protocols};
pub use report::{ProbeReport, ProbeStep};
pub use resolve::{TargetError, resolve};
pub use slow::Slow;
pub use target::{ProbeTarget, Scheme};

use model::Outcome;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use ask::Asker;
use line::Line;
use wire::{Banner, Closed};

/// Asks an address what it is. Never fails, keeps to `options.budget`, and ends when dropped.
///
/// It sends no credentials and no `Origin`, calls nothing, uses no proxy, connects to no address but the
/// target's, and deletes every session that the server opens. That last part runs on `options.tasks`, so that
/// it happens even when the probe is dropped in the middle or its budget is spent.
pub async fn probe(target: &ProbeTarget, options: &ProbeOptions) -> ProbeReport {
    let end = Instant::now() + options.budget;
    if let Some(why) = gate::hands_off(target.port).filter(|_| !target.asked_by_name) {
        return ProbeReport::not_mcp(format!("port {} is skipped: {why}", target.port));
    }
    let started = Instant::now();
    let stream = match wire::connect(&line::addresses(target), line::connect_limit(target, options)).await {
        Ok(stream) => stream,
        Err(closed) => return closed_port(target, &closed),
    };
    let connected_ms = started.elapsed().as_secs_f64() * 1000.0;
    let wait = options.banner.min(end.saturating_duration_since(Instant::now()));
    let mut report = match wire::banner(&stream, wait).await {
        Banner::Quiet => options.slow.count(ask(target, options, stream, end)).await,
        Banner::HungUp => open_but("it closes every connection"),
        Banner::Spoke(first) => {
            open_but(&format!("it is not HTTP: it speaks first and sends `{}`", words::bytes(&first)))
        }
    };
    let connect = ProbeStep {
        sent: format!("connect {}", target.authority()),
        received: "open".to_owned(),
        ms: connected_ms,
    };
    report.evidence.insert(0, connect);
    report
}

fn closed_port(target: &ProbeTarget, closed: &Closed) -> ProbeReport {
    let name = target.authority();
    match closed {
        Closed::Refused => {
            let why = format!("connection refused by {name}: nothing listens there");
            ProbeReport { refused: true, ..ProbeReport::not_mcp(why) }
        }
        Closed::Lacking(lack) => ProbeReport {
            outcome: Outcome::Incomplete,
            lack: Some(*lack),
            ..ProbeReport::not_mcp(lack.to_string())
        },
        Closed::Silent(why) => ProbeReport::not_mcp(format!("no connection to {name}: {}", words::tame(why))),
    }
}

fn open_but(why: &str) -> ProbeReport {
    ProbeReport { open: true, ..ProbeReport::not_mcp(why) }
}

/// The exchanges run as a task of their own: a server that was asked may be about to open a session.
async fn ask(target: &ProbeTarget, options: &ProbeOptions, stream: TcpStream, end: Instant) -> ProbeReport {
    let abandoned = CancellationToken::new();
    let _on_drop = abandoned.clone().drop_guard();
    let asker = Asker::new(Line::new(target, options, stream, end, abandoned), options);
    let tasks = options.tasks.clone();
    let asking = options.tasks.spawn(async move {
        let (report, line) = asker.run().await;
        if line.has_sessions() {
            let cleaning = tasks.spawn(line.hang_up());
            // Usually over at once; a server that hangs does not hold up the verdict.
            let _ = tokio::time::timeout_at(end, cleaning).await;
        }
        report
    });
    asking.await.unwrap_or_else(|_| {
        let mut report = open_but("the probe failed unexpectedly; this is a defect of MCP Discovery");
        report.outcome = Outcome::Incomplete;
        report
    })
}

/// Internals that the tests over bytes need.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing {
    pub(crate) use super::exchange::{exchange, open_stream};
    pub(crate) use super::wire::Wire;
    use crate::wire::answer::Answer;
    use crate::wire::message::Reply;
    use crate::wire::verdict;

    /// Every judgement there is.
    pub(crate) fn judge(answer: &Answer) {
        let _ = (verdict::discovered(answer), verdict::initialized(answer));
        let _ = super::words::answer(answer);
        if let Some(Reply::Result(result)) = &answer.reply {
            let _ = verdict::modern(result, &verdict::best_version(result));
        }
    }
}
