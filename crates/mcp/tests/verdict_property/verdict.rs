//! What each of the three says of a server, and where they may differ.

use std::net::Ipv4Addr;
use std::time::Duration;

use mcp::{
    Kept, Listing, McpError, ProbeOptions, ProbeReport, ProbeTarget, Remote, Scheme, Session, Target, Visit,
    probe,
};
use model::{Era, Outcome};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// No answer takes long; nothing waits for this when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

/// What somebody makes of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// MCP, of this era, with so many tools; none when its list cannot be used.
    Mcp(Era, Option<usize>),
    /// It wants to know who we are.
    SignIn,
    /// MCP, but of no revision that we speak.
    Stranger,
    /// No MCP.
    Not,
}

/// A verdict and the words for it.
#[derive(Debug, Clone)]
struct Said {
    verdict: Verdict,
    why: String,
}

/// What a check says in one era: of life, and of the list.
#[derive(Debug)]
struct Checked {
    alive: Result<(), McpError>,
    tools: Result<usize, McpError>,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Verdicts {
    probe: Said,
    session: Said,
    /// In the era of the session; in both, when it found none.
    checks: Vec<Checked>,
}

impl Verdicts {
    /// Asks all three, one after the other.
    pub(crate) async fn of(port: u16) -> Self {
        let url = format!("http://127.0.0.1:{port}/mcp");
        let tasks = TaskTracker::new();
        let probe = scanned(port, &tasks).await;
        let session = met(&url).await;
        let eras = match session.verdict {
            Verdict::Mcp(era, _) => vec![era],
            _ => vec![Era::Modern, Era::Legacy],
        };
        let mut checks = Vec::new();
        for era in eras {
            checks.push(checked(&url, era, &tasks).await);
        }
        tasks.close();
        tasks.wait().await;
        Self { probe, session, checks }
    }

    /// Whether all say the same.
    pub(crate) fn agree(&self) -> Result<(), String> {
        let Self { probe, session, checks } = self;
        if !is_same(probe, session) {
            return Err("the probe and the session differ".to_owned());
        }
        match &session.verdict {
            Verdict::Mcp(..) if checks.iter().any(|check| check.alive.is_err()) => {
                Err("the check in the era of the session finds no MCP".to_owned())
            }
            Verdict::Mcp(_, tools)
                if checks.iter().any(|check| check.tools.as_ref().ok() != tools.as_ref()) =>
            {
                Err("the check lists other tools than the session".to_owned())
            }
            Verdict::Mcp(..) => Ok(()),
            _ if checks.iter().any(|check| check.alive.is_ok()) => {
                Err("a check finds MCP where the session does not".to_owned())
            }
            Verdict::SignIn if !checks.iter().any(Checked::wants_sign_in) => {
                Err("no check says that it wants a sign-in".to_owned())
            }
            Verdict::SignIn | Verdict::Stranger | Verdict::Not => Ok(()),
        }
    }
}

/// The differences that are meant:
/// - A scan wants a proof that whoever asks for credentials speaks MCP (a challenge with `resource_metadata`, or a
///   document); who has a record of a server knows that it is one, and is told to sign in.
///
/// Elsewhere, and so not met here: a scan reads 64 KiB to 1 MiB of an answer and 20 pages of a list, a check 1 to 4 MiB and
/// 100 pages, a session 16 MiB; a session takes up an event stream that broke off (this server has none to go on with); a
/// scan that nobody asked for by name does not ask `initialize` of whoever refuses the first question in no known way.
fn is_same(probe: &Said, session: &Said) -> bool {
    let is_unproven = probe.verdict == Verdict::Not && session.verdict == Verdict::SignIn;
    probe.verdict == session.verdict || (is_unproven && probe.wants_proof())
}

impl Said {
    fn wants_proof(&self) -> bool {
        [
            "it asks for credentials",
            "it speaks JSON-RPC and asks for credentials",
            "it refuses the request without a reason",
        ]
        .iter()
        .any(|words| self.why.starts_with(words))
    }
}

impl Checked {
    fn wants_sign_in(&self) -> bool {
        matches!(self.alive, Err(McpError::NeedsSignIn { .. }))
    }
}

async fn scanned(port: u16, tasks: &TaskTracker) -> Said {
    let target = ProbeTarget {
        scheme: Scheme::Http,
        path: Some("/mcp".to_owned()),
        asked_by_name: true,
        ..ProbeTarget::new(Ipv4Addr::LOCALHOST.into(), port)
    };
    let options = ProbeOptions {
        budget: PATIENCE,
        banner: Duration::ZERO,
        tasks: tasks.clone(),
        ..ProbeOptions::default()
    };
    let ProbeReport { outcome, era, tools, reason, evidence, .. } = probe(&target, &options).await;
    let reason = reason.unwrap_or_default();
    let verdict = match outcome {
        Outcome::Mcp if reason.contains("newer than what is supported here") => Verdict::Stranger,
        Outcome::NotMcp if reason.contains("none of the revisions of MCP that are supported here") => {
            Verdict::Stranger
        }
        Outcome::Mcp => Verdict::Mcp(era.unwrap(), tools.map(|tools| tools as usize)),
        Outcome::NeedsSignIn => Verdict::SignIn,
        _ => Verdict::Not,
    };
    Said { verdict, why: format!("{reason} {outcome:?} {evidence:#?}") }
}

async fn met(url: &str) -> Said {
    let session = match Session::connect(&Target::http(url), PATIENCE).await {
        Ok(session) => session,
        Err(error) => {
            let is_stranger =
                error.to_string().contains("speaks only revisions of MCP that are not supported here");
            let verdict = match error {
                McpError::NeedsSignIn { .. } => Verdict::SignIn,
                _ if is_stranger => Verdict::Stranger,
                _ => Verdict::Not,
            };
            return Said { verdict, why: format!("{error:?}") };
        }
    };
    let tools = session.tools(PATIENCE).await;
    let era = session.identity().era;
    session.close().await;
    Said { verdict: Verdict::Mcp(era, tools.as_ref().ok().map(Vec::len)), why: format!("{:?}", tools.err()) }
}

async fn checked(url: &str, era: Era, tasks: &TaskTracker) -> Checked {
    let remote = Remote::new(url);
    let mut kept = Kept::default();
    let deadline = Instant::now() + PATIENCE;
    let mut visit = Visit::begin(&remote, &mut kept, deadline).unwrap();
    let alive = visit.alive(era, tasks).await.outcome;
    let tools = match alive {
        Ok(()) => visit.tools(era, tasks).await.outcome,
        Err(_) => Err(McpError::Cancelled),
    };
    let tools = tools.map(|listing| match listing {
        Listing::Tools(tools) => tools.len(),
        Listing::Same => panic!("it was never listed before"),
    });
    if let Ok(tools) = &tools {
        // What is the same, byte for byte, is not read again.
        match visit.tools(era, tasks).await.outcome {
            Ok(Listing::Same) => {}
            Ok(Listing::Tools(again)) => assert_eq!(again.len(), *tools),
            Err(error) => panic!("it was listed a moment ago: {error}"),
        }
    }
    kept.leave(&remote, deadline).await;
    Checked { alive, tools }
}
